"""How the volumes of a pool and the dialogs look. To accept a change: ``--snapshot-update``."""

from __future__ import annotations

import time
from collections.abc import Iterator
from typing import Any

import pytest
from textual.pilot import Pilot

from limen_tui.fleet.actor import Actor
from limen_tui.fleet.fleet import Fleet
from limen_tui.hypervisor.simulated import SimulatedFleet, simulated_fleet
from limen_tui.inventory import open_inventory
from limen_tui.settings import Settings
from limen_tui.tui.app import LimenApp

SIZES = [(80, 24), (120, 40), (200, 60)]


@pytest.fixture(autouse=True)
def utc(monkeypatch: pytest.MonkeyPatch) -> Iterator[None]:
    """Times on screen are the terminal's: here they are the same everywhere."""
    monkeypatch.setenv("TZ", "UTC")
    time.tzset()
    yield
    monkeypatch.undo()
    time.tzset()


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


async def go_on(app: LimenApp, sim: SimulatedFleet, pilot: Pilot[Any], times: int = 4) -> None:
    await pilot.pause()
    for _ in range(times):
        sim.advance(2.0)
        app.tick()
        await pilot.pause()


@pytest.mark.parametrize("size", SIZES)
def test_volumes(app: LimenApp, sim: SimulatedFleet, snap_compare: Any, size: tuple[int, int]) -> None:
    async def look(pilot: Pilot[Any]) -> None:
        await go_on(app, sim, pilot)
        await pilot.press("3")
        await go_on(app, sim, pilot)
        await pilot.press("g", "enter")
        await go_on(app, sim, pilot)
        screen: Any = app.screen
        row = next(row for row in screen._rows() if row.chain)
        screen.table.move_to((row.volume.pool, row.volume.path))
        await pilot.press("enter")
        await go_on(app, sim, pilot)

    assert snap_compare(app, terminal_size=size, run_before=look)


@pytest.mark.parametrize("size", SIZES[:2])
@pytest.mark.parametrize("key", ["u", "I"])
def test_dialogs(app: LimenApp, sim: SimulatedFleet, snap_compare: Any, size: tuple[int, int], key: str) -> None:
    async def look(pilot: Pilot[Any]) -> None:
        await go_on(app, sim, pilot)
        await pilot.press("3")
        await go_on(app, sim, pilot)
        await pilot.press("g", "enter")
        await go_on(app, sim, pilot)
        await pilot.press(key)
        await pilot.pause()
        dialog: Any = app.screen
        dialog.say("cloud.debian.org cannot be reached\nName or service not known\nBy hand: curl " + "z" * 80)
        await pilot.pause()

    assert snap_compare(app, terminal_size=size, run_before=look)


@pytest.mark.parametrize("size", SIZES[:2])
@pytest.mark.parametrize("kind", ["dir", "netfs"])
def test_new_pool(app: LimenApp, sim: SimulatedFleet, snap_compare: Any, size: tuple[int, int], kind: str) -> None:
    async def look(pilot: Pilot[Any]) -> None:
        await go_on(app, sim, pilot)
        await pilot.press("3")
        await go_on(app, sim, pilot)
        await pilot.press("n")
        await go_on(app, sim, pilot)
        dialog: Any = app.screen
        dialog.query_one("#kind").value = kind
        await pilot.press(*"fast")
        if kind == "netfs":
            dialog.query_one("#source").value = "/srv/export"
            dialog.query_one("#server").value = "nas1"
        await go_on(app, sim, pilot)

    assert snap_compare(app, terminal_size=size, run_before=look)


def test_question_before_a_pool_is_forgotten(app: LimenApp, sim: SimulatedFleet, snap_compare: Any) -> None:
    async def look(pilot: Pilot[Any]) -> None:
        await go_on(app, sim, pilot)
        await pilot.press("3")
        await go_on(app, sim, pilot)
        table: Any = app.main.panel.table
        row = next(row for row in app.main.panel.rows(app.fleet.view) if row.thing.name == "vg0")  # type: ignore[attr-defined]
        table.move_to((row.host_id, row.thing.uuid))
        await pilot.press("ctrl+d")
        await go_on(app, sim, pilot)

    assert snap_compare(app, terminal_size=SIZES[0], run_before=look)
