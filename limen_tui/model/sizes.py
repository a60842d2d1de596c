"""Sizes as people type them in forms, to the unit that libvirt wants, and back. Pure; any thread."""

from __future__ import annotations

import re
from typing import Final

from limen_tui.errors import InputError
from limen_tui.model import units

SECTOR: Final = 512
_BARE: Final = re.compile(r"\s*\d+(?:\.\d+)?\s*")
_STEPS: Final = (("T", 1 << 40), ("G", 1 << 30), ("M", 1 << 20), ("K", 1 << 10))


def disk_bytes(text: str) -> int:
    """Bytes of a disk's size such as ``20G``, ``20 GiB``, ``1.5T``; rounded up to whole sectors of 512 bytes.

    Raises ``InputError`` for what is no size, nothing, or less than 1 MiB: ``20`` alone is meant as ``20G``, and
    that is better asked than guessed.
    """
    count = _parse(text)
    if count < 1 << 20:
        raise InputError(f"{units.clean(text)!r} is too small for a disk", "The smallest is 1M.", _said(text))
    return -(-count // SECTOR) * SECTOR


def memory_kib(text: str) -> int:
    """KiB of memory such as ``2G`` or ``512 MiB``, rounded up. Raises ``InputError`` as ``disk_bytes`` does."""
    count = _parse(text)
    if count < 1 << 20:
        raise InputError(f"{units.clean(text)!r} is too little memory", "The least is 1M.", _said(text))
    return -(-count // 1024)


def to_text(count: int, *, unit: str = "B") -> str:
    """The shortest text that reads back as exactly ``count``, of bytes or of ``unit="KiB"``: ``20G``, ``1536M``."""
    count = count * 1024 if unit == "KiB" else count
    for letter, step in _STEPS:
        if count and count % step == 0:
            return f"{count // step}{letter}"
    return f"{count}B"


def _parse(text: str) -> int:
    if len(text) > 64:
        raise InputError("That is not a size", "It is too long.", "Examples: 20G, 512 MiB, 1.5T")
    return units.parse_size(text)


def _said(text: str) -> str:
    bare = text.strip() if _BARE.fullmatch(text) else ""
    return f"Did you mean {bare}G?" if bare else "Examples: 20G, 512 MiB, 1.5T"
