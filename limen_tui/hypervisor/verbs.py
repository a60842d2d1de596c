"""What can be asked of a connected host: HostVerbs over one libvirt connection. Imports libvirt.

Every call may block. Stateless but for the connection, so it is safe on any thread that holds the
connection with :meth:`Connection.using`.
"""

from __future__ import annotations

import functools
from collections.abc import Callable, Sequence
from typing import Any, ParamSpec, TypeVar

import libvirt

from limen_tui.errors import InputError, ReadOnlyError
from limen_tui.hypervisor import lifecycle, metadata, network, storage
from limen_tui.hypervisor.connection import Connection
from limen_tui.hypervisor.errors import map_error
from limen_tui.hypervisor.events import Then
from limen_tui.model.lifecycle import Verb
from limen_tui.model.network import Network
from limen_tui.model.storage import Pool

P = ParamSpec("P")
T = TypeVar("T")
After = Callable[[str, Then], None]
"""(UUID, what to look at again): tells the session what an act may have changed."""


def _mapped(method: Callable[P, T]) -> Callable[P, T]:
    @functools.wraps(method)
    def call(*args: P.args, **kwargs: P.kwargs) -> T:
        try:
            return method(*args, **kwargs)
        except libvirt.libvirtError as error:
            raise map_error(error) from error

    return call


class LibvirtVerbs:
    """Implements :class:`limen_tui.model.ports.HostVerbs`."""

    def __init__(self, connection: Connection, *, read_only: bool, after: After) -> None:
        self._raw = connection.raw
        self._read_only = read_only
        self._after = after

    def _dom(self, uuid: str) -> Any:
        if not uuid:
            raise InputError("No VM was named")
        return self._raw.lookupByUUIDString(uuid)

    def _writable(self, what: str) -> None:
        if self._read_only:
            raise ReadOnlyError("This host is read-only", what, "Open it without --read-only to change something.")

    @_mapped
    def lifecycle(self, verb: Verb, uuid: str) -> None:
        """See HostVerbs; virDomainCreate, Shutdown, Reboot, Reset, Destroy, Suspend, Resume, ManagedSave."""
        self._writable(f"{verb.value} is refused.")
        lifecycle.perform(self._dom(uuid), verb)
        self._after(uuid, Then.STATE | Then.MARKS)

    @_mapped
    def set_autostart(self, uuid: str, on: bool) -> None:
        """See HostVerbs; virDomainSetAutostart."""
        self._writable("Autostart stays as it is.")
        self._dom(uuid).setAutostart(1 if on else 0)
        self._after(uuid, Then.MARKS)

    @_mapped
    def set_tags(self, uuid: str, tags: Sequence[str]) -> None:
        """See HostVerbs; virDomainSetMetadata."""
        self._writable("Tags stay as they are.")
        metadata.set_tags(self._dom(uuid), tags)
        self._after(uuid, Then.XML)

    @_mapped
    def xml(self, uuid: str, *, inactive: bool = False) -> str:
        """See HostVerbs; virDomainGetXMLDesc."""
        return str(self._dom(uuid).XMLDesc(libvirt.VIR_DOMAIN_XML_INACTIVE if inactive else 0))

    @_mapped
    def pools(self) -> tuple[Pool, ...]:
        """See HostVerbs; virConnectListAllStoragePools."""
        return storage.pools(self._raw)

    @_mapped
    def networks(self) -> tuple[Network, ...]:
        """See HostVerbs; virConnectListAllNetworks."""
        return network.networks(self._raw)
