"""What can be asked of a host about where a VM's disks come from and what was kept of it. Pure: shapes only."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Protocol

DAY = 86400.0


@dataclass(frozen=True, slots=True)
class SnapshotFact:
    """A snapshot as far as the overview tells of it. The name comes from outside."""

    name: str
    made_at: float
    """Unix time by the host's clock; 0 where libvirt does not say."""

    def age_days(self, now: float) -> float:
        """Days since then; negative for one from the future."""
        return (now - self.made_at) / DAY


@dataclass(frozen=True, slots=True)
class ChainMember:
    """A file or device of a disk's backing chain. Paths come from outside."""

    source: str
    format: str = ""
    taken: int | None = None
    """Bytes that it takes on the host; ``None`` where nobody knows."""


@dataclass(frozen=True, slots=True)
class DiskChain:
    """A disk and what is below it."""

    target: str
    """``vda`` ..."""
    members: tuple[ChainMember, ...] = ()
    """The disk itself first, its base last."""


@dataclass(frozen=True, slots=True)
class Lineage:
    """All of it for one VM."""

    snapshots: tuple[SnapshotFact, ...] = ()
    """Oldest first."""
    disks: tuple[DiskChain, ...] = ()
    """Disks with a medium, in the order of the definition; of CD-ROM drives nothing is told."""


class LineageVerbs(Protocol):
    """By UUID. Every call may block; errors as in :class:`limen_tui.model.ports.HostVerbs`."""

    def of(self, uuid: str) -> Lineage:
        """Snapshots and backing chains (virDomainListAllSnapshots, virDomainGetBlockInfo,
        virStorageVolLookupByPath, virDomainListGetStats). Several calls for each disk: for a VM that somebody
        looks at, never on a tick. What cannot be found out is left out. Raises ``NotFound``."""
