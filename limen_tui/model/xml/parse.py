"""The one hardened way in which XML from outside is parsed. Pure; safe on any thread."""

from __future__ import annotations

from lxml import etree

from limen_tui.errors import InputError

LIMEN_NS = "urn:limen:vm:1"
"""The namespace of what Limen keeps in a VM's own metadata. Never changes: it is in people's definitions."""
LIMEN_KEY = "limen"
OSINFO_NS = "http://libosinfo.org/xmlns/libvirt/domain/1.0"


def parse(xml: str, root: str = "") -> etree._Element:
    """The root element of ``xml``; no entities, no network, no huge trees. Raises ``InputError``.

    ``root``: the element name it must have, where that matters.
    """
    parser = etree.XMLParser(
        resolve_entities=False, no_network=True, huge_tree=False, load_dtd=False, dtd_validation=False,
        remove_comments=True, remove_pis=True,
    )
    try:
        element = etree.fromstring(xml.encode("utf-8", "surrogatepass"), parser)
    except (etree.XMLSyntaxError, ValueError) as error:
        raise InputError("The XML cannot be read", str(error)) from error
    if root and element.tag != root:
        raise InputError("The XML cannot be read", f"It is <{element.tag}>, not <{root}>.")
    return element


def text(element: etree._Element, path: str, default: str = "") -> str:
    """The text at ``path`` below ``element``, stripped."""
    found = element.findtext(path)
    return found.strip() if found else default


def attribute(element: etree._Element, path: str, name: str, default: str = "") -> str:
    """An attribute of the first element at ``path``."""
    found = element.find(path)
    return default if found is None else found.get(name, default)


def number(value: str | None, default: int = 0) -> int:
    """A decimal integer, or ``default`` for anything else. Negative ones are not meant anywhere."""
    if value is None:
        return default
    value = value.strip()
    # a 4,300-digit number would raise in int(); none of libvirt's has more than 20
    return int(value) if value.isascii() and value.isdigit() and len(value) <= 20 else default
