"""What can be asked of a host about the volumes of its storage pools. Pure: it names shapes, it does nothing."""

from __future__ import annotations

from collections.abc import Callable
from typing import Protocol

from limen_tui.model.imagehead import ImageHead
from limen_tui.model.storage import Volume

Source = Callable[[int], bytes]
"""Reads up to so many bytes; empty at the end. Raises ``LimenError`` when it cannot."""
Sink = Callable[[bytes], None]
"""Takes the next bytes. Raises ``LimenError`` when it cannot."""
Progress = Callable[[int], None]
"""Told how many bytes went over so far in this call. Called often: it must be cheap."""
Cancelled = Callable[[], bool]
"""Asked between two pieces whether to stop."""


def ignore(_: int) -> None:
    """A progress that nobody looks at."""


def never() -> bool:
    """Nobody cancels."""
    return False


class StorageVerbs(Protocol):
    """Volumes by the names of pool and volume.

    Every call may block and runs on a thread of the host's session; errors as in
    :class:`limen_tui.model.ports.HostVerbs`: ``NotFound`` for a pool or volume that is not there, ``Conflict``
    for a pool that is not active, a volume in use or a taken name, ``StepFailed`` for a full disk.
    """

    def volumes(self, pool: str) -> tuple[Volume, ...]:
        """All volumes of a pool by name (virStoragePoolListAllVolumes, virStorageVolGetXMLDesc each)."""

    def volume(self, pool: str, name: str) -> Volume:
        """One volume. Raises ``NotFound``."""

    def by_path(self, path: str) -> Volume | None:
        """The volume at a path (virStorageVolLookupByPath); ``None`` where the path is in no active pool."""

    def chain(self, pool: str, name: str) -> tuple[Volume, ...]:
        """The volume and what it is backed by, nearest first, as far as libvirt knows it.

        A backing file in no pool ends the chain as a :class:`Volume` whose ``pool`` is empty.
        """

    def create(self, pool: str, xml: str) -> Volume:
        """Make a volume (virStorageVolCreateXML). Raises ``Conflict`` when the name is taken."""

    def flatten(self, pool: str, name: str, new: str) -> Volume:
        """A qcow2 ``new`` in the same pool with all that ``name`` and what backs it hold, backed by nothing
        (virStorageVolCreateXMLFrom). Returns when all is written: that may take long. What backs it must have been
        looked at before. Raises ``Conflict`` when ``new`` is taken or a running VM writes to it."""

    def delete(self, pool: str, name: str) -> None:
        """Remove a volume and its data (virStorageVolDelete). Raises ``NotFound`` when it is gone already."""

    def resize(self, pool: str, name: str, capacity: int) -> None:
        """Grow to ``capacity`` bytes (virStorageVolResize). Raises ``Conflict`` when it would shrink."""

    def start(self, pool: str) -> None:
        """Activate a pool (virStoragePoolCreate). Raises ``Conflict`` when it is active already."""

    def stop(self, pool: str) -> None:
        """Deactivate a pool; its data stays (virStoragePoolDestroy). Whether a VM needs it is not looked at.

        Raises ``Conflict`` when it is not active.
        """

    def refresh(self, pool: str) -> None:
        """Have libvirt look at the pool again (virStoragePoolRefresh)."""

    def upload(
        self, pool: str, name: str, source: Source, size: int, *, offset: int = 0, progress: Progress = ignore,
        cancelled: Cancelled = never,
    ) -> None:
        """Write ``size`` bytes from ``source`` into the volume from ``offset`` on (virStorageVolUpload).

        Raises ``Cancelled`` when asked to stop, ``InputError`` when the source ends early; what was written
        by then stays in the volume.
        """

    def download(
        self, pool: str, name: str, sink: Sink, *, offset: int = 0, length: int = 0, progress: Progress = ignore,
        cancelled: Cancelled = never,
    ) -> None:
        """Read ``length`` bytes (0: to the end) from ``offset`` on into ``sink`` (virStorageVolDownload).

        Raises ``Cancelled`` when asked to stop.
        """

    def probe(self, pool: str, name: str) -> ImageHead:
        """What the first bytes of the volume say it is (virStorageVolDownload of its head)."""
