"""Which host a new VM should go to, and why. Pure; any thread."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass

from limen_tui.model import units
from limen_tui.model.host import HostSnapshot, HostState


@dataclass(frozen=True, slots=True)
class Suggestion:
    """One host a VM could go to."""

    host_id: str
    name: str
    reason: str
    """``12 GiB of 64 GiB memory free, CPU 7 % busy, 3 VMs running``."""
    fits: bool = True
    """Whether its memory is free there now."""
    free_kib: int | None = None
    """Memory free now; ``None`` when the host does not say."""


def why_not(host: HostSnapshot) -> str:
    """Why no VM can be made on ``host`` now; empty when one can."""
    if not host.host.enabled or host.state is HostState.DISABLED:
        return "disabled"
    if host.host.read_only or host.info.read_only:
        return "read-only"
    return "" if host.state is HostState.UP else host.state.value


def free_memory(host: HostSnapshot) -> int | None:
    """KiB that are free: by the host's own figure, else what its running VMs leave; ``None`` when unknown."""
    if not host.info.memory_kib:
        return None
    used = host.load.mem_used_kib
    if used is None:
        used = sum(vm.facts.memory_kib for vm in host.vms.values() if vm.state.is_active)
    return max(0, host.info.memory_kib - used)


def suggest_host(hosts: Iterable[HostSnapshot], *, memory_kib: int = 0, vcpus: int = 1) -> tuple[Suggestion, ...]:
    """The hosts a VM of that size can go to, the best first.

    Hosts that are down, disabled or read-only are left out (:func:`why_not` says so). First come those where the
    memory is free, then those with KVM, then by what share of memory (two thirds) and CPU (one third) would be left.
    """
    ranked = sorted(
        (_rated(host, memory_kib, vcpus) for host in hosts if not why_not(host)),
        key=lambda rated: (*rated[0], rated[1].name, rated[1].host_id),
    )
    return tuple(suggestion for _, suggestion in ranked)


def _rated(host: HostSnapshot, memory_kib: int, vcpus: int) -> tuple[tuple[bool, bool, bool, float], Suggestion]:
    info, free = host.info, free_memory(host)
    fits = free is None or free >= memory_kib
    enough = not info.cpus or vcpus <= info.cpus
    slow = info.kvm is False
    memory_left = (free - memory_kib) / info.memory_kib if free is not None else 0.0
    used = sum(vm.facts.vcpus for vm in host.vms.values() if vm.state.is_active)
    # what is promised counts as much as what is used now: idle VMs wake up
    promised = min(1.0, (used + vcpus) / info.cpus / 2) if info.cpus else 0.5
    busy = promised if host.load.cpu_pct is None else (promised + host.load.cpu_pct / 100) / 2
    left = (2 * memory_left + (1 - busy)) / 3
    suggestion = Suggestion(host.host.id, host.host.name, _reason(host, free, enough=enough, vcpus=vcpus), fits, free)
    # the least comes first
    return (not (fits and enough), slow, free is None, -round(left, 6)), suggestion


def _reason(host: HostSnapshot, free: int | None, *, enough: bool, vcpus: int) -> str:
    info = host.info
    parts = []
    if free is not None:
        total = units.size(info.memory_kib, unit="KiB")
        parts.append(f"{units.size(free, unit='KiB')} of {total} memory free")
    if host.load.cpu_pct is not None:
        parts.append(f"CPU {host.load.cpu_pct:.0f} % busy")
    if not enough:
        parts.append(f"{info.cpus} CPUs for {vcpus} vCPUs")
    parts.append(f"{host.running} VM{'' if host.running == 1 else 's'} running")
    if info.kvm is False:
        parts.append("no KVM: slow")
    return ", ".join(parts)
