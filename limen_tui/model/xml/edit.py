"""Changes of a VM's definition that keep all they do not know. Pure; safe on any thread.

Each works on a parsed ``<domain>`` in place; :func:`edited` is the way from text to text.
"""

from __future__ import annotations

from collections.abc import Callable

from lxml import etree

from limen_tui.errors import InputError, NotFound
from limen_tui.model.units import clean
from limen_tui.model.verbs.devices import DiskLimits, NicLimits
from limen_tui.model.xml.parse import number, parse

_TOPOLOGY = ("dies", "clusters", "modules", "cores", "threads")
"""What there is of within a socket."""
_IOTUNE = (
    ("total_bytes_sec", "total_bytes"), ("read_bytes_sec", "read_bytes"), ("write_bytes_sec", "write_bytes"),
    ("total_iops_sec", "total_iops"), ("read_iops_sec", "read_iops"), ("write_iops_sec", "write_iops"),
)  # fmt: skip


def edited(xml: str, *changes: Callable[[etree._Element], None]) -> str:
    """``xml`` after ``changes``, in libvirt's own layout. Raises ``InputError`` for what is no domain XML."""
    root = parse(xml, "domain")
    for change in changes:
        change(root)
    return dump(root)


def dump(element: etree._Element) -> str:
    """The element as text, its children indented by two as libvirt prints them."""
    etree.indent(element, "  ")
    return etree.tostring(element, encoding="unicode") + "\n"


def set_vcpus(root: etree._Element, current: int, maximum: int) -> None:
    """``<vcpu current=…>``; a topology follows with its sockets. Raises ``InputError`` where it cannot."""
    if not 1 <= current <= maximum:
        raise InputError(f"{current} of at most {maximum} vCPUs is not possible")
    vcpu = root.find("vcpu")
    if vcpu is None:
        vcpu = etree.Element("vcpu")
        _after(root, vcpu, ("currentMemory", "memory", "maxMemory", "metadata", "uuid", "name"))
    before = number(vcpu.text, 1)
    vcpu.text = str(maximum)
    if current != maximum:
        vcpu.set("current", str(current))
    elif "current" in vcpu.attrib:
        del vcpu.attrib["current"]
    if (single := root.find("vcpus")) is not None:
        root.remove(single)  # which vCPU is on, one by one: libvirt makes it anew from the count
    if maximum != before:
        _set_sockets(root, maximum)


def topology_step(root: etree._Element) -> int:
    """vCPUs in one socket: a maximum must be a multiple of it. 1 without a topology."""
    topology = root.find("cpu/topology")
    if topology is None:
        return 1
    step = 1
    for name in _TOPOLOGY:
        step *= max(1, number(topology.get(name), 1))
    return step


def _set_sockets(root: etree._Element, maximum: int) -> None:
    topology = root.find("cpu/topology")
    if topology is None:
        return
    step = topology_step(root)
    if maximum % step:
        raise InputError(f"{maximum} vCPUs do not fit the CPU topology", f"A socket has {step} of them.",
                         f"Choose a multiple of {step}, or change <topology> in the XML.")  # fmt: skip
    topology.set("sockets", str(maximum // step))


def set_memory(root: etree._Element, current_kib: int, maximum_kib: int) -> None:
    """``<memory>`` and ``<currentMemory>``, in KiB."""
    if not 1 <= current_kib <= maximum_kib:
        raise InputError("The memory must be more than nothing and at most its maximum")
    for tag, kib, before in (
        ("memory", maximum_kib, ("maxMemory", "metadata", "uuid", "name")),
        ("currentMemory", current_kib, ("memory",)),
    ):
        element = root.find(tag)
        if element is None:
            element = etree.Element(tag)
            _after(root, element, before)
        element.text = str(kib)
        element.set("unit", "KiB")


def _after(root: etree._Element, element: etree._Element, tags: tuple[str, ...]) -> None:
    """Put ``element`` behind the first of ``tags`` that is there: libvirt's schema does not mind, people do."""
    found = next((each for tag in tags if (each := root.find(tag)) is not None), None)
    root.insert(0 if found is None else root.index(found) + 1, element)


def set_disk_limits(root: etree._Element, target: str, limits: DiskLimits) -> None:
    """``<iotune>`` of the disk ``target``; what else it says (bursts of limits that stay, groups) stays."""
    disk = find_disk(root, target)
    tune = disk.find("iotune")
    if tune is None:
        tune = etree.SubElement(disk, "iotune")
    for tag, name in _IOTUNE:
        value, found = getattr(limits, name), tune.find(tag)
        if found is not None and not value:
            for gone in (tag, f"{tag}_max", f"{tag}_max_length"):  # a burst means nothing without what it exceeds
                for old in tune.findall(gone):
                    tune.remove(old)
        elif value:
            (etree.SubElement(tune, tag) if found is None else found).text = str(value)
    if not len(tune):
        disk.remove(tune)


def read_disk_limits(disk: etree._Element) -> DiskLimits:
    """What ``<iotune>`` says."""
    return DiskLimits(**{name: number(disk.findtext(f"iotune/{tag}")) for tag, name in _IOTUNE})


def set_nic_limits(root: etree._Element, mac: str, limits: NicLimits) -> None:
    """``<bandwidth>`` of the interface with ``mac``."""
    nic = find_nic(root, mac)
    band = nic.find("bandwidth")
    if band is None:
        band = etree.SubElement(nic, "bandwidth")
    for tag, value in (("inbound", limits.inbound_kib), ("outbound", limits.outbound_kib)):
        found = band.find(tag)
        if found is not None and not value:
            band.remove(found)
        elif value:
            (etree.SubElement(band, tag) if found is None else found).set("average", str(value))
    if not len(band):
        nic.remove(band)


def read_nic_limits(nic: etree._Element) -> NicLimits:
    """What ``<bandwidth>`` says."""
    inbound, outbound = nic.find("bandwidth/inbound"), nic.find("bandwidth/outbound")
    return NicLimits(
        number(None if inbound is None else inbound.get("average")),
        number(None if outbound is None else outbound.get("average")),
    )


def find_disk(root: etree._Element, target: str) -> etree._Element:
    """The ``<disk>`` with this target. Raises ``NotFound``."""
    for disk in root.iterfind("devices/disk"):
        found = disk.find("target")
        if found is not None and found.get("dev") == target:
            return disk
    raise NotFound(f"There is no disk {clean(target)}", hint="It may have been removed meanwhile.")


def find_nic(root: etree._Element, mac: str) -> etree._Element:
    """The ``<interface>`` with this MAC address. Raises ``NotFound``."""
    for nic in root.iterfind("devices/interface"):
        found = nic.find("mac")
        if found is not None and found.get("address", "").lower() == mac.lower():
            return nic
    raise NotFound(f"There is no interface {clean(mac)}", hint="It may have been removed meanwhile.")
