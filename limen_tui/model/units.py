"""Figures in the units people read, and outside text made inert. Pure; any thread."""

from __future__ import annotations

import math
import re
import unicodedata
from collections.abc import Iterable
from functools import lru_cache
from typing import Final

from limen_tui.errors import InputError

UNKNOWN: Final = "–"
_STEPS: Final = ("B", "KiB", "MiB", "GiB", "TiB", "PiB")
_INERT: Final = frozenset({"Cc", "Cf", "Cs", "Co", "Cn", "Zl", "Zp"})
_SIZE: Final = re.compile(r"\s*(\d+(?:\.\d+)?)\s*([kmgtp]?)(i?b|b)?\s*", re.IGNORECASE)


@lru_cache(maxsize=65536)
def clean(text: str) -> str:
    """``text`` on one line without anything that moves a cursor, hides or turns text round: such show as ``�``."""
    if text.isascii() and text.isprintable():
        return text
    return "".join("�" if unicodedata.category(char) in _INERT else char for char in text)


def size(count: float | None, *, unit: str = "B") -> str:
    """Bytes (or, with ``unit="KiB"``, KiB) as ``512 B``, ``1.5 GiB``, ``20 GiB``: at most 8 characters."""
    if count is None or not math.isfinite(count):
        return UNKNOWN
    step = _STEPS.index(unit)
    value = float(count)
    while abs(value) >= 999.5 and step < len(_STEPS) - 1:
        value /= 1024
        step += 1
    text = f"{value:.0f}" if value >= 99.5 or step == 0 or abs(value - round(value)) < 0.05 else f"{value:.1f}"
    return f"{text} {_STEPS[step]}"


def rate(per_second: float | None) -> str:
    """Bytes per second as ``1.5 MiB/s``."""
    return UNKNOWN if (text := size(per_second)) == UNKNOWN else f"{text}/s"


def percent(value: float | None) -> str:
    """``7 %``; below ten and not zero with one decimal, so that an idle VM and a dead one differ."""
    if value is None or not math.isfinite(value):
        return UNKNOWN
    return f"{value:.1f} %" if 0.05 <= value < 9.95 else f"{value:.0f} %"


def duration(seconds: float | None) -> str:
    """``45 s``, ``12 min``, ``4 h 5 min``, ``3 d 4 h``."""
    if seconds is None or not math.isfinite(seconds):
        return UNKNOWN
    left = max(0, int(seconds))
    if left < 60:
        return f"{left} s"
    if left < 3600:
        return f"{left // 60} min"
    if left < 86400:
        hours, minutes = left // 3600, left % 3600 // 60
        return f"{hours} h {minutes} min" if minutes else f"{hours} h"
    days, hours = left // 86400, left % 86400 // 3600
    return f"{days} d {hours} h" if hours else f"{days} d"


def ago(then: float | None, now: float) -> str:
    """``12 s ago``; ``never`` for ``None``."""
    return "never" if then is None else f"{duration(now - then)} ago"


def parse_size(text: str) -> int:
    """Bytes of ``20G``, ``512 MiB``, ``1.5t`` or a bare number of bytes; powers of 1024.

    Raises ``InputError`` for what is not a size, is not positive, or is beyond 8 EiB.
    """
    match = _SIZE.fullmatch(text)
    if match is None:
        raise InputError(f"{clean(text)!r} is not a size", hint="Examples: 20G, 512 MiB, 1.5T")
    count = float(match[1]) * 1024 ** (" kmgtp".index(match[2].lower() or " "))
    if not 1 <= count < 1 << 63:  # as a float first: a number of 400 digits is infinite and has no whole part
        raise InputError(f"{clean(text)!r} is not a usable size", "It must be more than nothing and less than 8 EiB.")
    return int(count)


def paragraph(*parts: str) -> str:
    """Texts as sentences after one another: each ends with one full stop, unless it ends with a mark of its own."""
    told = (part.strip() for part in parts)
    return " ".join(part if part.endswith((".", "!", "?", "…", ":")) else f"{part}." for part in told if part)


def listed(parts: Iterable[str]) -> str:
    """Texts with semicolons between them: the full stops of those before the last go."""
    *before, last = [told for part in parts if (told := part.strip())] or [""]
    return "; ".join([*(part.removesuffix(".") for part in before), last])
