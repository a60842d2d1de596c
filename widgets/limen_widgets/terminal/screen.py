"""The screen of a guest: pyte's, with an alternate screen, scrollback, quick text, and nothing a guest can make grow.

Imports pyte. Belongs to one thread.
"""

from __future__ import annotations

from collections.abc import Callable
from typing import Any, Final

from pyte.screens import Char, Margins

from limen_widgets.terminal.drawing import PLAIN, DrawingScreen, runs
from limen_widgets.terminal.scrollback import KEPT, Scrollback

APP_CURSOR: Final = 1 << 5
REVERSED: Final = 5 << 5
ALTERNATE: Final = frozenset({47, 1047, 1049})
BRACKETED: Final = 2004 << 5
IGNORED: Final = frozenset({3, 5, 40})
"""Private modes that pyte would act on: 132 columns are not ours to give; reverse video is done when painting."""
MOST_MODES: Final = 64


class GuestScreen(DrawingScreen):
    """See the module. ``answer`` gets what the guest asked for (cursor position, kind of terminal)."""

    def __init__(self, columns: int, lines: int, *, kept: int = KEPT, answer: Callable[[bytes], None]) -> None:
        self.scrollback = Scrollback(kept)
        self.answer = answer
        self.bells = 0
        super().__init__(columns, lines)

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

    def insert_characters(self, count: int | None = None) -> None:
        """ICH; what is pushed over the edge is gone."""
        x, count = self.cursor.x, count or 1
        cells = self.buffer[self.cursor.y]
        for place in sorted((place for place in cells if place >= x), reverse=True):
            cell = cells.pop(place)
            if place + count < self.columns:
                cells[place + count] = cell
        self.dirty.add(self.cursor.y)

    def erase_in_display(self, how: int = 0, *_args: Any, **_kwargs: Any) -> None:
        """ED. What a full clear wipes off the main screen is kept; the scrollback is not the guest's to clear."""
        if how == 3:
            return
        if how == 2:
            if not self.in_alternate:
                self._keep_screen()
            self.buffer.clear()
            if self.cursor.attrs.bg != PLAIN.bg:
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
        attrs = self.cursor.attrs
        if how == 0 and attrs.bg == "default" and not (attrs.reverse or attrs.underscore or attrs.strikethrough):
            cells = self.buffer[self.cursor.y]
            for x in [x for x in cells if x >= self.cursor.x]:
                del cells[x]
            self.dirty.add(self.cursor.y)
        else:
            super().erase_in_line(how, private)

    # -- modes ------------------------------------------------------------------------------------

    def set_private(self, modes: tuple[int, ...]) -> None:
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

    def reset_private(self, modes: tuple[int, ...]) -> None:
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
