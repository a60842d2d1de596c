"""Where a VM that Limen made came from, by what was kept in its metadata. Pure; safe on any thread."""

from __future__ import annotations

from typing import Final

from lxml import etree

from limen_tui.model.xml.copying import ORIGIN_NS

_WORDS: Final = {
    "cloud-image": ("a cloud image", "{}, a cloud image"),
    "iso": ("installed from an ISO", "installed from {}"),
    "import": ("a disk taken over as it was", "{}, taken over as it was"),
    "pxe": ("installed from the network", "{}"),
    "kernel": ("a kernel on the host", "{}"),
    "copy": ("a copy", "a copy of {}"),
    "blank": ("an empty disk", "{}"),
}
"""By what a new VM can be made from: without and with an image's name."""


def origin_of(root: etree._Element) -> str:
    """In words, as ``debian-12.qcow2 in default, a cloud image``; empty for a VM of another tool."""
    found = root.find(f"metadata/{{{ORIGIN_NS}}}origin")
    if found is None:
        return ""
    kind, pool, volume = (found.get(name, "") for name in ("source", "pool", "volume"))
    image = f"{volume} in {pool}" if pool and volume else volume
    if kind == "copy" and not image:
        return f"a copy of the VM {found.get('uuid')}" if found.get("uuid") else "a copy of another VM"
    alone, of_image = _WORDS.get(kind, ("", "{}"))
    return of_image.format(image) if image else alone
