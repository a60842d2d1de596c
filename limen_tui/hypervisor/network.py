"""Virtual networks and leases as listed. Imports libvirt; runs on a thread of the session."""

from __future__ import annotations

from typing import Any

import libvirt

from limen_tui.errors import InputError
from limen_tui.hypervisor.features import refuses
from limen_tui.model.network import Lease, Network
from limen_tui.model.xml.parse import attribute, number, parse


def networks(raw: Any) -> tuple[Network, ...]:
    """All networks by name, with leases of the active ones. Raises ``libvirtError``."""
    found = []
    for network in raw.listAllNetworks(0):
        try:
            found.append(_network(network))
        except libvirt.libvirtError as error:
            # undefined between the list and the question
            if error.get_error_code() != libvirt.VIR_ERR_NO_NETWORK:
                raise
    return tuple(sorted(found, key=lambda network: network.name))


def leases(network: Any) -> tuple[Lease, ...]:
    """DHCP leases of one network (virNetworkGetDHCPLeases); none where the driver has no such thing."""
    try:
        rows = network.DHCPLeases(None, 0)
    except libvirt.libvirtError as error:
        if refuses(error) or error.get_error_code() in (
            libvirt.VIR_ERR_NO_NETWORK, libvirt.VIR_ERR_OPERATION_INVALID, libvirt.VIR_ERR_INTERNAL_ERROR,
        ):
            return ()
        raise
    return tuple(
        Lease(
            mac=str(row.get("mac") or "").lower(), ip=str(row.get("ipaddr") or ""),
            hostname=str(row.get("hostname") or ""), expires=float(row.get("expirytime") or 0),
        )
        for row in rows
    )


def _network(network: Any) -> Network:
    active = bool(network.isActive())
    bridge = forward = cidr = ""
    try:
        root = parse(network.XMLDesc(0), "network")
        bridge = attribute(root, "bridge", "name")
        forward = "" if root.find("forward") is None else attribute(root, "forward", "mode", "nat")
        address = attribute(root, "ip", "address")
        if address:
            prefix = attribute(root, "ip", "prefix") or _prefix(attribute(root, "ip", "netmask"))
            cidr = f"{address}/{prefix}" if prefix else address
    except InputError:
        pass  # shown without them
    return Network(
        uuid=network.UUIDString(), name=network.name(), bridge=bridge, forward=forward, cidr=cidr, active=active,
        autostart=bool(network.autostart()), persistent=bool(network.isPersistent()),
        leases=leases(network) if active else (),
    )


def _prefix(netmask: str) -> str:
    parts = netmask.split(".")
    return str(sum(number(part).bit_count() for part in parts)) if len(parts) == 4 else ""
