"""Title and description of a VM, kept in libvirt's own metadata. May import textual. UI thread."""

from __future__ import annotations

from typing import ClassVar

from textual.app import ComposeResult
from textual.binding import Binding, BindingType
from textual.containers import Horizontal
from textual.widgets import Button, Input, Label, TextArea

from limen_tui.tui.dialogs.base import Dialog


class NotesDialog(Dialog["tuple[str, str] | None"]):
    """A line and a text of several lines; ctrl+s saves from both."""

    TYPES: ClassVar[bool] = True
    BINDINGS: ClassVar[list[BindingType]] = [Binding("ctrl+s", "accept", "Save", show=False, priority=True)]
    DEFAULT_CSS = """
    NotesDialog TextArea { height: 8; border: none; padding: 0 1; background: $panel; }
    NotesDialog TextArea:focus { border: none; }
    """

    def __init__(self, name: str, title: str, description: str) -> None:
        super().__init__(f"Notes of {name}")
        self._was = title, description

    def body(self) -> ComposeResult:
        """Title, description, buttons."""
        title, description = self._was
        yield Label("Title", markup=False)
        yield Input(title, id="title", select_on_focus=False)
        yield Label("Description", markup=False)
        yield TextArea(description, id="description", tab_behavior="focus", soft_wrap=True, theme="css")
        yield Label("Kept in the VM's definition, where virsh and virt-manager see it. ^s saves.",
                    classes="dialog--note", markup=False)  # fmt: skip
        with Horizontal(classes="dialog--buttons"):
            yield Button("Save", id="ok", variant="primary")
            yield Button("Cancel", id="cancel")

    def on_mount(self) -> None:
        """The title has the keyboard."""
        super().on_mount()
        self.query_one(TextArea).cursor_blink = False
        self.set_focus(self.query_one(Input))

    def on_input_submitted(self) -> None:
        """Enter goes on to the description."""
        self.set_focus(self.query_one(TextArea))

    def on_button_pressed(self, event: Button.Pressed) -> None:
        """Save or cancel."""
        if event.button.id == "ok":
            self.action_accept()
        else:
            self.action_cancel()

    def action_accept(self) -> None:
        """Save."""
        self.dismiss((self.query_one(Input).value, self.query_one(TextArea).text))
