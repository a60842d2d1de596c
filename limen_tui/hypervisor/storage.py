"""Storage pools as listed, and the verbs of volumes. Imports libvirt; runs on a thread of the session."""

from __future__ import annotations

from typing import Any

import libvirt

from limen_tui.errors import InputError
from limen_tui.hypervisor import transfer, volumes
from limen_tui.hypervisor.gate import Gate
from limen_tui.hypervisor.volumes import explained
from limen_tui.model.imagehead import ImageHead
from limen_tui.model.storage import Pool, Volume
from limen_tui.model.verbs.storage import Cancelled, Progress, Sink, Source, ignore, never
from limen_tui.model.xml.parse import parse, text


class LibvirtStorage:
    """Implements :class:`limen_tui.model.verbs.storage.StorageVerbs`."""

    def __init__(self, gate: Gate) -> None:
        self._gate = gate
        self._raw = gate.raw

    def volumes(self, pool: str) -> tuple[Volume, ...]:
        """See StorageVerbs; virStoragePoolListAllVolumes."""
        with explained(pool):
            return volumes.list_volumes(self._raw, pool)

    def volume(self, pool: str, name: str) -> Volume:
        """See StorageVerbs; virStorageVolGetXMLDesc."""
        with explained(pool, name):
            return volumes.one_volume(self._raw, pool, name)

    def by_path(self, path: str) -> Volume | None:
        """See StorageVerbs; virStorageVolLookupByPath."""
        with explained("", path):
            return volumes.volume_at(self._raw, path)

    def chain(self, pool: str, name: str) -> tuple[Volume, ...]:
        """See StorageVerbs; virStorageVolLookupByPath for each link."""
        with explained(pool, name):
            return volumes.backing_chain(self._raw, pool, name)

    def create(self, pool: str, xml: str) -> Volume:
        """See StorageVerbs; virStorageVolCreateXML."""
        self._gate.writable("No volume was made.")
        with explained(pool):
            return volumes.create_volume(self._raw, pool, xml)

    def flatten(self, pool: str, name: str, new: str) -> Volume:
        """See StorageVerbs; virStorageVolCreateXMLFrom."""
        self._gate.writable("No volume was made.")
        with explained(pool, name):
            return volumes.flat_copy(self._raw, pool, name, new)

    def delete(self, pool: str, name: str) -> None:
        """See StorageVerbs; virStorageVolDelete."""
        self._gate.writable("The volume stays.")
        with explained(pool, name):
            volumes.volume_of(self._raw, pool, name).delete(0)

    def resize(self, pool: str, name: str, capacity: int) -> None:
        """See StorageVerbs; virStorageVolResize."""
        self._gate.writable("The volume stays as it is.")
        with explained(pool, name):
            volumes.resize_volume(self._raw, pool, name, capacity)

    def start(self, pool: str) -> None:
        """See StorageVerbs; virStoragePoolCreate."""
        self._gate.writable("The pool was not started.")
        with explained(pool):
            volumes.pool_of(self._raw, pool).create(0)

    def stop(self, pool: str) -> None:
        """See StorageVerbs; virStoragePoolDestroy."""
        self._gate.writable("The pool was not stopped.")
        with explained(pool):
            volumes.pool_of(self._raw, pool).destroy()

    def refresh(self, pool: str) -> None:
        """See StorageVerbs; virStoragePoolRefresh."""
        self._gate.writable("The pool was not looked at again.")
        with explained(pool):
            volumes.pool_of(self._raw, pool).refresh(0)

    def upload(
        self, pool: str, name: str, source: Source, size: int, *, offset: int = 0, progress: Progress = ignore,
        cancelled: Cancelled = never,
    ) -> None:
        """See StorageVerbs; virStorageVolUpload."""
        self._gate.writable("Nothing was written.")
        with explained(pool, name):
            transfer.upload(
                self._raw, pool, name, source, size, offset=offset, progress=progress, cancelled=cancelled,
                pace=self._gate.pace,
            )

    def download(
        self, pool: str, name: str, sink: Sink, *, offset: int = 0, length: int = 0, progress: Progress = ignore,
        cancelled: Cancelled = never,
    ) -> None:
        """See StorageVerbs; virStorageVolDownload."""
        with explained(pool, name):
            transfer.download(
                self._raw, pool, name, sink, offset=offset, length=length, progress=progress, cancelled=cancelled
            )

    def probe(self, pool: str, name: str) -> ImageHead:
        """See StorageVerbs; virStorageVolDownload."""
        with explained(pool, name):
            return transfer.probe(self._raw, pool, name)


def pools(raw: Any) -> tuple[Pool, ...]:
    """All pools by name (virConnectListAllStoragePools, then a few calls each). Raises ``libvirtError``."""
    found = []
    for pool in raw.listAllStoragePools(0):
        try:
            found.append(pool_facts(pool))
        except libvirt.libvirtError as error:
            # undefined between the list and the question
            if error.get_error_code() != libvirt.VIR_ERR_NO_STORAGE_POOL:
                raise
    return tuple(sorted(found, key=lambda pool: pool.name))


def pool_facts(pool: Any) -> Pool:
    """What libvirt says of a virStoragePool. Raises ``libvirtError``."""
    state, capacity, allocation, available = pool.info()
    active = state in (libvirt.VIR_STORAGE_POOL_RUNNING, libvirt.VIR_STORAGE_POOL_DEGRADED)
    kind = path = ""
    try:
        root = parse(pool.XMLDesc(0), "pool")
        kind, path = root.get("type", ""), text(root, "target/path") or text(root, "source/name")
    except InputError:
        pass  # shown without them
    return Pool(
        uuid=pool.UUIDString(), name=pool.name(), kind=kind, path=path, active=active,
        autostart=bool(pool.autostart()), persistent=bool(pool.isPersistent()),
        capacity=capacity, allocation=allocation, available=available,
        volumes=pool.numOfVolumes() if active else None,
    )
