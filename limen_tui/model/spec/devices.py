"""Disks and NICs as a form asks for them. Pure values."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Literal

from limen_tui.model.spec.kinds import BYTES
from limen_tui.model.spec.source import ImageRef

DiskFormat = Literal["qcow2", "raw"]
DiskBus = Literal["virtio", "scsi", "sata", "ide", "usb"]
DiskCache = Literal["", "none", "writeback", "writethrough", "directsync", "unsafe"]
DiskDevice = Literal["disk", "cdrom"]
NicKind = Literal["network", "bridge", "macvtap"]
NicModel = Literal["virtio", "e1000e", "e1000", "rtl8139"]


@dataclass(frozen=True, slots=True)
class DiskSpec:
    """One disk or CD drive: a volume to make, or one that is there."""

    pool: str = ""
    name: str = ""
    """The volume's name in the pool; empty: made of the VM's name by ``complete``."""
    capacity: int = BYTES(0)
    """Bytes. 0: as large as what backs it (or, for an existing one, as it is)."""
    format: DiskFormat = "qcow2"
    bus: DiskBus = "virtio"
    cache: DiskCache = ""
    """Empty leaves it to the hypervisor."""
    existing: bool = False
    """It is there already: used, not made."""
    path: str = ""
    """Absolute path on the host, for an existing disk outside any pool."""
    backing: ImageRef | None = None
    """The base image below a copy-on-write clone."""
    device: DiskDevice = "disk"

    @property
    def ref(self) -> ImageRef:
        """The volume by pool and name."""
        return ImageRef(self.pool, self.name)


@dataclass(frozen=True, slots=True)
class NicSpec:
    """One network card."""

    kind: NicKind = "network"
    source: str = "default"
    """The libvirt network, the bridge, or the host's own interface below a macvtap."""
    mac: str = ""
    """Empty: made by ``complete``."""
    model: NicModel = "virtio"
