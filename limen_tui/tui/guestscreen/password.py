"""Asks for the password of a VNC server. Used once and not kept. UI thread."""

from __future__ import annotations

from textual.app import ComposeResult
from textual.widgets import Input, Label

from limen_tui.model.units import clean
from limen_tui.tui.dialogs.form import FormDialog


class VNCPasswordDialog(FormDialog[str | None]):
    """Dismisses with what was typed; ``None`` to do without."""

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
        yield from self.buttons()

    def accept(self) -> None:
        """The line is empty from then on."""
        field = self.query_one(Input)
        password, field.value = field.value, ""
        self.dismiss(password)
