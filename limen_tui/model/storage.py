"""Storage pools and volumes as listed. Pure values."""

from __future__ import annotations

from dataclasses import dataclass


@dataclass(frozen=True, slots=True)
class Pool:
    """A storage pool. Sizes in bytes, as virStoragePoolGetInfo gives them."""

    uuid: str
    name: str
    kind: str = ""
    """``dir``, ``logical``, ``rbd`` ..."""
    path: str = ""
    active: bool = False
    autostart: bool = False
    persistent: bool = True
    capacity: int = 0
    allocation: int = 0
    available: int = 0
    volumes: int | None = None
    """Number of volumes; ``None`` while the pool is inactive."""


@dataclass(frozen=True, slots=True)
class Volume:
    """A volume of a pool. Sizes in bytes. Names and paths come from outside: show them through ``units.clean``."""

    pool: str
    """Empty for a backing file that lies in no pool."""
    name: str
    path: str = ""
    kind: str = "file"
    """``file``, ``block``, ``dir``, ``network`` ... (virStorageVolType)."""
    format: str = ""
    """``qcow2``, ``raw``, ``iso`` ...; empty where libvirt does not say."""
    capacity: int = 0
    """What a guest would see."""
    allocation: int = 0
    """What it takes of the pool now."""
    physical: int = 0
    """Length of the file or device; 0 where libvirt does not say."""
    backing_path: str = ""
    backing_format: str = ""
    modified_at: float | None = None
    """Unix time of the last write, where libvirt says."""

    @property
    def is_iso(self) -> bool:
        """Whether it is a CD image, by its format or name."""
        return self.format == "iso" or self.name.lower().endswith(".iso")
