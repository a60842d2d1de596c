"""Where a new device can go: target names, buses, PCI slots that the machine has free. Pure; safe on any thread."""

from __future__ import annotations

import re
from collections.abc import Iterable
from dataclasses import dataclass
from typing import Final

from lxml import etree

from limen_tui.model.xml.parse import attribute, number

PREFIXES: Final = {"virtio": "vd", "scsi": "sd", "sata": "sd", "usb": "sd", "ide": "hd", "fdc": "fd"}
HOT: Final = frozenset({"virtio", "scsi", "usb"})
"""Buses that take a disk while the VM runs."""
_PCI_SLOTS: Final = range(1, 32)
_HEX: Final = re.compile(r"0x[0-9a-fA-F]{1,4}")


@dataclass(frozen=True, slots=True)
class PciSlot:
    """A place on the PCI bus."""

    bus: int
    slot: int

    def element(self) -> etree._Element:
        """As libvirt writes it."""
        return etree.Element(
            "address", type="pci", domain="0x0000", bus=f"0x{self.bus:02x}", slot=f"0x{self.slot:02x}", function="0x0"
        )

    def __str__(self) -> str:
        return f"PCI 0000:{self.bus:02x}:{self.slot:02x}.0"


def next_target(taken: Iterable[str], bus: str) -> str:
    """The first free target name of a bus: ``vda`` … ``vdz``, ``vdaa``."""
    names, prefix, place = set(taken), PREFIXES.get(bus, "vd"), 0
    while (name := prefix + _letters(place)) in names:
        place += 1
    return name


def _letters(place: int) -> str:
    text = ""
    place += 1
    while place:
        place, rest = divmod(place - 1, 26)
        text = chr(97 + rest) + text
    return text


def is_pcie(root: etree._Element) -> bool:
    """Whether its PCI bus is PCI Express: then only root ports take a device while it runs."""
    if any(c.get("model") == "pcie-root" for c in root.iterfind("devices/controller")):
        return True
    machine = attribute(root, "os/type", "machine")
    return "q35" in machine or machine.startswith("virt") or "-virt" in machine


def has_pci(root: etree._Element) -> bool:
    """Whether there is a PCI bus at all that we know how to read."""
    return any(c.get("model") in ("pci-root", "pcie-root") for c in root.iterfind("devices/controller"))


def free_slots(root: etree._Element) -> tuple[PciSlot, ...]:
    """PCI places that a device can be plugged into while the VM runs, low first; empty where nothing is known.

    On PCI Express these are root ports without a device; on plain PCI the slots of the root bus.
    """
    used = _used(root)
    if is_pcie(root):
        ports = sorted(
            number(c.get("index")) for c in root.iterfind("devices/controller")
            if c.get("type") == "pci" and c.get("model") in ("pcie-root-port", "pcie-switch-downstream-port")
            and attribute(c, "target", "hotplug", "on") != "off"
        )  # fmt: skip
        full = {place.bus for place in used}
        return tuple(PciSlot(port, 0) for port in ports if port and port not in full)
    if not has_pci(root):
        return ()
    busy = {place.slot for place in used if place.bus == 0}
    # slots 1 and 2 are the chipset's and the display's on every i440FX, whether the definition says so or not
    return tuple(PciSlot(0, slot) for slot in _PCI_SLOTS if slot > 2 and slot not in busy)


def shared_slot(live: etree._Element | None, config: etree._Element | None) -> PciSlot | None:
    """The first place free in both: so that a device plugged in now is at the same place after a reboot."""
    sets = [free_slots(root) for root in (live, config) if root is not None]
    if not sets:
        return None
    return next((place for place in sets[0] if all(place in other for other in sets[1:])), None)


def _used(root: etree._Element) -> set[PciSlot]:
    used = set()
    for address in root.iterfind("devices//address"):
        if address.get("type") != "pci":
            continue
        bus, slot = address.get("bus", ""), address.get("slot", "")
        if _HEX.fullmatch(bus) and _HEX.fullmatch(slot):
            used.add(PciSlot(int(bus, 16), int(slot, 16)))
    return used


def disk_buses(root: etree._Element, *, running: bool) -> tuple[str, ...]:
    """Buses on which a disk can be added now, best first; while it runs only those that need no new controller."""
    kinds = {c.get("type") for c in root.iterfind("devices/controller")}
    scsi = any(c.get("type") == "scsi" for c in root.iterfind("devices/controller"))
    existing = [attribute(d, "target", "bus") for d in root.iterfind("devices/disk") if d.get("device") != "cdrom"]
    order = list(dict.fromkeys([*(bus for bus in existing if bus in PREFIXES and bus != "fdc"), "virtio", "scsi"]))
    if not running:
        pcie = is_pcie(root)
        order += ["sata"] if pcie else ["ide"]
        return tuple(dict.fromkeys(bus for bus in order if bus != ("ide" if pcie else "sata")))
    fits = {"virtio": bool(free_slots(root)), "scsi": scsi or bool(free_slots(root)), "usb": "usb" in kinds}
    return tuple(bus for bus in order if fits.get(bus, False))
