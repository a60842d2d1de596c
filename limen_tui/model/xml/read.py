"""A VM's definition -> :class:`VMFacts`. Pure; safe on any thread."""

from __future__ import annotations

from typing import Final

from lxml import etree

from limen_tui.model.vm import Disk, Nic, VMFacts
from limen_tui.model.xml.parse import LIMEN_NS, OSINFO_NS, attribute, number, parse, text

_KIB: Final[dict[str, float]] = {
    "b": 1 / 1024, "bytes": 1 / 1024, "kb": 1000 / 1024, "k": 1, "kib": 1, "mb": 1000**2 / 1024, "m": 1024,
    "mib": 1024, "gb": 1000**3 / 1024, "g": 1024**2, "gib": 1024**2, "tb": 1000**4 / 1024, "t": 1024**3,
    "tib": 1024**3,
}
# a live interface names its network and the bridge below it: the network is what was asked for
_SOURCE: Final = ("file", "dev", "dir", "volume", "name", "network", "bridge", "portgroup", "path")
AGENT_CHANNEL: Final = "org.qemu.guest_agent.0"


def facts(xml: str) -> VMFacts:
    """What ``xml`` (virDomainGetXMLDesc) says of a VM. Raises ``InputError`` where it is no domain XML."""
    root = parse(xml, "domain")
    vcpus_max = number(root.findtext("vcpu"), 1)
    memory_max = _memory(root.find("memory"))
    balloon = root.find("devices/memballoon")
    return VMFacts(
        vcpus=number(attribute(root, "vcpu", "current"), vcpus_max),
        vcpus_max=vcpus_max,
        memory_kib=_memory(root.find("currentMemory")) or memory_max,
        memory_max_kib=memory_max,
        arch=attribute(root, "os/type", "arch"),
        machine=attribute(root, "os/type", "machine"),
        kind=root.get("type", ""),
        firmware=_firmware(root),
        os=_os_name(root),
        title=text(root, "title"),
        description=text(root, "description"),
        tags=tags_of(root),
        nics=tuple(_nic(nic) for nic in root.iterfind("devices/interface")),
        disks=tuple(_disk(disk) for disk in root.iterfind("devices/disk")),
        graphics=attribute(root, "devices/graphics", "type"),
        has_agent=any(target.get("name") == AGENT_CHANNEL for target in root.iterfind("devices/channel/target")),
        has_balloon=balloon is not None and balloon.get("model", "virtio") != "none",
        balloon_period=number(attribute(root, "devices/memballoon/stats", "period")),
    )


def _memory(element: etree._Element | None) -> int:
    if element is None:
        return 0
    return int(number(element.text) * _KIB.get(element.get("unit", "KiB").lower(), 1))


def _firmware(root: etree._Element) -> str:
    os = root.find("os")
    if os is None:
        return "bios"
    loader = os.find("loader")
    if os.get("firmware") == "efi" or (loader is not None and loader.get("type") == "pflash"):
        secure = loader is not None and loader.get("secure") == "yes"
        return "uefi-secure" if secure else "uefi"
    return "bios"


def _os_name(root: etree._Element) -> str:
    """``http://debian.org/debian/12`` -> ``debian 12``: the last two parts of libosinfo's id."""
    found = root.find(f"metadata/{{{OSINFO_NS}}}libosinfo/{{{OSINFO_NS}}}os")
    if found is None:
        return ""
    parts = [part for part in found.get("id", "").split("/") if part and not part.endswith(":")]
    return " ".join(parts[-2:]) if len(parts) > 2 else " ".join(parts[-1:])


def tags_of(root: etree._Element) -> tuple[str, ...]:
    """The tags in the metadata of a ``<domain>``, each once."""
    found = root.iterfind(f"metadata/{{{LIMEN_NS}}}vm/{{{LIMEN_NS}}}tag")
    tags = (tag.text.strip() for tag in found if tag.text)
    return tuple(dict.fromkeys(tag for tag in tags if tag))


def _source(source: etree._Element | None) -> str:
    if source is None:
        return ""
    pool, volume = source.get("pool"), source.get("volume")
    if pool and volume:
        return f"{pool}/{volume}"
    if source.get("protocol"):
        host = attribute(source, "host", "name")
        return f"{source.get('protocol')}://{host}/{source.get('name', '').lstrip('/')}"
    return next((value for name in _SOURCE if (value := source.get(name))), "")


def _disk(disk: etree._Element) -> Disk:
    return Disk(
        target=attribute(disk, "target", "dev"),
        source=_source(disk.find("source")),
        bus=attribute(disk, "target", "bus"),
        device=disk.get("device", "disk"),
        format=attribute(disk, "driver", "type"),
    )


def _nic(nic: etree._Element) -> Nic:
    return Nic(
        mac=attribute(nic, "mac", "address").lower(),
        kind=nic.get("type", ""),
        source=_source(nic.find("source")),
        model=attribute(nic, "model", "type"),
        target=attribute(nic, "target", "dev"),
    )
