"""A key that is pressed before its host is up says why nothing happens."""

from __future__ import annotations

from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from dataclasses import replace

from limen_tui.fleet.actor import Actor
from limen_tui.fleet.fleet import Fleet
from limen_tui.hypervisor.simulated import simulated_fleet
from limen_tui.inventory import open_inventory
from limen_tui.model.actions import BY_ID
from limen_tui.model.host import HostState, Problem
from limen_tui.settings import Settings
from limen_tui.tui.app import LimenApp
from tests.tui.shell.world import World, running


async def test_start_on_a_host_that_still_connects_says_so() -> None:
    async with running() as world:
        vm = next(vm for vm in world.app.fleet.view.vms if vm.state == "stopped")
        port = world.app.fleet._ports[vm.key.host_id]
        port._slot = replace(port._slot, state=HostState.CONNECTING, rev=port._slot.rev + 1)
        world.app.tick()
        await world.pilot.pause()
        assert world.app.main.panel.show_vm(vm.key)
        await world.pilot.pause()
        await world.press("s")
        assert f"{vm.host_name} is connecting" in world.notices()
        assert not world.app.fleet.acts.acts


@asynccontextmanager
async def just_started(*notices: Problem) -> AsyncIterator[World]:
    """An inventory that knows nothing yet, and hosts that have not been asked for long."""
    sim = simulated_fleet(7, 2, 20, manual=True)
    fleet = Fleet(sim.hosts, sim.connector, open_inventory(None), clock=sim.clock, actor=Actor("ann", "tui"))
    app = LimenApp(fleet, Settings(), demo=True, notices=notices)
    try:
        async with app.run_test(size=(120, 40)) as pilot:
            await pilot.pause()
            yield World(app, sim, pilot)
    finally:
        fleet.close()


async def test_start_before_any_host_has_answered_says_that_they_are_asked() -> None:
    async with just_started() as world:
        assert not world.app.fleet.view.vms
        await world.press("s")
        assert "the hosts are still being asked" in world.notices()
        assert "no VM is selected" not in world.notices()
        for _ in range(4):
            await world.go_on()
        world.app.clear_notifications()
        assert world.app.main.reason(BY_ID["vm.open"]) is None
        assert not world.app.fleet.acts.acts, "the key was for nothing that was there then"


async def test_a_key_that_comes_before_the_first_rows_are_painted_does_nothing() -> None:
    async with just_started() as world:
        start = BY_ID["vm.start"]
        while not world.app.fleet.view.vms:
            world.sim.advance(0.5)
            world.app.tick()
        # the rows are in the table now, and nobody can have seen them: nothing was painted since
        assert world.app.main.target().vms
        world.app.perform_action("vm.start", world.app.main.target())
        assert not world.app.fleet.acts.acts
        assert world.app.main.reason(start)
        await world.pilot.pause()
        for _ in range(2):
            await world.go_on()
        assert "asked" not in (world.app.main.reason(start) or "")
        assert "come up" not in (world.app.main.reason(start) or "")


async def test_why_a_better_hypervisor_was_not_taken_is_said_in_whole_sentences() -> None:
    why = Problem("qemu:///system: it does not run\x1b[2J", "No such file or directory", "Start it: libvirtd -d.")
    async with just_started(why) as world:
        (told,) = world.app._notifications
        assert told.message == "No such file or directory. Start it: libvirtd -d."
        assert "\x1b" not in told.title
