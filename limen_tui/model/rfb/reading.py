"""Reads a text screen: pixels in cells of eight by sixteen back to characters and colours. Pure.

A guest's text console is drawn from a font that is known to the dot, so a cell either is a character or is not:
nothing is guessed. A picture of which most cells are no character is no text screen. Belongs to one thread.
"""

from __future__ import annotations

import struct
import zlib
from base64 import b85decode
from dataclasses import dataclass
from functools import cache
from typing import Final, TypeAlias

from limen_tui.model.rfb.frame import Still
from limen_tui.model.rfb.glyphtable import PACKED

HIGH: Final = 16
DOTS: Final = 8
STRANGE: Final = "▒"
"""Stands for a cell that is no character."""
MOST_KNOWN: Final = 20_000
"""Cells whose reading is remembered."""
Colour: TypeAlias = tuple[int, int, int]
Run: TypeAlias = tuple[str, Colour, Colour, bool]
"""Text, its colour, that behind it, and whether a cursor is under it."""
Cell: TypeAlias = tuple[str, Colour, Colour, bool]


@dataclass(frozen=True, slots=True)
class TextScreen:
    """A screen as text. ``lines`` has one entry for each row of cells."""

    columns: int
    lines: tuple[tuple[Run, ...], ...]
    cell: tuple[int, int]
    """Pixels of a cell."""

    def plain(self) -> list[str]:
        """The text alone."""
        return ["".join(run[0] for run in line) for line in self.lines]

    @property
    def cursor(self) -> int:
        """The line that has the cursor, else the last with anything on it."""
        marked = [place for place, line in enumerate(self.lines) if any(run[3] for run in line)]
        filled = [place for place, text in enumerate(self.plain()) if text.strip()]
        return max(marked or filled or [0])


class ScreenReader:
    """Remembers what it has read: of the next picture, only rows that changed are looked at."""

    def __init__(self) -> None:
        self._cells: dict[bytes, Cell] = {}
        self._rows: list[tuple[bytes, tuple[Run, ...], int, int]] = []
        self._shape = (0, 0)

    def read(self, still: Still) -> TextScreen | None:
        """The text on ``still``; ``None`` where it is no text screen."""
        wide = 9 if (still.width, still.height) == (720, 400) else 8
        columns, count = still.width // wide, still.height // HIGH
        if columns < 20 or count < 5:
            return None
        if self._shape != (still.width, still.height):
            self._shape, self._rows = (still.width, still.height), []
        stride = still.width * 3
        rows: list[tuple[bytes, tuple[Run, ...], int, int]] = []
        known = strange = 0
        for number in range(count):
            pixels = still.data[number * HIGH * stride : (number + 1) * HIGH * stride]
            row = self._rows[number] if number < len(self._rows) else None
            if row is None or row[0] != pixels:
                row = (pixels, *self._line(pixels, stride, wide, columns))
            rows.append(row)
            known, strange = known + row[2], strange + row[3]
            if strange > 60 and strange * 4 > known:
                self._rows = []
                return None
        self._rows = rows
        if known < 4 or strange * 4 > known:
            return None
        return TextScreen(columns, tuple(row[1] for row in rows), (wide, HIGH))

    def _line(self, pixels: bytes, stride: int, wide: int, columns: int) -> tuple[tuple[Run, ...], int, int]:
        """Runs of one row of cells, and how many of them are characters, and how many are not."""
        if pixels == pixels[:3] * (len(pixels) // 3):
            colour = _colour(pixels[:3])
            return ((" " * columns, colour, colour, False),), 0, 0
        lines = [pixels[at : at + stride] for at in range(0, HIGH * stride, stride)]
        runs: list[Run] = []
        known = strange = 0
        for start in range(0, columns * wide * 3, wide * 3):
            key = b"".join([line[start : start + DOTS * 3] for line in lines])
            cell = self._cells.get(key)
            if cell is None:
                if len(self._cells) > MOST_KNOWN:
                    self._cells.clear()
                cell = self._cells[key] = read_cell(key)
            char, fore, back, marked = cell
            if char == STRANGE:
                strange += 1
            elif char != " ":
                known += 1
            if runs and runs[-1][2:] == (back, marked) and (runs[-1][1] == fore or char == " "):
                runs[-1] = (runs[-1][0] + char, runs[-1][1], back, marked)
            else:
                runs.append((char, fore, back, marked))
        return tuple(runs), known, strange


def read_cell(pixels: bytes) -> Cell:
    """The character that eight by sixteen pixels are."""
    colours = {pixels[at : at + 3] for at in range(0, len(pixels), 3)}
    if len(colours) == 1:
        colour = _colour(pixels[:3])
        return " ", colour, colour, False
    if len(colours) != 2:
        return STRANGE, _mean(pixels), _colour(pixels[:3]), False
    table = _table()
    one, two = sorted(colours, key=sum)  # the darker first: most screens are light on dark
    rows = _bits(pixels, two)
    for dots, fore, back in ((rows, two, one), (bytes(255 - row for row in rows), one, two)):
        code = table.get(zlib.crc32(dots))
        if code is not None:
            return chr(code), _colour(fore), _colour(back), False
    for dots, fore, back in ((rows, two, one), (bytes(255 - row for row in rows), one, two)):
        # a cursor is one to three full rows at the bottom, laid over the character
        bare = dots[:11] + bytes(0 if row == 255 else row for row in dots[11:])
        if bare != dots:
            code = table.get(zlib.crc32(bare)) if any(bare) else 32
            if code is not None:
                return chr(code), _colour(fore), _colour(back), True
    return STRANGE, _mean(pixels), _colour(one), False


def _bits(pixels: bytes, fore: bytes) -> bytes:
    dots = [pixels[at : at + 3] == fore for at in range(0, len(pixels), 3)]
    return bytes(
        sum(dot << (7 - place) for place, dot in enumerate(dots[at : at + DOTS])) for at in range(0, len(dots), DOTS)
    )


def _colour(pixel: bytes) -> Colour:
    return pixel[0], pixel[1], pixel[2]


def _mean(pixels: bytes) -> Colour:
    count = len(pixels) // 3
    return sum(pixels[0::3]) // count, sum(pixels[1::3]) // count, sum(pixels[2::3]) // count


@cache
def _table() -> dict[int, int]:
    return dict(struct.iter_unpack(">IH", zlib.decompress(b85decode(PACKED))))
