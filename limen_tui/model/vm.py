"""A virtual machine as Limen shows it: identity, facts from its definition, live load. Pure values."""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import NamedTuple

from limen_tui.model.lifecycle import VMState


class VMKey(NamedTuple):
    """The identity of a VM in the fleet.

    A UUID alone is not enough: after a cold migration the same UUID stands on two hosts.
    """

    host_id: str
    uuid: str


@dataclass(frozen=True, slots=True)
class Nic:
    """A network interface as the definition has it."""

    mac: str
    kind: str = "network"
    """``network``, ``bridge``, ``direct`` (macvtap), ``user`` ..."""
    source: str = ""
    model: str = ""
    target: str = ""
    """The host-side device (``vnet3``); only while the VM runs."""


@dataclass(frozen=True, slots=True)
class Disk:
    """A disk, CD-ROM or floppy as the definition has it."""

    target: str
    source: str = ""
    """A path, ``pool/volume`` or URL; empty for an empty drive."""
    bus: str = ""
    device: str = "disk"
    format: str = ""


@dataclass(frozen=True, slots=True)
class VMFacts:
    """What the definition says. Read from XML on define and device events, never on a tick."""

    vcpus: int = 0
    vcpus_max: int = 0
    memory_kib: int = 0
    memory_max_kib: int = 0
    arch: str = ""
    machine: str = ""
    kind: str = ""
    """libvirt's domain type: ``kvm``, ``qemu``, ``test``, ``lxc`` ..."""
    firmware: str = "bios"
    os: str = ""
    """Short name from libosinfo metadata (``debian 12``), else empty."""
    title: str = ""
    description: str = ""
    tags: tuple[str, ...] = ()
    autostart: bool = False
    persistent: bool = True
    nics: tuple[Nic, ...] = ()
    disks: tuple[Disk, ...] = ()
    graphics: str = ""
    """``vnc``, ``spice`` or empty."""
    has_agent: bool = False
    has_balloon: bool = False
    balloon_period: int = 0
    """Seconds between balloon statistics; 0 is off."""


class VMLoad(NamedTuple):
    """Live figures of one VM between its last two samples. ``None`` means not known (yet).

    A named tuple, because ten thousand a second are made: a frozen dataclass takes five times as long.
    """

    cpu_pct: float | None = None
    """0 to 100, of all the vCPUs it has now."""
    vcpu_pct: tuple[float, ...] = ()
    mem_assigned_kib: int | None = None
    """The balloon's current size."""
    mem_used_kib: int | None = None
    """Used inside the guest, from balloon statistics; ``None`` without a balloon driver."""
    rss_kib: int | None = None
    disk_rd_bps: float | None = None
    disk_wr_bps: float | None = None
    disk_rd_iops: float | None = None
    disk_wr_iops: float | None = None
    net_rx_bps: float | None = None
    """Bytes (not bits) per second."""
    net_tx_bps: float | None = None
    steal_pct: float | None = None
    """Time its vCPUs waited for a host CPU (``vcpu.N.delay``), of wall time."""

    @property
    def mem_pct(self) -> float | None:
        """Memory used of assigned, 0 to 100."""
        if self.mem_used_kib is None or not self.mem_assigned_kib:
            return None
        return min(100.0, 100.0 * self.mem_used_kib / self.mem_assigned_kib)


NO_LOAD = VMLoad()
NO_FACTS = VMFacts()


@dataclass(frozen=True, slots=True, eq=False)
class VM:
    """One row of the fleet. Immutable; compared by identity, because a new sample is a new object.

    ``name`` and every other text here comes from outside: control characters and markup included.
    """

    key: VMKey
    name: str
    host_name: str
    state: VMState
    reason: str = ""
    """Why it is in this state, in libvirt's words (``booted``, ``crashed``, ``user``)."""
    facts: VMFacts = field(default=NO_FACTS)
    load: VMLoad = field(default=NO_LOAD)
    ips: tuple[str, ...] = ()
    started_at: float | None = None
    """Unix time at which it was seen to start; with ``started_exact`` false it had been running by then."""
    started_exact: bool = False
    stale: bool = False
    """From the inventory or from a host that has not answered lately: not the live truth."""

    @property
    def vcpus(self) -> int:
        """vCPUs it has now."""
        return self.facts.vcpus

    @property
    def memory_kib(self) -> int:
        """Memory that the definition gives it."""
        return self.facts.memory_kib
