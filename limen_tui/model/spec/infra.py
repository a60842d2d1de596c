"""Pools and networks as asked for. Pure values."""

from __future__ import annotations

import posixpath
import re
from dataclasses import dataclass
from typing import Final, Literal

from limen_tui.errors import InputError
from limen_tui.model.naming import check_file_name
from limen_tui.model.units import clean

PoolKind = Literal["dir", "fs", "netfs", "logical"]
Forward = Literal["nat", "route", "open", "isolated", "bridge"]
_GROUP: Final = re.compile(r"[A-Za-z0-9_.+][A-Za-z0-9_.+-]*")
"""What LVM takes for the name of a volume group."""


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


def pool_spec(name: str, kind: PoolKind = "dir", path: str = "", source: str = "", server: str = "") -> PoolSpec:
    """The pool that is meant by what was typed: that of a volume group has its place from it, and what the kind has no
    use for is left out. Raises ``InputError`` for what cannot be one."""
    source = "" if kind == "dir" else source.strip()
    path = path.strip() or (f"/dev/{source}" if kind == "logical" and source else "")
    if path.startswith("/") and ".." not in path.split("/"):
        path = "/" + posixpath.normpath(path).lstrip("/")  # as libvirt keeps it: it is compared with that of others
    spec = PoolSpec(name, path, kind, source, server.strip() if kind == "netfs" else "")
    check_pool(spec)
    return spec


def check_pool(spec: PoolSpec) -> None:
    """Raises ``InputError`` for what cannot be a pool, whatever the host has."""
    check_file_name(spec.name, "pool")
    if spec.kind != "dir" and not spec.source:
        what = {"fs": "the block device", "netfs": "the folder that the server exports", "logical": "the volume group"}
        raise InputError("The pool's source is missing", f"A {spec.kind} pool needs one: {what[spec.kind]}.")
    if spec.kind == "netfs" and not spec.source_host:
        raise InputError("The pool's server is missing", "A netfs pool needs one.")
    if spec.kind in ("fs", "netfs") and not _is_path(spec.source):
        raise InputError("The pool's source cannot be used", clean(spec.source[:200]),
                         "It must be an absolute path, without .. .")  # fmt: skip
    if spec.kind == "logical" and not _GROUP.fullmatch(spec.source):
        raise InputError("The pool's source cannot be used", clean(spec.source[:200]),
                         "It is the name of a volume group, such as vg0.")  # fmt: skip
    if clean(spec.source_host) != spec.source_host or any(sign.isspace() for sign in spec.source_host):
        raise InputError("The pool's server cannot be used", clean(spec.source_host[:200]))
    if not _is_path(spec.path):
        raise InputError("The pool's path cannot be used", clean(spec.path[:200]),
                         "It must be absolute, without .. .")  # fmt: skip


def _is_path(path: str) -> bool:
    return path.startswith("/") and ".." not in path.split("/") and clean(path) == path


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
