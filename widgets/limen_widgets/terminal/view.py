"""A terminal on the screen: paints the lines of an Emulator that changed, and sends keys. UI thread.

May import textual, rich and pyte. Painting is skipped while output rushes by: the owner calls ``show_changes`` as often
as it likes, and the view paints at most so many times a second.
"""

from __future__ import annotations

from time import perf_counter
from typing import ClassVar, Final

from rich.segment import Segment
from rich.style import Style
from textual import events
from textual.geometry import Region, Size
from textual.message import Message
from textual.selection import Selection
from textual.strip import Strip
from textual.timer import Timer
from textual.widget import Widget

from limen_widgets.terminal.emulator import Emulator
from limen_widgets.terminal.keys import encode_key, encode_paste
from limen_widgets.terminal.looks import style_of
from limen_widgets.terminal.scrollback import Line, line_text

FRAME: Final = 1 / 30
"""Seconds between paints while output rushes by."""
WHEEL: Final = 3


class TerminalView(Widget, can_focus=True):
    """Shows one Emulator at a time. Every key but those of the scrollback, and what ``intercept`` takes,
    becomes bytes."""

    COMPONENT_CLASSES: ClassVar[set[str]] = {"terminal--found", "terminal--here"}
    DEFAULT_CSS = """
    TerminalView { height: 1fr; width: 1fr; background: $background; color: $foreground; }
    TerminalView > .terminal--found { background: $warning 40%; }
    TerminalView > .terminal--here { background: $warning; color: $background; text-style: bold; }
    """
    takes_every_key: ClassVar[bool] = True
    """For the owner of the keys: no binding of its own may come before this widget."""

    class Typed(Message):
        """Bytes for the far end."""

        def __init__(self, data: bytes) -> None:
            super().__init__()
            self.data = data

    class Moved(Message):
        """The view was scrolled, or shows the end again; ``back`` lines above it."""

        def __init__(self, back: int) -> None:
            super().__init__()
            self.back = back

    class Sized(Message):
        """The view has another size."""

        def __init__(self, columns: int, lines: int) -> None:
            super().__init__()
            self.columns, self.lines = columns, lines

    def __init__(self, emulator: Emulator | None = None, *, id: str | None = None) -> None:
        super().__init__(id=id)
        self._emulator = emulator or Emulator()
        self._back = 0
        self._pushed = self._emulator.scrollback.pushed
        self._rows: list[Line] | None = None
        self._cursor = (-1, -1, False)
        self._painted_at = 0.0
        self._late: Timer | None = None
        self._found: str = ""
        self._here = -1

    # -- what is shown ----------------------------------------------------------------------------

    @property
    def emulator(self) -> Emulator:
        """The one on show."""
        return self._emulator

    @property
    def back(self) -> int:
        """Lines between the end and what is shown last; 0 at the end."""
        return self._back

    def show(self, emulator: Emulator) -> None:
        """Show another one, at its end."""
        self._emulator = emulator
        self._back, self._pushed, self._found, self._here = 0, emulator.scrollback.pushed, "", -1
        self._fit()
        self._all()

    def show_changes(self) -> None:
        """Paint what changed, now or soon."""
        wait = self._painted_at + FRAME - perf_counter()
        if wait <= 0:
            self._paint()
        elif self._late is None:
            self._late = self.set_timer(wait, self._paint)

    def _paint(self) -> None:
        if self._late is not None:
            self._late.stop()
            self._late = None
        self._painted_at = perf_counter()
        screen = self._emulator.screen
        came = self._emulator.scrollback.pushed - self._pushed
        self._pushed += came
        if self._back:
            # what is read stays where it is, as long as it is kept
            at = min(self._back + came, len(self._emulator.scrollback))
            moved = at != self._back + came
            self._back = at
            if moved or not came:
                self._all()
            screen.dirty.clear()
            return
        self._rows = None
        rows = {y for y in screen.dirty if y < self.size.height}
        screen.dirty.clear()
        cursor = (screen.cursor.x, screen.cursor.y, screen.cursor.hidden)
        if cursor != self._cursor:
            rows |= {self._cursor[1], cursor[1]}
            self._cursor = cursor
        width = self.size.width
        if len(rows) >= self.size.height:
            self.refresh()
        elif rows:
            self.refresh(*[Region(0, y, width, 1) for y in rows if y >= 0])

    def _all(self) -> None:
        self._rows = None
        screen = self._emulator.screen
        self._cursor = (screen.cursor.x, screen.cursor.y, screen.cursor.hidden)
        screen.dirty.clear()
        self.refresh()

    def _fit(self) -> None:
        columns, lines = self.size
        if columns >= 2 and lines >= 2 and self._emulator.size != (columns, lines):
            self._emulator.resize(columns, lines)

    def on_resize(self) -> None:
        """The emulator gets the room there is."""
        self._fit()
        self._all()
        self.post_message(self.Sized(*self._emulator.size))

    def get_content_height(self, container: Size, viewport: Size, width: int) -> int:  # noqa: ARG002 - Textual's
        """All there is."""
        return container.height

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
        segments = [Segment(text, base + style_of(look._replace(data=""), swapped)) for text, look in line]
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

    # -- keys -------------------------------------------------------------------------------------

    def check_consume_key(self, key: str, character: str | None) -> bool:  # noqa: ARG002 - Textual's
        """All of them are taken."""
        return True

    def intercept(self, event: events.Key) -> bool:  # noqa: ARG002 - for those that make something of it
        """Whether a key is not meant for the far end; what it does is done right here."""
        return False

    async def on_key(self, event: events.Key) -> None:
        """To the far end, all but the keys of the scrollback and those that were intercepted."""
        event.stop()
        event.prevent_default()
        if self.intercept(event):
            return
        if event.key in ("shift+pageup", "shift+pagedown"):
            self.scroll_page(1 if event.key == "shift+pageup" else -1)
        else:
            data = encode_key(event.key, event.character, application=self._emulator.application_cursor)
            if data:
                self.to_end()
                self.post_message(self.Typed(data))

    def on_paste(self, event: events.Paste) -> None:
        """As if typed, in brackets where the far end wants them."""
        event.stop()
        self.to_end()
        self.post_message(self.Typed(encode_paste(event.text, bracketed=self._emulator.bracketed_paste)))

    def on_mouse_scroll_up(self, event: events.MouseScrollUp) -> None:
        """Back."""
        event.stop()
        self.scroll_lines(WHEEL)

    def on_mouse_scroll_down(self, event: events.MouseScrollDown) -> None:
        """Towards the end."""
        event.stop()
        self.scroll_lines(-WHEEL)

    def on_focus(self) -> None:
        """The cursor shows who has the keys."""
        self._all()

    def on_blur(self) -> None:
        """The same."""
        self._all()


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
