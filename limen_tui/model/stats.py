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
        detail = sample.detail
        self._loads = {
            vm.uuid: _load(
                raw.get(vm.uuid) if seconds > 0 else None, vm, seconds, each=detail is None or vm.uuid in detail
            )
            for vm in sample.vms
        }
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


def _load(before: RawVM | None, now: RawVM, seconds: float, *, each: bool) -> VMLoad:
    """This runs for every VM at every tick: it makes as few objects and calls as it can."""
    if now.state not in RUNNING_STATES:
        return _still(now)
    used = _used(now)
    if before is None or seconds <= 0 or before.state not in RUNNING_STATES:
        # just started or continued: what lies between is not a rate
        return VMLoad(None, (), now.balloon_current_kib, used, now.balloon_rss_kib)
    vcpus: tuple[float, ...] = ()
    if each and now.vcpu_time_ns:
        vcpus = _per_vcpu(before.vcpu_time_ns, now.vcpu_time_ns, seconds)
    steal = _steal(before.vcpu_delay_ns, now.vcpu_delay_ns, seconds) if now.vcpu_delay_ns else None
    rd_bps, wr_bps, rd_iops, wr_iops = _disk_rates(before.disks, now.disks, seconds)
    rx_bps, tx_bps = _net_rates(before.nics, now.nics, seconds)
    return VMLoad(
        _cpu(before, now, seconds), vcpus, now.balloon_current_kib, used, now.balloon_rss_kib,
        rd_bps, wr_bps, rd_iops, wr_iops, rx_bps, tx_bps, steal,
    )  # fmt: skip


def _still(now: RawVM) -> VMLoad:
    """Of a VM whose counters do not move."""
    cpu = 0.0 if now.state == PAUSED and now.cpu_time_ns is not None else None
    used, given, rss = _used(now), now.balloon_current_kib, now.balloon_rss_kib
    return NO_LOAD if cpu is used is given is rss is None else VMLoad(cpu, (), given, used, rss)


def _cpu(before: RawVM, now: RawVM, seconds: float) -> float | None:
    old, new = before.cpu_time_ns, now.cpu_time_ns
    if old is None or new is None or new < old:
        return None
    share = (new - old) * 1e-7 / seconds / (now.vcpus or 1)
    return 100.0 if share > 100.0 else share


def _per_vcpu(before: tuple[int | None, ...], now: tuple[int | None, ...], seconds: float) -> tuple[float, ...]:
    """Percent of wall time of each vCPU; one that was plugged in between is left at 0 for this tick."""
    scale = 1e-7 / seconds
    if len(before) != len(now):
        before = (*before, *(None,) * (len(now) - len(before)))
    return tuple([
        0.0 if old is None or value is None or value <= old
        else 100.0 if (figure := (value - old) * scale) > 100.0 else figure
        for old, value in zip(before, now, strict=False)
    ])  # fmt: skip


def _steal(before: tuple[int | None, ...], now: tuple[int | None, ...], seconds: float) -> float:
    """Percent of wall time that its vCPUs waited on average."""
    count = len(now)
    if len(before) == count and None not in now and None not in before:
        waited = sum(now) - sum(before)  # type: ignore[arg-type]
        if 0 <= waited <= seconds * 1e9:  # no single one can be beyond its limits
            return waited * 1e-7 / seconds / count
    return sum(_per_vcpu(before, now, seconds)) / count


def _used(vm: RawVM) -> int | None:
    """Memory used inside the guest, in KiB: what the guest cannot give back without swapping.

    ``usable`` counts caches as free, as the guest's own MemAvailable does; old guests only say ``unused``. A balloon
    that never reported has figures that mean nothing.
    """
    available = vm.balloon_available_kib
    if available is None or not vm.balloon_last_update:
        return None
    free = vm.balloon_usable_kib
    if free is None and (free := vm.balloon_unused_kib) is None:
        return None
    used = available - free
    return 0 if used < 0 else available if used > available else used


def _disk_rates(
    before: tuple[RawDisk, ...], now: tuple[RawDisk, ...], seconds: float
) -> tuple[float | None, float | None, float | None, float | None]:
    """Bytes and requests, read and written, per second over all disks."""
    read = wrote = reads = writes = None
    for place, disk in enumerate(now):
        old = _same(before, place, disk.name)
        if old is not None:
            read = _add(read, old.rd_bytes, disk.rd_bytes)
            wrote = _add(wrote, old.wr_bytes, disk.wr_bytes)
            reads = _add(reads, old.rd_reqs, disk.rd_reqs)
            writes = _add(writes, old.wr_reqs, disk.wr_reqs)
    return (
        None if read is None else read / seconds, None if wrote is None else wrote / seconds,
        None if reads is None else reads / seconds, None if writes is None else writes / seconds,
    )  # fmt: skip


def _net_rates(
    before: tuple[RawNic, ...], now: tuple[RawNic, ...], seconds: float
) -> tuple[float | None, float | None]:
    """Bytes received and sent per second over all interfaces."""
    received = sent = None
    for place, nic in enumerate(now):
        old = _same(before, place, nic.name)
        if old is not None:
            received = _add(received, old.rx_bytes, nic.rx_bytes)
            sent = _add(sent, old.tx_bytes, nic.tx_bytes)
    return None if received is None else received / seconds, None if sent is None else sent / seconds


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


def _delta(before: int | None, now: int | None) -> int | None:
    """How far a counter went; ``None`` when it is not known or went backwards."""
    if before is None or now is None or now < before:
        return None
    return now - before


def _percent(share: float) -> float:
    return max(0.0, min(100.0, 100.0 * share))
