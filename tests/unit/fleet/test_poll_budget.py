"""Of a large fleet, one poll takes in figures for a few milliseconds only; what happened is never put off."""

from __future__ import annotations

import pytest

from limen_tui.fleet import fleet as module
from limen_tui.fleet.actor import Actor
from limen_tui.fleet.fleet import Fleet
from limen_tui.hypervisor.simulated import simulated_fleet
from limen_tui.inventory import open_inventory


@pytest.fixture
def large(monkeypatch: pytest.MonkeyPatch):
    monkeypatch.setattr(module, "MANY", 20)  # what counts as large
    monkeypatch.setattr(module, "BUDGET", 0.0)  # and there is no time at all
    sim = simulated_fleet(7, 4, 40, manual=True, flaky=0)
    fleet = Fleet(sim.hosts, sim.connector, open_inventory(None), clock=sim.clock, actor=Actor("ann", "tui"))
    fleet.start()
    sim.advance(6.0)
    fleet.poll()
    yield sim, fleet
    fleet.close()


def sampled(fleet: Fleet) -> list[float | None]:
    return [snapshot.sampled_at for snapshot in fleet.view.hosts]


def test_figures_wait_and_every_host_gets_its_turn(large) -> None:
    sim, fleet = large
    while fleet.behind:
        fleet.poll()
    before = sampled(fleet)
    sim.advance(3.0)
    fleet.poll()
    assert fleet.behind
    polls = 0
    while fleet.behind:
        fleet.poll()
        polls += 1
        assert polls < 10, "a host never gets its turn"
    assert all(now != old for now, old in zip(sampled(fleet), before, strict=True))


def test_a_host_that_goes_away_is_seen_at_once(large) -> None:
    _, fleet = large
    gone = fleet.hosts[-1]
    fleet.save_host(module.replace(gone, enabled=False))
    fleet.poll()
    assert fleet.view.by_host[gone.id].state == "disabled"
