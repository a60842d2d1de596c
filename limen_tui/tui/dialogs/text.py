"""Asks for a line of text, or yes or no. May import textual. UI thread."""

from __future__ import annotations

from collections.abc import Callable
from typing import ClassVar

from textual.app import ComposeResult
from textual.binding import Binding, BindingType
from textual.containers import Horizontal
from textual.widgets import Button, Input, Label

from limen_tui.errors import InputError
from limen_tui.tui.dialogs.base import Dialog
from limen_tui.tui.dialogs.form import FormDialog


class TextDialog(FormDialog[str | None]):
    """One line. ``check`` raises ``InputError`` for what cannot be used; the dialog then stays and says why."""

    def __init__(
        self, title: str, label: str, value: str = "", *, note: str = "", check: Callable[[str], object] | None = None
    ) -> None:
        super().__init__(title)
        self._label, self._value, self._note, self._check = label, value, note, check

    def body(self) -> ComposeResult:
        """Label, line, note, buttons."""
        yield Label(self._label, markup=False)
        yield Input(self._value, id="text", select_on_focus=False)
        yield Label(self._note, id="note", classes="dialog--note", markup=False)
        yield from self.buttons()

    def accept(self) -> None:
        """What was typed, where it can be used."""
        text = self.query_one(Input).value
        if self._check is not None:
            try:
                self._check(text)
            except InputError as error:
                self.complain(error)
                return
        self.dismiss(text)


class YesNoDialog(Dialog[bool | None]):
    """A question with a safe answer that has the focus; ``y`` and ``n`` answer as well."""

    DEFAULT_CSS = "YesNoDialog Label { width: 100%; }"

    BINDINGS: ClassVar[list[BindingType]] = [
        Binding("y", "yes", "Yes", show=False),
        Binding("n", "cancel", "No", show=False),
    ]

    def __init__(self, title: str, text: str, yes: str, no: str = "Cancel") -> None:
        super().__init__(title)
        self._text, self._yes, self._no = text, yes, no

    def body(self) -> ComposeResult:
        """The question and two buttons."""
        yield Label(self._text, markup=False)
        with Horizontal(classes="dialog--buttons"):
            yield Button(self._no, id="no")
            yield Button(self._yes, id="yes", variant="warning")

    def on_mount(self) -> None:
        """The safe answer has the keyboard."""
        super().on_mount()
        self.set_focus(self.query_one("#no"))

    def on_button_pressed(self, event: Button.Pressed) -> None:
        """One of the two."""
        self.dismiss(event.button.id == "yes")

    def action_yes(self) -> None:
        """The y key."""
        self.dismiss(True)
