"""A VM as asked for. Pure values."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Literal

from limen_tui.model.spec.cloud import CloudInit
from limen_tui.model.spec.devices import DiskSpec, NicSpec
from limen_tui.model.spec.kinds import KIB
from limen_tui.model.spec.source import Blank, ImageRef, Source

Firmware = Literal["bios", "uefi", "uefi-secure"]
CpuMode = Literal["", "host-passthrough", "host-model", "maximum"]
Graphics = Literal["vnc", "spice", "none"]
Kind = Literal["", "kvm", "qemu"]
GIB_KIB = 1024 * 1024
_BLANK = Blank()


@dataclass(frozen=True, slots=True)
class Topology:
    """How the guest sees its CPUs; the product is ``vcpus_max``."""

    sockets: int = 1
    cores: int = 1
    threads: int = 1

    @property
    def cpus(self) -> int:
        """How many that makes."""
        return self.sockets * self.cores * self.threads


@dataclass(frozen=True, slots=True)
class VMSpec:
    """All that a create form asks for. Memory in KiB, as libvirt counts it.

    Empty text and 0 mean "you choose": :func:`limen_tui.model.spec.complete` fills them in, so that what is
    journaled says everything.
    """

    name: str
    host_id: str = ""
    uuid: str = ""
    vcpus: int = 1
    vcpus_max: int = 0
    """0: as ``vcpus``."""
    topology: Topology | None = None
    memory_kib: int = KIB(GIB_KIB)
    memory_max_kib: int = KIB(0)
    """0: as ``memory_kib``."""
    firmware: Firmware = "bios"
    tpm: bool = False
    cpu_mode: CpuMode = ""
    machine: str = ""
    kind: Kind = ""
    """Empty: KVM where the host has it, else emulation."""
    source: Source = _BLANK
    disks: tuple[DiskSpec, ...] = ()
    nics: tuple[NicSpec, ...] = ()
    graphics: Graphics = "vnc"
    serial: bool = True
    agent: bool = True
    rng: bool = True
    balloon: bool = True
    autostart: bool = False
    start: bool = True
    tags: tuple[str, ...] = ()
    title: str = ""
    description: str = ""
    cloud_init: CloudInit | None = None

    @property
    def boot_disk(self) -> DiskSpec | None:
        """The first disk that is not a CD drive."""
        return next((disk for disk in self.disks if disk.device == "disk"), None)

    @property
    def volumes(self) -> tuple[ImageRef, ...]:
        """Every volume it names, once each: disks, what backs them, and the source's image."""
        found = [disk.ref for disk in self.disks if disk.pool and disk.name]
        found += [disk.backing for disk in self.disks if disk.backing is not None]
        image = getattr(self.source, "image", None)
        found += [image] if image is not None else []
        return tuple(dict.fromkeys(found))
