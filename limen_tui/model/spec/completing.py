"""Fills in what a form left to us, so that a job's arguments say everything. Pure but for the random source."""

from __future__ import annotations

import secrets
import uuid
from collections.abc import Callable
from dataclasses import replace

from limen_tui.model.naming import hostname_of
from limen_tui.model.spec.devices import DiskSpec, NicSpec
from limen_tui.model.spec.source import CloudImage, ImportDisk, IsoInstall
from limen_tui.model.spec.vm import CpuMode, VMSpec
from limen_tui.model.xml.domcaps import DomainCaps


def new_uuid() -> str:
    """A random UUID."""
    return str(uuid.uuid4())


def new_mac() -> str:
    """A random MAC address in QEMU's range."""
    return "52:54:00:" + ":".join(f"{byte:02x}" for byte in secrets.token_bytes(3))


def complete(
    spec: VMSpec,
    caps: DomainCaps,
    *,
    make_uuid: Callable[[], str] = new_uuid,
    make_mac: Callable[[], str] = new_mac,
) -> VMSpec:
    """``spec`` with nothing left open: UUID, MACs, kind, CPU mode, volume names, the source's disk. Idempotent.

    What is asked for and not offered stays: :func:`validate` says so, and nothing is taken away silently. Only what is
    on by default (RNG) goes where the host does not offer it.
    """
    kind = spec.kind or ("qemu" if caps.emulated else "kvm")
    cloud = spec.cloud_init
    if cloud is not None and not cloud.hostname:
        cloud = replace(cloud, hostname=hostname_of(spec.name))
    memory_max = max(spec.memory_max_kib, spec.memory_kib)
    return replace(
        spec,
        uuid=spec.uuid or make_uuid(),
        kind=kind,
        cpu_mode=spec.cpu_mode or default_cpu_mode(caps, kind),
        vcpus_max=spec.vcpus_max or (spec.topology.cpus if spec.topology else spec.vcpus),
        memory_max_kib=memory_max,
        disks=_named(spec.name, _with_source(spec)),
        nics=tuple(_nic(nic, make_mac) for nic in spec.nics),
        rng=spec.rng and caps.rng,
        cloud_init=cloud,
    )


def default_cpu_mode(caps: DomainCaps, kind: str) -> CpuMode:
    """``host-passthrough`` under KVM, ``maximum`` in emulation, where offered; empty is the hypervisor's own."""
    wish: CpuMode = "host-passthrough" if kind == "kvm" else "maximum"
    return wish if wish in caps.cpu_modes or (not caps.known and kind == "kvm") else ""


def _nic(nic: NicSpec, make_mac: Callable[[], str]) -> NicSpec:
    return replace(nic, mac=nic.mac.lower() if nic.mac else make_mac())


def _with_source(spec: VMSpec) -> tuple[DiskSpec, ...]:
    """The disks with what the source brings: its backing, its CD, or itself."""
    source, disks, boot = spec.source, spec.disks, spec.boot_disk
    if isinstance(source, CloudImage):
        if boot is None:
            return (DiskSpec(backing=source.image), *disks)
        if boot.backing is None and not boot.existing:
            return tuple(replace(disk, backing=source.image) if disk is boot else disk for disk in disks)
    elif isinstance(source, IsoInstall):
        cd = DiskSpec(source.pool, source.volume, format="raw", bus="sata", existing=True, device="cdrom")
        if not any(disk.device == "cdrom" and disk.ref == source.image for disk in disks):
            return (*disks, cd)
    elif isinstance(source, ImportDisk) and not any(disk.ref == source.image for disk in disks):
        return (DiskSpec(source.pool, source.volume, existing=True), *disks)
    return disks


def _named(name: str, disks: tuple[DiskSpec, ...]) -> tuple[DiskSpec, ...]:
    taken = {disk.name for disk in disks if disk.name}
    pool = next((disk.pool for disk in disks if disk.pool), "default")
    made = []
    for disk in disks:
        if disk.existing or (disk.name and disk.pool):
            made.append(disk)
            continue
        suffix = "qcow2" if disk.format == "qcow2" else "img"
        wish, number = f"{name}.{suffix}", 1
        while not disk.name and wish in taken:
            number += 1
            wish = f"{name}-{number}.{suffix}"
        taken.add(wish)
        made.append(replace(disk, name=disk.name or wish, pool=disk.pool or pool))
    return tuple(made)
