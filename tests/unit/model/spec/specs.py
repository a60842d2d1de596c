"""Specs to test with: plain ones, and hostile text for every field."""

from __future__ import annotations

import dataclasses
from typing import Any

from hypothesis import strategies as st

from limen_tui.model.spec import (
    Addressing,
    CloudImage,
    CloudInit,
    CopyOf,
    DirectKernel,
    DiskSpec,
    ImageRef,
    ImportDisk,
    IsoInstall,
    NicSpec,
    Pxe,
    Topology,
    VMSpec,
)
from limen_tui.model.xml.domcaps import DomainCaps

KVM = DomainCaps(
    kind="kvm", emulator="/usr/bin/qemu-system-x86_64", machine="pc-q35-7.2", max_vcpus=288, uefi=True,
    secure_boot=True, tpm=True, cpu_modes=("host-passthrough", "maximum", "host-model"),
    disk_buses=("virtio", "scsi", "sata", "usb"),
    graphics=("vnc", "spice"), video=("vga", "virtio", "qxl"), known=True,
)  # fmt: skip
TCG = dataclasses.replace(KVM, kind="qemu", cpu_modes=("maximum",))
KEY = "ssh-ed25519 AAAAC3NzaC1lZDI1NTE5AAAAIKHEChSuJbJXs5xIXnuA6xRmVSwpFvQhcUjI4bbg1ZQB ann@desk"
GIB = 1 << 30

CLOUD = VMSpec(
    "web-01", host_id="h1", source=CloudImage("default", "debian-12.qcow2"),
    disks=(DiskSpec("default", capacity=20 * GIB), DiskSpec("default", "data.img", GIB, "raw", bus="scsi")),
    nics=(NicSpec(), NicSpec("bridge", "br0"), NicSpec("macvtap", "eno1", "52:54:00:00:00:01")),
    tags=("web", "prod"), cloud_init=CloudInit(user="ann", ssh_keys=(KEY,), packages=("htop",)),
)  # fmt: skip
EVERY = (
    CLOUD,
    VMSpec("iso", source=IsoInstall("iso", "net.iso"), disks=(DiskSpec("default", capacity=GIB),), graphics="spice"),
    VMSpec("import", source=ImportDisk("default", "old.qcow2"), graphics="none", balloon=False, rng=False),
    VMSpec("pxe", source=Pxe(), nics=(NicSpec(),), disks=(DiskSpec("default", capacity=GIB),), serial=False),
    VMSpec("kernel", source=DirectKernel("/boot/vmlinuz", "/boot/initrd", "console=ttyS0"), agent=False),
    VMSpec("blank", vcpus=2, vcpus_max=4, topology=Topology(1, 2, 2), memory_kib=1 << 20, memory_max_kib=1 << 21,
           disks=(DiskSpec(path="/dev/vg/x", existing=True, format="raw", cache="none"),)),
    VMSpec("uefi", firmware="uefi", disks=(DiskSpec("default", capacity=GIB),)),
    VMSpec("secure", firmware="uefi-secure", tpm=True, machine="q35", disks=(DiskSpec("default", capacity=GIB),)),
)  # fmt: skip

HOSTILE = ("${7*7}", "]]>", "{{7*7}}", "{% raw %}", "<!-- -->", "&amp;", "\"'", "<x/>", "a\tb\nc\r",
           ": - [x]", "\x85\u2028", "\N{RIGHT-TO-LEFT OVERRIDE}", "#cloud-config", "../../etc", "no", "1e3",
           "--- !!python/object:os.system")  # fmt: skip
hostile = st.sampled_from(HOSTILE) | st.text(max_size=30)


def _filled(kind: type[Any], text: str) -> Any:
    """A dataclass with ``text`` in every field of free text."""
    made: dict[str, Any] = {}
    for field in dataclasses.fields(kind):
        if field.type == "str":
            made[field.name] = text
        elif field.type == "tuple[str, ...]":
            made[field.name] = (text,)
    return kind(**made)


def filled(text: str, source: type[Any] = CloudImage) -> VMSpec:
    """A spec with ``text`` in all its fields of free text, and in those of all it is made of."""
    cloud = dataclasses.replace(_filled(CloudInit, text), user_data="", addressing=(_filled(Addressing, text),))
    return dataclasses.replace(
        _filled(VMSpec, text),
        source=_filled(source, text),
        disks=(dataclasses.replace(_filled(DiskSpec, text), backing=ImageRef(text, text)),),
        nics=(_filled(NicSpec, text),),
        cloud_init=cloud,
    )


SOURCES = (CloudImage, IsoInstall, ImportDisk, DirectKernel, CopyOf)
