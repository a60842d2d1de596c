"""Styled text as plain tuples, measured and cut in terminal cells. Pure; imports rich only.

Rows of live tables are made of these rather than of ``Text``: they compare in a microsecond, which is how a table
finds out that a row need not be painted again.
"""

from __future__ import annotations

import unicodedata
from collections.abc import Iterable
from functools import lru_cache
from typing import Final, TypeAlias

from rich.cells import cell_len, set_cell_size
from rich.text import Text

Piece: TypeAlias = tuple[str, str]
"""Text, and what styles it: the name of a component class without its prefix, a Rich style, or nothing."""
Pieces: TypeAlias = tuple[Piece, ...]
Cell: TypeAlias = str | Text | Pieces
"""What a column's function may give. A string is shown as it is: markup means nothing."""

_INERT: Final = frozenset({"Cc", "Cf", "Cs", "Co", "Cn", "Zl", "Zp"})


@lru_cache(maxsize=65536)
def clean(text: str) -> str:
    """``text`` without anything that moves a cursor, hides, or turns text round; such characters show as ``�``."""
    if text.isascii() and text.isprintable():
        return text
    return "".join("�" if unicodedata.category(char) in _INERT else char for char in text)


def pieces_of(cell: Cell) -> Pieces:
    """``cell`` as cleaned pieces."""
    if isinstance(cell, str):
        return ((clean(cell), ""),) if cell else ()
    if isinstance(cell, Text):
        return _from_text(cell)
    return tuple((clean(text), style) for text, style in cell if text)


def _from_text(text: Text) -> Pieces:
    found: list[Piece] = []
    for line in text.divide(sorted({edge for span in text.spans for edge in (span.start, span.end)})):
        style = " ".join(str(span.style) for span in line.spans) or str(line.style)
        if line.plain:
            found.append((clean(line.plain), style))
    return tuple(found)


def width_of(pieces: Iterable[Piece]) -> int:
    """Terminal cells that ``pieces`` take."""
    return sum(cell_len(text) for text, _ in pieces)


def fit(pieces: Pieces, width: int, *, right: bool = False) -> Pieces:
    """``pieces`` in exactly ``width`` cells: padded on the right (or left), or cut with an ellipsis."""
    if width <= 0:
        return ()
    length = width_of(pieces)
    if length == width:
        return pieces
    if length < width:
        pad = (" " * (width - length), "")
        return (pad, *pieces) if right else (*pieces, pad)
    out: list[Piece] = []
    left = width - 1
    for text, style in pieces:
        size = cell_len(text)
        if size > left:
            return (*out, (set_cell_size(text, left) + "…", style))
        out.append((text, style))
        left -= size
    return tuple(out)
