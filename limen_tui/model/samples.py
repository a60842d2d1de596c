"""Raw counters as one bulk call gives them, before any arithmetic. Pure values.

Units are libvirt's own (virConnectGetAllDomainStats): nanoseconds, KiB and bytes. ``None`` means that
the key was missing, which is normal: drivers leave out what they cannot tell. What there is one of for each VM and
tick is a named tuple: it is made many times faster than a frozen dataclass.
"""

from __future__ import annotations

from dataclasses import dataclass, field
from enum import StrEnum
from typing import NamedTuple


class StatsGroup(StrEnum):
    """The groups of figures that can be asked for; only those on show are."""

    CPU = "cpu"
    BALLOON = "balloon"
    VCPU = "vcpu"
    NET = "net"
    DISK = "disk"


ALL_GROUPS = frozenset(StatsGroup)
USUAL_GROUPS = ALL_GROUPS - {StatsGroup.VCPU}
"""Without the figures of each vCPU, which few look at."""


class RawDisk(NamedTuple):
    """Counters of one disk since the VM started."""

    name: str
    rd_bytes: int | None = None
    wr_bytes: int | None = None
    rd_reqs: int | None = None
    wr_reqs: int | None = None
    rd_time_ns: int | None = None
    wr_time_ns: int | None = None
    capacity: int | None = None
    allocation: int | None = None
    physical: int | None = None


class RawNic(NamedTuple):
    """Counters of one interface since the VM started."""

    name: str
    rx_bytes: int | None = None
    tx_bytes: int | None = None
    rx_pkts: int | None = None
    tx_pkts: int | None = None
    rx_drop: int | None = None
    tx_drop: int | None = None


class RawVM(NamedTuple):
    """One VM's counters in one sample."""

    uuid: str
    name: str
    state: int
    """virDomainState."""
    reason: int = 0
    cpu_time_ns: int | None = None
    vcpus: int | None = None
    vcpus_max: int | None = None
    vcpu_time_ns: tuple[int | None, ...] = ()
    vcpu_delay_ns: tuple[int | None, ...] = ()
    """Time each vCPU was runnable and waited for a host CPU."""
    balloon_current_kib: int | None = None
    balloon_max_kib: int | None = None
    balloon_unused_kib: int | None = None
    balloon_available_kib: int | None = None
    balloon_usable_kib: int | None = None
    balloon_rss_kib: int | None = None
    balloon_last_update: int | None = None
    """Unix time of the guest's last report; 0 or None: it never reported, its figures mean nothing."""
    disks: tuple[RawDisk, ...] = ()
    nics: tuple[RawNic, ...] = ()
    balloon_caches_kib: int | None = None
    balloon_swap_in_kib: int | None = None
    """Swapped in since the guest started."""
    balloon_swap_out_kib: int | None = None


@dataclass(frozen=True, slots=True)
class RawHost:
    """Host-wide counters in one sample."""

    cpu_busy_ns: int | None = None
    cpu_total_ns: int | None = None
    mem_used_kib: int | None = None
    load1: float | None = None
    mem_total_kib: int | None = None
    """All there is now: what is plugged in later is missing in what the host said of itself on connecting."""


@dataclass(frozen=True, slots=True)
class RawSample:
    """One tick of one host."""

    mono: float
    """Monotonic seconds at which it was taken: the only clock rates are made with."""
    wall: float
    vms: tuple[RawVM, ...]
    host: RawHost = field(default_factory=RawHost)
    groups: frozenset[StatsGroup] = ALL_GROUPS
    detail: frozenset[str] | None = None
    """UUIDs of the VMs whose figures of each vCPU are wanted; ``None`` is all."""
    others: frozenset[str] = frozenset()
    """UUIDs of VMs that are there, too: it was not their turn to be asked."""

    @property
    def uuids(self) -> frozenset[str]:
        """Of all that are there."""
        return self.others.union([vm.uuid for vm in self.vms])
