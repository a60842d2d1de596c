"""How pyte's looks are painted. May import rich; UI thread."""

from __future__ import annotations

import re
from functools import lru_cache
from typing import Final

from pyte.screens import Char
from rich.color import Color
from rich.style import Style

_NAMES: Final = {
    "black": "black", "red": "red", "green": "green", "brown": "yellow", "yellow": "yellow", "blue": "blue",
    "magenta": "magenta", "cyan": "cyan", "white": "white",
}  # fmt: skip
_HEX: Final = re.compile(r"[0-9a-f]{6}")


@lru_cache(maxsize=4096)
def style_of(look: Char, swapped: bool) -> Style:
    """The style of one look; ``swapped``: the whole screen is in reverse video. Blinking is not painted: what an idle
    screen shows should cost nothing."""
    return Style(
        color=_color(look.fg), bgcolor=_color(look.bg), bold=look.bold or None, italic=look.italics or None,
        underline=look.underscore or None, strike=look.strikethrough or None, reverse=(look.reverse != swapped) or None,
    )  # fmt: skip


@lru_cache(maxsize=1024)
def _color(name: str) -> Color | None:
    if name == "default":
        return None
    if _HEX.fullmatch(name):
        return Color.parse(f"#{name}")
    # "bfightmagenta" is how pyte spells one of them
    bright = name.startswith(("bright", "bfight"))
    plain = _NAMES.get(name[6:] if bright else name)
    return None if plain is None else Color.parse(f"bright_{plain}" if bright else plain)
