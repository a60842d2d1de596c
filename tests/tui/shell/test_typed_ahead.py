"""Keys that come in one read, after one that moves the keyboard or closes a dialog by way of a message."""

from __future__ import annotations

import pytest
from textual import events
from textual.geometry import Offset
from textual.widgets import Input, TextArea

from limen_tui.fleet.consoles import Phase
from limen_tui.model.vm import VM
from limen_tui.tui import typedkeys
from limen_tui.tui.console.desk import OpenConsole, desk_of
from limen_tui.tui.console.screen import ConsoleScreen
from limen_tui.tui.console.terminal import ConsoleTerminal
from limen_tui.tui.dialogs.columns import ColumnsDialog
from limen_tui.tui.dialogs.confirm import ConfirmDialog
from limen_tui.tui.fleet.filterbar import FilterBar
from limen_tui.tui.fleet.tree import HostTable
from limen_tui.tui.keymap import GUEST_ESCAPE
from limen_tui.tui.palette.picker import Picker
from limen_tui.tui.resize.dialog import ResizeDialog
from limen_tui.tui.vm.head import TabRow
from limen_tui.tui.vm.notes import NotesDialog
from limen_tui.tui.vm.screen import VMScreen
from tests.patience import rounds
from tests.tui.shell.test_fast_keys import at_once, begun_with
from tests.tui.shell.world import World, running


def under_cursor(world: World) -> list[object]:
    return [vm.key for vm in world.app.main.target().vms]


def rows_down_to_second_host(world: World) -> int:
    rows = world.app.main.query_one(HostTable).visible_keys()
    return rows.index(world.app.fleet.view.hosts[1].host.id)


def confirmed(world: World) -> list[object]:
    dialog = world.app.screen
    assert isinstance(dialog, ConfirmDialog)
    return list(dialog.keys)


async def open_console(world: World, vm: VM) -> OpenConsole:
    world.app.main.show_vm(vm.key)
    await world.press("c")
    opened = desk_of(world.app).get(vm.key, "")
    assert opened is not None
    for _ in rounds():
        if opened.console.phase in (Phase.OPEN, Phase.IN_USE):
            break
        await world.go_on(0.25)
    return opened


@pytest.mark.parametrize("way", ["shift+tab", "left"])
async def test_keys_after_the_way_to_the_hosts_are_for_the_hosts(way: str) -> None:
    async with running() as world:
        before = under_cursor(world)
        await at_once(world, way, *"j" * rows_down_to_second_host(world), "enter")
        assert world.app.screen is world.app.main
        assert world.app.main.host_id == world.app.fleet.view.hosts[1].host.id
        await at_once(world, "escape", "g")
        assert under_cursor(world) == before


async def test_keys_after_the_way_back_from_the_hosts_are_for_the_vms() -> None:
    async with running() as world:
        await world.press("j")
        second = under_cursor(world)
        await world.press("k", "shift+tab")
        assert isinstance(world.app.focused, HostTable)
        await at_once(world, "right", "j", "D")
        assert confirmed(world) == second


async def test_a_host_is_chosen_and_the_next_keys_are_for_its_vms() -> None:
    async with running() as world:
        await world.press("shift+tab", "g")
        await at_once(world, *"j" * rows_down_to_second_host(world), "enter", "j", "j", "D")
        host = world.app.fleet.view.hosts[1]
        rows = world.app.main.panel.table.visible_keys()
        assert confirmed(world) == [rows[2]]
        assert rows[2].host_id == host.host.id


async def test_the_whole_fleet_is_back_before_the_next_key() -> None:
    async with running() as world:
        await world.press("G")
        last = under_cursor(world)
        world.app.main.show_host(world.app.fleet.view.hosts[0].host.id)
        await world.press("g")
        await at_once(world, "escape", "G", "D")
        assert confirmed(world) == last


async def test_keys_after_that_of_a_view_that_was_there_before_are_for_it() -> None:
    async with running() as world:
        await world.press("j", "j")
        third = under_cursor(world)
        await world.press("k", "k", "2")
        await at_once(world, "1", "j", "j", "D")
        assert confirmed(world) == third


async def test_the_button_beside_has_the_keyboard_before_enter() -> None:
    async with running() as world:
        await at_once(world, "D", "right", "enter")
        assert world.app.screen is world.app.main
        assert [act.operation.label for act in world.app.fleet.acts.acts] == ["Force off"]


@pytest.mark.parametrize("steps", [("tab",), ("tab", "right", "left")])
async def test_a_key_after_a_button_is_not_for_the_dialog_that_it_closes(steps: tuple[str, ...]) -> None:
    async with running() as world:
        first = under_cursor(world)
        await at_once(world, "K", *steps, "enter", "j")
        assert world.app.screen is world.app.main
        assert under_cursor(world) != first


async def test_enter_in_a_list_closes_the_dialog_before_the_next_key() -> None:
    async with running() as world:
        first = under_cursor(world)
        await at_once(world, "K", "enter", "j", "K")
        assert isinstance(world.app.screen, ColumnsDialog)
        await at_once(world, "escape")
        assert under_cursor(world) != first


async def test_down_leaves_the_filter_before_the_next_key() -> None:
    async with running() as world:
        await at_once(world, "slash", "w", "down", "j", "D")
        assert world.app.main.panel.query_one(FilterBar).text == "w"
        assert confirmed(world) == [world.app.main.panel.table.visible_keys()[1]]


async def test_down_in_the_palette_moves_in_what_the_letters_have_left() -> None:
    async with running() as world:
        await world.press("colon", "h", "o", "s", "t")
        shown = world.app.screen.shown
        await world.press("escape")
        await at_once(world, "colon", "h", "o", "s", "t", "down")
        picker = world.app.screen
        assert isinstance(picker, Picker)
        assert picker.shown == shown
        assert picker._table.cursor_key == shown[1]


async def test_what_the_palette_leads_to_has_the_next_keys() -> None:
    async with begun_with("hosts") as world:
        vm = world.app.fleet.view.vms[-1]
        await at_once(world, "colon", *vm.name, "enter", "D")
        assert confirmed(world) == [vm.key]


@pytest.mark.parametrize(("keys", "tab"), [
    (("right", "right", "enter"), "console"), (("l", "l", "h", "enter"), "graphs"), (("l", "down"), "graphs"),
])  # fmt: skip
async def test_steps_in_the_row_of_tabs_are_done_before_the_next(keys: tuple[str, ...], tab: str) -> None:
    async with running() as world:
        await world.press("enter")
        screen = world.app.screen
        assert isinstance(screen, VMScreen)
        screen.set_focus(screen.query_one(TabRow))
        await at_once(world, *keys)
        assert screen.tab is not None
        assert screen.tab.tab_id == tab
        assert world.app.focused is not screen.query_one(TabRow)


@pytest.mark.parametrize("leave", [(GUEST_ESCAPE, GUEST_ESCAPE), (GUEST_ESCAPE, "q")])
@pytest.mark.parametrize("tab", ["3", "4"])
async def test_a_guest_gets_none_of_the_keys_after_those_that_leave_it(tab: str, leave: tuple[str, ...]) -> None:
    async with running() as world:
        await world.press("enter", tab)
        screen = world.app.screen
        assert isinstance(screen, VMScreen)
        assert screen.keys_taken
        await at_once(world, *leave, "5")
        assert screen.tab is not None
        assert screen.tab.tab_id == "disks"


async def test_keys_after_the_change_of_consoles_are_for_the_other() -> None:
    async with running() as world:
        vms = [vm for vm in world.app.fleet.view.vms if vm.state == "running"]
        sent: list[tuple[str, bytes]] = []
        for vm in vms[:2]:
            opened = await open_console(world, vm)
            write = opened.console.write
            opened.console.write = lambda data, name=vm.name, write=write: sent.append((name, data)) or write(data)  # type: ignore[method-assign,misc]
            if vm is vms[0]:
                await world.press(GUEST_ESCAPE, GUEST_ESCAPE)
        assert isinstance(world.app.screen, ConsoleScreen)
        await at_once(world, "a", GUEST_ESCAPE, "tab", "b", GUEST_ESCAPE, "tab", "c", GUEST_ESCAPE, "q", "slash", "x")
        assert sent == [(vms[1].name, b"a"), (vms[0].name, b"b"), (vms[1].name, b"c")]
        assert world.app.main.panel.query_one(FilterBar).text == "x"


async def test_a_paste_is_for_the_field_that_the_key_before_it_opens() -> None:
    async with running() as world:
        await at_once(world, "colon", events.Paste("host"), "down")
        picker = world.app.screen
        assert isinstance(picker, Picker)
        assert picker.query_one(Input).value == "host"
        assert picker._table.cursor_key == picker.shown[1]


async def test_an_enter_after_a_paste_does_not_reach_the_guest_before_it() -> None:
    async with running() as world:
        opened = await open_console(world, next(vm for vm in world.app.fleet.view.vms if vm.state == "running"))
        sent: list[bytes] = []
        opened.console.write = lambda data: sent.append(data) or True  # type: ignore[method-assign,func-returns-value]
        terminal = world.app.screen.query_one(ConsoleTerminal)
        for _ in range(20):  # as while output rushes by
            terminal.call_later(terminal.refresh)
        await at_once(world, "a", events.Paste("ls"), "enter")
        assert b"".join(sent) == b"als\r"


def click(world: World, at: Offset, times: int = 1) -> None:
    for kind in (events.MouseDown, events.MouseUp) * times:
        world.app.post_message(kind(None, at.x, at.y, 0, 0, 1, False, False, False, at.x, at.y))


async def test_a_key_after_a_double_click_is_for_what_that_opens() -> None:
    async with running() as world:
        click(world, world.app.main.panel.table.region.offset + Offset(5, 3), 2)
        await at_once(world, "2")
        screen = world.app.screen
        assert isinstance(screen, VMScreen)
        assert screen.tab is not None and screen.tab.tab_id == "graphs"


async def test_a_key_after_a_click_on_a_button_is_not_for_its_dialog() -> None:
    async with running() as world:
        await world.press("D")
        click(world, world.app.screen.query_one("#no").region.offset + Offset(2, 0))
        await at_once(world, "2")
        assert world.app.screen is world.app.main
        assert world.app.main.panel.view_id == "hosts"


async def test_a_view_chosen_from_the_filter_of_another_has_the_keyboard() -> None:
    async with running() as world:
        await world.press("2", "1")
        await at_once(world, "slash", "x", "ctrl+p", *"view hosts", "enter", "j")
        panel = world.app.main.panel
        assert panel.view_id == "hosts"
        assert world.app.focused is panel.table
        await at_once(world, "1")
        assert world.app.main.panel.query_one(FilterBar).text == "x"


async def test_what_is_taken_back_is_what_was_typed_before() -> None:
    async with running() as world:
        await at_once(world, "slash", *"wev", "backspace", "b", "left", "left", "x", "end", "delete", "1")
        assert world.app.main.panel.query_one(FilterBar).text == "wxeb1"


@pytest.mark.parametrize("dialog", ["D", "K", "y", "question_mark"])
async def test_a_key_that_a_dialog_has_no_use_for_does_nothing_when_it_is_closed(dialog: str) -> None:
    async with running() as world:
        await at_once(world, dialog, "B", "w", "c", "escape")
        assert world.app.screen is world.app.main
        assert not world.app.fleet.acts.acts


async def test_the_way_round_the_form_of_a_new_vm_waits_for_all_of_it() -> None:
    async with running() as world:
        await at_once(world, "n", "a", "shift+tab", "shift+tab")
        assert world.app.focused is not None and world.app.focused.id == "create"


async def test_who_waits_in_vain_for_a_view_can_leave(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(typedkeys, "READY_ROUNDS", 3)
    async with running() as world:
        world.app.main.arriving = True
        for key in ("D", "ctrl+c"):
            world.app.post_message(events.Key(key, None))
        for _ in rounds():
            if world.app.return_code is not None:
                break
            await world.pilot.pause(0.01)
        assert world.app.return_code == 130
        assert world.app.screen is world.app.main


async def test_a_figure_is_in_before_the_form_is_applied() -> None:
    async with running() as world:
        await world.press("r")
        dialog = world.app.screen
        assert isinstance(dialog, ResizeDialog)
        memory = next(box for box in dialog.query(Input) if box.id and box.id.startswith("memory"))
        await at_once(world, "3", "down", "9", "up")
        assert dialog.query_one("#vcpus", Input).value == "3"
        assert world.app.focused is dialog.query_one("#vcpus")
        assert [box.value for box in dialog.query(Input)][1] == "9", memory.value


async def test_ctrl_s_saves_all_that_was_typed_before() -> None:
    async with running() as world:
        await world.press("N")
        dialog = world.app.screen
        assert isinstance(dialog, NotesDialog)
        before = dialog.query_one("#title", Input).value, dialog.query_one(TextArea).text
        saved: list[object] = []
        dialog.dismiss = saved.append  # type: ignore[method-assign,assignment]
        await at_once(world, *"for the shop", "ctrl+s")
        assert saved == [(before[0] + "for the shop", before[1])]


def state(world: World) -> list[object]:
    """What there is to see, and what has the keyboard."""
    app, focused = world.app, world.app.focused
    table = app.main.panel.table
    return [
        [type(screen).__name__ for screen in app.screen_stack], app.main.panel.view_id, app.main.host_id,
        table.cursor_key if table is not None else None, type(focused).__name__, focused.id if focused else None,
        [(field.id, field.value) for field in app.screen.query(Input)], len(app.fleet.acts.acts),
    ]  # fmt: skip


@pytest.mark.parametrize("keys", [
    "8 K i down w up slash up j k escape 8", "y enter a f f 4 escape N a D S k", "o a i k e k K m enter colon 6 h",
    "7 right D backspace G enter T tab m i G N", "slash w 5 backspace slash g left h question_mark a 4 down i",
])  # fmt: skip
async def test_keys_in_one_read_do_what_they_do_one_by_one(keys: str) -> None:
    found = []
    for together in (False, True):
        async with running() as world:
            if together:
                await at_once(world, *keys.split())
            else:
                await world.press(*keys.split())
            found.append(state(world))
    assert found[0] == found[1]
