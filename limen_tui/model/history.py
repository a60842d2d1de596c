"""The last minutes of every VM's load, for sparklines. Pure; belongs to the thread that polls the fleet."""

from __future__ import annotations

from array import array
from collections import deque
from collections.abc import Iterable, Sequence
from enum import IntEnum
from math import nan
from typing import Final

from limen_tui.model.lifecycle import ACTIVE
from limen_tui.model.vm import VM, VMKey, VMLoad

POINTS: Final = 120
_SERIES: Final = 4


class Series(IntEnum):
    """What is kept of each VM. CPU and MEM in percent, DISK and NET in bytes per second (both ways together)."""

    CPU = 0
    MEM = 1
    DISK = 2
    NET = 3


class _Ring:
    """Four series in one block of floats: 2 KB a VM, so that 10,000 VMs take 20 MB."""

    __slots__ = ("_count", "_values")

    def __init__(self) -> None:
        self._values = array("f", [nan]) * (POINTS * _SERIES)
        self._count = 0

    def push(self, load: VMLoad) -> None:
        values, place = self._values, self._count % POINTS
        self._count += 1
        cpu, _, given, used, _, read, wrote, _, _, received, sent, _ = load
        values[place] = nan if cpu is None else cpu
        values[POINTS + place] = nan if used is None or not given else min(100.0, 100.0 * used / given)
        values[2 * POINTS + place] = _sum(read, wrote) if read is None or wrote is None else read + wrote
        values[3 * POINTS + place] = _sum(received, sent) if received is None or sent is None else received + sent

    def last(self, series: Series) -> list[float]:
        block = self._values[series * POINTS : (series + 1) * POINTS]
        place = self._count % POINTS
        ordered = block[place:] + block[:place] if self._count >= POINTS else block[: self._count]
        return list(ordered)


class History:
    """The last 120 points of each VM; NaN where a figure was not known."""

    def __init__(self) -> None:
        self._rings: dict[VMKey, _Ring] = {}
        self._times: dict[str, deque[float]] = {}

    def add(self, vms: Iterable[VM], at: float = nan) -> None:
        """Append one point, taken at Unix time ``at``, for each active one of ``vms``, which are all of one host; a
        stopped one starts anew when it runs again."""
        rings, active, host_id = self._rings, ACTIVE, None
        for vm in vms:
            if host_id is None:
                host_id = vm.key.host_id
                self._times.setdefault(host_id, deque(maxlen=POINTS)).append(at)
            if vm.state not in active:
                rings.pop(vm.key, None)
                continue
            ring = rings.get(vm.key)
            if ring is None:
                ring = rings[vm.key] = _Ring()
            ring.push(vm.load)

    def series(self, key: VMKey, series: Series) -> Sequence[float]:
        """Oldest first; empty for a VM that was not seen running."""
        ring = self._rings.get(key)
        return ring.last(series) if ring is not None else ()

    def points(self, key: VMKey, series: Series) -> list[tuple[float, float]]:
        """Unix time and figure, oldest first; without those whose time is not known."""
        values = self.series(key, series)
        times = list(self._times.get(key.host_id, ()))[-len(values) :] if values else []
        return [point for point in zip(times, values[-len(times) :], strict=True) if point[0] == point[0]]

    def forget(self, host_id: str) -> None:
        """Drop the VMs of a host that was removed."""
        for key in [key for key in self._rings if key.host_id == host_id]:
            del self._rings[key]
        self._times.pop(host_id, None)


def _sum(one: float | None, other: float | None) -> float:
    """Of two of which one is not known: the other."""
    return nan if one is other else one or other or 0.0
