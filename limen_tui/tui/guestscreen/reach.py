"""Says how to get at a guest's screen from another machine. UI thread."""

from __future__ import annotations

from collections.abc import Sequence
from typing import ClassVar

from textual.app import ComposeResult
from textual.binding import Binding, BindingType
from textual.containers import Horizontal
from textual.widgets import Button, Label

from limen_tui.model.units import clean
from limen_tui.tui.dialogs.base import Dialog


class ReachDialog(Dialog[None]):
    """Lines to read; ``y`` copies the command among them."""

    BINDINGS: ClassVar[list[BindingType]] = [Binding("y", "copy", "Copy", show=False)]

    def __init__(self, lines: Sequence[str]) -> None:
        super().__init__("Viewer")
        self._lines = [clean(line) for line in lines]

    def body(self) -> ComposeResult:
        """The lines and a button."""
        for line in self._lines:
            yield Label(line, markup=False)
        with Horizontal(classes="dialog--buttons"):
            yield Button("Close", id="close", variant="primary")
            if self._command:
                yield Button("Copy the command", id="copy")

    @property
    def _command(self) -> str:
        return next((line.strip() for line in self._lines if line.strip().startswith("ssh ")), "")

    def on_mount(self) -> None:
        """Close has the keyboard."""
        super().on_mount()
        self.set_focus(self.query_one("#close"))

    def on_button_pressed(self, event: Button.Pressed) -> None:
        """One of the two."""
        if event.button.id == "copy":
            self.action_copy()
        self.dismiss(None)

    def action_copy(self) -> None:
        """To the terminal's clipboard."""
        if self._command:
            self.app.copy_to_clipboard(self._command)
            self.app.notify("Copied the command", markup=False, timeout=3)
