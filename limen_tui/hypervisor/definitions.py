"""Reads definitions (XML) of VMs in slices, the rows on screen first. Imports libvirt; session thread."""

from __future__ import annotations

from collections.abc import Collection
from typing import Final

import libvirt

from limen_tui.errors import InputError
from limen_tui.hypervisor.book import Book
from limen_tui.hypervisor.connection import Connection
from limen_tui.hypervisor.errors import map_error
from limen_tui.hypervisor.sampler import Sampler
from limen_tui.model.ports import Clock
from limen_tui.model.xml.read import facts

SLICE: Final = 0.05
"""Seconds of reading before the session looks at its mailbox again."""


class Definitions:
    """The VMs whose XML is to be read, in order; each at most once."""

    def __init__(self, connection: Connection, sampler: Sampler, book: Book) -> None:
        self._connection = connection
        self._sampler = sampler
        self._book = book
        self._wanted: dict[str, None] = {}

    @property
    def empty(self) -> bool:
        """Whether nothing is left to read."""
        return not self._wanted

    def want(self, uuid: str) -> None:
        """Read this VM's definition (again)."""
        self._wanted.setdefault(uuid)

    def prefer(self, visible: Collection[str]) -> None:
        """Put what is on screen first."""
        first = [uuid for uuid in self._wanted if uuid in visible]
        if first:
            self._wanted = dict.fromkeys([*first, *self._wanted])

    def forget(self) -> None:
        """Read no more."""
        self._wanted.clear()

    def read_slice(self, clock: Clock) -> bool:
        """Read for a moment; whether something is left. Raises ``LimenError`` when the link broke."""
        end = clock.mono() + SLICE
        while self._wanted and clock.mono() < end:
            uuid = next(iter(self._wanted))
            del self._wanted[uuid]
            self._read(uuid)
        return bool(self._wanted)

    def _read(self, uuid: str) -> None:
        dom = self._sampler.domains.get(uuid)
        try:
            xml = (dom or self._connection.raw.lookupByUUIDString(uuid)).XMLDesc(0)
        except libvirt.libvirtError as error:
            if not self._connection.alive:
                raise map_error(error) from error
            return  # gone, or hidden from us: shown without facts
        try:
            self._book.set_facts(uuid, facts(xml))
        except InputError:
            return
