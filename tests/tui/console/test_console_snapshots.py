"""How a serial console looks. To accept a change: ``--snapshot-update``."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

import pytest
from textual.pilot import Pilot

from limen_tui.fleet.actor import Actor
from limen_tui.fleet.fleet import Fleet
from limen_tui.hypervisor.simulated import SimulatedFleet, simulated_fleet
from limen_tui.inventory import open_inventory
from limen_tui.model.verbs.consoles import ConsoleDevice
from limen_tui.settings import Settings
from limen_tui.tui.app import LimenApp
from limen_tui.tui.console.lines import LineDialog

SIZES = [(80, 24), (120, 40), (200, 60)]
ESCAPE = "ctrl+right_square_bracket"


@pytest.fixture
def sim() -> SimulatedFleet:
    return simulated_fleet(7, 2, 20, manual=True)


@pytest.fixture
def app(sim: SimulatedFleet) -> Iterator[LimenApp]:
    fleet = Fleet(sim.hosts, sim.connector, open_inventory(None), clock=sim.clock, actor=Actor("ann", "tui"))
    yield LimenApp(fleet, Settings(), demo=True)
    fleet.close()


async def log_in(pilot: Pilot[Any], app: LimenApp, sim: SimulatedFleet, *names: str) -> None:
    async def go_on(times: int = 2) -> None:
        for _ in range(times):
            sim.advance(1)
            app.tick()
            if app.consoles is not None:
                app.consoles.turn()
            await pilot.pause()

    await pilot.pause()
    await go_on(6)
    for name in names:
        vm = next(vm for vm in app.fleet.view.vms if vm.name == name)
        app.main.show_vm(vm.key)
        await pilot.press("c")
        await go_on()
        await pilot.press(*"root", "enter", *"pw", "enter", *"ls", "enter", *"free -m", "enter")
        await go_on()
        if name != names[-1]:
            await pilot.press(*"echo in the background", "enter")
            await go_on()  # what is printed after it was left is marked as new
            await pilot.press(ESCAPE, "q")
    app.clear_notifications()
    await go_on(1)


@pytest.mark.parametrize("size", SIZES)
def test_console(app: LimenApp, sim: SimulatedFleet, snap_compare: Any, size: tuple[int, int]) -> None:
    async def play(pilot: Pilot[Any]) -> None:
        await log_in(pilot, app, sim, "db09", "backup10")

    assert snap_compare(app, run_before=play, terminal_size=size)


@pytest.mark.parametrize("size", SIZES)
def test_menu_and_search(app: LimenApp, sim: SimulatedFleet, snap_compare: Any, size: tuple[int, int]) -> None:
    async def play(pilot: Pilot[Any]) -> None:
        await log_in(pilot, app, sim, "db09")
        await pilot.press(ESCAPE, "slash", *"systemd", "enter")
        await pilot.pause()

    assert snap_compare(app, run_before=play, terminal_size=size)


@pytest.mark.parametrize("size", SIZES)
def test_lines(app: LimenApp, sim: SimulatedFleet, snap_compare: Any, size: tuple[int, int]) -> None:
    async def play(pilot: Pilot[Any]) -> None:
        await pilot.pause()
        devices = (ConsoleDevice("serial0", "pty"), ConsoleDevice("serial1", "pty"), ConsoleDevice("serial2", "file"))
        app.push_screen(LineDialog("db09", devices, "serial1"))
        await pilot.pause()

    assert snap_compare(app, run_before=play, terminal_size=size)


@pytest.mark.parametrize("size", SIZES)
def test_tab(app: LimenApp, sim: SimulatedFleet, snap_compare: Any, size: tuple[int, int]) -> None:
    async def play(pilot: Pilot[Any]) -> None:
        await log_in(pilot, app, sim, "db09")
        await pilot.press(ESCAPE, "q", "enter", "3")
        app.clear_notifications()
        for _ in range(3):
            app.tick()
            await pilot.pause()

    assert snap_compare(app, run_before=play, terminal_size=size)
