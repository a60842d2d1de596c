"""How the screen of a VM looks, tab by tab. To accept a change: ``--snapshot-update``."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from time import tzset
from typing import Any

import pytest
from textual.pilot import Pilot

from limen_tui.fleet.actor import Actor
from limen_tui.fleet.fleet import Fleet
from limen_tui.hypervisor.simulated import SimulatedFleet, simulated_fleet
from limen_tui.inventory import open_inventory
from limen_tui.inventory.samplestore import SampleStore
from limen_tui.model.vm import VM
from limen_tui.settings import Settings
from limen_tui.tui.app import LimenApp
from tests.tui.vm.test_vm_frame import pick

SIZES = [(80, 24), (120, 40), (200, 60)]
Made = Callable[[], tuple[LimenApp, SimulatedFleet]]


@pytest.fixture
def made(monkeypatch: pytest.MonkeyPatch) -> Iterator[Made]:
    """The app over the simulation, moved by hand, where clocks show UTC."""
    monkeypatch.setenv("TZ", "UTC")
    tzset()
    # the day's minutes come by way of two threads: whether they are there by then would be luck
    monkeypatch.setattr(SampleStore, "add", lambda *_: None)
    # told time only: a look of the app's own timer would shift the ticks of the hosts
    monkeypatch.setattr("limen_tui.tui.app.TICK", 3600.0)
    fleets: list[Fleet] = []

    def make() -> tuple[LimenApp, SimulatedFleet]:
        sim = simulated_fleet(7, 2, 20, manual=True)
        fleet = Fleet(sim.hosts, sim.connector, open_inventory(None), clock=sim.clock, actor=Actor("ann", "tui"))
        fleets.append(fleet)
        return LimenApp(fleet, Settings(), demo=True), sim

    yield make
    for fleet in fleets:
        fleet.close()
    monkeypatch.undo()
    tzset()


def moves(
    app: LimenApp, sim: SimulatedFleet, keys: tuple[str, ...], ticks: int, then: tuple[str, ...] = (),
    choose: Callable[[LimenApp], VM] = pick,
) -> Callable[[Pilot[Any]], Any]:
    async def run(pilot: Pilot[Any]) -> None:
        async def go_on(times: int) -> None:
            for _ in range(times):
                sim.advance(2.0)
                app.tick()
                await pilot.pause()

        await pilot.pause()
        await go_on(4)
        app.main.show_vm(choose(app).key)
        await pilot.press("enter")
        await go_on(2)
        for key in keys:
            await pilot.press(key)
            await pilot.pause()
        await go_on(ticks)
        for key in then:
            await pilot.press(key)
            await pilot.pause()

    return run


@pytest.mark.parametrize("size", SIZES)
@pytest.mark.parametrize(
    ("name", "keys", "ticks"),
    [("overview", (), 3), ("graphs", ("2",), 30), ("guest", ("7",), 3), ("xml", ("8",), 2)],
)
def test_tabs(
    made: Made, snap_compare: Any, size: tuple[int, int], name: str, keys: tuple[str, ...], ticks: int
) -> None:
    app, sim = made()
    assert snap_compare(app, terminal_size=size, run_before=moves(app, sim, keys, ticks))


@pytest.mark.parametrize("size", SIZES)
def test_the_busiest(made: Made, snap_compare: Any, size: tuple[int, int]) -> None:
    app, sim = made()

    async def run(pilot: Pilot[Any]) -> None:
        await pilot.press("7")
        for _ in range(12):
            sim.advance(2.0)
            app.tick()
            await pilot.pause()

    assert snap_compare(app, terminal_size=size, run_before=run)


def test_the_cursor_in_the_graphs(made: Made, snap_compare: Any) -> None:
    app, sim = made()
    then = ("down", "down", *("left",) * 6)
    assert snap_compare(app, terminal_size=(120, 40), run_before=moves(app, sim, ("2",), 12, then))


@pytest.mark.parametrize("theme", ["light", "high-contrast"])
def test_themes(made: Made, snap_compare: Any, theme: str) -> None:
    app, sim = made()

    async def run(pilot: Pilot[Any]) -> None:
        app.choose_theme(theme)
        await moves(app, sim, ("2",), 20)(pilot)

    assert snap_compare(app, terminal_size=(120, 40), run_before=run)
