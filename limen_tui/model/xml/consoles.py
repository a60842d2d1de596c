"""Serial lines of a definition. Pure."""

from __future__ import annotations

from lxml import etree

from limen_tui.model.verbs.consoles import ConsoleDevice
from limen_tui.model.xml.parse import number, parse


def console_devices(xml: str) -> tuple[ConsoleDevice, ...]:
    """The serial lines and consoles, the one that libvirt opens by default first. Raises ``InputError``."""
    found: dict[str, ConsoleDevice] = {}
    devices = parse(xml).find("devices")
    if devices is None:
        return ()
    for tag in ("console", "serial"):
        for place, node in enumerate(devices.findall(tag)):
            alias, log = node.find("alias"), node.find("log")
            name = alias.get("name", "") if alias is not None else _name(node, tag, place)
            path = log.get("file", "") if log is not None else ""
            known = found.get(name)
            # the first console is the first serial line over again; libvirt keeps the log with either
            found[name] = ConsoleDevice(name, node.get("type", ""), path or (known.log if known else ""))
    return tuple(found.values())


def _name(node: etree._Element, tag: str, place: int) -> str:
    """The alias that it will have when the VM runs: a console may be a serial line under a second name."""
    target = node.find("target")
    if tag == "console" and (target is None or target.get("type", "serial") == "serial"):
        return f"serial{number(target.get('port') if target is not None else None, place)}"
    return f"{tag}{place}"
