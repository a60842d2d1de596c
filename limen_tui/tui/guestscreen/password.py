"""Asks for the password of a VNC server. Used once and not kept. UI thread."""

from __future__ import annotations

from typing import ClassVar

from textual.app import ComposeResult
from textual.containers import Horizontal
from textual.widgets import Button, Input, Label

from limen_tui.model.units import clean
from limen_tui.tui.dialogs.base import Dialog


class VNCPasswordDialog(Dialog[str | None]):
    """Dismisses with what was typed; ``None`` to do without."""

    TYPES: ClassVar[bool] = True

    def __init__(self, name: str, wrong: str = "") -> None:
        super().__init__(f"Screen of {name}")
        self._wrong = wrong

    def body(self) -> ComposeResult:
        """The line, hidden."""
        yield Label("Its VNC server asks for a password; the first eight characters count.", markup=False)
        if self._wrong:
            yield Label(clean(self._wrong), classes="dialog--problem", markup=False)
        yield Input(password=True, id="password", select_on_focus=False)
        yield Label("It is not kept. Esc shows the screen by pictures instead.", classes="dialog--note", markup=False)
        with Horizontal(classes="dialog--buttons"):
            yield Button("OK", id="ok", variant="primary")
            yield Button("Cancel", id="cancel")

    def on_mount(self) -> None:
        """The line has the keyboard."""
        super().on_mount()
        self.set_focus(self.query_one(Input))

    def on_input_submitted(self) -> None:
        """Enter."""
        self._accept()

    def on_button_pressed(self, event: Button.Pressed) -> None:
        """OK or Cancel."""
        if event.button.id == "ok":
            self._accept()
        else:
            self.action_cancel()

    def _accept(self) -> None:
        field = self.query_one(Input)
        password, field.value = field.value, ""
        self.dismiss(password)
