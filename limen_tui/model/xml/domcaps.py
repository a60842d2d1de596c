"""What VMs can be on a host: its domain capabilities XML (virConnectGetDomainCapabilities). Pure; any thread."""

from __future__ import annotations

from dataclasses import dataclass

from lxml import etree

from limen_tui.errors import InputError
from limen_tui.model.xml.parse import number, parse, text


@dataclass(frozen=True, slots=True)
class DomainCaps:
    """What the host offers for one kind, machine type and architecture. Empty means the host does not say."""

    kind: str = "kvm"
    """``kvm`` or ``qemu``: what the figures below are for."""
    emulator: str = ""
    machine: str = ""
    """The machine type they are for, in full: ``pc-q35-7.2``."""
    arch: str = "x86_64"
    max_vcpus: int = 0
    uefi: bool = False
    secure_boot: bool = False
    loaders: tuple[str, ...] = ()
    """Firmware images by path."""
    tpm: bool = False
    """Whether a software TPM 2.0 can be had."""
    cpu_modes: tuple[str, ...] = ()
    disk_buses: tuple[str, ...] = ("virtio",)
    graphics: tuple[str, ...] = ("vnc",)
    video: tuple[str, ...] = ()
    rng: bool = True
    known: bool = False
    """False for what is only assumed, since no capabilities were read."""

    @property
    def emulated(self) -> bool:
        """Whether guests run without hardware help: many times slower."""
        return self.kind == "qemu"


ASSUMED = DomainCaps()
"""For a host that was not asked yet."""


def read_domcaps(xml: str) -> DomainCaps:
    """Read it. Raises ``InputError`` where it is no such XML."""
    root = parse(xml, "domainCapabilities")
    firmware = _values(root, "os", "firmware")
    loader = root.find("os/loader")
    loaders = tuple(value.text.strip() for value in root.iterfind("os/loader/value") if value.text)
    pflash = loader is not None and loader.get("supported") == "yes" and "pflash" in _values(root, "os/loader", "type")
    uefi = "efi" in firmware or (not firmware and pflash and bool(loaders))
    max_vcpus = root.find("vcpu")
    rng = root.find("devices/rng")
    tpm = root.find("devices/tpm")
    return DomainCaps(
        kind=text(root, "domain", "qemu"),
        emulator=text(root, "path"),
        machine=text(root, "machine"),
        arch=text(root, "arch"),
        max_vcpus=number(None if max_vcpus is None else max_vcpus.get("max")),
        uefi=uefi,
        secure_boot=uefi and "yes" in _values(root, "os/loader", "secure"),
        loaders=loaders,
        tpm=_supported(tpm) and "emulator" in _values(root, "devices/tpm", "backendModel"),
        cpu_modes=tuple(
            mode.get("name", "") for mode in root.iterfind("cpu/mode") if _supported(mode) and mode.get("name")
        ),
        disk_buses=_values(root, "devices/disk", "bus"),
        graphics=_values(root, "devices/graphics", "type") if _supported(root.find("devices/graphics")) else (),
        video=_values(root, "devices/video", "modelType") if _supported(root.find("devices/video")) else (),
        # older libvirt says nothing of it, and has it
        rng=rng is None or _supported(rng),
        known=True,
    )


def read_domcaps_or_assume(xml: str) -> DomainCaps:
    """Read it, or assume the usual for an empty or odd text."""
    try:
        return read_domcaps(xml) if xml else ASSUMED
    except InputError:
        return ASSUMED


def _supported(element: etree._Element | None) -> bool:
    return element is not None and element.get("supported") == "yes"


def _values(root: etree._Element, path: str, enum: str) -> tuple[str, ...]:
    """The values of one ``<enum>``; nothing where the whole is not supported."""
    above = root.find(path)
    if above is None or above.get("supported", "yes") != "yes":
        return ()
    found = above.iterfind(f"enum[@name='{enum}']/value")
    return tuple(value.text.strip() for value in found if value.text and value.text.strip())
