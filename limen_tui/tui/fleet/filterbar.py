"""The filter line of a table: an input, and below it what is wrong with the text, at its place, or could follow.

May import textual. UI thread.
"""

from __future__ import annotations

from collections.abc import Callable
from typing import ClassVar, Final

from rich.cells import cell_len
from textual.app import ComposeResult
from textual.binding import Binding, BindingType
from textual.containers import Horizontal, Vertical
from textual.message import Message
from textual.widgets import Input

from limen_tui.tui.fleet.lines import Line, Lines, line_width

PROMPT: Final = 3
"""Cells before the text."""


class FilterInput(Input):
    """The text itself. Enter keeps the filter, Escape clears it and, when it is empty, closes the bar."""

    BINDINGS: ClassVar[list[BindingType]] = [
        Binding("escape", "clear_or_close", "Clear", show=False),
        Binding("tab", "complete", "Complete", show=False),
        Binding("down", "keep", "Keep", show=False),
    ]

    class Closed(Message):
        """The bar is left; the text stays as it is."""

    class CompletionWanted(Message):
        """Tab was pressed."""

    def action_clear_or_close(self) -> None:
        """Escape: first the text goes, then the bar."""
        if self.value:
            self.value = ""
        else:
            self.post_message(self.Closed())

    def action_keep(self) -> None:
        """Down: to the table, the filter stays."""
        self.post_message(self.Closed())

    def action_complete(self) -> None:
        """Tab: put in the first suggestion."""
        self.post_message(self.CompletionWanted())


class Note(Lines):
    """The prompt, and the line below the text."""

    COMPONENT_CLASSES: ClassVar[set[str]] = {
        "note--dim", "note--strong", "note--bad", "note--offer",
    }  # fmt: skip
    DEFAULT_CSS = """
    Note {
        & > .note--dim { color: $text-muted; }
        & > .note--strong { text-style: bold; }
        & > .note--bad { color: $text-error; }
        & > .note--offer { color: $text-accent; }
    }
    """


class FilterBar(Vertical):
    """``/ text``, and below it a problem at its place, or what could follow. Hidden while not in use."""

    DEFAULT_CSS = """
    FilterBar {
        height: auto; display: none; background: $surface;
        &.-open, &.-kept { display: block; }
        & Horizontal { height: 1; }
        & .filter--prompt { width: 3; height: 1; }
        & FilterInput { width: 1fr; height: 1; border: none; padding: 0; background: $surface; }
        & FilterInput:focus { border: none; }
        & .filter--count { width: auto; max-width: 40%; height: 1; }
        & .filter--below { height: 1; display: none; }
        &.-open .filter--below { display: block; }
    }
    """

    class Changed(Message):
        """The text changed; ``text`` is the whole of it."""

        def __init__(self, text: str) -> None:
            super().__init__()
            self.text = text

    class Left(Message):
        """The keyboard should go back to the table."""

    def __init__(
        self, *, stay: bool = True, mistake_in: Callable[[str], tuple[Line, int] | None] | None = None
    ) -> None:
        """``stay``: remain on show while there is a filter; else the panel says elsewhere that there is one.

        A text in which ``mistake_in`` finds something, at a character, cannot be kept.
        """
        super().__init__()
        self._stay = stay
        self._mistake_in = mistake_in
        self._completion: str | None = None

    def compose(self) -> ComposeResult:
        """The line and the one below."""
        with Horizontal():
            yield Note(classes="filter--prompt")
            yield FilterInput(compact=True, select_on_focus=False, id="filter-input")
            yield Note(classes="filter--count")
        yield Note(classes="filter--below")

    @property
    def text(self) -> str:
        """The filter as typed."""
        return self.query_one(FilterInput).value

    @text.setter
    def text(self, value: str) -> None:
        self.query_one(FilterInput).value = value

    def open(self) -> None:
        """Show the bar; the keyboard is in it before the next key is looked at."""
        self.add_class("-open")
        self.screen.set_focus(self.query_one(FilterInput))

    def on_mount(self) -> None:
        """No blinking: an idle screen writes nothing."""
        self.query_one(FilterInput).cursor_blink = False
        self.query_one(".filter--prompt", Note).show_lines([((" / ", "note--offer"),)])

    def on_input_changed(self, event: Input.Changed) -> None:
        """Pass it on as ours."""
        event.stop()
        self.set_class(self._stay and bool(event.value.strip()), "-kept")
        self.post_message(self.Changed(event.value))

    def on_input_submitted(self, event: Input.Submitted) -> None:
        """Enter keeps the filter."""
        event.stop()
        self._leave()

    def on_filter_input_closed(self, event: FilterInput.Closed) -> None:
        """Escape on an empty line, or Down."""
        event.stop()
        self._leave()

    def _leave(self) -> None:
        mistake = self._mistake_in(self.text) if self._mistake_in is not None else None
        if mistake is not None:
            self.show_below(*mistake, self._completion)
            return
        self.remove_class("-open")
        self.post_message(self.Left())

    def on_filter_input_completion_wanted(self, event: FilterInput.CompletionWanted) -> None:
        """Tab."""
        event.stop()
        if self._completion is not None:
            field = self.query_one(FilterInput)
            field.value = self._completion
            field.cursor_position = len(self._completion)

    def show_count(self, shown: int, total: int) -> None:
        """``12 of 10,000`` at the right."""
        text = f" {shown:,} of {total:,} "
        note = self.query_one(".filter--count", Note)
        note.styles.width = len(text)
        note.show_lines([((text, "note--strong"),)])

    def show_below(self, line: Line, at: int = 0, completion: str | None = None) -> None:
        """The line below begins under character ``at`` of the text; Tab makes the text ``completion``."""
        self._completion = completion
        room = max(0, self.size.width - PROMPT - 1)
        start = min(cell_len(self.text[:at]), max(0, room - line_width(line)))
        self.query_one(".filter--below", Note).show_lines([((" " * (PROMPT + start), ""), *line)])
