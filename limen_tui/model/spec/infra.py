"""Pools and networks as asked for. Pure values."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Literal

PoolKind = Literal["dir", "fs", "netfs", "logical"]
Forward = Literal["nat", "route", "open", "isolated", "bridge"]


@dataclass(frozen=True, slots=True)
class PoolSpec:
    """A storage pool. ``path`` is absolute, on the host."""

    name: str
    path: str
    kind: PoolKind = "dir"
    source: str = ""
    """``fs``: the block device; ``netfs``: the exported folder; ``logical``: the volume group."""
    source_host: str = ""
    """``netfs``: the NFS server."""


@dataclass(frozen=True, slots=True)
class NetworkSpec:
    """A virtual network."""

    name: str
    forward: Forward = "nat"
    bridge: str = ""
    """The bridge it has; with ``bridge`` forwarding one of the host's own, else made; empty: libvirt names it."""
    address: str = ""
    """The host's own address on it with the prefix: ``192.168.50.1/24``."""
    dhcp_first: str = ""
    dhcp_last: str = ""
    domain: str = ""
