"""The settings of one VM for another: its definition without all that is its own. Pure; safe on any thread."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from typing import Final

from lxml import etree

from limen_tui.errors import InputError
from limen_tui.model.xml.parse import parse

ORIGIN_NS: Final = "urn:limen:origin:1"
"""What a VM was made from. Beside the tags' namespace, since setting tags replaces all that is in theirs."""
_RUNTIME: Final = ("alias", "seclabel", "backingStore", "mirror", "privateData")
_PORTS: Final = ("port", "tlsPort", "websocket", "passwd", "passwdValidTo", "connected", "socket")
_SMBIOS: Final = ("uuid", "serial")


def copy_settings(
    xml: str,
    new_name: str,
    new_uuid: str,
    *,
    make_mac: Callable[[], str],
    disks: Mapping[str, str] | None = None,
) -> str:
    """The domain XML ``xml`` as that of a new VM. Raises ``InputError`` where it is no domain XML, or the new name or a
    path is nothing that XML can hold.

    Disks are left out but for those in ``disks``, which gives by target (``vda``) the path they have now; CD and
    floppy drives stay, empty. New MAC addresses; no security labels, NVRAM file, generation id, ports, passwords,
    passed-through devices, or serials that would name the old one.
    """
    root = parse(xml, "domain")
    try:
        _make_new(root, new_name, new_uuid, make_mac, disks or {})
    except ValueError as error:
        raise InputError("The settings cannot be copied", "There are control characters in a name or path.") from error
    etree.indent(root, "  ")
    return etree.tostring(root, encoding="unicode") + "\n"


def _make_new(
    root: etree._Element, new_name: str, new_uuid: str, make_mac: Callable[[], str], disks: Mapping[str, str]
) -> None:
    old_uuid = (root.findtext("uuid") or "").strip()
    root.attrib.pop("id", "")
    _set(root, "name", new_name)
    _set(root, "uuid", new_uuid)
    for name in ("title", "seclabel"):
        for found in root.findall(name):
            root.remove(found)
    _forget_firmware(root)
    for element in list(root.iter(*_RUNTIME)):
        _remove(element)
    devices = root.find("devices")
    if devices is not None:
        _disks(devices, disks)
        _nics(devices, make_mac)
        _ports(devices)
        _own_devices(devices)
    _origin(root, old_uuid)


def with_formats(xml: str, formats: Mapping[str, str]) -> str:
    """``xml`` with the formats of disks by target (``vda``) as given: a new disk need not have that of the old one."""
    root = parse(xml, "domain")
    for disk in root.iterfind("devices/disk"):
        target, driver = disk.find("target"), disk.find("driver")
        wanted = formats.get("" if target is None else target.get("dev", ""))
        if wanted and driver is None:
            driver = etree.Element("driver", name="qemu")
            disk.insert(0, driver)
        if wanted and driver is not None:
            driver.set("type", wanted)
    return etree.tostring(root, encoding="unicode") + "\n"


def _set(root: etree._Element, name: str, value: str) -> None:
    found = root.find(name)
    if found is None:
        found = etree.Element(name)
        root.insert(0, found)
    found.text = value


def _remove(element: etree._Element) -> None:
    above = element.getparent()
    if above is not None:
        above.remove(element)


def _forget_firmware(root: etree._Element) -> None:
    """Files and numbers of the firmware: libvirt makes new ones."""
    for nvram in root.findall("os/nvram"):
        template = nvram.get("template")
        if template is None:
            _remove(nvram)
            continue
        kind = nvram.get("format")
        nvram.clear()
        nvram.set("template", template)
        if kind:
            nvram.set("format", kind)
    if root.find("os[@firmware]") is not None:
        # chosen by libvirt from what was asked for: let it choose again
        for found in [*root.findall("os/nvram"), *root.findall("os/loader")]:
            secure = found.get("secure")
            if found.tag == "nvram" or not secure:
                _remove(found)
            else:
                found.clear()
                found.set("secure", secure)
    for genid in root.findall("genid"):
        genid.text = None
    for section in root.findall("sysinfo/*"):
        for entry in section.findall("entry"):
            if entry.get("name") in _SMBIOS:
                section.remove(entry)


def _disks(devices: etree._Element, paths: Mapping[str, str]) -> None:
    for disk in devices.findall("disk"):
        target = disk.find("target")
        name = "" if target is None else target.get("dev", "")
        removable = disk.get("device") in ("cdrom", "floppy")
        if not removable and name not in paths:
            devices.remove(disk)
            continue
        for child in ("source", "serial", "wwn", "encryption", "auth", "transient"):
            for found in disk.findall(child):
                disk.remove(found)
        path = paths.get(name, "")
        disk.set("type", "block" if path.startswith("/dev/") else "file")
        disk.attrib.pop("snapshot", "")
        if path:
            source = etree.Element("source", {"dev" if path.startswith("/dev/") else "file": path})
            driver = disk.find("driver")
            disk.insert(0 if driver is None else disk.index(driver) + 1, source)


def _nics(devices: etree._Element, make_mac: Callable[[], str]) -> None:
    for nic in devices.findall("interface"):
        mac = nic.find("mac")
        if mac is None:
            mac = etree.Element("mac")
            nic.insert(0, mac)
        mac.set("address", make_mac())
        for target in nic.findall("target"):
            target.attrib.pop("dev", "")
            if not target.attrib:
                nic.remove(target)
        for port in nic.findall("virtualport/parameters"):
            for name in ("interfaceid", "instanceid"):
                port.attrib.pop(name, "")
        source = nic.find("source")
        if source is not None and nic.get("type") == "network":
            # of the running one: the bridge behind the network, and its port
            for name in ("bridge", "portid"):
                source.attrib.pop(name, "")


def _ports(devices: etree._Element) -> None:
    for graphics in devices.findall("graphics"):
        for name in _PORTS:
            graphics.attrib.pop(name, "")
        if graphics.get("type") in ("vnc", "spice", "rdp"):
            graphics.set("autoport", "yes")
        for listen in graphics.findall("listen[@type='socket']"):
            listen.attrib.pop("socket", "")
    for element in devices.iter("serial", "console", "parallel", "channel"):
        for name in ("source", "log", "protocol"):
            for found in element.findall(name):
                element.remove(found)
        if element.tag != "channel" and element.get("type") in ("file", "unix", "tcp", "udp", "dev", "pipe"):
            # a file, socket or port that the old one has open
            element.set("type", "pty")
        element.attrib.pop("tty", "")
    for target in devices.iterfind("channel/target"):
        target.attrib.pop("state", "")
    for channel in devices.findall("channel"):
        if channel.get("type") not in ("unix", "spicevmc", "pty", "qemu-vdagent", "dbus"):
            devices.remove(channel)


def _own_devices(devices: etree._Element) -> None:
    """What two VMs cannot have at once."""
    for name in ("hostdev", "lease"):
        for found in devices.findall(name):
            devices.remove(found)
    for nic in devices.findall("interface[@type='hostdev']"):
        devices.remove(nic)
    for memory in devices.findall("memory"):
        if memory.find("source/path") is not None:
            devices.remove(memory)
    for cid in devices.findall("vsock/cid"):
        cid.attrib.pop("address", "")
        cid.set("auto", "yes")


def _origin(root: etree._Element, old_uuid: str) -> None:
    metadata = root.find("metadata")
    if metadata is None:
        metadata = etree.Element("metadata")
        uuid = root.find("uuid")
        root.insert(0 if uuid is None else root.index(uuid) + 1, metadata)
    for found in metadata.findall(f"{{{ORIGIN_NS}}}origin"):
        metadata.remove(found)
    origin = etree.SubElement(metadata, f"{{{ORIGIN_NS}}}origin", nsmap={"origin": ORIGIN_NS})
    origin.set("source", "copy")
    if old_uuid:
        origin.set("uuid", old_uuid)
