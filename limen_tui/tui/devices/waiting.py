"""Waits for a host's answer; Escape gives up. UI thread."""

from __future__ import annotations

from collections.abc import Callable
from typing import TYPE_CHECKING, Any

from textual.app import ComposeResult
from textual.message import Message
from textual.widgets import Label

from limen_tui.model.units import clean
from limen_tui.model.vm import VM
from limen_tui.tui.devices.asking import ask
from limen_tui.tui.dialogs.base import Dialog

if TYPE_CHECKING:
    from limen_tui.fleet.fleet import Fleet
    from limen_tui.model.ports import HostVerbs


class WaitingDialog(Dialog[Any]):
    """Dismisses with the answer, the ``LimenError``, or ``None`` when given up."""

    class Came(Message):
        """The host's answer."""

        def __init__(self, answer: Any) -> None:
            super().__init__()
            self.answer = answer

    def __init__(self, fleet: Fleet, vm: VM, call: Callable[[HostVerbs], Any]) -> None:
        super().__init__(vm.name)
        self._fleet, self._vm, self._call = fleet, vm, call

    def body(self) -> ComposeResult:
        """One line."""
        yield Label(f"Asking {clean(self._vm.host_name)} …   Esc gives up", markup=False)

    def on_mount(self) -> None:
        """Ask."""
        super().on_mount()
        ask(self, self._fleet, self._vm.key.host_id, self._call, self.Came)

    def on_waiting_dialog_came(self, event: Came) -> None:
        """That is all it waited for."""
        event.stop()
        if self.is_current:
            self.dismiss(event.answer)
