"""The metadata element in which a VM's tags travel with it. Pure; safe on any thread."""

from __future__ import annotations

from collections.abc import Sequence

from lxml import etree

from limen_tui.errors import InputError
from limen_tui.model.xml.parse import LIMEN_NS


def tags_element(tags: Sequence[str]) -> str:
    """The element for virDomainSetMetadata, without prefix or XML declaration. Raises ``InputError``."""
    # lxml's stubs know no default namespace, its code does
    root = etree.Element(f"{{{LIMEN_NS}}}vm", nsmap={None: LIMEN_NS})  # type: ignore[dict-item]
    for tag in dict.fromkeys(stripped for tag in tags if (stripped := tag.strip())):
        try:
            etree.SubElement(root, f"{{{LIMEN_NS}}}tag").text = tag
        except ValueError as error:
            raise InputError("The tag is not usable", f"{tag!r} has control characters in it.") from error
    return etree.tostring(root, encoding="unicode")


def checked_note(title: str, description: str) -> tuple[str, str]:
    """Title and description as a definition can have them. Raises ``InputError``."""
    title, description = title.strip(), description.strip()
    for text in (title, description):
        try:
            etree.Element("x").text = text
        except ValueError as error:
            raise InputError("This text cannot be kept", "It has control characters in it.") from error
    if "\n" in title:
        raise InputError("A title is one line")
    return title, description
