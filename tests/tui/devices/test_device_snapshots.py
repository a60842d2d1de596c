"""How the tabs of devices, the resize form and a proposal look. To accept a change: ``--snapshot-update``."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from typing import Any

import pytest
from textual.pilot import Pilot
from textual.widgets import Input

from limen_tui.fleet.actor import Actor
from limen_tui.fleet.fleet import Fleet
from limen_tui.hypervisor.simulated import SimulatedFleet, simulated_fleet
from limen_tui.inventory import open_inventory
from limen_tui.settings import Settings
from limen_tui.tui.app import LimenApp

SIZES = [(80, 24), (120, 40), (200, 60)]
Look = Callable[[Pilot[Any]], Any]


@pytest.fixture
def sim() -> SimulatedFleet:
    return simulated_fleet(7, 2, 20, manual=True)


@pytest.fixture
def app(sim: SimulatedFleet) -> Iterator[LimenApp]:
    fleet = Fleet(sim.hosts, sim.connector, open_inventory(None), clock=sim.clock, actor=Actor("ann", "tui"))
    app = LimenApp(fleet, Settings(), demo=True)
    app.animation_level = "none"
    yield app
    fleet.close()


async def go_on(app: LimenApp, sim: SimulatedFleet, pilot: Pilot[Any], times: int = 3) -> None:
    await pilot.pause()
    for _ in range(times):
        sim.advance(2.0)
        app.tick()
        await pilot.pause()


async def open_vm(app: LimenApp, sim: SimulatedFleet, pilot: Pilot[Any], key: str) -> None:
    await go_on(app, sim, pilot, 4)
    vm = next(vm for vm in app.fleet.view.vms if vm.state == "running" and len(vm.facts.disks) == 2)
    app.main.show_vm(vm.key)
    await pilot.press("enter", key)
    await go_on(app, sim, pilot)


@pytest.mark.parametrize("size", SIZES)
@pytest.mark.parametrize("tab", ["5", "6"])
def test_tabs(app: LimenApp, sim: SimulatedFleet, snap_compare: Any, size: tuple[int, int], tab: str) -> None:
    assert snap_compare(app, terminal_size=size, run_before=lambda pilot: open_vm(app, sim, pilot, tab))


@pytest.mark.parametrize("size", SIZES)
def test_resize_form(app: LimenApp, sim: SimulatedFleet, snap_compare: Any, size: tuple[int, int]) -> None:
    async def look(pilot: Pilot[Any]) -> None:
        await open_vm(app, sim, pilot, "5")
        await pilot.press("r")
        await go_on(app, sim, pilot, 1)
        for field, text in (("vcpus", "12"), ("vcpus-max", "16"), ("memory", "10G"), ("disk-0", "400G")):
            app.screen.query_one(f"#{field}", Input).value = text
        await pilot.pause()

    assert snap_compare(app, terminal_size=size, run_before=look)


@pytest.mark.parametrize("size", SIZES)
def test_resize_refusal(app: LimenApp, sim: SimulatedFleet, snap_compare: Any, size: tuple[int, int]) -> None:
    async def look(pilot: Pilot[Any]) -> None:
        await open_vm(app, sim, pilot, "5")
        await pilot.press("r")
        await go_on(app, sim, pilot, 1)
        for field, text in (("vcpus", "40"), ("memory", "1M"), ("disk-0", "1G")):
            app.screen.query_one(f"#{field}", Input).value = text
        await pilot.pause()

    assert snap_compare(app, terminal_size=size, run_before=look)


@pytest.mark.parametrize("size", SIZES)
def test_proposal(app: LimenApp, sim: SimulatedFleet, snap_compare: Any, size: tuple[int, int]) -> None:
    async def look(pilot: Pilot[Any]) -> None:
        await open_vm(app, sim, pilot, "5")
        await pilot.press("n")
        await go_on(app, sim, pilot, 1)
        await pilot.press(*"20G", "enter")
        await go_on(app, sim, pilot, 1)

    assert snap_compare(app, terminal_size=size, run_before=look)
