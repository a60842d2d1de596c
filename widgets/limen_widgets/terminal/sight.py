"""What a terminal shows: which lines, the finds and the mouse's selection on them. UI thread.

May import textual, rich and pyte.
"""

from __future__ import annotations

from typing import ClassVar

from rich.segment import Segment
from rich.style import Style
from textual.message import Message
from textual.selection import Selection
from textual.strip import Strip
from textual.widget import Widget

from limen_widgets.terminal.emulator import Emulator
from limen_widgets.terminal.looks import style_of
from limen_widgets.terminal.scrollback import Line, line_text


class TerminalSight(Widget):
    """A view into an Emulator's screen and scrollback."""

    COMPONENT_CLASSES: ClassVar[set[str]] = {"terminal--found", "terminal--here"}
    DEFAULT_CSS = """
    TerminalSight { height: 1fr; width: 1fr; background: $background; color: $foreground; }
    TerminalSight > .terminal--found { background: $warning 40%; }
    TerminalSight > .terminal--here { background: $warning; color: $background; text-style: bold; }
    """

    class Moved(Message):
        """The view was scrolled, or shows the end again; ``back`` lines above it."""

        def __init__(self, back: int) -> None:
            super().__init__()
            self.back = back

    def __init__(self, emulator: Emulator, *, id: str | None = None) -> None:
        super().__init__(id=id)
        self._emulator = emulator
        self._back = 0
        self._pushed = emulator.scrollback.pushed
        self._rows: list[Line] | None = None
        self._cursor = (-1, -1, False)
        self._found: str = ""
        self._here = -1

    @property
    def emulator(self) -> Emulator:
        """The one on show."""
        return self._emulator

    @property
    def back(self) -> int:
        """Lines between the end and what is shown last; 0 at the end."""
        return self._back

    def _all(self) -> None:
        self._rows = None
        screen = self._emulator.screen
        self._cursor = (screen.cursor.x, screen.cursor.y, screen.cursor.hidden)
        screen.dirty.clear()
        self.refresh()

    # -- scrolling and finding --------------------------------------------------------------------

    def scroll_lines(self, lines: int) -> None:
        """Up for a positive number; down to the end at most."""
        back = min(max(0, self._back + lines), len(self._emulator.scrollback))
        if back != self._back:
            self._back = back
            self._pushed = self._emulator.scrollback.pushed
            self._all()
            self.post_message(self.Moved(back))

    def scroll_page(self, pages: int) -> None:
        """The same by pages, which share a line."""
        self.scroll_lines(pages * max(1, self.size.height - 1))

    def to_end(self) -> None:
        """Where the guest is now."""
        self.scroll_lines(-self._back)

    def to_start(self) -> None:
        """The oldest line."""
        self.scroll_lines(len(self._emulator.scrollback))

    def find(self, text: str, step: int = -1) -> tuple[int, int]:
        """Show the next line with ``text`` in it, upwards for -1; (which, of how many), (0, 0) when there is none."""
        emulator = self._emulator
        places = emulator.find(text)
        changed, self._found = text != self._found, text
        if not places:
            self._here = -1
            self._all()
            return 0, 0
        if changed or self._here < 0:
            chosen = len(places) - 1 if step < 0 else 0
        else:
            later = [place for place in places if (place - self._here) * step > 0]
            chosen = places.index((later[-1] if step < 0 else later[0]) if later else places[-1 if step < 0 else 0])
        self._here = places[chosen]
        below = len(emulator.scrollback) + emulator.screen.lines - self._here
        if not self._back < below <= self._back + self.size.height:
            self.scroll_lines(max(0, below - self.size.height // 2) - self._back)
        self._all()
        return chosen + 1, len(places)

    def find_nothing(self) -> None:
        """No marks any more."""
        self._found, self._here = "", -1
        self._all()

    # -- painting ---------------------------------------------------------------------------------

    def _shown(self) -> list[Line]:
        if self._rows is None:
            rows = self._emulator.lines(self._back, self.size.height)
            self._rows = rows + [()] * (self.size.height - len(rows))
        return self._rows

    def render_line(self, y: int) -> Strip:
        """Row ``y`` of the view."""
        width, base = self.size.width, self.rich_style
        rows = self._shown()
        line = rows[y] if y < len(rows) else ()
        swapped = self._emulator.screen.reversed_video
        segments = [Segment(text, base + style_of(look, swapped)) for text, look in line]
        strip = Strip(segments).adjust_cell_length(width, base)
        if self._found:
            strip = self._with_finds(strip, line, y)
        strip = self._with_selection(strip, y)
        screen = self._emulator.screen
        if not self._back and y == screen.cursor.y and not screen.cursor.hidden:
            x = min(screen.cursor.x, width - 1)
            strip = _over(strip, x, x + 1, Style(reverse=True) if self.has_focus else Style(underline=True))
        return strip.apply_offsets(0, y)

    def _with_finds(self, strip: Strip, line: Line, y: int) -> Strip:
        text, wanted = line_text(line).casefold(), self._found.casefold()
        emulator = self._emulator
        first = len(emulator.scrollback) + emulator.screen.lines - self._back - self.size.height
        name = "terminal--here" if first + y == self._here else "terminal--found"
        at = text.find(wanted)
        while at >= 0:
            strip = _over(strip, at, at + len(wanted), self.get_component_rich_style(name))
            at = text.find(wanted, at + len(wanted))
        return strip

    def _with_selection(self, strip: Strip, y: int) -> Strip:
        selection = self.text_selection
        span = None if selection is None else selection.get_span(y)
        if span is None:
            return strip
        start, end = span
        end = self.size.width if end == -1 else end
        return _over(strip, start, end, self.screen.get_component_rich_style("screen--selection"))

    def get_selection(self, selection: Selection) -> tuple[str, str] | None:
        """What the mouse marked."""
        return selection.extract("\n".join(line_text(line) for line in self._shown())), "\n"

    def selection_updated(self, selection: Selection | None) -> None:  # noqa: ARG002 - Textual's
        """Paint it."""
        self.refresh()

    def shown_text(self) -> str:
        """What is on show, as text."""
        return "\n".join(line_text(line).rstrip() for line in self._shown()).strip("\n")


def _over(strip: Strip, start: int, end: int, style: Style) -> Strip:
    """Cells ``start`` to ``end`` in another style, which wins over their own."""
    width = strip.cell_length
    start, end = max(0, start), min(width, end)
    if start >= end:
        return strip
    cuts = [cut for cut in (start, end, width) if cut]
    parts = list(strip.divide(cuts))
    at = 1 if start else 0
    changed = [Segment(text, (own or Style()) + style) for text, own, _ in parts[at]]
    parts[at] = Strip(changed, parts[at].cell_length)
    return Strip.join(parts)
