"""What can be asked of a host about the definitions of its storage pools. Pure: it names shapes, it does nothing."""

from __future__ import annotations

from typing import Protocol

from limen_tui.model.storage import Pool


class PoolVerbs(Protocol):
    """Pools by name; starting and stopping them is in :class:`limen_tui.model.verbs.storage.StorageVerbs`.

    Every call may block and runs on a thread of the host's session. Raises ``NotFound`` for a pool that is not there,
    ``ReadOnlyError`` on a host that is read-only.
    """

    def xml(self, pool: str) -> str:
        """The definition, as it is when the pool is started (virStoragePoolGetXMLDesc)."""

    def define(self, xml: str) -> Pool:
        """Define a pool, stopped; one with the same name and UUID is changed (virStoragePoolDefineXML).

        Raises ``Conflict`` when the name, or the place, is that of another pool.
        """

    def undefine(self, pool: str) -> None:
        """Forget the definition; the data stays (virStoragePoolUndefine). Raises ``Conflict`` while it is active."""

    def build(self, pool: str) -> None:
        """Make its folder where that is missing; nothing is formatted (virStoragePoolBuild without flags).

        Raises ``StepFailed`` where libvirt may not.
        """

    def set_autostart(self, pool: str, on: bool) -> None:
        """Whether it is started with the host (virStoragePoolSetAutostart)."""
