"""Shows what would change in a definition, and asks. May import textual. UI thread."""

from __future__ import annotations

from collections.abc import Sequence
from typing import ClassVar

from rich.text import Text
from textual.app import ComposeResult
from textual.binding import Binding, BindingType
from textual.containers import Horizontal
from textual.widgets import Button, Label

from limen_tui.model.units import clean
from limen_tui.tui.dialogs.base import Dialog
from limen_tui.tui.textview import TextLines

_STYLES = {"+": "bold green", "-": "bold red", "@": "dim"}


def diff_text(lines: Sequence[str]) -> list[Text]:
    """Lines of a diff; added and removed ones tell by their first character, and by colour."""
    return [Text(clean(line), style=_STYLES.get(line[:1], "")) for line in lines] or [Text("Nothing differs.", "dim")]


class DifferenceDialog(Dialog[bool | None]):
    """Dismisses with whether to go on. ``note`` is said above, ``no`` is the safe button."""

    BINDINGS: ClassVar[list[BindingType]] = [
        Binding("y", "yes", "Yes", show=False),
        Binding("n", "no", "No", show=False),
    ]
    DEFAULT_CSS = """
    DifferenceDialog > .dialog--box { width: 110; }
    DifferenceDialog TextLines { height: 16; margin-top: 1; background: $panel; }
    """

    def __init__(self, title: str, note: str, lines: Sequence[str], *, yes: str, no: str = "Cancel") -> None:
        super().__init__(title)
        self._note, self._lines, self._yes, self._no = note, lines, yes, no

    def body(self) -> ComposeResult:
        """The note, the diff, the buttons."""
        yield Label(clean(self._note), classes="dialog--note", markup=False)
        yield TextLines(id="diff")
        with Horizontal(classes="dialog--buttons"):
            yield Button(self._no, id="no")
            yield Button(self._yes, id="yes", variant="warning")

    def on_mount(self) -> None:
        """The safe answer has the keyboard."""
        super().on_mount()
        self.query_one(TextLines).show(diff_text(self._lines))
        self.on_resize()
        self.set_focus(self.query_one("#no"))

    def on_resize(self) -> None:
        """As much of the diff as there is room for."""
        self.query_one(TextLines).styles.height = max(3, min(len(self._lines) + 1, self.size.height - 8))

    def on_button_pressed(self, event: Button.Pressed) -> None:
        """One of the two."""
        self.dismiss(event.button.id == "yes")

    def action_yes(self) -> None:
        """The y key."""
        self.dismiss(True)

    def action_no(self) -> None:
        """The n key."""
        self.dismiss(False)
