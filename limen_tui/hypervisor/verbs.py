"""What can be asked of a connected host: HostVerbs over one libvirt connection. Imports libvirt.

Every call may block. Stateless but for the connection, so it is safe on any thread that holds the
connection with :meth:`Connection.using`. Each family of verbs has a module of its own.
"""

from __future__ import annotations

from collections.abc import Sequence

import libvirt

from limen_tui.hypervisor import lifecycle, metadata, network, storage
from limen_tui.hypervisor.agent import LibvirtAgent
from limen_tui.hypervisor.connection import Connection
from limen_tui.hypervisor.consoles import LibvirtConsoles
from limen_tui.hypervisor.defining import LibvirtDefinitions
from limen_tui.hypervisor.devices import LibvirtDevices
from limen_tui.hypervisor.events import Then
from limen_tui.hypervisor.gate import After, Gate, mapped
from limen_tui.hypervisor.lineage import LibvirtLineage
from limen_tui.hypervisor.pools import LibvirtPools
from limen_tui.hypervisor.screens import LibvirtScreens
from limen_tui.model.lifecycle import Verb
from limen_tui.model.network import Network
from limen_tui.model.storage import Pool


class LibvirtVerbs:
    """Implements :class:`limen_tui.model.ports.HostVerbs`."""

    def __init__(self, connection: Connection, *, read_only: bool, after: After) -> None:
        self._gate = Gate(connection, read_only=read_only, after=after)
        self._raw = connection.raw
        self._connection = connection

    @property
    def agent(self) -> LibvirtAgent:
        """See HostVerbs."""
        return LibvirtAgent(self._gate)

    @property
    def definitions(self) -> LibvirtDefinitions:
        """See HostVerbs."""
        return LibvirtDefinitions(self._gate)

    @property
    def devices(self) -> LibvirtDevices:
        """See HostVerbs."""
        return LibvirtDevices(self._gate)

    @property
    def lineage(self) -> LibvirtLineage:
        """See HostVerbs."""
        return LibvirtLineage(self._gate)

    @property
    def pool_definitions(self) -> LibvirtPools:
        """See HostVerbs."""
        return LibvirtPools(self._gate)

    @property
    def screens(self) -> LibvirtScreens:
        """See HostVerbs."""
        return LibvirtScreens(self._gate)

    @property
    def storage(self) -> storage.LibvirtStorage:
        """See HostVerbs."""
        return storage.LibvirtStorage(self._gate)

    @property
    def consoles(self) -> LibvirtConsoles:
        """See HostVerbs."""
        return LibvirtConsoles(self._gate, self._connection)

    @mapped
    def lifecycle(self, verb: Verb, uuid: str) -> None:
        """See HostVerbs; virDomainCreate, Shutdown, Reboot, Reset, Destroy, Suspend, Resume, ManagedSave."""
        self._gate.writable(f"{verb.value} is refused.")
        lifecycle.perform(self._gate.dom(uuid), verb)
        self._gate.changed(uuid, Then.STATE | Then.MARKS)

    @mapped
    def set_autostart(self, uuid: str, on: bool) -> None:
        """See HostVerbs; virDomainSetAutostart."""
        self._gate.writable("Autostart stays as it is.")
        self._gate.dom(uuid).setAutostart(1 if on else 0)
        self._gate.changed(uuid, Then.MARKS)

    @mapped
    def set_tags(self, uuid: str, tags: Sequence[str]) -> None:
        """See HostVerbs; virDomainSetMetadata."""
        self._gate.writable("Tags stay as they are.")
        metadata.set_tags(self._gate.dom(uuid), tags)
        self._gate.changed(uuid, Then.XML)

    @mapped
    def describe(self, uuid: str, title: str, description: str) -> None:
        """See HostVerbs; virDomainSetMetadata."""
        self._gate.writable("Title and description stay as they are.")
        metadata.describe(self._gate.dom(uuid), title, description)
        self._gate.changed(uuid, Then.XML)

    @mapped
    def xml(self, uuid: str, *, inactive: bool = False) -> str:
        """See HostVerbs; virDomainGetXMLDesc."""
        return str(self._gate.dom(uuid).XMLDesc(libvirt.VIR_DOMAIN_XML_INACTIVE if inactive else 0))

    @mapped
    def pools(self) -> tuple[Pool, ...]:
        """See HostVerbs; virConnectListAllStoragePools."""
        return storage.pools(self._raw)

    @mapped
    def networks(self) -> tuple[Network, ...]:
        """See HostVerbs; virConnectListAllNetworks."""
        return network.networks(self._raw)
