"""Storage pools as listed. Pure values."""

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
