"""A simulated VM's definition as libvirt would print it. Pure."""

from __future__ import annotations

from lxml import etree

from limen_tui.hypervisor.simulated.hardware import put_hardware
from limen_tui.hypervisor.simulated.machine import Machine
from limen_tui.model.xml.parse import LIMEN_NS, parse
from limen_tui.model.xml.read import tags_of
from limen_tui.model.xml.tags import tags_element


def domain_xml(machine: Machine) -> str:
    """Domain XML that model.xml reads back to the same facts."""
    facts = machine.facts
    if machine.xml:
        return _with_notes(_with_tags(machine.xml, facts.tags), facts.title, facts.description)
    root = etree.Element("domain", type=facts.kind)
    _text(root, "name", machine.name)
    _text(root, "uuid", machine.uuid)
    if facts.title:
        _text(root, "title", facts.title)
    _text(root, "description", facts.description)
    metadata = etree.SubElement(root, "metadata")
    if facts.tags:
        metadata.append(etree.fromstring(tags_element(facts.tags)))
    _text(root, "memory", str(facts.memory_max_kib), unit="KiB")
    _text(root, "currentMemory", str(facts.memory_kib), unit="KiB")
    _text(root, "vcpu", str(facts.vcpus_max), current=str(facts.vcpus))
    os = etree.SubElement(root, "os")
    if facts.firmware == "uefi":
        os.set("firmware", "efi")
    _text(os, "type", "hvm", arch=facts.arch, machine=facts.machine)
    devices = etree.SubElement(root, "devices")
    for disk in facts.disks:
        element = etree.SubElement(devices, "disk", type="file", device=disk.device)
        etree.SubElement(element, "driver", name="qemu", type=disk.format)
        etree.SubElement(element, "source", file=disk.source)
        etree.SubElement(element, "target", dev=disk.target, bus=disk.bus)
    for nic in facts.nics:
        element = etree.SubElement(devices, "interface", type=nic.kind)
        etree.SubElement(element, "mac", address=nic.mac)
        etree.SubElement(element, "source", network=nic.source)
        etree.SubElement(element, "model", type=nic.model)
    if facts.has_agent:
        channel = etree.SubElement(devices, "channel", type="unix")
        etree.SubElement(channel, "target", type="virtio", name="org.qemu.guest_agent.0")
    put_hardware(devices, facts.machine)
    etree.SubElement(devices, "graphics", type=facts.graphics, port="-1", autoport="yes")
    balloon = etree.SubElement(devices, "memballoon", model="virtio")
    etree.SubElement(balloon, "stats", period=str(facts.balloon_period))
    return etree.tostring(root, pretty_print=True, encoding="unicode")


def config_xml(machine: Machine) -> str:
    """Its definition for the next boot: that of now, unless it was changed while it ran."""
    return _with_tags(machine.later, machine.facts.tags) if machine.later else domain_xml(machine)


def _with_tags(xml: str, tags: tuple[str, ...]) -> str:
    """The definition as given, with the tags as they are now."""
    root = parse(xml, "domain")
    if tags_of(root) == tags:
        return xml
    metadata = root.find("metadata")
    if metadata is None:
        metadata = etree.SubElement(root, "metadata")
    for old in metadata.findall(f"{{{LIMEN_NS}}}vm"):
        metadata.remove(old)
    if tags:
        metadata.append(etree.fromstring(tags_element(tags)))
    return etree.tostring(root, pretty_print=True, encoding="unicode")


def _with_notes(xml: str, title: str, description: str) -> str:
    """The definition as given, with title and description as they are now."""
    root = parse(xml, "domain")
    if (root.findtext("title") or "", root.findtext("description") or "") == (title, description):
        return xml
    for tag, text in (("description", description), ("title", title)):
        found = root.find(tag)
        if found is None:
            found = etree.Element(tag)
            root.insert(1, found)
        found.text = text
    return etree.tostring(root, pretty_print=True, encoding="unicode")


def _text(parent: etree._Element, tag: str, text: str, **attributes: str) -> None:
    etree.SubElement(parent, tag, attrib=attributes).text = text
