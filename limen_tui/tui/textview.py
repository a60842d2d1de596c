"""A full screen of text: scrolls, searches. May import textual, rich. UI thread."""

from __future__ import annotations

from collections.abc import Sequence
from typing import ClassVar

from rich.segment import Segment
from rich.style import Style
from rich.text import Text
from textual.app import ComposeResult
from textual.binding import Binding, BindingType
from textual.containers import Horizontal
from textual.geometry import Size
from textual.scroll_view import ScrollView
from textual.strip import Strip
from textual.widgets import Input, Label

from limen_tui.model.units import clean
from limen_tui.tui.dialogs.once import OnceScreen


class TextLines(ScrollView, can_focus=True):
    """Lines of styled text, rendered only where they are on screen."""

    BINDINGS: ClassVar[list[BindingType]] = [
        Binding("j,down", "scroll_down", "Down", show=False),
        Binding("k,up", "scroll_up", "Up", show=False),
        Binding("g,home", "scroll_home", "Top", show=False),
        Binding("G,end", "scroll_end", "End", show=False),
        Binding("ctrl+f,pagedown,space", "page_down", "Page down", show=False),
        Binding("ctrl+b,pageup", "page_up", "Page up", show=False),
    ]
    DEFAULT_CSS = "TextLines { height: 1fr; }"

    def __init__(self, *, id: str | None = None) -> None:
        super().__init__(id=id)
        self.lines: Sequence[Text] = ()
        self._found = ""
        self.at = -1

    def show(self, lines: Sequence[Text]) -> None:
        """Show other lines, from the top."""
        self.at = -1
        self._take(lines)
        self.scroll_home(animate=False)

    def go_on(self, lines: Sequence[Text]) -> None:
        """Show what the lines have become: as far down as before, or at the end where that was on screen."""
        at_end = self.scroll_offset.y >= self.max_scroll_y
        self._take(lines)
        if at_end:
            self.scroll_end(animate=False, immediate=True)

    def _take(self, lines: Sequence[Text]) -> None:
        self.lines = lines
        self.virtual_size = Size(max((line.cell_len for line in lines), default=0), len(lines))
        self.refresh()

    def find(self, text: str, *, step: int = 1, again: bool = False) -> int:
        """Mark and go to the next line with ``text`` (from the current one on); how many there are."""
        self._found = text.lower()
        hits = [number for number, line in enumerate(self.lines) if self._found and self._found in line.plain.lower()]
        if hits:
            start = self.at + (step if again else 0)
            ahead = [n for n in hits if n >= start] if step > 0 else [n for n in reversed(hits) if n <= start]
            self.at = ahead[0] if ahead else hits[0 if step > 0 else -1]
            self.scroll_to(y=max(0, self.at - self.size.height // 3), animate=False)
        else:
            self.at = -1
        self.refresh()
        return len(hits)

    def render_line(self, y: int) -> Strip:
        """One line, cut to what is on screen."""
        number = y + self.scroll_offset.y
        width, base = self.size.width, self.rich_style
        if not 0 <= number < len(self.lines):
            return Strip.blank(width, base)
        line = self.lines[number]
        if self._found and self._found in line.plain.lower():
            line = line.copy()
            low = line.plain.lower()
            at = low.find(self._found)
            while at >= 0:
                line.stylize(Style(reverse=True), at, at + len(self._found))
                at = low.find(self._found, at + len(self._found))
        if number == self.at:
            base += Style(bold=True, underline=True)
        segments = [Segment(s.text, base + s.style if s.style else base) for s in line.render(self.app.console, end="")]
        left = self.scroll_offset.x
        return Strip(segments).crop_extend(left, left + width, base)


class TextScreen(OnceScreen[None]):
    """A title, text lines, a search line. Subclasses fill ``TextLines`` in ``on_mount``."""

    BINDINGS: ClassVar[list[BindingType]] = [
        Binding("escape,q", "back", "Back", show=False),
        Binding("slash", "search", "Search", show=False),
        Binding("n", "again(1)", "Next", show=False),
        Binding("N", "again(-1)", "Before", show=False),
    ]
    DEFAULT_CSS = """
    TextScreen { layout: vertical; background: $background; }
    TextScreen #head { height: 1; background: $panel; padding: 0 1; text-style: bold; width: 1fr; }
    TextScreen #foot { height: 1; background: $panel; }
    TextScreen #foot Label { width: 1fr; color: $text-muted; padding: 0 1; }
    TextScreen #foot Input { width: 1fr; height: 1; border: none; padding: 0 1; display: none; }
    TextScreen.-searching #foot Input { display: block; }
    """

    def __init__(self, title: str) -> None:
        super().__init__()
        self._title = clean(title)

    def compose(self) -> ComposeResult:
        """Head, text, foot."""
        yield Label(self._title, id="head", markup=False)
        yield TextLines(id="text")
        with Horizontal(id="foot"):
            field = Input(placeholder="Search", id="search", select_on_focus=False)
            field.cursor_blink = False
            yield field
            yield Label("/ search   n next   Esc back", id="hint", markup=False)

    @property
    def text(self) -> TextLines:
        """The lines."""
        return self.query_one(TextLines)

    def on_mount(self) -> None:
        """The text has the keyboard."""
        self.set_focus(self.text)

    def action_search(self) -> None:
        """Open the search line; the keyboard is in it before the next key."""
        self.add_class("-searching")
        self.set_focus(self.query_one("#search", Input))

    def on_input_changed(self, event: Input.Changed) -> None:
        """Search as it is typed."""
        number = self.text.find(event.value)
        self.query_one("#hint", Label).update(f"{number} lines   n next   Esc back" if event.value else "")

    def on_input_submitted(self) -> None:
        """Keep what was found; the keyboard goes to the text."""
        self.set_focus(self.text)

    def action_again(self, step: int) -> None:
        """The next or the one before."""
        self.text.find(self.query_one("#search", Input).value, step=step, again=True)

    def action_back(self) -> None:
        """First the search goes, then the screen."""
        field = self.query_one("#search", Input)
        if self.has_class("-searching"):
            self.remove_class("-searching")
            field.value = ""
            self.set_focus(self.text)
        else:
            self.dismiss(None)
