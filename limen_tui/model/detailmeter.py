"""Figures of each device of the few VMs that are looked at closely. Pure; a meter belongs to one session thread.

The bulk sample has them of every VM; rates are made of those VMs only, so that a tick of thousands pays nothing.
"""

from __future__ import annotations

from collections.abc import Collection, Mapping
from typing import TypeVar

from limen_tui.model.detail import DiskLoad, NicLoad, VMDetail
from limen_tui.model.samples import RawDisk, RawNic, RawSample, RawVM
from limen_tui.model.stats import RUNNING_STATES, SHORTEST


class DetailMeter:
    """Keeps the last counters of the VMs looked at closely and turns the next into rates."""

    def __init__(self) -> None:
        self._before: dict[str, tuple[float, RawVM]] = {}
        self._details: dict[str, VMDetail] = {}

    def update(self, sample: RawSample, close: Collection[str]) -> Mapping[str, VMDetail]:
        """Details by UUID of the VMs in ``close``; those seen for the first time have sizes only."""
        if not close:
            if self._before:
                self.reset()
            return {}
        before, self._before = self._before, {}
        details = {}
        for vm in sample.vms:
            if vm.uuid not in close:
                continue
            at, old = before.get(vm.uuid, (sample.mono, None))
            seconds = sample.mono - at
            if old is not None and seconds < SHORTEST:
                self._before[vm.uuid] = at, old
                details[vm.uuid] = self._details.get(vm.uuid, VMDetail())
                continue
            self._before[vm.uuid] = sample.mono, vm
            moves = old is not None and vm.state in RUNNING_STATES and old.state in RUNNING_STATES
            details[vm.uuid] = detail(old if moves else None, vm, seconds)
        self._details = details
        return dict(details)

    def reset(self) -> None:
        """The link was lost: the gap is not to be averaged over."""
        self._before, self._details = {}, {}


def detail(before: RawVM | None, now: RawVM, seconds: float) -> VMDetail:
    """Of one VM. Counters that went backwards give no figure."""
    old_disks = {disk.name: disk for disk in before.disks} if before is not None else {}
    old_nics = {nic.name: nic for nic in before.nics} if before is not None else {}
    reported = bool(now.balloon_last_update)
    return VMDetail(
        tuple(_disk(old_disks.get(disk.name), disk, seconds) for disk in now.disks),
        tuple(_nic(old_nics.get(nic.name), nic, seconds) for nic in now.nics),
        now.balloon_caches_kib if reported else None,
        now.balloon_unused_kib if reported else None,
        _rate(before, now, "balloon_swap_in_kib", seconds) if reported else None,
        _rate(before, now, "balloon_swap_out_kib", seconds) if reported else None,
    )


def _disk(old: RawDisk | None, new: RawDisk, seconds: float) -> DiskLoad:
    read, wrote, reads, writes = (
        _rate(old, new, name, seconds) for name in ("rd_bytes", "wr_bytes", "rd_reqs", "wr_reqs")
    )
    return DiskLoad(
        new.name, read, wrote, reads, writes, _latency(old, new, "rd"), _latency(old, new, "wr"),
        new.capacity, new.allocation, new.physical,
    )  # fmt: skip


def _nic(old: RawNic | None, new: RawNic, seconds: float) -> NicLoad:
    names = ("rx_bytes", "tx_bytes", "rx_pkts", "tx_pkts", "rx_drop", "tx_drop")
    return NicLoad(new.name, *(_rate(old, new, name, seconds) for name in names))


Counters = TypeVar("Counters", RawDisk, RawNic, RawVM)


def _grown(old: Counters | None, new: Counters, name: str) -> int | None:
    if old is None:
        return None
    before, now = getattr(old, name), getattr(new, name)
    return None if before is None or now is None or now < before else int(now - before)


def _rate(old: Counters | None, new: Counters, name: str, seconds: float) -> float | None:
    grown = _grown(old, new, name)
    return None if grown is None or seconds <= 0 else grown / seconds


def _latency(old: RawDisk | None, new: RawDisk, way: str) -> float | None:
    spent, requests = _grown(old, new, f"{way}_time_ns"), _grown(old, new, f"{way}_reqs")
    return None if spent is None or not requests else spent / requests / 1e6
