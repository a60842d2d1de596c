"""A day of every VM's load, one point a minute, small enough to keep of ten thousand. Pure.

A point is six bytes: two shares of 100 in half percents and two rates on a logarithmic scale of 0.05 %. That, packed by
host and minute, makes the day of 1,000 running VMs some 9 MB in the inventory and nothing in memory.
"""

from __future__ import annotations

import struct
import sys
from array import array
from collections.abc import Sequence
from dataclasses import dataclass
from math import exp2, isnan, log2, nan
from typing import Final, NamedTuple, Protocol

from limen_tui.model.host import HostSnapshot
from limen_tui.model.vm import VMKey, VMLoad

MINUTE: Final = 60
DAY: Final = 24 * 3600
_NO_SHARE, _NO_RATE, _SCALE = 255, 65535, 1500


class MinutePoint(NamedTuple):
    """One minute of one VM: CPU and memory in percent, disk and network in bytes per second. NaN: not known."""

    at: float
    """Unix time of its begin."""
    cpu: float
    mem: float
    disk: float
    net: float


class MinuteStore(Protocol):
    """Where minutes are kept; see :class:`limen_tui.model.ports.InventoryPort` for threads."""

    def add(self, snapshot: HostSnapshot) -> None:
        """Take a sample of a host into account; writes a row once a minute. Returns at once."""

    def points(self, key: VMKey, since: float) -> tuple[MinutePoint, ...]:
        """Of one VM, oldest first. Reads: not for the UI thread."""


@dataclass(slots=True)
class Mean:
    """The mean of what was known."""

    total: float = 0.0
    count: int = 0

    def add(self, value: float | None) -> None:
        """One more, if it is known."""
        if value is not None:
            self.total += value
            self.count += 1

    @property
    def value(self) -> float:
        """NaN where nothing was known."""
        return self.total / self.count if self.count else nan


class Gathered:
    """The means of one VM over a minute."""

    __slots__ = ("cpu", "disk", "mem", "net")

    def __init__(self) -> None:
        self.cpu, self.mem, self.disk, self.net = Mean(), Mean(), Mean(), Mean()

    def add(self, load: VMLoad) -> None:
        """One more sample."""
        self.cpu.add(load.cpu_pct)
        self.mem.add(load.mem_pct)
        self.disk.add(both(load.disk_rd_bps, load.disk_wr_bps))
        self.net.add(both(load.net_rx_bps, load.net_tx_bps))


def both(one: float | None, other: float | None) -> float | None:
    """The sum of what is known of two."""
    if one is None or other is None:
        return other if one is None else one
    return one + other


def pack(vms: Sequence[Gathered]) -> bytes:
    """The minute of several VMs, figure by figure: neighbours are alike, which compresses."""
    rates = array("H", [_rate(vm.disk.value) for vm in vms] + [_rate(vm.net.value) for vm in vms])
    if sys.byteorder == "big":
        rates.byteswap()
    return bytes([_share(vm.cpu.value) for vm in vms] + [_share(vm.mem.value) for vm in vms]) + rates.tobytes()


def unpack(data: bytes, place: int, at: float) -> MinutePoint | None:
    """The VM at ``place`` in a packed minute; ``None`` where the bytes are not as they should be."""
    count, odd = divmod(len(data), 6)
    if odd or not 0 <= place < count:
        return None
    disk, net = (struct.unpack_from("<H", data, 2 * count + 2 * (place + count * each))[0] for each in (0, 1))
    return MinutePoint(at, _unshare(data[place]), _unshare(data[count + place]), _unrate(disk), _unrate(net))


def _share(percent: float) -> int:
    return _NO_SHARE if isnan(percent) else round(2 * max(0.0, min(100.0, percent)))


def _unshare(code: int) -> float:
    return nan if code == _NO_SHARE else code / 2


def _rate(per_second: float) -> int:
    if isnan(per_second):
        return _NO_RATE
    return 0 if per_second < 1 else min(_NO_RATE - 1, 1 + round(_SCALE * log2(per_second)))


def _unrate(code: int) -> float:
    return nan if code == _NO_RATE else 0.0 if code == 0 else exp2((code - 1) / _SCALE)
