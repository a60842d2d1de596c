"""Title and description of a VM, kept in libvirt's own metadata. May import textual. UI thread."""

from __future__ import annotations

from typing import ClassVar

from textual.app import ComposeResult
from textual.binding import Binding, BindingType
from textual.widgets import Input, Label, TextArea

from limen_tui.tui.dialogs.form import FormDialog


class NotesDialog(FormDialog["tuple[str, str] | None"]):
    """A line and a text of several lines; ctrl+s saves from both."""

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
        yield from self.buttons("Save")

    def on_mount(self) -> None:
        """No blinking in the text either."""
        super().on_mount()
        self.query_one(TextArea).cursor_blink = False

    def entered(self, field: Input) -> None:  # noqa: ARG002 - there is but one
        """Enter goes on to the description."""
        self.set_focus(self.query_one(TextArea))

    def accept(self) -> None:
        """Save."""
        self.dismiss((self.query_one(Input).value, self.query_one(TextArea).text))

    def action_accept(self) -> None:
        """ctrl+s."""
        self.accept()
