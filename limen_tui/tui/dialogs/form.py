"""Dialogs with fields: the first has the keyboard, Enter and the left button accept, Cancel leaves. UI thread."""

from __future__ import annotations

from abc import abstractmethod
from typing import ClassVar, TypeVar

from textual.app import ComposeResult
from textual.containers import Horizontal
from textual.widget import Widget
from textual.widgets import Button, Input, Label

from limen_tui.errors import InputError
from limen_tui.model.units import paragraph
from limen_tui.tui.dialogs.base import Dialog

T = TypeVar("T")


class FormDialog(Dialog[T]):
    """Fields, a label ``note`` for what is to be known or is wrong, and :meth:`buttons` below."""

    TYPES: ClassVar[bool] = True

    def buttons(self, accept: str = "OK", *, warns: bool = False) -> ComposeResult:
        """The last of the body."""
        with Horizontal(classes="dialog--buttons"):
            yield Button(accept, id="ok", variant="warning" if warns else "primary")
            yield Button("Cancel", id="cancel")

    def on_mount(self) -> None:
        """The keyboard goes where typing begins."""
        super().on_mount()
        self.set_focus(self.first())

    def first(self) -> Widget:
        """What has the keyboard first."""
        return self.query(Input).first()

    def on_input_submitted(self, event: Input.Submitted) -> None:
        """Enter in a field."""
        event.stop()
        self.entered(event.input)

    def on_button_pressed(self, event: Button.Pressed) -> None:
        """One of the two."""
        if event.button.id == "ok":
            self.accept()
        elif event.button.id == "cancel":
            self.action_cancel()

    def entered(self, field: Input) -> None:  # noqa: ARG002 - for those where Enter goes on to the next field
        """Enter accepts the whole."""
        self.accept()

    @abstractmethod
    def accept(self) -> None:
        """Dismiss with what was typed, or :meth:`complain`."""

    def complain(self, problem: InputError | str) -> None:
        """Stay, and say why where the note was."""
        note = self.query_one("#note", Label)
        note.set_classes("dialog--problem")
        note.update(problem if isinstance(problem, str) else paragraph(str(problem), problem.hint))
