"""Reads definitions (XML) of VMs in slices, the rows on screen first. Imports libvirt; session thread."""

from __future__ import annotations

from collections.abc import Collection
from typing import Any, Final

import libvirt

from limen_tui.errors import InputError
from limen_tui.hypervisor.book import Book
from limen_tui.hypervisor.connection import Connection
from limen_tui.hypervisor.errors import map_error
from limen_tui.hypervisor.features import refuses
from limen_tui.hypervisor.sampler import Sampler
from limen_tui.model.ports import Clock
from limen_tui.model.xml.read import facts

SLICE: Final = 0.05
"""Seconds of reading before the session looks at its mailbox again."""


class Definitions:
    """The VMs whose XML is to be read, in order; each at most once."""

    def __init__(self, connection: Connection, sampler: Sampler, book: Book, *, wary: bool) -> None:
        """``wary``: put off VMs whose QEMU is busy or hangs. virDomainGetXMLDesc of newer libvirts (of 11.3, not of
        9.0) waits for it, for ever if need be."""
        self._wary = wary
        self._put_off: set[str] = set()
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

    def again(self) -> None:
        """Try those that were put off once more."""
        self._wanted.update(dict.fromkeys(self._put_off))
        self._put_off.clear()

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
        try:
            dom = self._sampler.domains.get(uuid) or self._connection.raw.lookupByUUIDString(uuid)
            if self._wary and occupied(dom):
                self._put_off.add(uuid)
                return
            xml = dom.XMLDesc(0)
        except libvirt.libvirtError as error:
            if not self._connection.alive:
                raise map_error(error) from error
            return  # gone, or hidden from us: shown without facts
        try:
            self._book.set_facts(uuid, facts(xml))
        except InputError:
            return


def occupied(dom: Any) -> bool:
    """Whether somebody waits for its QEMU at this moment (virDomainGetControlInfo, which waits for nobody)."""
    try:
        state, _, _ = dom.controlInfo(0)
    except libvirt.libvirtError as error:
        if refuses(error) or error.get_error_code() == libvirt.VIR_ERR_OPERATION_INVALID:
            return False  # it is off, or a driver without such a thing
        raise
    return bool(state != libvirt.VIR_DOMAIN_CONTROL_OK)
