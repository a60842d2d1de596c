"""The slower questions, asked between ticks: marks, leases, balloon periods. Imports libvirt; session thread."""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from typing import Any, Final

import libvirt

from limen_tui.hypervisor import network
from limen_tui.hypervisor.connection import Connection
from limen_tui.hypervisor.errors import map_error
from limen_tui.hypervisor.features import refuses

BALLOON_PERIOD: Final = 5
"""Seconds between a guest's memory reports, where Limen switches them on."""


@dataclass(frozen=True, slots=True)
class Marks:
    """Three facts that no bulk figure and no event tells, as sets of UUIDs."""

    autostart: frozenset[str]
    transient: frozenset[str]
    saved: frozenset[str] | None
    """``None`` where the driver knows no managed save."""


def read_marks(connection: Connection) -> Marks:
    """Three virConnectListAllDomains with filters, at any number of VMs. Raises ``LimenError``."""
    raw, features = connection.raw, connection.features
    try:
        autostart = _listed(raw, libvirt.VIR_CONNECT_LIST_DOMAINS_AUTOSTART)
        transient = _listed(raw, libvirt.VIR_CONNECT_LIST_DOMAINS_TRANSIENT)
    except libvirt.libvirtError as error:
        if refuses(error):
            return Marks(frozenset(), frozenset(), None)
        raise map_error(error) from error
    saved = None
    if features.managed_save:
        try:
            saved = _listed(raw, libvirt.VIR_CONNECT_LIST_DOMAINS_MANAGEDSAVE)
        except libvirt.libvirtError as error:
            if not refuses(error):
                raise map_error(error) from error
            features.managed_save = False
    return Marks(autostart, transient, saved)


def _listed(raw: Any, flag: int) -> frozenset[str]:
    return frozenset(dom.UUIDString() for dom in raw.listAllDomains(flag))


def read_addresses(connection: Connection) -> dict[str, tuple[str, ...]]:
    """Addresses by MAC from the DHCP leases of all active networks; one call each. Raises ``LimenError``."""
    if not connection.features.networks:
        return {}
    found: dict[str, tuple[str, ...]] = {}
    try:
        for net in connection.raw.listAllNetworks(libvirt.VIR_CONNECT_LIST_NETWORKS_ACTIVE):
            leases = sorted(network.leases(net), key=lambda lease: lease.expires, reverse=True)
            for lease in leases:
                if lease.ip:
                    found[lease.mac] = (*found.get(lease.mac, ()), lease.ip)
    except libvirt.libvirtError as error:
        if not refuses(error):
            raise map_error(error) from error
        connection.features.networks = False
    return found


def switch_on_balloon(domains: Iterable[Any]) -> Iterator[Any]:
    """Set the live statistics period of each of ``domains`` (virDomainSetMemoryStatsPeriod).

    Yields those for which it worked; one that refuses is left as it is. Raises ``LimenError`` when the link
    broke.
    """
    for dom in domains:
        try:
            dom.setMemoryStatsPeriod(BALLOON_PERIOD, libvirt.VIR_DOMAIN_AFFECT_LIVE)
        except libvirt.libvirtError as error:
            if not dom.connect().isAlive():
                raise map_error(error) from error
        else:
            yield dom
