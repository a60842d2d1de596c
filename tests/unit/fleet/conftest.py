"""A fleet of two scripted hosts over a real inventory."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path

import pytest

from limen_tui.fleet.actor import Actor
from limen_tui.fleet.fleet import Fleet
from limen_tui.inventory import open_inventory
from limen_tui.model.host import Host
from limen_tui.model.ports import EventSink
from tests.unit.fleet.scripted import FakeClock, ScriptedPort


@dataclass
class World:
    fleet: Fleet
    clock: FakeClock
    ports: dict[str, ScriptedPort]
    path: Path

    def poll(self) -> None:
        self.clock.now += 0.25
        self.fleet.poll()

    def settle(self) -> None:
        """Let every host run what waits, and take it in."""
        for port in self.ports.values():
            port.run()
        self.poll()


def make_world(path: Path, clock: FakeClock | None = None, **options: object) -> World:
    clock = clock or FakeClock()
    ports: dict[str, ScriptedPort] = {}

    def connect(host: Host, sink: EventSink) -> ScriptedPort:
        ports[host.id] = ScriptedPort(host, sink, clock)
        return ports[host.id]

    hosts = (Host("h1", "kvm1", "qemu+ssh://kvm1/system"), Host("h2", "kvm2", "qemu+ssh://kvm2/system", position=1))
    inventory = open_inventory(path / "inventory.db")
    fleet = Fleet(hosts, connect, inventory, clock=clock, actor=Actor("ann", "tui 10.0.0.7"), **options)  # type: ignore[arg-type]
    fleet.start()
    return World(fleet, clock, ports, path)


@pytest.fixture
def world(tmp_path: Path) -> Iterator[World]:
    made = make_world(tmp_path)
    yield made
    made.fleet.close()
