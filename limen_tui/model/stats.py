"""Two raw samples become rates. Pure; a meter belongs to one host and runs on that host's session thread.

Rates are made with monotonic time only, so that a stepped clock cannot make a spike. A counter that went backwards
(the VM restarted, or a 32-bit counter wrapped) gives no figure for one tick instead of a wrong one.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping
from typing import Final

from limen_tui.model.host import HostLoad
from limen_tui.model.samples import RawDisk, RawHost, RawNic, RawSample, RawVM
from limen_tui.model.vm import NO_LOAD, VMLoad

SHORTEST: Final = 0.05
"""Seconds; over less than that a rate is noise, so the one before is kept."""
RUNNING_STATES: Final = frozenset({1, 2, 4})
"""virDomainState in which counters move: running, blocked, shutting down."""
PAUSED: Final = 3


class RateMeter:
    """Keeps the last sample of one host and turns the next into loads."""

    def __init__(self) -> None:
        self._before: RawSample | None = None
        self._raw: dict[str, RawVM] = {}
        self._loads: dict[str, VMLoad] = {}

    def update(self, sample: RawSample) -> Mapping[str, VMLoad]:
        """Loads by UUID for every VM in ``sample``. A VM seen for the first time has no rates yet."""
        before, raw, seconds = self._before, self._raw, 0.0
        if before is not None:
            seconds = sample.mono - before.mono
            if 0 <= seconds < SHORTEST:
                return {vm.uuid: self._loads.get(vm.uuid, NO_LOAD) for vm in sample.vms}
        self._loads = {vm.uuid: _load(raw.get(vm.uuid) if seconds > 0 else None, vm, seconds) for vm in sample.vms}
        self._before = sample
        self._raw = {vm.uuid: vm for vm in sample.vms}
        return self._loads

    def reset(self) -> None:
        """Forget the last sample: the link was lost, and the gap would be averaged over."""
        self._before, self._raw = None, {}


def host_load(before: RawHost | None, now: RawHost) -> HostLoad:
    """The host's own figures between two samples; CPU in percent of all its CPUs."""
    cpu = None
    if before is not None:
        busy, all_ = _delta(before.cpu_busy_ns, now.cpu_busy_ns), _delta(before.cpu_total_ns, now.cpu_total_ns)
        if busy is not None and all_:
            cpu = _percent(busy / all_)
    return HostLoad(cpu_pct=cpu, mem_used_kib=now.mem_used_kib, load1=now.load1)


def _load(before: RawVM | None, now: RawVM, seconds: float) -> VMLoad:
    moves = now.state in RUNNING_STATES
    if before is not None and (before.state not in RUNNING_STATES or not moves):
        before = None  # paused, stopped or just started: what lies between is not a rate
    cpu = steal = None
    vcpus: tuple[float, ...] = ()
    if before is not None and seconds > 0:
        cpu = _cpu(before, now, seconds)
        vcpus = _per_vcpu(before.vcpu_time_ns, now.vcpu_time_ns, seconds)
        waits = _per_vcpu(before.vcpu_delay_ns, now.vcpu_delay_ns, seconds)
        steal = sum(waits) / len(waits) if waits else None
    elif now.state == PAUSED and now.cpu_time_ns is not None:
        cpu = 0.0
    rd_bps, wr_bps, rd_iops, wr_iops = _rates(before, now, seconds, _disks)
    rx_bps, tx_bps = _rates(before, now, seconds, _nics)
    return VMLoad(
        cpu_pct=cpu,
        vcpu_pct=vcpus,
        mem_assigned_kib=now.balloon_current_kib,
        mem_used_kib=_used(now),
        rss_kib=now.balloon_rss_kib,
        disk_rd_bps=rd_bps,
        disk_wr_bps=wr_bps,
        disk_rd_iops=rd_iops,
        disk_wr_iops=wr_iops,
        net_rx_bps=rx_bps,
        net_tx_bps=tx_bps,
        steal_pct=steal,
    )


def _cpu(before: RawVM, now: RawVM, seconds: float) -> float | None:
    spent = _delta(before.cpu_time_ns, now.cpu_time_ns)
    if spent is None:
        return None
    return _percent(spent / 1e9 / seconds / max(1, now.vcpus or 1))


def _per_vcpu(before: tuple[int | None, ...], now: tuple[int | None, ...], seconds: float) -> tuple[float, ...]:
    """Percent of wall time of each vCPU; one that was plugged in between is left at 0 for this tick."""
    figures = []
    for number, value in enumerate(now):
        spent = _delta(before[number] if number < len(before) else None, value)
        figures.append(0.0 if spent is None else _percent(spent / 1e9 / seconds))
    return tuple(figures)


def _used(vm: RawVM) -> int | None:
    """Memory used inside the guest, in KiB: what the guest cannot give back without swapping.

    ``usable`` counts caches as free, as the guest's own MemAvailable does; old guests only say ``unused``. A balloon
    that never reported has figures that mean nothing.
    """
    if not vm.balloon_last_update or vm.balloon_available_kib is None:
        return None
    free = vm.balloon_usable_kib if vm.balloon_usable_kib is not None else vm.balloon_unused_kib
    if free is None:
        return None
    return max(0, min(vm.balloon_available_kib, vm.balloon_available_kib - free))


Reads = Callable[[RawVM], tuple[Mapping[str, tuple[int | None, ...]], int]]


def _disks(vm: RawVM) -> tuple[Mapping[str, tuple[int | None, ...]], int]:
    def counters(disk: RawDisk) -> tuple[int | None, ...]:
        return disk.rd_bytes, disk.wr_bytes, disk.rd_reqs, disk.wr_reqs

    return {disk.name: counters(disk) for disk in vm.disks}, 4


def _nics(vm: RawVM) -> tuple[Mapping[str, tuple[int | None, ...]], int]:
    def counters(nic: RawNic) -> tuple[int | None, ...]:
        return nic.rx_bytes, nic.tx_bytes

    return {nic.name: counters(nic) for nic in vm.nics}, 2


def _rates(before: RawVM | None, now: RawVM, seconds: float, read: Reads) -> tuple[float | None, ...]:
    """Per-second sums over devices, each compared with itself: one that came or went does not make a spike."""
    current, width = read(now)
    if before is None or seconds <= 0 or not current:
        return (None,) * width
    past, _ = read(before)
    sums: list[float | None] = [None] * width
    for name, counters in current.items():
        for place, (old, new) in enumerate(zip(past.get(name, (None,) * width), counters, strict=True)):
            spent = _delta(old, new)
            if spent is not None:
                sums[place] = (sums[place] or 0.0) + spent / seconds
    return tuple(sums)


def _delta(before: int | None, now: int | None) -> int | None:
    """How far a counter went; ``None`` when it is not known or went backwards."""
    if before is None or now is None or now < before:
        return None
    return now - before


def _percent(share: float) -> float:
    return max(0.0, min(100.0, 100.0 * share))
