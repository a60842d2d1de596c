"""Keys that come in one read: for a view that is not there yet, for a dialog that is closed already."""

from __future__ import annotations

from collections.abc import AsyncIterator
from contextlib import asynccontextmanager

import pytest
from textual import events
from textual.keys import key_to_character
from textual.widgets import Input

from limen_tui.fleet.actor import Actor
from limen_tui.fleet.fleet import Fleet
from limen_tui.hypervisor.simulated import simulated_fleet
from limen_tui.inventory import open_inventory
from limen_tui.settings import Settings
from limen_tui.tui.app import LimenApp
from limen_tui.tui.dialogs.confirm import ConfirmDialog
from limen_tui.tui.fleet.filterbar import FilterBar
from limen_tui.tui.keymap import GUEST_ESCAPE
from limen_tui.tui.memory import VIEW
from limen_tui.tui.vm.screen import VMScreen
from tests.patience import rounds
from tests.tui.shell.world import World


@asynccontextmanager
async def begun_with(view: str) -> AsyncIterator[World]:
    """The app as it starts where another view was on show last: none of the others has been made."""
    sim = simulated_fleet(7, 2, 20, manual=True)
    inventory = open_inventory(None)
    inventory.set_setting(VIEW, view)
    fleet = Fleet(sim.hosts, sim.connector, inventory, clock=sim.clock, actor=Actor("ann", "tui"))
    app = LimenApp(fleet, Settings(), demo=True)
    try:
        async with app.run_test(size=(80, 24)) as pilot:
            world = World(app, sim, pilot)
            for _ in range(4):
                await pilot.pause()
                await world.go_on()
            yield world
    finally:
        fleet.close()


async def at_once(world: World, *typed: str | events.Paste) -> None:
    for key in typed:
        if isinstance(key, str):
            world.app.post_message(events.Key(key, "/" if key == "slash" else key_to_character(key)))
        else:
            world.app.post_message(key)
    for _ in rounds():
        await world.pilot.pause(0.01)
        if world.app._held is None:
            break
    assert world.app._held is None
    await world.pilot.pause()


@pytest.mark.parametrize("number", "1234567")
async def test_a_view_that_is_still_coming_gets_the_keys_after_its_own(number: str) -> None:
    async with begun_with("vms" if number == "2" else "hosts") as world:
        await at_once(world, number, "slash", "x", "y")
        field = world.app.main.panel.query_one(FilterBar).query_one(Input)
        assert world.app.main.panel.view_id != ("vms" if number == "2" else "hosts")
        assert field.value == "xy" and world.app.focused is field


@pytest.mark.parametrize("key", ["escape", "f", "K", "m", "s", "enter", "g", "colon"])
async def test_no_key_is_too_early_for_the_vms(key: str) -> None:
    async with begun_with("hosts") as world:
        await at_once(world, "1", key)
        assert world.app.main.panel.view_id == "vms"


async def test_a_key_for_vms_acts_on_the_vm_that_is_then_under_the_cursor() -> None:
    async with begun_with("hosts") as world:
        await at_once(world, "1", "j", "D")
        dialog = world.app.screen
        assert isinstance(dialog, ConfirmDialog)
        assert list(dialog.keys) == [world.app.main.target().vms[0].key]


async def test_of_two_enters_the_second_is_not_for_what_is_below_the_dialog() -> None:
    async with begun_with("vms") as world:
        await at_once(world, "K")
        assert len(world.app.screen_stack) == 2
        await at_once(world, "enter", "enter")
        assert world.app.screen is world.app.main
        await at_once(world, "K")
        await at_once(world, "enter", "enter", "2")
        assert world.app.screen is world.app.main and world.app.main.panel.view_id == "hosts"


async def test_a_key_for_a_dialog_that_is_still_coming_waits() -> None:
    async with begun_with("vms") as world:
        await at_once(world, "K", "j", "j", "K")  # the columns, then one of them earlier
        await at_once(world, "escape")
        assert world.app.screen is world.app.main


@pytest.mark.parametrize("tab", [("2",), ("4", GUEST_ESCAPE, GUEST_ESCAPE), ("5",)])
async def test_a_vm_is_left_before_its_screen_is_there(tab: tuple[str, ...]) -> None:
    async with begun_with("vms") as world:
        await at_once(world, "enter", *tab, "escape", "escape")
        for _ in rounds():
            await world.pilot.pause(0.01)
            if world.app.screen is world.app.main:
                break
        assert world.app.screen is world.app.main
        assert world.app.main.panel.view_id == "vms"


async def test_a_tab_is_chosen_before_its_screen_is_there() -> None:
    async with begun_with("vms") as world:
        await at_once(world, "enter", "8", "8")
        for _ in rounds():
            if isinstance(world.app.screen, VMScreen) and world.app.screen.is_mounted:
                break
            await world.pilot.pause(0.01)
        assert isinstance(world.app.screen, VMScreen)
