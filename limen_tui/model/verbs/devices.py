"""What can be asked of a host about the CPUs, memory and devices of one VM. Pure: it names shapes, it does nothing."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Protocol


@dataclass(frozen=True, slots=True)
class BlockInfo:
    """Sizes of a disk in bytes (virDomainGetBlockInfo)."""

    capacity: int
    """What the guest sees."""
    allocation: int = 0
    """What it takes on the host."""
    physical: int = 0
    """The size of the file or device on the host."""


@dataclass(frozen=True, slots=True)
class DiskLimits:
    """Ceilings of one disk, per second; 0 is no limit. libvirt forbids a total beside a read or write one."""

    total_bytes: int = 0
    read_bytes: int = 0
    write_bytes: int = 0
    total_iops: int = 0
    read_iops: int = 0
    write_iops: int = 0


@dataclass(frozen=True, slots=True)
class NicLimits:
    """Average rates of one interface in KiB per second, as the guest sees them; 0 is no limit."""

    inbound_kib: int = 0
    """Towards the guest."""
    outbound_kib: int = 0


class DeviceVerbs(Protocol):
    """Resizing and hot-plugging by UUID. Every call may block; errors as in :class:`limen_tui.model.ports.HostVerbs`.

    ``live`` is the running VM, ``config`` its definition for the next boot; one of the two at least.
    ``Conflict`` when ``live`` is asked of a VM that does not run, or ``config`` of a transient one.
    """

    def set_vcpus(self, uuid: str, count: int, *, live: bool, config: bool, maximum: bool = False) -> None:
        """The number of vCPUs, or with ``maximum`` the most it can have from its next boot
        (virDomainSetVcpusFlags)."""

    def set_memory(self, uuid: str, kib: int, *, live: bool, config: bool, maximum: bool = False) -> None:
        """Memory in KiB: live, it asks the balloon, and the guest obeys in its own time; with ``maximum`` the most
        that the balloon can give from the next boot (virDomainSetMemoryFlags)."""

    def block_info(self, uuid: str, target: str) -> BlockInfo:
        """Sizes of the disk ``target`` (``vda``). ``NotFound`` for none, ``Conflict`` for an empty drive."""

    def block_resize(self, uuid: str, target: str, size: int) -> None:
        """Grow a disk of a running VM to ``size`` bytes (virDomainBlockResize). Smaller than it is: ``Conflict``."""

    def attach(self, uuid: str, xml: str, *, live: bool, config: bool) -> None:
        """Add the device that ``xml`` describes (virDomainAttachDeviceFlags)."""

    def detach(self, uuid: str, xml: str, *, live: bool, config: bool) -> bool:
        """Remove the device that ``xml`` names (virDomainDetachDeviceFlags). ``False`` when the guest has not let go
        of it yet: it may still."""

    def update(self, uuid: str, xml: str, *, live: bool, config: bool) -> None:
        """Change a device in place: the medium of a drive, the network or link of an interface
        (virDomainUpdateDeviceFlags)."""

    def set_disk_limits(self, uuid: str, target: str, limits: DiskLimits, *, live: bool, config: bool) -> None:
        """All six ceilings of a disk at once (virDomainSetBlockIoTune)."""

    def set_nic_limits(self, uuid: str, mac: str, limits: NicLimits, *, live: bool, config: bool) -> None:
        """Both rates of an interface at once (virDomainSetInterfaceParameters)."""
