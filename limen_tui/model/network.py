"""Virtual networks and their DHCP leases as listed. Pure values."""

from __future__ import annotations

from dataclasses import dataclass


@dataclass(frozen=True, slots=True)
class Lease:
    """One DHCP lease of libvirt's own dnsmasq."""

    mac: str
    ip: str
    hostname: str = ""
    expires: float = 0.0
    """Unix time."""


@dataclass(frozen=True, slots=True)
class Network:
    """A libvirt virtual network."""

    uuid: str
    name: str
    bridge: str = ""
    forward: str = ""
    """``nat``, ``route``, ``bridge`` ... or empty for an isolated network."""
    cidr: str = ""
    """``192.168.122.1/24``, the host's own address on it."""
    active: bool = False
    autostart: bool = False
    persistent: bool = True
    leases: tuple[Lease, ...] = ()
