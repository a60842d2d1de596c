"""The screen of a guest: pyte's, with an alternate screen, scrollback, quick text, and nothing a guest can make grow.

Imports pyte. Belongs to one thread.
"""

from __future__ import annotations

import unicodedata
from collections.abc import Callable
from typing import Any, Final

from pyte import charsets
from pyte import modes as mo
from pyte.screens import Char, Margins, Screen, StaticDefaultDict
from wcwidth import wcwidth

from limen_widgets.terminal.scrollback import KEPT, Line, Scrollback

APP_CURSOR: Final = 1 << 5
REVERSED: Final = 5 << 5
ALTERNATE: Final = frozenset({47, 1047, 1049})
BRACKETED: Final = 2004 << 5
IGNORED: Final = frozenset({3, 5, 40})
"""Private modes that pyte would act on: 132 columns are not ours to give; reverse video is done when painting."""
MOST_MODES: Final = 64
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


class GuestScreen(Screen):
    """See the module. ``answer`` gets what the guest asked for (cursor position, kind of terminal)."""

    def __init__(self, columns: int, lines: int, *, kept: int = KEPT, answer: Callable[[bytes], None]) -> None:
        self.scrollback = Scrollback(kept)
        self.answer = answer
        self.bells = 0
        self._looks: dict[Char, dict[str, Char]] = {}
        self._turns: dict[tuple[Char, tuple[int, ...]], Char] = {}
        """Renditions already worked out: programs use the same few over and over."""
        self._main: tuple[Any, Any, Any] | None = None
        """Buffer, margins and cursor of the main screen while the alternate one is shown."""
        super().__init__(columns, lines)

    @property
    def in_alternate(self) -> bool:
        """Whether a full-screen program has the screen."""
        return self._main is not None

    @property
    def reversed_video(self) -> bool:
        """Whether light and dark are swapped (DECSCNM)."""
        return REVERSED in self.mode

    @property
    def default_char(self) -> Char:
        """Blank; reverse video is the painter's."""
        return PLAIN

    def reset(self) -> None:
        """As after power on; the scrollback stays."""
        self._main = None
        super().reset()
        self.savepoints.clear()

    # -- text -------------------------------------------------------------------------------------

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
        rows: list[str] = []
        for line in lines:
            if len(line) <= columns:
                rows.append(line)
            else:
                rows += [line[at : at + columns] for at in range(0, len(line), columns)]
        leaving = len(rows) - bottom
        if leaving < 0:
            for _ in range(len(rows)):
                self._scroll_up()
            first = bottom - len(rows)
        else:
            self.scrollback.extend([self.line(y) for y in range(bottom)])
            self.scrollback.extend([((row, attrs),) if row else () for row in rows[:leaving]])
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
        for y in range(self.lines - 1):
            if y + 1 in buffer:
                buffer[y] = buffer.pop(y + 1)
            else:
                buffer.pop(y, None)
        buffer.pop(self.lines - 1, None)

    def line(self, y: int) -> Line:
        """Row ``y`` as runs, without blanks in the default look at its end."""
        cells = self.buffer.get(y)
        return runs(cells, self.columns) if cells else ()

    # -- movement ---------------------------------------------------------------------------------

    def index(self) -> None:
        """Down a line; what leaves the top of the main screen goes to the scrollback."""
        if self.margins is None:
            if self.cursor.y >= self.lines - 1:
                self._scroll_up()
                self.dirty.update(range(self.lines))
            else:
                self.cursor.y += 1
            return
        top, bottom = self.margins
        if self.cursor.y == bottom and top == 0 and not self.in_alternate:
            # a program with a status line at the bottom: what it scrolls off is worth keeping too
            self.scrollback.push(self.line(0))
        super().index()
        if self.cursor.y > bottom and self.cursor.y < self.lines - 1:
            self.cursor.y += 1

    def scroll(self, count: int) -> None:
        """Text up (SU), or down (SD) for a negative count; the cursor stays."""
        top, bottom = self.margins or Margins(0, self.lines - 1)
        place = self.cursor.x, self.cursor.y
        self.cursor.y = top
        if count > 0:
            self.delete_lines(min(count, self.lines))
        else:
            self.insert_lines(min(-count, self.lines))
        self.cursor.x, self.cursor.y = place
        self.dirty.update(range(top, bottom + 1))

    def cursor_to_line(self, line: int | None = None) -> None:
        """VPA; pyte's fails where there are no margins."""
        if self.margins is None:
            self.cursor.y = (line or 1) - 1
            self.ensure_vbounds()
        else:
            super().cursor_to_line(line)

    def save_cursor(self) -> None:
        """DECSC: one place, as in a terminal; pyte keeps as many as a guest likes."""
        self.savepoints.clear()
        super().save_cursor()

    def restore_cursor(self) -> None:
        """DECRC: the place stays saved."""
        kept = list(self.savepoints)
        super().restore_cursor()
        if kept:
            self.savepoints[:] = kept
            self.cursor = _copy(self.cursor)

    def alignment_display(self) -> None:
        """A screen full of E."""
        for y in range(self.lines):
            cells = self.buffer[y]
            cells.clear()
            cells.update(dict.fromkeys(range(self.columns), Char("E")))
        self.dirty.update(range(self.lines))

    def erase_in_display(self, how: int = 0, *_args: Any, **_kwargs: Any) -> None:
        """ED. What a full clear wipes off the main screen is kept; the scrollback is not the guest's to clear."""
        if how == 3:
            return
        if how == 2:
            if not self.in_alternate:
                self._keep_screen()
            self.buffer.clear()
            if self.cursor.attrs.bg != "default":
                for y in range(self.lines):
                    self.buffer[y].update(dict.fromkeys(range(self.columns), self.cursor.attrs))
            self.dirty.update(range(self.lines))
        elif how in (0, 1):
            super().erase_in_display(how)

    def _keep_screen(self) -> None:
        lines = [self.line(y) for y in range(self.lines)]
        while lines and not lines[-1]:
            lines.pop()
        self.scrollback.extend(lines)

    def erase_in_line(self, how: int = 0, private: bool = False) -> None:
        """EL; to the end in the default look it is a shorter line."""
        if how not in (0, 1, 2):
            return
        if how == 0 and self.cursor.attrs == PLAIN:
            cells = self.buffer[self.cursor.y]
            for x in [x for x in cells if x >= self.cursor.x]:
                del cells[x]
            self.dirty.add(self.cursor.y)
        else:
            super().erase_in_line(how, private)

    # -- modes ------------------------------------------------------------------------------------

    def set_private(self, modes: list[int]) -> None:
        """DECSET."""
        for mode in modes:
            if mode in ALTERNATE:
                self._enter_alternate()
            elif mode == 5:
                self.mode.add(REVERSED)
                self.dirty.update(range(self.lines))
            elif mode == 1048:
                self.save_cursor()
            elif mode not in IGNORED and len(self.mode) < MOST_MODES:
                self.set_mode(mode, private=True)

    def reset_private(self, modes: list[int]) -> None:
        """DECRST."""
        for mode in modes:
            if mode in ALTERNATE:
                self._leave_alternate()
            elif mode == 5:
                self.mode.discard(REVERSED)
                self.dirty.update(range(self.lines))
            elif mode == 1048:
                self.restore_cursor()
            elif mode not in IGNORED:
                self.reset_mode(mode, private=True)

    def _enter_alternate(self) -> None:
        if self._main is None:
            self._main = dict(self.buffer), self.margins, _copy(self.cursor)
            self.buffer.clear()
            self.margins = None
            self.dirty.update(range(self.lines))

    def _leave_alternate(self) -> None:
        if self._main is not None:
            kept, self.margins, self.cursor = self._main
            self._main = None
            self.buffer.clear()
            self.buffer.update(kept)
            self.ensure_hbounds()
            self.ensure_vbounds()
            self.dirty.update(range(self.lines))

    def resize(self, lines: int | None = None, columns: int | None = None) -> None:
        """Another size; what no longer fits at the top of the main screen goes to the scrollback."""
        lines, columns = lines or self.lines, columns or self.columns
        if (lines, columns) == (self.lines, self.columns):
            return
        self.margins = None
        if self._main is not None:
            buffer, _, cursor = self._main
            self._main = _shrunk(buffer, cursor, lines, columns, self.scrollback), None, cursor
            _shrunk(self.buffer, self.cursor, lines, columns, None)
        else:
            _shrunk(self.buffer, self.cursor, lines, columns, self.scrollback)
        self.lines, self.columns = lines, columns
        self.tabstops = set(range(8, columns, 8))
        self.ensure_hbounds()
        self.ensure_vbounds()
        self.dirty.clear()
        self.dirty.update(range(lines))


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
            look = cell
        text.append(cell.data)
    if text:
        found.append(("".join(text), look))
    if found and found[-1][1][1:] == PLAIN[1:]:
        tail = found[-1][0].rstrip(" ")
        found[-1:] = [(tail, found[-1][1])] if tail else []
    return tuple(found)


def _copy(cursor: Any) -> Any:
    made = type(cursor)(cursor.x, cursor.y, cursor.attrs)
    made.hidden = cursor.hidden
    return made


def _shrunk(buffer: Any, cursor: Any, lines: int, columns: int, keep: Scrollback | None) -> Any:
    """Make ``buffer`` fit, in place: rows leave at the top as far as the cursor asks for it, the rest at the bottom."""
    over = max(0, cursor.y - lines + 1)
    if over:
        if keep is not None:
            keep.extend([runs(buffer[y], 10_000) if y in buffer else () for y in range(over)])
        moved = {y - over: cells for y, cells in buffer.items() if y >= over}
        buffer.clear()
        buffer.update(moved)
        cursor.y -= over
    for y in [y for y in buffer if y >= lines]:
        del buffer[y]
    for cells in buffer.values():
        for x in [x for x in cells if x >= columns]:
            del cells[x]
    return buffer
