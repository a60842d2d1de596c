"""What Limen keeps in a VM's own metadata. Imports libvirt; runs on the thread that serves the host's acts."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

import libvirt

from limen_tui.model.xml.parse import LIMEN_KEY, LIMEN_NS
from limen_tui.model.xml.tags import checked_note, tags_element


def set_tags(dom: Any, tags: Sequence[str]) -> None:
    """Set the tags in the definition and, while it runs, in the live VM (virDomainSetMetadata).

    Raises ``libvirtError``, and ``InputError`` for a tag that XML cannot hold.
    """
    element = tags_element(tags) if any(tag.strip() for tag in tags) else None
    try:
        dom.setMetadata(libvirt.VIR_DOMAIN_METADATA_ELEMENT, element, LIMEN_KEY, LIMEN_NS, _both(dom))
    except libvirt.libvirtError as error:
        if element is not None or error.get_error_code() != libvirt.VIR_ERR_NO_DOMAIN_METADATA:
            raise


def describe(dom: Any, title: str, description: str) -> None:
    """Set title and description, as every other tool shows them; an empty one is taken away.

    Raises ``libvirtError``, and ``InputError`` for what XML cannot hold.
    """
    title, description = checked_note(title, description)
    flags = _both(dom)
    for kind, text in (
        (libvirt.VIR_DOMAIN_METADATA_TITLE, title), (libvirt.VIR_DOMAIN_METADATA_DESCRIPTION, description),
    ):  # fmt: skip
        dom.setMetadata(kind, text or None, None, None, flags)


def _both(dom: Any) -> int:
    """The definition, where there is one, and the running VM."""
    flags = 0
    if dom.isPersistent():
        flags |= libvirt.VIR_DOMAIN_AFFECT_CONFIG
    if dom.isActive():
        flags |= libvirt.VIR_DOMAIN_AFFECT_LIVE
    return flags
