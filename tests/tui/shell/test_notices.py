"""Notices over a dialog leave its title, its buttons and the field that is filled in to be seen."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st
from limen_widgets.line_table import LineTable
from textual.geometry import Region
from textual.screen import ModalScreen
from textual.widgets import Button

from limen_tui.tui.notices import Part, best_line
from tests.patience import rounds
from tests.tui.shell.world import World, running


def notices(world: World) -> Region:
    """Where they are."""
    return Region.from_union([toast.region for toast in world.app.screen.query("Toast") if toast.region])


def covered(world: World) -> list[str]:
    """What should be in sight and is not."""
    screen, over = world.app.screen, notices(world)
    assert over, "there is a notice to see"
    boxes = [widget for widget in screen.query("*") if widget.border_title]
    top = boxes[0].region.y if boxes else 0
    found = ["the title"] if over.y <= top < over.bottom else []
    found += [f"button {button.label}" for button in screen.query(Button) if button.region.overlaps(over)]
    focused = screen.focused
    if focused is not None and focused.region.height < 12 and focused.region.overlaps(over):
        found.append(str(focused))
    return found


def covers_focus(world: World) -> bool:
    focused = world.app.screen.focused
    return focused is not None and focused.region.height == 1 and focused.region.overlaps(notices(world))


async def told(world: World, *texts: str) -> None:
    for text in texts:
        world.app.notify(text, title="A notice", timeout=600)
    for _ in range(4):
        await world.pilot.pause()


@pytest.mark.parametrize("texts", [("Short.",), ("A long one. " * 12,), ("One.", "Two.")], ids=["short", "long", "two"])
@pytest.mark.parametrize("action", ["vm.create", "vm.resize", "vm.delete", "host.add"])
async def test_title_buttons_and_field_stay_in_sight(action: str, texts: tuple[str, ...]) -> None:
    async with running((80, 24), notifications=True) as world:
        world.app.perform_action(action, world.app.main.target())
        for _ in range(6):
            await world.go_on(0.5)
        screen = world.app.screen
        assert isinstance(screen, ModalScreen), world.notices()
        world.app.clear_notifications()
        await told(world, *texts)
        for _ in range(6):
            for _ in rounds():
                if not covered(world):
                    break
                await world.pilot.pause(0.05)  # they follow the focus with the next layout
            assert covered(world) == []
            await world.press("tab")


@pytest.mark.parametrize("texts", [("Short.",), ("One.", "Two.")], ids=["short", "two"])
async def test_the_best_picks_of_the_palette_stay_in_sight(texts: tuple[str, ...]) -> None:
    async with running((80, 24), notifications=True) as world:
        await world.press("colon")
        await told(world, *texts)
        picks = world.app.screen.query_one(LineTable).region
        for _ in rounds():
            if not notices(world).overlaps(Region(picks.x, picks.y, picks.width, 4)):
                break
            await world.pilot.pause(0.05)
        assert not notices(world).overlaps(Region(picks.x, picks.y, picks.width, 4))


async def test_a_key_pressed_again_and_again_says_why_not_once() -> None:
    async with running((80, 24), notifications=True) as world:
        vm = next(vm for vm in world.app.fleet.view.vms if vm.state == "stopped")
        assert world.app.main.panel.show_vm(vm.key)
        await world.press("S", "S", "p", "S", "S", "S")
        for _ in range(4):
            await world.pilot.pause()
        told = sorted(note.message.partition(":")[0] for note in world.app._notifications)
        assert told == ["Pause", "Shut down"]
        assert len(world.app.screen.query("Toast")) == 2


@pytest.mark.parametrize("size", [(20, 5), (80, 11)])
@pytest.mark.parametrize("action", ["vm.shutdown", "vm.tags", "host.add"])
async def test_of_a_tiny_dialog_one_line_is_covered(action: str, size: tuple[int, int]) -> None:
    async with running(size, notifications=True) as world:
        vm = next(vm for vm in world.app.fleet.view.vms if vm.state == "running")
        assert world.app.main.panel.show_vm(vm.key)
        world.app.perform_action(action, world.app.main.target())
        await world.go_on()
        screen = world.app.screen
        assert isinstance(screen, ModalScreen), world.notices()
        world.app.clear_notifications()
        world.app.notify("One that is over soon.", timeout=600)
        await told(world, "A long one. " * 20)
        for _ in range(4):
            for _ in rounds():
                if notices(world).height == 1 and not covers_focus(world):
                    break
                await world.pilot.pause(0.05)
            assert notices(world).height == 1 and not covers_focus(world)
            await world.press("tab")
        await world.pilot.resize_terminal(80, 24)
        for _ in rounds():
            if len([toast for toast in screen.query("Toast") if toast.region]) == 2:
                break
            await world.pilot.pause(0.05)
        assert notices(world).height > 2, "both, and all that they say, where there is room"


async def test_on_the_main_screen_they_stay_above_the_keys() -> None:
    async with running((80, 24), notifications=True) as world:
        await told(world, "Done.")
        assert notices(world).bottom == 23


async def test_what_is_told_is_seen_once_and_again_when_the_dialog_is_closed() -> None:
    def seen(world: World) -> int:
        return "\n".join(strip.text for strip in world.app.screen._compositor.render_strips()).count("Something.")

    def everywhere(world: World) -> list[bool]:
        return [rack.display for screen in world.app.screen_stack for rack in screen.query("ToastRack")]

    async with running((80, 24), notifications=True) as world:
        await world.press("2")
        await told(world, "Something.")
        world.app.notify("Something.", timeout=600)  # with the key that opens the dialog
        await world.press("n")
        for _ in rounds():
            if everywhere(world) == [False, True]:
                break
            await world.pilot.pause(0.05)
        assert everywhere(world) == [False, True] and seen(world) == 2
        await world.press("escape")
        for _ in rounds():
            if seen(world) == 2:
                break
            await world.pilot.pause(0.05)
        assert everywhere(world) == [True] and seen(world) == 2


@given(
    st.integers(5, 60), st.integers(1, 5),
    st.lists(st.builds(Part, st.integers(0, 59), st.integers(0, 59), st.integers(1, 3)), max_size=5),
)  # fmt: skip
def test_the_line_is_on_the_screen_and_free_where_one_is(height: int, lines: int, parts: list[Part]) -> None:
    top = best_line(height, lines, parts)
    assert 0 <= top <= max(0, height - lines)

    def free(line: int) -> bool:
        return all(part.last < line or line + lines - 1 < part.first for part in parts if part.first <= part.last)

    if any(free(line) for line in range(max(1, height - lines + 1))):
        assert free(top)
        assert not any(free(line) for line in range(top)), "the topmost"
