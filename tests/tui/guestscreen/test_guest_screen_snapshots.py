"""How the guest's screen looks: as text, as pixels, with its menu. To accept a change: ``--snapshot-update``."""

from __future__ import annotations

import asyncio
from collections.abc import Iterator
from typing import Any

import pytest
from textual.app import ComposeResult
from textual.pilot import Pilot
from textual.screen import Screen

from limen_tui.fleet.actor import Actor
from limen_tui.fleet.fleet import Fleet
from limen_tui.hypervisor.simulated import SimulatedFleet, simulated_fleet
from limen_tui.inventory import open_inventory
from limen_tui.settings import Settings
from limen_tui.tui.app import LimenApp
from limen_tui.tui.guestscreen import lines
from limen_tui.tui.guestscreen.tab import GuestScreenTab
from tests.patience import rounds


class Bare(Screen[None]):
    """The tab and nothing around it, so that what others show there does not matter."""

    def __init__(self, tab: GuestScreenTab) -> None:
        super().__init__()
        self.tab = tab

    def compose(self) -> ComposeResult:
        yield self.tab


SIZES = [(80, 24), (120, 40), (200, 60)]
MENU = "ctrl+right_square_bracket"


@pytest.fixture
def world(monkeypatch: pytest.MonkeyPatch) -> Iterator[tuple[LimenApp, SimulatedFleet]]:
    monkeypatch.setattr(lines, "rate_text", lambda rate: "5/s")
    sim = simulated_fleet(7, 2, 20, manual=True)
    fleet = Fleet(sim.hosts, sim.connector, open_inventory(None), clock=sim.clock, actor=Actor("ann", "tui"))
    yield LimenApp(fleet, Settings(), demo=True), sim
    fleet.close()


@pytest.mark.parametrize("size", SIZES)
@pytest.mark.parametrize("keys", [(), (MENU, "x"), (MENU,)], ids=["text", "pixels", "menu"])
def test_looks(world: Any, snap_compare: Any, size: tuple[int, int], keys: tuple[str, ...]) -> None:
    app, sim = world

    async def run(pilot: Pilot[Any]) -> None:
        await pilot.pause()
        for _ in range(4):
            sim.advance(2.0)
            app.tick()
            await pilot.pause()
        vm = next(vm for vm in app.fleet.view.vms if vm.state == "running")
        tab = GuestScreenTab(app, vm.key)
        await app.push_screen(Bare(tab))
        tab.arrived()
        await pilot.pause()
        for _ in rounds():
            sim.advance(0)
            if tab._shot is not None:
                break
            await asyncio.sleep(0.01)
            await pilot.pause()
        await pilot.press(*keys)
        tab._show_lines()
        await pilot.pause()

    assert snap_compare(app, terminal_size=size, run_before=run)
