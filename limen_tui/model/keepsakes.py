"""What is kept of VMs that were deleted, and of definitions that were changed. Pure values."""

from __future__ import annotations

from dataclasses import dataclass


@dataclass(frozen=True, slots=True)
class Trashed:
    """A deleted VM whose definition and disks are kept for a while."""

    id: int
    at: float
    """Unix time of its deletion."""
    until: float
    """Unix time from which it may be purged. Nothing purges it by itself."""
    who: str
    host_id: str
    host_name: str
    uuid: str
    name: str
    xml: str
    """Its inactive definition, without secrets."""
    volumes: tuple[tuple[str, str], ...] = ()
    """(pool, volume) that a purge deletes."""


@dataclass(frozen=True, slots=True)
class Definition:
    """A definition as it was at a time."""

    id: int
    at: float
    """Unix time at which Limen saw it first."""
    host_id: str
    uuid: str
    name: str
    author: str
    """Who changed it where Limen did, else empty: somebody else."""
    xml: str
    """Inactive, without secrets."""
