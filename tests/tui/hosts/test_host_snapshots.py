"""How the form and the test of a host look. To accept a change: ``--snapshot-update``."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

import pytest
from textual.pilot import Pilot
from textual.widgets import Input

from limen_tui.errors import ConnectError
from limen_tui.fleet.actor import Actor
from limen_tui.fleet.fleet import Fleet
from limen_tui.hypervisor.simulated import simulated_fleet
from limen_tui.inventory import open_inventory
from limen_tui.settings import Settings
from limen_tui.tui.app import LimenApp
from limen_tui.tui.hosts.hostform import HostForm
from limen_tui.tui.hosts.hosttest import HostTestDialog
from tests.patience import rounds
from tests.tui.hosts.scripted import ScriptedTester

SIZES = [(80, 24), (120, 40)]


@pytest.fixture
def app() -> Iterator[LimenApp]:
    sim = simulated_fleet(7, 2, 20, manual=True)
    fleet = Fleet(sim.hosts, sim.connector, open_inventory(None), clock=sim.clock, actor=Actor("ann", "tui"))
    yield LimenApp(fleet, Settings(), demo=True)
    fleet.close()


@pytest.mark.parametrize("size", SIZES)
def test_form(app: LimenApp, snap_compare: Any, size: tuple[int, int]) -> None:
    async def fill(pilot: Pilot[Any]) -> None:
        await pilot.app.push_screen(HostForm(app.fleet.hosts, ScriptedTester()))
        for field, text in (("address", "kvm9"), ("jump", "ann@gate"), ("group", "prod"), ("colour", "pink")):
            pilot.app.screen.query_one(f"#{field}", Input).value = text
            await pilot.pause()

    assert snap_compare(app, terminal_size=size, run_before=fill)


@pytest.mark.parametrize("size", SIZES)
def test_failed_test(app: LimenApp, snap_compare: Any, size: tuple[int, int]) -> None:
    error = ConnectError("root@kvm9 did not let us in", "Permission denied", "Try `ssh root@kvm9` by hand.")

    async def run(pilot: Pilot[Any]) -> None:
        dialog = HostTestDialog(app.fleet.hosts[0], ScriptedTester("sign-in", error), saves=True)
        await pilot.app.push_screen(dialog)
        for _ in rounds():
            if not dialog.query_one("#again").disabled:
                break
            await pilot.pause(0.02)

    assert snap_compare(app, terminal_size=size, run_before=run)
