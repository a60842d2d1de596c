"""Secrets of a definition: kept out of what is shown, put back into what is given back. Pure; any thread."""

from __future__ import annotations

from typing import Final

from lxml import etree

from limen_tui.model.xml.parse import parse

_KEPT: Final = ("passwd", "passwdValidTo", "connected")


def with_secrets(xml: str, secure: str) -> str:
    """``xml``, with the display passwords of ``secure`` (VIR_DOMAIN_XML_SECURE) where it says none of its own.

    Without this, a definition that was read without secrets and is given back would drop them. Displays are matched by
    type and order. Raises ``InputError``.
    """
    root, known = parse(xml, "domain"), parse(secure, "domain")
    changed = False
    for kind in {graphics.get("type") for graphics in root.iterfind("devices/graphics")}:
        new = [graphics for graphics in root.iterfind("devices/graphics") if graphics.get("type") == kind]
        old = [graphics for graphics in known.iterfind("devices/graphics") if graphics.get("type") == kind]
        for ours, theirs in zip(new, old, strict=False):
            if ours.get("passwd") is None and theirs.get("passwd") is not None:
                changed = True
                for name in _KEPT:
                    if (value := theirs.get(name)) is not None:
                        ours.set(name, value)
    return etree.tostring(root, encoding="unicode") if changed else xml
