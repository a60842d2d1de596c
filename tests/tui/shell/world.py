"""The whole app over the simulated fleet, moved by hand: no threads of hosts, a clock that is told."""

from __future__ import annotations

from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from dataclasses import dataclass

from textual.pilot import Pilot

from limen_tui.fleet.actor import Actor
from limen_tui.fleet.fleet import Fleet
from limen_tui.hypervisor.simulated import SimulatedFleet, simulated_fleet
from limen_tui.inventory import open_inventory
from limen_tui.settings import Settings
from limen_tui.tui.app import LimenApp


@dataclass
class World:
    app: LimenApp
    sim: SimulatedFleet
    pilot: Pilot[int]

    async def go_on(self, seconds: float = 2.0) -> None:
        self.sim.advance(seconds)
        self.app.tick()
        await self.pilot.pause()

    async def press(self, *keys: str) -> None:
        for key in keys:
            await self.pilot.press(key)
        await self.pilot.pause()

    def written(self) -> None:
        """The ends of jobs, and what was given to the inventory, are in it: it is written on a thread of its own."""
        if self.app.fleet._jobs is not None:
            self.app.fleet.jobs.settle(20)
        self.app.fleet.inventory.set_setting("the writer has come so far", 1).result(20)

    def notices(self) -> str:
        return " | ".join(note.message for note in self.app._notifications)


@asynccontextmanager
async def running(
    size: tuple[int, int] = (120, 40), settings: Settings | None = None, *, read_only: bool = False,
    notifications: bool = False,
) -> AsyncIterator[World]:
    sim = simulated_fleet(7, 2, 20, manual=True)
    fleet = Fleet(
        sim.hosts, sim.connector, open_inventory(None), clock=sim.clock, actor=Actor("ann", "tui"), read_only=read_only
    )
    app = LimenApp(fleet, settings or Settings(), demo=True)
    try:
        async with app.run_test(size=size, notifications=notifications) as pilot:
            await pilot.pause()
            world = World(app, sim, pilot)
            for _ in range(4):
                await world.go_on()
            yield world
    finally:
        fleet.close()
