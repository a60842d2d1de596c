"""The disks, interfaces and controllers of a VM's definition, and the XML of new ones. Pure; safe on any thread.

Texts read from a definition come from outside. What is built here goes through lxml: no text can leave its place.
"""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import Final

from lxml import etree

from limen_tui.errors import InputError
from limen_tui.model.units import clean
from limen_tui.model.verbs.devices import DiskLimits, NicLimits
from limen_tui.model.xml.edit import dump, find_disk, find_nic, read_disk_limits, read_nic_limits
from limen_tui.model.xml.parse import attribute, number, parse, text
from limen_tui.model.xml.slots import PciSlot

NO_DISK_LIMITS: Final = DiskLimits()
NO_NIC_LIMITS: Final = NicLimits()


@dataclass(frozen=True, slots=True)
class DiskDevice:
    """A disk, drive or floppy of a definition."""

    target: str
    bus: str = ""
    device: str = "disk"
    kind: str = "file"
    """``file``, ``block``, ``volume``, ``network`` ..."""
    source: str = ""
    """A path, or a name on a server; empty for an empty drive."""
    pool: str = ""
    volume: str = ""
    format: str = ""
    cache: str = ""
    read_only: bool = False
    shareable: bool = False
    serial: str = ""
    boot_order: int = 0
    address: str = ""
    limits: DiskLimits = field(default=NO_DISK_LIMITS)

    @property
    def removable(self) -> bool:
        """Whether its medium can be changed."""
        return self.device in ("cdrom", "floppy")

    @property
    def shown_source(self) -> str:
        """For people: clean, and never empty."""
        return clean(f"{self.pool}/{self.volume}" if self.pool else self.source) or "(empty)"


@dataclass(frozen=True, slots=True)
class NicDevice:
    """A network interface of a definition."""

    mac: str
    kind: str = "network"
    source: str = ""
    model: str = ""
    target: str = ""
    """The device on the host; only while the VM runs."""
    link_up: bool = True
    boot_order: int = 0
    address: str = ""
    limits: NicLimits = field(default=NO_NIC_LIMITS)


def read_disks(xml: str) -> tuple[DiskDevice, ...]:
    """The disks in their order. Raises ``InputError`` for what is no domain XML."""
    return tuple(_disk(disk) for disk in parse(xml, "domain").iterfind("devices/disk"))


def read_nics(xml: str) -> tuple[NicDevice, ...]:
    """The interfaces in their order. Raises ``InputError`` for what is no domain XML."""
    return tuple(_nic(nic) for nic in parse(xml, "domain").iterfind("devices/interface"))


def _disk(disk: etree._Element) -> DiskDevice:
    found = _attributes(disk.find("source"))
    path = next((found[name] for name in ("file", "dev", "dir", "name", "path") if found.get(name)), "")
    return DiskDevice(
        target=attribute(disk, "target", "dev"), bus=attribute(disk, "target", "bus"),
        device=disk.get("device", "disk"), kind=disk.get("type", "file"), source=path,
        pool=found.get("pool", ""), volume=found.get("volume", ""),
        format=attribute(disk, "driver", "type"), cache=attribute(disk, "driver", "cache"),
        read_only=disk.find("readonly") is not None, shareable=disk.find("shareable") is not None,
        serial=text(disk, "serial"), boot_order=number(attribute(disk, "boot", "order")), address=_address(disk),
        limits=read_disk_limits(disk),
    )  # fmt: skip


def _nic(nic: etree._Element) -> NicDevice:
    found = _attributes(nic.find("source"))
    name = next((found[key] for key in ("network", "bridge", "dev", "name", "path") if found.get(key)), "")
    return NicDevice(
        mac=attribute(nic, "mac", "address").lower(), kind=nic.get("type", ""), source=name,
        model=attribute(nic, "model", "type"), target=attribute(nic, "target", "dev"),
        link_up=attribute(nic, "link", "state", "up") != "down", boot_order=number(attribute(nic, "boot", "order")),
        address=_address(nic), limits=read_nic_limits(nic),
    )  # fmt: skip


def _attributes(element: etree._Element | None) -> dict[str, str]:
    return {} if element is None else {str(name): str(value) for name, value in element.attrib.items()}


def _address(device: etree._Element) -> str:
    """``PCI 0000:05:00.0``, ``scsi 0:0:2``: where it sits."""
    found = device.find("address")
    if found is None:
        return ""
    if found.get("type") == "pci":
        parts = [found.get(name, "0x0").removeprefix("0x") for name in ("domain", "bus", "slot", "function")]
        return clean(f"PCI {parts[0]}:{parts[1]}:{parts[2]}.{parts[3]}")
    if found.get("type") == "drive":
        return clean(":".join(found.get(name, "0") for name in ("controller", "bus", "unit")))
    return clean(found.get("type", ""))


# -- building -------------------------------------------------------------------------------------


def disk_xml(
    *, source: str, target: str, bus: str, format: str = "qcow2", kind: str = "file", device: str = "disk",
    pool: str = "", cache: str = "", read_only: bool = False, slot: PciSlot | None = None,
) -> str:  # fmt: skip
    """A ``<disk>`` for attach. ``kind``: ``file`` or ``block`` with a path as ``source``, or ``volume`` of ``pool``."""
    disk = etree.Element("disk", type=kind, device=device)
    driver = etree.SubElement(disk, "driver", name="qemu", type=format)
    if cache:
        driver.set("cache", cache)
    _put_source(disk, kind, source, pool)
    etree.SubElement(disk, "target", dev=_usable(target), bus=bus)
    if read_only or device == "cdrom":
        etree.SubElement(disk, "readonly")
    if slot is not None and bus == "virtio":
        disk.append(slot.element())
    return dump(disk)


def _put_source(disk: etree._Element, kind: str, source: str, pool: str) -> None:
    if not source:
        return
    element = etree.Element("source")
    if kind == "volume":
        element.set("pool", _usable(pool))
        element.set("volume", _usable(source))
    else:
        element.set("dev" if kind == "block" else "file", _usable(source))
    driver = disk.find("driver")
    disk.insert(0 if driver is None else disk.index(driver) + 1, element)


def nic_xml(
    *, source: str, kind: str = "network", model: str = "virtio", mac: str = "", slot: PciSlot | None = None
) -> str:
    """An ``<interface>`` for attach. ``kind``: ``network``, ``bridge`` or ``direct`` (macvtap on ``source``)."""
    nic = etree.Element("interface", type=kind)
    if mac:
        etree.SubElement(nic, "mac", address=mac)
    if kind == "direct":
        etree.SubElement(nic, "source", dev=_usable(source), mode="bridge")
    else:
        etree.SubElement(nic, "source").set(kind, _usable(source))
    etree.SubElement(nic, "model", type=model)
    if slot is not None:
        nic.append(slot.element())
    return dump(nic)


def _usable(value: str) -> str:
    if not value or any(ord(char) < 32 for char in value):
        raise InputError(f"{clean(value)!r} cannot be used", "It is empty or has control characters in it.")
    return value


# -- changing -------------------------------------------------------------------------------------


def device_xml(xml: str, *, target: str = "", mac: str = "") -> str:
    """The XML of one disk (by target) or interface (by MAC) of a definition, to detach or change it.

    Raises ``NotFound``.
    """
    root = parse(xml, "domain")
    return dump(find_disk(root, target) if target else find_nic(root, mac))


def with_medium(xml: str, target: str, *, source: str = "", kind: str = "file", pool: str = "",
                format: str = "raw") -> str:  # fmt: skip
    """The drive ``target`` of a definition with another medium, or none: for update. Raises ``NotFound``, and
    ``InputError`` for a disk that is no drive."""
    disk = find_disk(parse(xml, "domain"), target)
    if disk.get("device", "disk") not in ("cdrom", "floppy"):
        raise InputError(f"{clean(target)} is no drive", "Only a CD-ROM or floppy drive changes its medium.")
    # a backing chain and an index describe the medium that is in there now
    for tag in ("source", "backingStore"):
        for old in disk.findall(tag):
            disk.remove(old)
    disk.set("type", kind if source else "file")
    driver = disk.find("driver")
    if driver is not None and source:
        driver.set("type", format)
    _put_source(disk, kind, source, pool)
    return dump(disk)


def with_network(xml: str, mac: str, *, source: str, kind: str = "network") -> str:
    """The interface ``mac`` of a definition on another network, bridge or device: for update. Raises ``NotFound``."""
    nic = find_nic(parse(xml, "domain"), mac)
    for tag in ("source", "target", "virtualport", "actual"):
        for old in nic.findall(tag):
            nic.remove(old)
    nic.set("type", kind)
    element = etree.Element("source")
    if kind == "direct":
        element.set("dev", _usable(source))
        element.set("mode", "bridge")
    else:
        element.set(kind, _usable(source))
    mac_element = nic.find("mac")
    nic.insert(0 if mac_element is None else nic.index(mac_element) + 1, element)
    return dump(nic)


def with_link(xml: str, mac: str, *, up: bool) -> str:
    """The interface ``mac`` of a definition with its cable in or out: for update. Raises ``NotFound``."""
    nic = find_nic(parse(xml, "domain"), mac)
    link = nic.find("link")
    if link is None:
        link = etree.SubElement(nic, "link")
    link.set("state", "up" if up else "down")
    return dump(nic)


def with_device(xml: str, device: str) -> str:
    """The definition with one more device, to show what attach will make of it."""
    root, element = parse(xml, "domain"), parse(device)
    devices = root.find("devices")
    if devices is None:
        devices = etree.SubElement(root, "devices")
    like = devices.findall(str(element.tag))
    devices.insert(devices.index(like[-1]) + 1 if like else len(devices), element)
    return dump(root)


def without_device(xml: str, *, target: str = "", mac: str = "") -> str:
    """The definition with one device less. Raises ``NotFound``."""
    root = parse(xml, "domain")
    element = find_disk(root, target) if target else find_nic(root, mac)
    parent = element.getparent()
    if parent is not None:
        parent.remove(element)
    return dump(root)


def with_device_changed(xml: str, device: str) -> str:
    """The definition with a disk or interface replaced by ``device``, found by target or MAC. Raises ``NotFound``."""
    root, element = parse(xml, "domain"), parse(device)
    old = (
        find_disk(root, attribute(element, "target", "dev")) if element.tag == "disk"
        else find_nic(root, attribute(element, "mac", "address"))
    )  # fmt: skip
    parent = old.getparent()
    if parent is not None:
        parent.replace(old, element)
    return dump(root)
