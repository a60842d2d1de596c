"""Putting text on pyte's screen, quickly: its own way of a tuple per letter is too slow for a boot log.

Imports pyte. Belongs to one thread.
"""

from __future__ import annotations

import unicodedata
from typing import Any, Final

from pyte import charsets
from pyte import modes as mo
from pyte.screens import Char, Screen, StaticDefaultDict
from wcwidth import wcwidth

from limen_widgets.terminal.scrollback import Line, Scrollback

MOST_LOOKS: Final = 256
COMBINED: Final = 6
"""Characters in a cell: a letter and its marks."""
PLAIN: Final = Char(" ")


class _Looks(dict[str, Char]):
    """Cells in one look by their letter (ASCII: it stays small)."""

    def __init__(self, attrs: Char) -> None:
        super().__init__()
        self._attrs = attrs

    def __missing__(self, char: str) -> Char:
        made = self[char] = self._attrs._replace(data=char)
        return made


class DrawingScreen(Screen):
    """A screen with a scrollback that text can be put on."""

    scrollback: Scrollback
    _main: tuple[Any, Any, Any] | None = None
    """Buffer, margins and cursor of the main screen while the alternate one is shown."""

    def __init__(self, columns: int, lines: int) -> None:
        self._looks: dict[Char, dict[str, Char]] = {}
        self._turns: dict[tuple[Char, tuple[int, ...]], Char] = {}
        """Renditions already worked out: programs use the same few over and over."""
        super().__init__(columns, lines)

    @property
    def in_alternate(self) -> bool:
        """Whether a full-screen program has the screen."""
        return self._main is not None

    def draw(self, data: str) -> None:
        """Put text at the cursor."""
        table = self.g1_charset if self.charset else self.g0_charset
        if table is not charsets.LAT1_MAP:
            data = data.translate(table)
        if not data.isascii() or mo.IRM in self.mode:
            self._draw_each(data)
            return
        at, wraps, columns, cursor = 0, mo.DECAWM in self.mode, self.columns, self.cursor
        looks = self._looks_now()
        while at < len(data):
            if cursor.x >= columns:
                if wraps:
                    self.carriage_return()
                    self.linefeed()
                else:
                    cursor.x = columns - 1
                    at = max(at, len(data) - 1)  # all but the last would be overwritten
            piece = data[at : at + columns - cursor.x]
            line = self.buffer[cursor.y]
            for x, char in enumerate(piece, cursor.x):
                line[x] = looks[char]
            cursor.x += len(piece)
            at += len(piece)
            self.dirty.add(cursor.y)

    def _looks_now(self) -> dict[str, Char]:
        """Cells by letter in the look that is in force; few are in use at a time, and a guest may try them all."""
        attrs = self.cursor.attrs
        found = self._looks.get(attrs)
        if found is None:
            if len(self._looks) >= MOST_LOOKS:
                self._looks.clear()
            found = self._looks[attrs] = _Looks(attrs)
        return found

    def select_graphic_rendition(self, *attrs: int) -> None:
        """SGR."""
        key = self.cursor.attrs, attrs
        found = self._turns.get(key)
        if found is None:
            super().select_graphic_rendition(*attrs)
            if len(self._turns) >= MOST_LOOKS:
                self._turns.clear()
            self._turns[key] = self.cursor.attrs
        else:
            self.cursor.attrs = found

    def _draw_each(self, data: str) -> None:
        cursor, columns = self.cursor, self.columns
        for char in data:
            width = wcwidth(char)
            if width <= 0:
                if unicodedata.combining(char):
                    self._combine(char)
                continue
            if cursor.x + width > columns:
                if mo.DECAWM in self.mode:
                    self.carriage_return()
                    self.linefeed()
                else:
                    cursor.x = max(0, columns - width)
            if mo.IRM in self.mode:
                self.insert_characters(width)
            line = self.buffer[cursor.y]
            line[cursor.x] = self.cursor.attrs._replace(data=char)
            if width == 2 and cursor.x + 1 < columns:
                line[cursor.x + 1] = self.cursor.attrs._replace(data="")
            cursor.x += width
            self.dirty.add(cursor.y)

    def _combine(self, mark: str) -> None:
        line, x = self.buffer[self.cursor.y], self.cursor.x - 1
        if x > 0 and line[x].data == "":
            x -= 1  # on the second half of a wide one
        if x < 0 or len(line[x].data) >= COMBINED:
            return
        line[x] = line[x]._replace(data=unicodedata.normalize("NFC", line[x].data + mark))
        self.dirty.add(self.cursor.y)

    def draw_lines(self, lines: list[str]) -> bool:
        """See Sink: at the bottom of a plain screen, most of them go straight to the scrollback."""
        cursor, bottom = self.cursor, self.lines - 1
        if (
            cursor.y != bottom or cursor.x or self.margins or self.in_alternate or self.buffer.get(bottom)
            or mo.DECAWM not in self.mode or mo.IRM in self.mode or self.charset
            or self.g0_charset is not charsets.LAT1_MAP
        ):  # fmt: skip
            return False
        attrs, columns = cursor.attrs, self.columns
        rows = lines
        if max(map(len, lines)) > columns:
            rows = [line[at : at + columns] for line in lines for at in range(0, len(line) or 1, columns)]
        leaving = len(rows) - bottom
        if leaving < 0:
            for _ in range(len(rows)):
                self._scroll_up()
            first = bottom - len(rows)
        else:
            self.scrollback.extend([self.line(y) for y in range(bottom)])
            gone = [row.rstrip(" ") for row in rows[:leaving]] if attrs == PLAIN else rows[:leaving]
            self.scrollback.extend([((row, attrs),) if row else () for row in gone])
            self.buffer.clear()
            rows, first = rows[leaving:], 0
        looks = self._looks_now()
        for y, row in enumerate(rows, first):
            cells = self.buffer[y]
            for x, char in enumerate(row):
                cells[x] = looks[char]
        self.dirty.update(range(self.lines))
        return True

    def _scroll_up(self) -> None:
        if not self.in_alternate:
            self.scrollback.push(self.line(0))
        buffer = self.buffer
        moved = {y - 1: cells for y, cells in buffer.items() if y}
        buffer.clear()
        buffer.update(moved)

    def line(self, y: int) -> Line:
        """Row ``y`` as runs, without blanks in the default look at its end."""
        cells = self.buffer.get(y)
        return runs(cells, self.columns) if cells else ()


def runs(cells: StaticDefaultDict[int, Char], columns: int) -> Line:
    """Cells as runs of one look each."""
    last = max(cells) if cells else -1
    found: list[tuple[str, Char]] = []
    text: list[str] = []
    look = PLAIN
    for x in range(min(columns, last + 1)):
        cell = cells[x]
        if cell[1:] != look[1:]:
            if text:
                found.append(("".join(text), look))
                text = []
            look = Char(" ", *cell[1:])
        text.append(cell.data)
    if text:
        found.append(("".join(text), look))
    if found and found[-1][1][1:] == PLAIN[1:]:
        tail = found[-1][0].rstrip(" ")
        found[-1:] = [(tail, found[-1][1])] if tail else []
    return tuple(found)
