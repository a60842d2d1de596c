"""Two raw samples become rates. Pure; a meter belongs to one host and runs on that host's session thread.

Rates are made with monotonic time only, so that a stepped clock cannot make a spike. A counter that went backwards
(the VM restarted, or a 32-bit counter wrapped) gives no figure for one tick instead of a wrong one.
"""

from __future__ import annotations

from collections.abc import Mapping
from typing import Final, TypeVar

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
    rd_bps, wr_bps, rd_iops, wr_iops = _disk_rates(before, now, seconds)
    rx_bps, tx_bps = _net_rates(before, now, seconds)
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
    known = len(before)
    scale = 100.0 / 1e9 / seconds
    figures = []
    for number, value in enumerate(now):
        old = before[number] if number < known else None
        figures.append(
            min(100.0, (value - old) * scale) if old is not None and value is not None and value > old else 0.0
        )
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


def _disk_rates(before: RawVM | None, now: RawVM, seconds: float) -> tuple[float | None, ...]:
    """Bytes and requests, read and written, per second over all disks."""
    if before is None or seconds <= 0:
        return _NO_DISK
    read = wrote = reads = writes = None
    for place, disk in enumerate(now.disks):
        old = _same(before.disks, place, disk.name)
        if old is not None:
            read = _add(read, old.rd_bytes, disk.rd_bytes)
            wrote = _add(wrote, old.wr_bytes, disk.wr_bytes)
            reads = _add(reads, old.rd_reqs, disk.rd_reqs)
            writes = _add(writes, old.wr_reqs, disk.wr_reqs)
    return _per(read, seconds), _per(wrote, seconds), _per(reads, seconds), _per(writes, seconds)


def _net_rates(before: RawVM | None, now: RawVM, seconds: float) -> tuple[float | None, ...]:
    """Bytes received and sent per second over all interfaces."""
    if before is None or seconds <= 0:
        return _NO_NET
    received = sent = None
    for place, nic in enumerate(now.nics):
        old = _same(before.nics, place, nic.name)
        if old is not None:
            received = _add(received, old.rx_bytes, nic.rx_bytes)
            sent = _add(sent, old.tx_bytes, nic.tx_bytes)
    return _per(received, seconds), _per(sent, seconds)


_NO_DISK: Final = (None, None, None, None)
_NO_NET: Final = (None, None)
Device = TypeVar("Device", RawDisk, RawNic)


def _same(devices: tuple[Device, ...], place: int, name: str) -> Device | None:
    """The device of that name in the sample before: it is compared with itself, so that one that came or went, or
    moved up in the list, makes no spike."""
    if place < len(devices) and devices[place].name == name:
        return devices[place]
    return next((device for device in devices if device.name == name), None)


def _add(total: int | None, before: int | None, now: int | None) -> int | None:
    """``total`` and how far a counter went; one that is not known, or went backwards, adds nothing."""
    if before is None or now is None or now < before:
        return total
    return now - before if total is None else total + now - before


def _per(count: int | None, seconds: float) -> float | None:
    return None if count is None else count / seconds


def _delta(before: int | None, now: int | None) -> int | None:
    """How far a counter went; ``None`` when it is not known or went backwards."""
    if before is None or now is None or now < before:
        return None
    return now - before


def _percent(share: float) -> float:
    return max(0.0, min(100.0, 100.0 * share))
