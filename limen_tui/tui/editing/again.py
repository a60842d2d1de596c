"""Asks what becomes of an edit that was not defined. May import textual. UI thread."""

from __future__ import annotations

from textual.app import ComposeResult
from textual.containers import Horizontal
from textual.widgets import Button, Label

from limen_tui.model.units import clean
from limen_tui.tui.dialogs.base import Dialog

AGAIN, DROP = "again", "drop"


class AgainDialog(Dialog[str | None]):
    """Dismisses with ``again`` or ``drop``; ``None`` leaves the text kept for later.

    It may open by itself when a job has failed: no letter answers it, and a stray Enter only puts it off.
    """

    DEFAULT_CSS = "AgainDialog Label { width: 100%; }"

    def __init__(self, title: str, why: str, *, drop: str = "Drop it") -> None:
        super().__init__(title)
        self._why, self._drop = why, drop

    def body(self) -> ComposeResult:
        """Why it was not defined, what is kept, three buttons."""
        yield Label(clean(self._why), markup=False)
        yield Label("What you typed is kept; Later leaves it for the next e.", classes="dialog--note", markup=False)
        with Horizontal(classes="dialog--buttons"):
            yield Button("Later", id="later")
            yield Button("Edit again", id=AGAIN, variant="primary")
            yield Button(self._drop, id=DROP, variant="warning")

    def on_mount(self) -> None:
        """The answer that loses nothing has the keyboard."""
        super().on_mount()
        self.set_focus(self.query_one("#later"))

    def on_button_pressed(self, event: Button.Pressed) -> None:
        """One of the three."""
        self.dismiss(event.button.id if event.button.id in (AGAIN, DROP) else None)
