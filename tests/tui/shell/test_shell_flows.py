"""The flows a person goes through, by keys."""

from __future__ import annotations

import asyncio
import math
import time

import pytest
from textual import events
from textual.drivers.headless_driver import HeadlessDriver
from textual.widgets import Button, Input

from limen_tui.errors import ConfigError
from limen_tui.model.actions import ACTIONS
from limen_tui.settings import Settings, parse_settings
from limen_tui.tui.acting import read_tags
from limen_tui.tui.actionscreen import method_name
from limen_tui.tui.app import ACTS
from limen_tui.tui.commands import Commands
from limen_tui.tui.dialogs.confirm import ConfirmDialog
from limen_tui.tui.fleet.tree import HostTree
from limen_tui.tui.help.screen import HelpScreen, help_lines
from limen_tui.tui.keymap import effective_keys
from limen_tui.tui.main.screen import VIEWS, MainScreen
from limen_tui.tui.palette.match import Matcher, Pick
from limen_tui.tui.palette.picker import Picker
from limen_tui.tui.vm.screen import VMScreen
from tests.patience import rounds
from tests.tui.shell.world import World, running


def test_every_action_has_somebody_who_does_it() -> None:
    for action in ACTIONS:
        name = method_name(action.id)
        done = action.verb is not None or action.id in ACTS
        assert done or hasattr(Commands, name) or hasattr(MainScreen, name), action.id


async def to_running(world: World) -> str:
    """The cursor on a running VM; its name."""
    vm = next(vm for vm in world.app.fleet.view.vms if vm.state == "running")
    assert world.app.main.panel.show_vm(vm.key)
    await world.pilot.pause()
    return vm.name


async def test_enter_does_not_confirm_and_y_does() -> None:
    async with running() as world:
        await to_running(world)
        await world.press("D", "enter")
        assert not world.app.fleet.acts.acts
        await world.press("D", "y")
        assert len(world.app.fleet.acts.acts) == 1


async def test_the_target_stays_when_the_cursor_and_the_order_move_under_the_dialog() -> None:
    async with running() as world:
        name = await to_running(world)
        await world.press("D")
        table = world.app.main.panel.table
        assert table is not None
        table.sort("cpu", True)
        table.action_bottom()
        await world.go_on()
        await world.press("y")
        (act,) = world.app.fleet.acts.acts
        assert [item.vm_name for item in act.items.values()] == [name]


async def test_many_want_their_number_typed() -> None:
    async with running() as world:
        await world.press("ctrl+a", "D")
        dialog = world.app.screen
        assert isinstance(dialog, ConfirmDialog) and dialog.needs_count
        number = len(dialog.keys)
        assert 5 < number < 20, "those that are off are left out"
        await world.press("y", "enter")
        assert world.app.screen is dialog, "y is no way round the number"
        await world.press("9", "9", "enter")
        assert world.app.screen is dialog
        dialog.query_one("#typed", Input).value = str(number)
        await world.press("enter")
        assert len(world.app.fleet.acts.acts[0].items) == number


async def test_a_dialog_survives_a_resize_and_a_tiny_terminal() -> None:
    async with running() as world:
        name = await to_running(world)
        await world.press("D")
        for size in ((20, 5), (80, 24)):
            await world.pilot.resize_terminal(*size)
            await world.pilot.pause()
        dialog = world.app.screen
        assert isinstance(dialog, ConfirmDialog) and name in dialog._words()
        assert isinstance(dialog.focused, Button) and dialog.focused.id == "no"


async def test_keys_of_one_read_reach_the_palette() -> None:
    async with running() as world:
        for key in (":", "w", "h", "o", "l", "e"):
            world.app.post_message(events.Key({":": "colon"}.get(key, key), key))
        await world.pilot.pause()
        await world.pilot.pause()
        assert isinstance(world.app.screen, Picker)
        assert world.app.screen.query_one(Input).value == "whole"
        assert not world.app.fleet.acts.acts


async def test_letters_after_slash_in_one_read_are_text_not_actions() -> None:
    async with running() as world:
        for key, char in (("slash", "/"), ("s", "s"), ("q", "q")):
            world.app.post_message(events.Key(key, char))
        await world.pilot.pause()
        assert not world.app.fleet.acts.acts
        assert world.app.main.panel.query(Input).first().value == "sq"


async def test_every_view_opens_and_history_goes_back() -> None:
    async with running((80, 24)) as world:
        for number, view_id in enumerate(VIEWS, 1):
            await world.press(str(number))
            await world.go_on()
            assert world.app.main.panel.view_id == view_id
        await world.press("minus")
        assert world.app.main.panel.view_id == VIEWS[-2]
        await world.press("right_square_bracket")
        assert world.app.main.panel.view_id == VIEWS[-1]


@pytest.mark.parametrize("key", ["left", "shift+tab", "tab"])
async def test_the_keyboard_goes_to_the_hosts_and_back(key: str) -> None:
    async with running() as world:
        table, tree = world.app.main.panel.table, world.app.main.query_one(HostTree)
        await world.press(key)
        assert tree.has_focus_within
        await world.press("j", "j", "enter")
        assert world.app.main.host_id == world.app.fleet.hosts[0].id and table.has_focus  # type: ignore[union-attr]
        await world.press(key, "right")
        assert table.has_focus  # type: ignore[union-attr]
        await world.press("backslash", key, "j")
        assert not tree.display and not tree.has_focus_within


async def test_a_dimmed_key_says_why() -> None:
    async with running(read_only=True) as world:
        await to_running(world)
        await world.press("D")
        assert isinstance(world.app.screen, MainScreen)
        assert "read-only" in world.notices()


async def test_open_help_and_back() -> None:
    async with running() as world:
        await to_running(world)
        await world.press("enter")
        assert isinstance(world.app.screen, VMScreen)
        await world.press("escape", "question_mark")
        assert isinstance(world.app.screen, HelpScreen)
        await world.press("escape")
        assert isinstance(world.app.screen, MainScreen)


async def test_20x5_shows_what_fits() -> None:
    async with running((20, 5)) as world:
        await world.press("2", "3", "4", "5", "6", "1", "colon", "escape", "question_mark", "escape")
        assert isinstance(world.app.screen, MainScreen)


async def test_what_was_changed_is_remembered() -> None:
    async with running() as world:
        world.app.choose_theme("light")
        await world.press("2", "backslash")
        inventory = world.app.fleet.inventory
        assert inventory.setting("tui.theme", "") == "light"
        assert inventory.setting("tui.view", "") == "hosts"
        assert inventory.setting("tui.tree", "") == "off"


@pytest.mark.parametrize("keymap", ['"vm.kill" = "j"', '"vm.kill" = "s"', '"no.such" = "f9"'])
def test_a_keymap_that_cannot_work_is_refused(keymap: str) -> None:
    with pytest.raises(ConfigError):
        effective_keys(parse_settings(f"[keymap]\n{keymap}\n"))


def test_help_shows_the_keymap_in_force() -> None:
    keys = effective_keys(parse_settings('[keymap]\n"vm.kill" = "f9"\n'))
    line = next(line.plain for line in help_lines(keys) if "Force off" in line.plain)
    assert line.split()[0] == "F9"
    assert effective_keys(Settings())["vm.kill"] == ("D",)


@pytest.mark.parametrize("width", [20, 36, 78, 198])
def test_help_loses_no_word_on_a_narrow_terminal(width: int) -> None:
    keys = effective_keys(Settings())
    wide = " ".join(line.plain for line in help_lines(keys, 1000)).split()
    lines = help_lines(keys, width)
    assert " ".join(line.plain for line in lines).split() == wide
    assert max(line.cell_len for line in lines) <= max(width, 40)


def test_the_matcher_narrows_and_widens_again() -> None:
    picks = [Pick(str(n), f"web{n}", search=f"web{n}") for n in range(300)] + [Pick("x", "wet bar", search="wet bar")]
    matcher = Matcher(picks)
    assert [pick.id for pick in matcher.match("web299")] == ["299"]
    assert matcher.match("wbar")[0].id == "x"
    assert matcher.match("web7")[0].id == "7"
    assert matcher.match("nothing") == []


def test_tags_are_checked() -> None:
    assert read_tags("prod, web prod") == ("prod", "web")
    with pytest.raises(Exception, match="cannot be a tag"):
        read_tags("a<b")


async def test_a_ctrl_c_that_was_another_programs_is_not_ours_however_late_it_is_heard(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    monkeypatch.setattr(HeadlessDriver, "can_suspend", True)  # it has no terminal to give away
    async with running() as world:
        with world.app.suspend():
            assert world.app.came_back < time.monotonic()
        for _ in range(4):  # the loop hears of signals in its next turns
            assert world.app.came_back == math.inf
            await asyncio.sleep(0)
        for _ in rounds():
            if world.app.came_back < math.inf:
                break
            await world.pilot.pause(0.01)
        assert world.app.came_back <= time.monotonic()
