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
        self._raw: dict[str, tuple[float, RawVM]] = {}
        """Of each VM its last counters, and the monotonic seconds at which they were read."""
        self._loads: dict[str, VMLoad] = {}

    def update(self, sample: RawSample) -> Mapping[str, VMLoad]:
        """Loads by UUID of every VM that is there; those whose turn it was not keep theirs. Good until the next update.

        A VM seen for the first time has no rates yet. Rates are over the time since the VM's own last counters.
        """
        raw, loads, mono, detail = self._raw, self._loads, sample.mono, sample.detail
        for vm in sample.vms:
            uuid = vm.uuid
            old, seconds = None, 0.0
            if (known := raw.get(uuid)) is not None:
                seconds = mono - known[0]
                if 0 <= seconds < SHORTEST:
                    continue
                old = known[1]
            loads[uuid] = _load(old, vm, seconds, each=detail is None or uuid in detail)
            raw[uuid] = mono, vm
        if len(raw) > len(sample.vms) + len(sample.others):
            for uuid in raw.keys() - sample.uuids:
                del raw[uuid], loads[uuid]
        return loads

    def reset(self) -> None:
        """Forget the last samples: the link was lost, and the gap would be averaged over."""
        self._raw, self._loads = {}, {}


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
    used, given, rss = _used(now), now.balloon_current_kib, now.balloon_rss_kib
    if before is None or seconds <= 0 or before.state not in RUNNING_STATES:
        # just started or continued: what lies between is not a rate
        return VMLoad(None, (), given, used, rss)
    cpu, old, new = None, before.cpu_time_ns, now.cpu_time_ns
    if old is not None and new is not None and new >= old:
        share = (new - old) * 1e-7 / seconds / (now.vcpus or 1)
        cpu = 100.0 if share > 100.0 else share
    vcpus: tuple[float, ...] = ()
    if each and now.vcpu_time_ns and before.vcpu_time_ns:
        vcpus = _per_vcpu(before.vcpu_time_ns, now.vcpu_time_ns, seconds)
    steal = None
    if now.vcpu_delay_ns and before.vcpu_delay_ns:
        steal = _steal(before.vcpu_delay_ns, now.vcpu_delay_ns, seconds)
    rd_bps, wr_bps, rd_iops, wr_iops = _disk_rates(before.disks, now.disks, seconds)
    rx_bps, tx_bps = _net_rates(before.nics, now.nics, seconds)
    return VMLoad(cpu, vcpus, given, used, rss, rd_bps, wr_bps, rd_iops, wr_iops, rx_bps, tx_bps, steal)


def _still(now: RawVM) -> VMLoad:
    """Of a VM whose counters do not move."""
    cpu = 0.0 if now.state == PAUSED and now.cpu_time_ns is not None else None
    used, given, rss = _used(now), now.balloon_current_kib, now.balloon_rss_kib
    return NO_LOAD if cpu is used is given is rss is None else VMLoad(cpu, (), given, used, rss)


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
    """Bytes and requests, read and written, per second over all disks. A counter that is not known, or went backwards,
    adds nothing. By place, not by name, and without calls: this takes half of a tick's time."""
    read = wrote = reads = writes = None
    for place, disk in enumerate(now):
        old = before[place] if place < len(before) else disk
        if old is disk or old[0] != disk[0]:
            if (found := _same(before, disk[0])) is None:
                continue
            old = found
        was, new = old[1], disk[1]
        if was is not None and new is not None and new >= was:
            read = new - was if read is None else read + new - was
        was, new = old[2], disk[2]
        if was is not None and new is not None and new >= was:
            wrote = new - was if wrote is None else wrote + new - was
        was, new = old[3], disk[3]
        if was is not None and new is not None and new >= was:
            reads = new - was if reads is None else reads + new - was
        was, new = old[4], disk[4]
        if was is not None and new is not None and new >= was:
            writes = new - was if writes is None else writes + new - was
    return (
        None if read is None else read / seconds, None if wrote is None else wrote / seconds,
        None if reads is None else reads / seconds, None if writes is None else writes / seconds,
    )  # fmt: skip


def _net_rates(
    before: tuple[RawNic, ...], now: tuple[RawNic, ...], seconds: float
) -> tuple[float | None, float | None]:
    """Bytes received and sent per second over all interfaces; as with disks."""
    received = sent = None
    for place, nic in enumerate(now):
        old = before[place] if place < len(before) else nic
        if old is nic or old[0] != nic[0]:
            if (found := _same(before, nic[0])) is None:
                continue
            old = found
        was, new = old[1], nic[1]
        if was is not None and new is not None and new >= was:
            received = new - was if received is None else received + new - was
        was, new = old[2], nic[2]
        if was is not None and new is not None and new >= was:
            sent = new - was if sent is None else sent + new - was
    return None if received is None else received / seconds, None if sent is None else sent / seconds


Device = TypeVar("Device", RawDisk, RawNic)


def _same(devices: tuple[Device, ...], name: str) -> Device | None:
    """The device of that name in the sample before: it is compared with itself, so that one that came or went, or
    moved up in the list, makes no spike."""
    return next((device for device in devices if device.name == name), None)


def _delta(before: int | None, now: int | None) -> int | None:
    """How far a counter went; ``None`` when it is not known or went backwards."""
    if before is None or now is None or now < before:
        return None
    return now - before


def _percent(share: float) -> float:
    return max(0.0, min(100.0, 100.0 * share))
