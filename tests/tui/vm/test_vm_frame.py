"""The screen of a VM: tabs by number, neighbours, who has the keyboard."""

from __future__ import annotations

from typing import Any

import pytest
from textual import events

from limen_tui.hypervisor.simulated.catalogue import STUBBORN
from limen_tui.model.vm import VM
from limen_tui.tui.app import LimenApp
from limen_tui.tui.dialogs.confirm import ConfirmDialog
from limen_tui.tui.main.screen import MainScreen
from limen_tui.tui.vm import screen as screen_module
from limen_tui.tui.vm.head import TabRow, VMHead
from limen_tui.tui.vm.screen import VMScreen
from limen_tui.tui.vm.tab import VMTab
from limen_tui.tui.vm.tabs import TabMaker, tabs
from tests.tui.shell.world import World, running


async def opened(world: World, name: str = "") -> VMScreen:
    """A running VM on its own screen."""
    vm = pick(world.app, name)
    world.app.main.show_vm(vm.key)
    await world.press("enter")
    screen = world.app.screen
    assert isinstance(screen, VMScreen) and screen.key == vm.key
    return screen


def pick(app: LimenApp, name: str = "") -> VM:
    """A running VM; without a name, one whose guest agent answers."""
    vms = [vm for vm in app.fleet.view.vms if vm.state == "running" and name in vm.name]
    return next(vm for vm in vms if name or (vm.name != STUBBORN and vm.facts.has_agent))


def order(world: World) -> list[VM]:
    table: Any = world.app.main.panel.table
    return list(table._model.lines)


class Greedy(VMTab, can_focus=True):
    """Takes every key but the dagger's."""

    tab_id = "greedy"
    takes_keys = True

    def __init__(self, *args: Any) -> None:
        super().__init__(*args)
        self.heard: list[str] = []

    def on_key(self, event: events.Key) -> None:
        event.stop()
        self.heard.append(event.key)
        if event.key == "ctrl+right_square_bracket":
            self.give_keys_back()


@pytest.fixture
def greedy(monkeypatch: pytest.MonkeyPatch) -> None:
    maker = TabMaker(4, "greedy", "Greedy", __name__, "Greedy")
    monkeypatch.setattr(TabMaker, "kind", lambda self: Greedy if self.tab_id == "greedy" else KIND(self))
    made = (*(each for each in tabs() if each.number < 4), maker)
    monkeypatch.setattr(screen_module, "tabs", lambda: made)


KIND = TabMaker.kind


async def test_every_tab_opens_by_its_number_and_says_which_it_is() -> None:
    async with running() as world:
        screen = await opened(world)
        row = screen.query_one(TabRow)
        for maker in tabs():
            await world.press(str(maker.number))
            await world.go_on()
            assert row.current == maker.tab_id
            assert screen.tab is not None and screen.tab.display and screen.tab.is_mounted
            assert sum(tab.display for tab in screen.query(VMTab)) == 1
            if screen.keys_taken:
                screen.tab.give_keys_back()
                await world.go_on(0.1)
        await world.press("escape")
        assert isinstance(world.app.screen, MainScreen)


async def test_brackets_go_to_the_neighbours_in_the_order_of_the_table() -> None:
    async with running() as world:
        rows = order(world)
        world.app.main.show_vm(rows[3].key)
        await world.press("enter", "8", "right_square_bracket")
        screen = world.app.screen
        assert isinstance(screen, VMScreen)
        assert screen.key == rows[4].key
        assert screen.query_one(TabRow).current == "xml", "the same tab of the other VM"
        await world.go_on()
        assert rows[4].name in screen.query_one(VMHead).plain
        await world.press("left_square_bracket", "left_square_bracket")
        assert screen.key == rows[2].key
        await world.press("escape")
        assert world.app.main.target().vms[0].key == rows[2].key, "the cursor went along"


async def test_the_ends_of_the_table_are_ends() -> None:
    async with running() as world:
        rows = order(world)
        world.app.main.show_vm(rows[0].key)
        await world.press("enter", "left_square_bracket")
        screen = world.app.screen
        assert isinstance(screen, VMScreen) and screen.key == rows[0].key
        assert "No other VM" in world.notices()


async def test_the_tab_has_the_keyboard_and_not_the_row_of_tabs() -> None:
    async with running() as world:
        for _ in range(3):
            screen = await opened(world)
            await world.go_on(0.1)
            assert screen.focused is screen.tab
            await world.press("escape")


async def test_actions_are_aimed_at_the_vm_on_show_and_at_no_other() -> None:
    async with running() as world:
        screen = await opened(world)
        await world.press("D")
        dialog = world.app.screen
        assert isinstance(dialog, ConfirmDialog) and list(dialog.keys) == [screen.key]


async def test_a_tab_that_takes_the_keys_takes_all_of_them(greedy: None) -> None:
    async with running() as world:
        screen = await opened(world)
        await world.press("4")
        await world.go_on(0.1)
        tab = screen.tab
        assert isinstance(tab, Greedy) and tab.has_focus
        typed = ["D", "1", "q", "ctrl+c", "escape", "enter", "tab", "left_square_bracket", "colon", "f1"]
        await world.press(*typed)
        assert tab.heard == typed
        assert world.app.screen is screen
        assert not world.app.fleet.acts.acts
        await world.press("ctrl+right_square_bracket")
        assert screen.query_one(TabRow).has_focus
        await world.press("enter", "x")
        assert tab.heard[-1] == "x", "Enter leads back in"
        await world.press("ctrl+right_square_bracket", "1")
        assert screen.query_one(TabRow).current == "overview"
        await world.press("D")
        assert isinstance(world.app.screen, ConfirmDialog)


async def test_keys_typed_before_a_tab_took_the_keyboard_reach_no_action(greedy: None) -> None:
    async with running() as world:
        screen = await opened(world)
        for key in ("4", "D", "S"):
            world.app.post_message(events.Key(key, key))
        await world.go_on(0.1)
        assert world.app.screen is screen


async def test_a_vm_that_is_gone_is_said_to_be() -> None:
    async with running() as world:
        screen = await opened(world)
        screen.key = screen.key._replace(uuid="00000000-0000-4000-8000-00000000dead")
        await world.go_on()
        assert "is gone" in screen.query_one(VMHead).plain
        assert screen.target().vms == ()
        await world.press("s")
        assert "Start: it is gone" in world.notices()


@pytest.mark.parametrize("size", [(20, 5), (80, 24)])
async def test_it_fits_small_terminals(size: tuple[int, int]) -> None:
    async with running(size) as world:
        screen = await opened(world)
        for maker in tabs():
            screen.show_tab(maker.tab_id)
            await world.go_on(0.2)
        row = screen.query_one(TabRow).plain
        assert len(row) <= size[0]


async def test_its_host_is_watched_while_it_is_on_show() -> None:
    async with running() as world:
        screen = await opened(world)
        await world.go_on()
        watch = world.app.fleet._watch[screen.key.host_id]
        assert watch.visible == {screen.key.uuid}
