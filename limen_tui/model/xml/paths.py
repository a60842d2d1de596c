"""Which files of its host a definition names. Pure; safe on any thread."""

from __future__ import annotations

from limen_tui.model.xml.parse import parse


def paths_in(xml: str) -> set[str]:
    """Every absolute path in a definition, whatever it is for: a file that is named is not to be deleted as unused.

    Raises ``InputError`` for what is no XML.
    """
    found: set[str] = set()
    for element in parse(xml).iter():
        values = [*element.attrib.values(), element.text or ""]
        found.update(text for value in values if (text := str(value).strip()).startswith("/"))
    return found
