"""Asks before a host is taken off the list. UI thread."""

from __future__ import annotations

from textual.app import ComposeResult
from textual.containers import Horizontal
from textual.widgets import Button, Label

from limen_tui.model.host import HostSnapshot
from limen_tui.model.units import clean
from limen_tui.tui.dialogs.base import Dialog


class RemoveHostDialog(Dialog[str | None]):
    """Dismisses with ``keep`` or ``forget``, for what was remembered of its VMs; ``None`` changes nothing."""

    def __init__(self, host: HostSnapshot) -> None:
        super().__init__(f"Remove {host.host.name}?")
        self._host = host

    def body(self) -> ComposeResult:
        """What goes and what stays."""
        host = self._host
        vms = f"{len(host.vms)} VM{'' if len(host.vms) == 1 else 's'}"
        yield Label(clean(host.host.uri), classes="dialog--note", markup=False)
        yield Label(f"Limen no longer looks after it. The host and its {vms} are not touched.", markup=False)
        yield Label("Keep what was last seen of them, or forget that too?", markup=False)
        with Horizontal(classes="dialog--buttons"):
            yield Button("Cancel", id="cancel")
            yield Button("Remove and keep", id="keep", variant="warning")
            yield Button("Remove and forget", id="forget", variant="error")

    def on_mount(self) -> None:
        """The safe answer has the keyboard."""
        super().on_mount()
        self.set_focus(self.query_one("#cancel"))

    def on_button_pressed(self, event: Button.Pressed) -> None:
        """One of the three."""
        self.dismiss(event.button.id if event.button.id != "cancel" else None)
