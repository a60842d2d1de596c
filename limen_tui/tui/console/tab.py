"""The serial console as a tab of a VM's screen. May import textual, fleet and model. UI thread."""

from __future__ import annotations

from typing import ClassVar

from textual import on
from textual.app import ComposeResult

from limen_tui.fleet.view import FleetView
from limen_tui.model.vm import VM
from limen_tui.tui.console.panel import ConsolePanel
from limen_tui.tui.vm.tab import VMTab


class ConsoleTab(VMTab):
    """Keys go to the guest; ctrl+] opens the menu, and once more gives the keys back."""

    tab_id: ClassVar[str] = "console"
    title: ClassVar[str] = "Console"
    takes_keys: ClassVar[bool] = True

    def compose(self) -> ComposeResult:
        """The console."""
        yield ConsolePanel(self.limen, self.key, switches=False)

    def show_vm(self, vm: VM | None, view: FleetView) -> None:  # noqa: ARG002 - the desk looks itself
        """Its state may be another."""
        self.query_one(ConsolePanel).show_state()

    def arrived(self) -> None:
        """The terminal has the keyboard."""
        panel = self.query_one(ConsolePanel)
        panel.pause(False)
        panel.terminal.focus()

    def left(self) -> None:
        """It stays open in the background."""
        for panel in self.query(ConsolePanel):
            panel.pause(True)

    @on(ConsolePanel.Left)
    def _leave(self, event: ConsolePanel.Left) -> None:
        event.stop()
        self.give_keys_back()
