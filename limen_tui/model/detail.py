"""Figures of each device of one VM. Pure values."""

from __future__ import annotations

from dataclasses import dataclass
from typing import NamedTuple


class DiskLoad(NamedTuple):
    """One disk: bytes and requests per second, milliseconds per request, sizes in bytes. ``None``: not known."""

    name: str
    rd_bps: float | None = None
    wr_bps: float | None = None
    rd_iops: float | None = None
    wr_iops: float | None = None
    rd_ms: float | None = None
    """Mean time of a request; ``None`` also when there was none."""
    wr_ms: float | None = None
    capacity: int | None = None
    allocation: int | None = None
    physical: int | None = None


class NicLoad(NamedTuple):
    """One interface: bytes, packets and drops per second."""

    name: str
    rx_bps: float | None = None
    tx_bps: float | None = None
    rx_pps: float | None = None
    tx_pps: float | None = None
    rx_drops: float | None = None
    tx_drops: float | None = None


@dataclass(frozen=True, slots=True)
class VMDetail:
    """What one VM's devices did between its last two samples."""

    disks: tuple[DiskLoad, ...] = ()
    nics: tuple[NicLoad, ...] = ()
    mem_cache_kib: int | None = None
    """Page cache inside the guest, from balloon statistics."""
    mem_free_kib: int | None = None
    swap_in_kibps: float | None = None
    """Memory swapped in inside the guest, KiB per second."""
    swap_out_kibps: float | None = None
