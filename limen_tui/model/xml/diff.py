"""What differs between two definitions, line by line, for people to read. Pure; safe on any thread.

Secrets are masked on both sides: that only a password differs does not show.
"""

from __future__ import annotations

import difflib
from collections.abc import Iterator
from typing import Final

from lxml import etree

from limen_tui.model.units import clean
from limen_tui.model.xml.edit import dump
from limen_tui.model.xml.parse import parse

MASK: Final = "•••"
_SECRET: Final = frozenset({"passwd", "password"})


def masked(root: etree._Element) -> etree._Element:
    """``root`` itself, its passwords replaced by dots."""
    for element in root.iter("*"):
        for name in _SECRET & set(map(str, element.attrib)):
            element.set(name, MASK)
    return root


def definition_diff(before: str, after: str, *, context: int = 2) -> tuple[str, ...]:
    """Lines of a unified diff without file names: `` ``, ``-``, ``+`` or ``@@`` first. Empty when nothing differs.

    Both are laid out alike first, so that only what means something differs. Raises ``InputError``.
    """
    return tuple(_lines(_laid_out(before), _laid_out(after), context))


def _laid_out(xml: str) -> list[str]:
    return [clean(line) for line in dump(masked(parse(xml))).splitlines()]


def _lines(before: list[str], after: list[str], context: int) -> Iterator[str]:
    for number, line in enumerate(difflib.unified_diff(before, after, lineterm="", n=context)):
        if number >= 2:  # the names of two files that there are not
            yield line
