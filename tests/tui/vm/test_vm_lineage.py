"""The overview: where a VM came from, what its chains take, how old its snapshots are."""

from __future__ import annotations

from typing import Any

import pytest

from limen_tui.hypervisor.simulated.host import SimulatedHost
from limen_tui.hypervisor.simulated.lineage import SimulatedLineage, snapshots_of
from limen_tui.hypervisor.simulated.stock import BASES
from limen_tui.model.cautions import old_snapshots
from limen_tui.model.verbs.lineage import ChainMember, DiskChain, Lineage, SnapshotFact
from limen_tui.model.vm import VM
from limen_tui.tui.app import LimenApp
from tests.tui.shell.world import running
from tests.tui.vm.test_vm_overview import on_show, shown
from tests.tui.vm.test_vm_snapshots import SIZES, Made, made, moves  # noqa: F401 - a fixture is found by its name


def with_old(app: LimenApp) -> VM:
    """A running VM with an old snapshot, on a disk that has a base."""

    def wanted(vm: VM) -> bool:
        port = app.fleet._ports[vm.key.host_id]
        assert isinstance(port, SimulatedHost)
        machine = port._machines[vm.key.uuid]
        old = list(old_snapshots(snapshots_of(machine, app.fleet.clock.wall()), app.fleet.clock.wall(), 30))
        return bool(old) and machine.made.seed % 2 == 1 and machine.made.role.os in BASES

    return next(vm for vm in app.fleet.view.vms if vm.state == "running" and vm.facts.disks and wanted(vm))


async def test_hostile_names_are_inert_and_unknown_sizes_are_left_out(monkeypatch: pytest.MonkeyPatch) -> None:
    async with running() as world:
        now = world.app.fleet.clock.wall()
        members = tuple(ChainMember(f"/x/\x1b[31m{n}.img", "qcow2", None if n == 3 else 1 << 20) for n in range(9))
        kept = tuple(SnapshotFact(f"[bold]s\x07{n}", now - (50 - n) * 86400.0) for n in range(8))
        monkeypatch.setattr(SimulatedLineage, "of", lambda *_: Lineage(kept, (DiskChain("vda", members),)))
        tab = await on_show(world)
        text = shown(tab)
        assert "8 snapshots are older than 30 days, [bold]s�0 is 50" in text and "and 3 older" in text
        assert "└ and 2 more below" in text and "the chain of" not in text
        assert "Made from" in text and "\x1b" not in text and "\x07" not in text


async def test_it_is_asked_for_seldom(monkeypatch: pytest.MonkeyPatch) -> None:
    asked: list[str] = []
    real = SimulatedLineage.of

    def counted(self: SimulatedLineage, uuid: str) -> Lineage:
        asked.append(uuid)
        return real(self, uuid)

    monkeypatch.setattr(SimulatedLineage, "of", counted)
    async with running() as world:
        await on_show(world)
        assert len(asked) == 1
        for _ in range(10):
            await world.go_on()
        assert len(asked) == 1
        await world.press("ctrl+r")
        await world.go_on()
        assert len(asked) == 2


@pytest.mark.parametrize("size", SIZES)
def test_lineage_snapshot(made: Made, snap_compare: Any, size: tuple[int, int]) -> None:  # noqa: F811
    app, sim = made()
    assert snap_compare(app, terminal_size=size, run_before=moves(app, sim, (), 3, choose=with_old))
