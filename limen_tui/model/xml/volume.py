"""Volume XML, written and read. Pure; safe on any thread."""

from __future__ import annotations

import re
from typing import Final

from lxml import etree

from limen_tui.errors import InputError
from limen_tui.model.storage import Volume
from limen_tui.model.units import clean
from limen_tui.model.xml.parse import attribute, number, parse, text

MAX_NAME: Final = 255
"""Bytes: what a directory entry holds."""
_UNITS: Final = {
    "b": 1, "bytes": 1, "byte": 1, "k": 1 << 10, "kib": 1 << 10, "m": 1 << 20, "mib": 1 << 20, "g": 1 << 30,
    "gib": 1 << 30, "t": 1 << 40, "tib": 1 << 40, "p": 1 << 50, "pib": 1 << 50, "e": 1 << 60, "eib": 1 << 60,
    "kb": 10**3, "mb": 10**6, "gb": 10**9, "tb": 10**12, "pb": 10**15, "eb": 10**18,
}  # fmt: skip
_CONTROL: Final = re.compile(r"[\x00-\x1f\x7f-\x9f\u2028\u2029\u202a-\u202e\u2066-\u2069\ud800-\udfff]")


def check_volume_name(name: str) -> None:
    """Raises ``InputError`` for a name that cannot be, or must not be, a volume's."""
    why = ""
    if not name.strip():
        why = "It is empty."
    elif name != name.strip():
        why = "It begins or ends with a space."
    elif "/" in name or name in (".", ".."):
        why = "It must not lead out of its pool: no slash, and neither . nor .. alone."
    elif name.startswith("-"):
        why = "It must not begin with a dash: tools on the host would take it for an option."
    elif _CONTROL.search(name):
        why = "It has characters in it that cannot be shown."
    elif len(name.encode()) > MAX_NAME:
        why = f"It is longer than {MAX_NAME} bytes."
    if why:
        raise InputError(f"{clean(name)[:80]!r} cannot be the name of a volume", why, "Example: web01.qcow2")


def volume_xml(
    name: str, capacity: int, format: str, *, allocation: int = 0, backing_path: str = "", backing_format: str = "",
) -> str:  # fmt: skip
    """The XML to create a volume with; sizes in bytes. Raises ``InputError`` for a name or size that cannot be.

    ``format`` is empty where the pool knows only one (a volume group). A backing file needs its format said:
    probing it would let a guest that can write to it name any file of the host.
    """
    check_volume_name(name)
    if not 0 < capacity < 1 << 63 or not 0 <= allocation < 1 << 63:
        raise InputError("The size of the volume is not usable", f"{capacity} bytes", "Examples: 20G, 512 MiB")
    if backing_path and not backing_format:
        raise InputError("The format of the backing file must be known", clean(backing_path))
    root = etree.Element("volume")
    try:
        etree.SubElement(root, "name").text = name
        etree.SubElement(root, "capacity", unit="bytes").text = str(capacity)
        etree.SubElement(root, "allocation", unit="bytes").text = str(allocation)
        if format:
            etree.SubElement(etree.SubElement(root, "target"), "format", type=format)
        if backing_path:
            backing = etree.SubElement(root, "backingStore")
            etree.SubElement(backing, "path").text = backing_path
            etree.SubElement(backing, "format", type=backing_format)
    except ValueError as error:  # characters that XML cannot hold
        raise InputError("The volume cannot be written as XML", str(error)) from error
    return etree.tostring(root, pretty_print=True, encoding="unicode")


def read_volume(xml: str, pool: str) -> Volume:
    """What ``xml`` (virStorageVolGetXMLDesc, or one to create with) says. Raises ``InputError``."""
    root = parse(xml, "volume")
    return Volume(
        pool=pool,
        name=root.findtext("name") or "",
        path=root.findtext("target/path") or "",
        kind=root.get("type", "file"),
        format=attribute(root, "target/format", "type"),
        capacity=_size(root.find("capacity")),
        allocation=_size(root.find("allocation")),
        physical=_size(root.find("physical")),
        backing_path=root.findtext("backingStore/path") or "",
        backing_format=attribute(root, "backingStore/format", "type"),
        modified_at=_time(text(root, "target/timestamps/mtime")),
    )


def _size(element: etree._Element | None) -> int:
    if element is None:
        return 0
    return number(element.text) * _UNITS.get(element.get("unit", "bytes").lower(), 1)


def _time(value: str) -> float | None:
    seconds, _, fraction = value.partition(".")
    if not seconds.isascii() or not seconds.isdigit() or len(seconds) > 12:
        return None
    return float(f"{seconds}.{fraction if fraction.isascii() and fraction.isdigit() else 0}")
