"""Disks and NICs. Pure."""

from __future__ import annotations

import re
from collections import Counter
from collections.abc import Iterator
from typing import Final

from limen_tui.model import units
from limen_tui.model.naming import volume_problem
from limen_tui.model.spec.checks.basics import unusable
from limen_tui.model.spec.devices import DiskSpec, NicSpec
from limen_tui.model.spec.finding import Finding, HostLimits
from limen_tui.model.spec.source import CloudImage, CopyOf, ImportDisk
from limen_tui.model.spec.vm import VMSpec

_MAC: Final = re.compile(r"[0-9a-f]{2}(:[0-9a-f]{2}){5}")
_DEVICE: Final = re.compile(r"[A-Za-z0-9_.@:-]{1,15}")
_MAX_DISKS: Final = 24
_MAX_NICS: Final = 24


def devices(spec: VMSpec, host: HostLimits) -> Iterator[Finding]:
    """All of them."""
    if len(spec.disks) > _MAX_DISKS:
        yield Finding("disks", "error", f"More than {_MAX_DISKS} disks.")
    if len(spec.nics) > _MAX_NICS:
        yield Finding("nics", "error", f"More than {_MAX_NICS} NICs.")
    for at, disk in enumerate(spec.disks[:_MAX_DISKS]):
        for field, level, text in _disk(disk, spec, host):
            yield Finding(f"disks.{at}.{field}", level, text)  # type: ignore[arg-type]
    yield from _together(spec, host)
    for at, nic in enumerate(spec.nics[:_MAX_NICS]):
        for field, level, text in _nic(nic, spec, host):
            yield Finding(f"nics.{at}.{field}", level, text)  # type: ignore[arg-type]


def _disk(disk: DiskSpec, spec: VMSpec, host: HostLimits) -> Iterator[tuple[str, str, str]]:
    if disk.path:
        if not disk.path.startswith("/") or unusable(disk.path) or ".." in disk.path.split("/"):
            yield "path", "error", "It must be an absolute path on the host, without .. in it."
        elif not disk.existing:
            yield "path", "error", "New disks are made in a pool; a path is for existing ones."
    elif disk.existing and not (disk.pool and disk.name):
        yield "name", "error", "Choose the volume and its pool."
    elif disk.name and (problem := volume_problem(disk.name)):
        yield "name", "error", problem
    if disk.device == "cdrom" and not disk.existing:
        yield "device", "error", "A CD drive takes an existing ISO."
    elif not disk.existing and not disk.capacity and disk.backing is None and not _backed(disk, spec):
        yield "capacity", "error", "A new disk needs a size, such as 20G."
    elif not disk.existing and 0 < disk.capacity < 1 << 20:
        yield "capacity", "error", "The smallest disk is 1M."
    if not disk.existing and disk.format == "raw" and (disk.backing is not None or _backed(disk, spec)):
        yield "format", "error", "A clone of a base image must be qcow2."
    if disk.device == "cdrom" and disk.bus == "virtio":
        yield "bus", "error", "A CD drive cannot be on the virtio bus: take sata or scsi."
    if disk.bus == "ide" and not spec.machine.startswith(("pc", "isapc")):
        yield "bus", "warning", "Only the i440fx machine type (pc) has IDE."
    if host.caps.known and disk.bus not in host.caps.disk_buses:
        yield "bus", "error", f"The host does not offer the {disk.bus} bus."
    if unusable(disk.pool):
        yield "pool", "error", "There are control characters in it."
    elif host.pools is not None and disk.pool:
        yield from _in_pool(disk, host)


def _backed(disk: DiskSpec, spec: VMSpec) -> bool:
    return isinstance(spec.source, CloudImage) and disk is spec.boot_disk


def _in_pool(disk: DiskSpec, host: HostLimits) -> Iterator[tuple[str, str, str]]:
    pool = (host.pools or {}).get(disk.pool)
    if pool is None:
        yield "pool", "error", f"There is no pool {units.clean(disk.pool)} on {host.name or 'the host'}."
        return
    if not pool.active:
        yield "pool", "error", f"The pool {units.clean(disk.pool)} is not active."
    if pool.volumes is not None and disk.name:
        there = disk.name in pool.volumes
        if there and not disk.existing:
            yield "name", "error", "There is a volume of that name in the pool."
        elif disk.existing and not there:
            yield "name", "error", "There is no such volume in the pool."
    if pool.kind in ("logical", "disk", "iscsi", "rbd", "zfs") and not disk.existing and disk.format != "raw":
        yield "format", "error", f"A {pool.kind} pool holds raw volumes only."


def _together(spec: VMSpec, host: HostLimits) -> Iterator[Finding]:
    """What disks and NICs say of one another, and of a pool's room."""
    new: Counter[str] = Counter()
    for disk in spec.disks:
        if not disk.existing:
            new[disk.pool] += disk.capacity
    for name, wanted in new.items():
        pool = (host.pools or {}).get(name)
        if pool is not None and wanted > pool.available:
            yield Finding("disks", "warning", f"Once full they take {units.size(wanted)}; the pool {units.clean(name)}"
                          f" has {units.size(pool.available)} left.")  # fmt: skip
    named = Counter((disk.pool, disk.name) for disk in spec.disks if disk.name)
    named.update(("", disk.path) for disk in spec.disks if disk.path)
    for (_, name), times in named.items():
        if times > 1:
            yield Finding("disks", "error", f"{units.clean(name)} is named {times} times.")
    for mac, times in Counter(nic.mac.lower() for nic in spec.nics if nic.mac).items():
        if times > 1:
            yield Finding("nics", "error", f"Two NICs have the MAC address {units.clean(mac)}.")
    if not spec.disks and not isinstance(spec.source, CopyOf | CloudImage | ImportDisk):
        yield Finding("disks", "warning", "The VM has no disk.")


def _nic(nic: NicSpec, spec: VMSpec, host: HostLimits) -> Iterator[tuple[str, str, str]]:
    if not nic.source:
        yield "source", "error", f"Choose the {'interface' if nic.kind == 'macvtap' else nic.kind}."
    elif unusable(nic.source):
        yield "source", "error", "There are control characters in it."
    elif nic.kind != "network" and not _DEVICE.fullmatch(nic.source):
        yield "source", "error", "That is no name of an interface: at most 15 letters and digits."
    elif nic.kind == "network" and host.networks is not None:
        active = host.networks.get(nic.source)
        if active is None:
            yield "source", "error", f"There is no network {units.clean(nic.source)} on {host.name or 'the host'}."
        elif not active and spec.start:
            yield "source", "error", f"The network {units.clean(nic.source)} is not active: the VM would not start."
    if nic.mac:
        mac = nic.mac.lower()
        if not _MAC.fullmatch(mac) or mac == "00:00:00:00:00:00":
            yield "mac", "error", "A MAC address is like 52:54:00:12:34:56."
        elif int(mac[:2], 16) & 1:
            yield "mac", "error", "That is a multicast address: the first byte must be even."
        elif mac in host.macs:
            yield "mac", "warning", "A VM on the host has that MAC address already."
