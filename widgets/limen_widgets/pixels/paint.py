"""Cells from pixels and from read text, as strips. Imports rich and textual."""

from __future__ import annotations

from collections.abc import Sequence
from functools import lru_cache
from itertools import groupby
from typing import Final, TypeAlias

from rich.cells import cell_len
from rich.color import Color
from rich.segment import Segment
from rich.style import Style
from textual.strip import Strip

from limen_widgets.pieces import clean

HALF: Final = "▀"
RAMP: Final = " ·░▒▓█"
Run: TypeAlias = tuple[str, tuple[int, int, int], tuple[int, int, int], bool]
"""Text, its colour and that behind it as red, green and blue, and whether it is underlined (the cursor)."""


@lru_cache(maxsize=8192)
def _style(fore: bytes, back: bytes) -> Style:
    return Style(color=Color.from_rgb(*fore), bgcolor=Color.from_rgb(*back))


@lru_cache(maxsize=2048)
def _run_style(fore: tuple[int, int, int], back: tuple[int, int, int], underline: bool) -> Style:
    return Style(color=Color.from_rgb(*fore), bgcolor=Color.from_rgb(*back), underline=underline)


def in_colour(upper: bytes, lower: bytes, blank: Style) -> list[Segment]:
    """Half blocks of two rows of pixels; ``lower`` may be empty."""
    cells = [(upper[at : at + 3], lower[at : at + 3]) for at in range(0, len(upper), 3)]
    segments = []
    for (top, bottom), run in groupby(cells):
        count = len(list(run))
        if not bottom:
            segments.append(Segment(HALF * count, Style(color=Color.from_rgb(*top)) + Style(bgcolor=blank.bgcolor)))
        elif top == bottom:
            segments.append(Segment(" " * count, _style(top, bottom)))
        else:
            segments.append(Segment(HALF * count, _style(top, bottom)))
    return segments


def in_glyphs(upper: bytes, lower: bytes) -> str:
    """The same by brightness alone, for terminals and people without colours."""
    low = lower or bytes(len(upper))
    made = []
    for at in range(0, len(upper), 3):
        top, bottom = _light(upper, at), _light(low, at)
        if top - bottom > 3:
            made.append("▀")
        elif bottom - top > 3:
            made.append("▄")
        else:
            made.append(RAMP[(top + bottom) // 2])
    return "".join(made)


def _light(row: bytes, at: int) -> int:
    """0 to 5."""
    value = (row[at] * 3 + row[at + 1] * 6 + row[at + 2]) // 10
    return 0 if value < 20 else min(5, 1 + value * 5 // 256)


def text_segments(runs: Sequence[Run], *, plain: bool) -> list[Segment]:
    """Read text in the colours it has on the screen; without colours, what is bright on dark is so."""
    segments = []
    for text, fore, back, underline in runs:
        if plain:
            style = Style(reverse=sum(back) > sum(fore), underline=underline, bold=max(fore) > 230)
        else:
            style = _run_style(fore, back, underline)
        segments.append(Segment(clean(text), style))
    return segments


def placed(segments: Sequence[Segment], before: int, width: int, blank: Style) -> Strip:
    """``segments`` with room on both sides."""
    used = sum(cell_len(segment.text) for segment in segments)
    after = max(0, width - before - used)
    strip = Strip([Segment(" " * before, blank), *segments, Segment(" " * after, blank)])
    return strip.crop(0, width)
