"""Snapshots and backing chains of simulated VMs. Imports the model; runs on the simulation's thread."""

from __future__ import annotations

from collections.abc import Callable, Mapping

from limen_tui.errors import NotFound
from limen_tui.hypervisor.simulated.machine import Machine
from limen_tui.hypervisor.simulated.storage import SimulatedStorage
from limen_tui.model.verbs.lineage import DAY, ChainMember, DiskChain, Lineage, SnapshotFact

NAMES = ("before-upgrade", "known-good", "before-migration")


class SimulatedLineage:
    """Implements :class:`limen_tui.model.verbs.lineage.LineageVerbs`."""

    def __init__(self, machines: Mapping[str, Machine], storage: SimulatedStorage, now: Callable[[], float]) -> None:
        self._machines = machines
        self._storage = storage
        self._now = now

    def of(self, uuid: str) -> Lineage:
        """See LineageVerbs."""
        machine = self._machines.get(uuid)
        if machine is None:
            raise NotFound("The VM is gone", f"no VM has the UUID {uuid}", "It may have been removed meanwhile.")
        chains = tuple(
            DiskChain(disk.target, self._chain(disk.source, disk.format))
            for disk in machine.facts.disks if disk.source and disk.device != "cdrom"
        )  # fmt: skip
        return Lineage(snapshots_of(machine, self._now()), chains)

    def _chain(self, source: str, kind: str) -> tuple[ChainMember, ...]:
        volume = self._storage.by_path(source)
        if volume is None:
            return (ChainMember(source, kind),)
        chain = self._storage.chain(volume.pool, volume.name)
        return tuple(ChainMember(each.path, each.format, each.allocation if each.pool else None) for each in chain)


def snapshots_of(machine: Machine, now: float) -> tuple[SnapshotFact, ...]:
    """Every seventh VM of the catalogue has one or two, of the last four months."""
    seed = machine.made.seed
    if machine.xml or seed % 7 != 2:
        return ()
    midnight = now // DAY * DAY
    ages = sorted({3 + seed % 120, 1 + seed % 11}, reverse=True)
    return tuple(SnapshotFact(NAMES[(seed + place) % 3], midnight - age * DAY) for place, age in enumerate(ages))
