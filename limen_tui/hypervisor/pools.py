"""Definitions of storage pools. Imports libvirt; runs on a thread of the session."""

from __future__ import annotations

import contextlib
from collections.abc import Iterator

import libvirt

from limen_tui.errors import Conflict
from limen_tui.hypervisor.gate import Gate
from limen_tui.hypervisor.storage import pool_facts
from limen_tui.hypervisor.volumes import explained, pool_of
from limen_tui.model.storage import Pool
from limen_tui.model.units import clean


class LibvirtPools:
    """Implements :class:`limen_tui.model.verbs.pools.PoolVerbs`."""

    def __init__(self, gate: Gate) -> None:
        self._gate = gate
        self._raw = gate.raw

    def xml(self, pool: str) -> str:
        """See PoolVerbs; virStoragePoolGetXMLDesc."""
        with explained(pool):
            found = pool_of(self._raw, pool)
            try:
                return str(found.XMLDesc(libvirt.VIR_STORAGE_XML_INACTIVE))
            except libvirt.libvirtError as error:
                if error.get_error_code() != libvirt.VIR_ERR_INVALID_ARG:
                    raise
                return str(found.XMLDesc(0))  # a driver that knows of no other definition (test)

    def define(self, xml: str) -> Pool:
        """See PoolVerbs; virStoragePoolDefineXML."""
        self._gate.writable("No pool was made.")
        with explained(""), _taken():
            return pool_facts(self._raw.storagePoolDefineXML(xml, 0))

    def undefine(self, pool: str) -> None:
        """See PoolVerbs; virStoragePoolUndefine."""
        self._gate.writable("The pool stays.")
        with explained(pool), _taken(pool):
            pool_of(self._raw, pool).undefine()

    def build(self, pool: str) -> None:
        """See PoolVerbs; virStoragePoolBuild."""
        self._gate.writable("No folder was made.")
        with explained(pool):
            pool_of(self._raw, pool).build(libvirt.VIR_STORAGE_POOL_BUILD_NEW)

    def set_autostart(self, pool: str, on: bool) -> None:
        """See PoolVerbs; virStoragePoolSetAutostart."""
        self._gate.writable("Autostart stays as it is.")
        with explained(pool):
            pool_of(self._raw, pool).setAutostart(1 if on else 0)


@contextlib.contextmanager
def _taken(pool: str = "") -> Iterator[None]:
    """What libvirt says of a name or place that another pool has, or of one that is still active."""
    try:
        yield
    except libvirt.libvirtError as error:
        words = error.get_error_message() or ""
        if "already defined with uuid" in words or "is already active as" in words or "already exists with" in words:
            raise Conflict("A pool of that name exists already", words, "Choose another name.") from error
        if "source conflict" in words.lower():
            raise Conflict("Another pool has that place", words, "Use that pool, or choose another path.") from error
        if "still active" in words or "is active" in words:
            raise Conflict(f"The pool {clean(pool)} is active", words, "Stop it first.") from error
        raise
