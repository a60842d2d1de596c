"""What the hypervisors have and what Limen knows, put side by side. Pure.

Known is a VM that was there when its host was looked at first, that Limen made, or that a person adopted. What is
found is offered with what can be done about it; nothing is done by itself.
"""

from __future__ import annotations

from collections.abc import Collection, Iterable, Mapping, Sequence
from dataclasses import dataclass
from enum import StrEnum

from limen_tui.errors import InputError
from limen_tui.model.images import ImageKind, kind_of
from limen_tui.model.keepsakes import Definition, Trashed
from limen_tui.model.storage import Volume
from limen_tui.model.vm import Disk


class FindingKind(StrEnum):
    """What is out of step."""

    UNKNOWN = "unknown"
    """The hypervisor has a VM that Limen did not know."""
    LOST = "lost"
    """Limen knows a VM that the hypervisor has not."""
    ORPHAN = "orphan"
    """A disk in a pool that no VM uses: what the storage view calls a disk, or one that a VM which is gone could write
    to. Images and ISOs are none."""
    BROKEN = "broken"
    """A definition whose disk is missing."""
    UNFINISHED = "unfinished"
    """A job that a crash left half-way."""


CHOICES: Mapping[FindingKind, tuple[str, ...]] = {
    FindingKind.UNKNOWN: ("adopt", "ignore"), FindingKind.LOST: ("recreate", "forget"),
    FindingKind.ORPHAN: ("delete", "ignore"), FindingKind.BROKEN: ("ignore",),
    FindingKind.UNFINISHED: ("resume", "rollback", "leave"),
}  # fmt: skip


@dataclass(frozen=True, slots=True)
class Mismatch:
    """One thing that is out of step. Names come from outside."""

    kind: FindingKind
    host_id: str
    host_name: str
    name: str
    detail: str
    id: str
    """What tells it from all others: a UUID, ``pool/volume``, a job's id."""
    uuid: str = ""
    pool: str = ""
    volume: str = ""
    size: int = 0
    """Bytes that a disk takes."""

    @property
    def key(self) -> str:
        """For remembering what a person chose to ignore."""
        return f"{self.kind.value} {self.host_id} {self.id}"


@dataclass(frozen=True, slots=True)
class HostState:
    """What one host has."""

    host_id: str
    host_name: str
    names: Mapping[str, str]
    """Name by UUID."""
    disks: Mapping[str, tuple[Disk, ...]]
    """By UUID."""
    volumes: Sequence[Volume]
    """Of all active pools."""
    pool_paths: Mapping[str, str]
    """Directory by name, of active pools that have one."""
    running: Collection[str] = ()
    """UUIDs."""
    named: Collection[str] = ()
    """Every path that a definition names, for whatever: a kernel, a firmware file, a shared folder."""


def compare(
    host: HostState, *, known: Collection[str], last: Iterable[Definition], trash: Iterable[Trashed]
) -> list[Mismatch]:
    """What is out of step on one host; the worst first. ``last``: the newest kept definition of each VM."""
    found: list[Mismatch] = []
    thrown = {item.uuid: item for item in trash if item.host_id == host.host_id}
    kept = {item.uuid: item for item in last if item.host_id == host.host_id}
    lost = sorted(set(known) - set(host.names) - set(thrown))
    for uuid in lost:
        item = kept.get(uuid)
        detail = "gone from the hypervisor" + ("" if item else "; no definition was kept")
        found.append(_of(host, FindingKind.LOST, item.name if item else uuid, detail, uuid, uuid=uuid))
    by_path = {volume.path: volume for volume in host.volumes if volume.path}
    found += [
        _of(host, FindingKind.BROKEN, host.names[uuid], f"{disk.target}: {disk.source} is missing",
            f"{uuid} {disk.target}", uuid=uuid)
        for uuid, disks in host.disks.items() for disk in disks if _missing(disk, by_path, host.pool_paths)
    ]  # fmt: skip
    for uuid, name in sorted(host.names.items(), key=lambda item: item[1]):
        if uuid not in known:
            state = "running" if uuid in host.running else "stopped"
            found.append(_of(host, FindingKind.UNKNOWN, name, f"{state}, not made by Limen", uuid, uuid=uuid))
    gone = [item for uuid, item in kept.items() if uuid not in host.names and uuid not in thrown]
    # a lost VM can be made again from what was kept of it, and wants its disks then
    wanted: list[Trashed | Definition] = [*thrown.values(), *(item for item in gone if item.uuid in known)]
    left = set().union(*(_disks(item) for item in gone if item.uuid not in known))
    return found + _orphans(host, wanted, {volume for item in thrown.values() for volume in item.volumes}, left)


def _of(host: HostState, kind: FindingKind, name: str, detail: str, id_: str, **more: str) -> Mismatch:
    return Mismatch(kind, host.host_id, host.host_name, name, detail, id_, **more)  # type: ignore[arg-type]


def _missing(disk: Disk, by_path: Mapping[str, Volume], pools: Mapping[str, str]) -> bool:
    """Whether a disk that lies in a pool's directory is not among its volumes. What lies elsewhere is not judged."""
    if not disk.source.startswith("/") or disk.source in by_path:
        return False
    folder = disk.source.rsplit("/", 1)[0]
    return any(folder == path.rstrip("/") for path in pools.values())


def _orphans(
    host: HostState, wanted: Iterable[Trashed | Definition], kept: Collection[tuple[str, str]], left: Collection[str]
) -> list[Mismatch]:
    """``wanted``: VMs that are not there but may come back. ``kept``: pool and name of volumes in the trash. ``left``:
    paths of disks of VMs that are gone for good."""
    used = {disk.source for disks in host.disks.values() for disk in disks}
    used |= set(host.named).union(*(_named(item) for item in wanted))
    used |= {volume.backing_path for volume in host.volumes if volume.backing_path}
    return [
        Mismatch(FindingKind.ORPHAN, host.host_id, host.host_name, volume.name, f"in pool {volume.pool}, used by no VM",
                 f"{volume.pool}/{volume.name}", pool=volume.pool, volume=volume.name, size=volume.allocation)
        for volume in sorted(host.volumes, key=lambda volume: -volume.allocation)
        if volume.path not in used and f"{volume.pool}/{volume.name}" not in used
        and (volume.pool, volume.name) not in kept and volume.kind in ("file", "block")
        # an ISO or an image waits for its next use: that no VM uses it now says nothing
        and (kind_of(volume) is ImageKind.DISK or volume.path in left)
    ]  # fmt: skip


def _disks(item: Definition) -> set[str]:
    """Paths of what the guest could write to; what it could only read, others may be made from."""
    from limen_tui.model.xml.parse import attribute, parse  # noqa: PLC0415 - lxml, late

    try:
        disks = parse(item.xml, "domain").iterfind("devices/disk")
    except InputError:
        return set()
    own = (disk for disk in disks if disk.get("device", "disk") == "disk" and disk.find("readonly") is None)
    return {path for disk in own if (path := attribute(disk, "source", "file") or attribute(disk, "source", "dev"))}


def _named(item: Trashed | Definition) -> set[str]:
    from limen_tui.model.xml.paths import paths_in  # noqa: PLC0415 - lxml, late

    try:
        return paths_in(item.xml)
    except InputError:
        return set()  # nothing that could be restored names nothing
