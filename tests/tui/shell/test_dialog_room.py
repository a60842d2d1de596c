"""Dialogs keep their buttons in sight, whatever else is told, and what was typed through a resize."""

from __future__ import annotations

import pytest
from limen_widgets.tick import Tick
from textual.geometry import Region
from textual.screen import ModalScreen
from textual.widgets import Button, Input, Label
from textual.widgets._toast import Toast

from limen_tui.errors import InventoryError
from limen_tui.model.questions import Prompt, Question, QuestionKind
from limen_tui.tui.dialogs.base import relabel
from limen_tui.tui.dialogs.confirm import ConfirmDialog
from limen_tui.tui.hosts.hostform import HostForm
from limen_tui.tui.signin.prompts import PromptDialog
from tests.tui.shell.world import World, running


async def host_form(world: World) -> HostForm:
    await world.press("2", "n")
    assert isinstance(world.app.screen, HostForm)
    return world.app.screen


async def test_a_notice_leaves_a_dialogs_buttons_in_sight_at_80x24() -> None:
    async with running((80, 24)) as world:
        world.app._disable_notifications = False
        form = await host_form(world)
        for number in range(2):
            world.app.notify(f"Something of note happened to host {number}", timeout=60, markup=False)
        await world.pilot.pause()
        toasts = [toast.region for toast in form.query(Toast)]
        assert len(toasts) == 2
        for button in form.query(Button):
            assert button.region.height == 1
            assert button.region in form.region
            assert not any(button.region.overlaps(toast) for toast in toasts)


async def test_a_button_has_room_for_another_word_and_takes_it_as_it_is() -> None:
    async with running((80, 24)) as world:
        save = (await host_form(world)).query(Button).first()
        for word in ("Save", "[b]Save[/b] all the same", "S"):
            relabel(save, word)
            await world.pilot.pause()
            assert str(save.label) == word
            assert save.region.width == max(8, len(word) + 4)


async def test_a_disk_that_is_full_is_told_once() -> None:
    async with running((80, 24)) as world:
        inventory = world.app.fleet.inventory
        inventory._writer.problem = InventoryError("No", "database or disk is full", "Make room.")
        for _ in range(3):
            world.app.tick()
        await world.pilot.pause()
        assert world.notices().count("disk is full") == 1


async def test_a_resize_keeps_dialog_input_and_keyboard() -> None:
    async with running((120, 40)) as world:
        form = await host_form(world)
        await world.press(*"kvm9")
        for size in ((80, 24), (40, 12), (20, 5), (200, 60)):
            await world.pilot.resize_terminal(*size)
            await world.pilot.pause()
            assert world.app.screen is form
            field = form.query_one("#address", Input)
            assert field.value == "kvm9"
            assert form.focused is field
        await world.press("x")
        assert form.query_one("#address", Input).value == "kvm9x"


async def test_a_resize_keeps_the_vm_that_a_dialog_is_about() -> None:
    async with running((120, 40)) as world:
        vm = next(vm for vm in world.app.fleet.view.vms if vm.state == "running")
        assert world.app.main.panel.show_vm(vm.key)
        await world.pilot.pause()
        await world.press("S")
        dialog = world.app.screen
        assert isinstance(dialog, ModalScreen)
        for size in ((60, 15), (200, 60)):
            await world.pilot.resize_terminal(*size)
            await world.go_on()
        assert world.app.screen is dialog
        await world.press("y")
        acts = world.app.fleet.acts.acts
        assert [list(act.items) for act in acts] == [[vm.key]]


@pytest.mark.parametrize("remember", [True, False])
async def test_the_choice_to_remember_shows_without_colour_and_buttons_take_one_row(remember: bool) -> None:
    async with running((80, 24)) as world:
        question = Question(
            "h", "kvm4", QuestionKind.PASSWORD, "Password", prompts=(Prompt("Password"),), can_remember=True
        )
        dialog = PromptDialog(question)
        world.app.push_screen(dialog)
        await world.pilot.pause()
        tick = dialog.query_one("#remember", Tick)
        tick.value = remember
        await world.pilot.pause()
        assert f"[{'x' if remember else ' '}] Keep in memory" in str(tick.render())
        assert {button.region.height for button in dialog.query(Button)} == {1}


@pytest.mark.parametrize("size", [(20, 5), (40, 12), (60, 20), (80, 24), (120, 40)])
async def test_what_is_asked_is_not_cut_off_and_the_button_with_the_keyboard_is_in_sight(size: tuple[int, int]) -> None:
    async with running() as world:
        await world.pilot.resize_terminal(*size)
        vm = next(vm for vm in world.app.fleet.view.vms if vm.state == "running")
        assert world.app.main.panel.show_vm(vm.key)
        await world.press("S")
        dialog = world.app.screen
        assert isinstance(dialog, ConfirmDialog)
        inside = dialog.query_one(".dialog--box").scrollable_content_region
        label = dialog.query_one("#what", Label)
        assert label.region.right <= inside.right
        shown = " ".join(strip.text.strip() for strip in label.render_lines(Region(0, 0, *label.size)))
        assert " ".join(shown.split()) == " ".join(dialog._words().split())
        for button in ("yes", "no", "yes"):
            await world.press("right")
            focused = dialog.focused
            assert focused is not None and focused.id == button
            assert focused.region.intersection(inside) == focused.region


async def test_the_palette_says_below_its_list_what_the_list_cuts_off_and_only_that() -> None:
    async with running((80, 24)) as world:
        await world.press("h")
        await world.pilot.pause()
        why = world.app.screen.query_one("#why", Label)
        assert str(why.content) == ""
        await world.press("escape", "colon", *"reset")
        await world.pilot.pause()
        why = world.app.screen.query_one("#why", Label)
        assert str(why.content).endswith(("unsaved work is lost", "stopped", "running"))


@pytest.mark.parametrize("size", [(30, 10), (20, 5), (40, 14)])
@pytest.mark.parametrize("key", ["ctrl+d", "T", "D"])
async def test_what_is_typed_is_in_sight_on_a_tiny_terminal(size: tuple[int, int], key: str) -> None:
    async with running() as world:
        await world.pilot.resize_terminal(*size)
        await world.press(*(("ctrl+a",) if key == "D" else ()), key)
        await world.go_on(0.2)
        await world.press("1", "2")
        await world.pilot.pause()
        field = world.app.screen.focused
        assert isinstance(field, Input) and field.value.endswith("12")
        inside = world.app.screen.query_one(".dialog--box").scrollable_content_region
        assert field.region.y in range(inside.y, inside.bottom)
