"""The fleet at one moment, merged from all hosts. Immutable; built on the thread that calls ``Fleet.poll``."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field
from typing import NamedTuple

from limen_tui.model.host import HostSnapshot, HostState
from limen_tui.model.lifecycle import ACTIVE, VMState
from limen_tui.model.vm import VM, VMKey


@dataclass(frozen=True, slots=True)
class Totals:
    """Sums over the hosts that answer, and counts over all."""

    hosts: int = 0
    hosts_up: int = 0
    vms: int = 0
    running: int = 0
    troubled: int = 0
    """VMs crashed or in error."""
    cpus: int = 0
    cpu_pct: float | None = None
    """Of the CPUs of all hosts that say, weighted by their number."""
    mem_kib: int = 0
    mem_used_kib: int | None = None
    vcpus_running: int = 0
    mem_running_kib: int = 0


@dataclass(frozen=True, slots=True, eq=False)
class FleetView:
    """All hosts and VMs as to be shown: transitional states laid over, stale rows marked."""

    rev: int = 0
    hosts: tuple[HostSnapshot, ...] = ()
    vms: tuple[VM, ...] = ()
    totals: Totals = field(default_factory=Totals)
    by_host: Mapping[str, HostSnapshot] = field(default_factory=dict)

    def vm(self, key: VMKey) -> VM | None:
        """The VM of that identity, or ``None`` when it is gone."""
        snapshot = self.by_host.get(key.host_id)
        return snapshot.vms.get(key.uuid) if snapshot else None

    def host(self, host_id: str) -> HostSnapshot | None:
        """The snapshot of a host, or ``None`` when it was removed."""
        return self.by_host.get(host_id)


class _Sums(NamedTuple):
    """Over the VMs of one host."""

    running: int
    troubled: int
    vcpus: int
    mem_kib: int


class Totaller:
    """Sums up; keeps the sums over each host's VMs, so that only hosts that changed cost anything."""

    def __init__(self) -> None:
        self._kept: dict[str, tuple[Mapping[str, VM], bool, _Sums]] = {}

    def total(self, hosts: Iterable[HostSnapshot]) -> Totals:
        """Hosts that do not answer count as hosts and VMs, not as load."""
        n = up = vms = running = troubled = cpus = cpu_hosts = mem = mem_used = vcpus = mem_running = 0
        busy = 0.0
        mem_known = False
        for snapshot in hosts:
            n += 1
            vms += len(snapshot.vms)
            live = snapshot.state is HostState.UP
            up += live
            sums = self._sums(snapshot)
            running += sums.running
            troubled += sums.troubled
            if live:
                vcpus += sums.vcpus
                mem_running += sums.mem_kib
                cpus += snapshot.info.cpus
                mem += snapshot.info.memory_kib
                if snapshot.load.cpu_pct is not None:
                    busy += snapshot.load.cpu_pct * snapshot.info.cpus
                    cpu_hosts += snapshot.info.cpus
                if snapshot.load.mem_used_kib is not None:
                    mem_used += snapshot.load.mem_used_kib
                    mem_known = True
        return Totals(
            n, up, vms, running, troubled, cpus, busy / cpu_hosts if cpu_hosts else None,
            mem, mem_used if mem_known else None, vcpus, mem_running,
        )  # fmt: skip

    def _sums(self, snapshot: HostSnapshot) -> _Sums:
        known, sized = self._kept.get(snapshot.host.id), bool(snapshot.info.cpus)
        if known is None or known[0] is not snapshot.vms or known[1] is not sized:
            known = self._kept[snapshot.host.id] = snapshot.vms, sized, _sums(snapshot, sized=sized)
        return known[2]


def total(hosts: Iterable[HostSnapshot]) -> Totals:
    """Sum up once."""
    return Totaller().total(hosts)


def _sums(snapshot: HostSnapshot, *, sized: bool) -> _Sums:
    """What was given to VMs means nothing before the host's own size is known: it is not looked up until then."""
    active = [vm for vm in snapshot.vms.values() if vm.state in ACTIVE]
    troubled = 0
    if len(active) < len(snapshot.vms):
        troubled = sum([vm.state is VMState.CRASHED or vm.state is VMState.ERROR for vm in snapshot.vms.values()])
    vcpus = memory = 0
    if sized:
        for vm in active:
            facts = vm.facts
            vcpus += facts.vcpus
            memory += facts.memory_kib
    return _Sums(len(active), troubled, vcpus, memory)
