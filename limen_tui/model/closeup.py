"""An hour of every figure of the few VMs last looked at closely. Pure; belongs to the thread that polls the fleet."""

from __future__ import annotations

from array import array
from bisect import bisect_left
from collections import OrderedDict
from collections.abc import Iterator, Sequence
from math import nan
from typing import Final

from limen_tui.model.detail import VMDetail
from limen_tui.model.vm import VMKey, VMLoad

POINTS: Final = 3600
"""An hour at one a second."""
_SLACK: Final = 400
KEPT: Final = 4
"""VMs of which it is kept: with 40 series each, 3 MB."""


class CloseSeries:
    """Times and, by name, the figures at them; NaN where one was not known."""

    def __init__(self) -> None:
        self.times = array("d")
        self._series: dict[str, array[float]] = {}

    @property
    def names(self) -> tuple[str, ...]:
        """Of the series, in the order in which they came."""
        return tuple(self._series)

    def add(self, at: float, load: VMLoad, detail: VMDetail | None) -> None:
        """Append one point, taken at Unix time ``at``; one that is not newer is left out."""
        if self.times and at <= self.times[-1]:
            return
        count = len(self.times)
        self.times.append(at)
        for name, value in figures(load, detail):
            series = self._series.get(name)
            if series is None:
                series = self._series[name] = array("f", [nan]) * count
            series.append(nan if value is None else value)
        for series in self._series.values():
            if len(series) <= count:
                series.append(nan)
        if count >= POINTS + _SLACK:
            del self.times[:_SLACK]
            for series in self._series.values():
                del series[:_SLACK]

    def points(self, name: str, since: float = 0.0) -> list[tuple[float, float]]:
        """Unix time and figure, oldest first, from ``since`` on."""
        series = self._series.get(name)
        if series is None:
            return []
        first = bisect_left(self.times, since)
        return list(zip(self.times[first:], series[first:], strict=True))


class CloseUps:
    """By VM; the one that was not looked at for longest gives way."""

    def __init__(self) -> None:
        self._kept: OrderedDict[VMKey, CloseSeries] = OrderedDict()

    def of(self, key: VMKey) -> CloseSeries:
        """That of a VM, begun now if need be."""
        series = self._kept.get(key)
        if series is None:
            series = self._kept[key] = CloseSeries()
            while len(self._kept) > KEPT:
                self._kept.popitem(last=False)
        self._kept.move_to_end(key)
        return series

    def forget(self, host_id: str) -> None:
        """Drop the VMs of a host that was removed."""
        for key in [key for key in self._kept if key.host_id == host_id]:
            del self._kept[key]


def figures(load: VMLoad, detail: VMDetail | None) -> Iterator[tuple[str, float | None]]:
    """Every figure by its name: CPU in percent, memory in KiB, times in milliseconds, the rest a second."""
    yield "cpu", load.cpu_pct
    if load.steal_pct is not None:
        yield "steal", load.steal_pct
    for number, share in enumerate(load.vcpu_pct):
        yield f"cpu.{number}", share
    yield "mem.used", load.mem_used_kib
    yield "mem.assigned", load.mem_assigned_kib
    yield "mem.rss", load.rss_kib
    yield "disk.rd_bps", load.disk_rd_bps
    yield "disk.wr_bps", load.disk_wr_bps
    yield "disk.rd_iops", load.disk_rd_iops
    yield "disk.wr_iops", load.disk_wr_iops
    yield "net.rx_bps", load.net_rx_bps
    yield "net.tx_bps", load.net_tx_bps
    if detail is None:
        return
    if detail.mem_cache_kib is not None:
        yield "mem.cache", detail.mem_cache_kib
    if detail.mem_free_kib is not None:
        yield "mem.free", detail.mem_free_kib
    if detail.swap_in_kibps is not None or detail.swap_out_kibps is not None:
        yield "swap.in", (detail.swap_in_kibps or 0.0) * 1024
        yield "swap.out", (detail.swap_out_kibps or 0.0) * 1024
    yield from _of_devices("disk", DISK_FIGURES, detail.disks)
    yield from _of_devices("net", NIC_FIGURES, detail.nics)


DISK_FIGURES: Final = ("rd_bps", "wr_bps", "rd_iops", "wr_iops", "rd_ms", "wr_ms")
NIC_FIGURES: Final = ("rx_bps", "tx_bps", "rx_pps", "tx_pps", "rx_drops", "tx_drops")


def _of_devices(
    kind: str, names: Sequence[str], devices: Sequence[tuple[object, ...]]
) -> Iterator[tuple[str, float | None]]:
    for device in devices:
        for name in names:
            yield f"{kind}.{getattr(device, 'name')}.{name}", getattr(device, name)  # noqa: B009 - of two kinds
