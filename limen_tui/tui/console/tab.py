"""The serial console as a tab of a VM's screen. May import textual, fleet and model. UI thread."""

from __future__ import annotations

from typing import ClassVar

from textual import on
from textual.app import ComposeResult

from limen_tui.fleet.view import FleetView
from limen_tui.model.vm import VM
from limen_tui.tui.console.desk import desk_of
from limen_tui.tui.console.panel import ConsolePanel
from limen_tui.tui.console.strip import LOOK, ConsoleStrip
from limen_tui.tui.vm.tab import VMTab


class ConsoleTab(VMTab):
    """Keys go to the guest; ctrl+] opens the menu, and once more gives the keys back."""

    tab_id: ClassVar[str] = "console"
    title: ClassVar[str] = "Console"
    takes_keys: ClassVar[bool] = True

    DEFAULT_CSS = "ConsoleTab ConsoleStrip { display: none; }"

    def compose(self) -> ComposeResult:
        """The console; above it, once the VM has more than one line open, which they are."""
        yield ConsoleStrip()
        yield ConsolePanel(self.limen, self.key, switches=False)

    def on_mount(self) -> None:
        """Those in the background may print."""
        self.set_interval(LOOK, self._show_strip)

    def _show_strip(self) -> None:
        if not self.is_mounted or not self.is_on_screen:
            return
        panel, strip = self.query_one(ConsolePanel), self.query_one(ConsoleStrip)
        lines = desk_of(self.limen).lines_of(self.key)
        strip.display = len(lines) > 1
        if strip.display:
            strip.show_consoles(
                lines, panel.place, head="Lines", name_of=lambda each: each.console.device or "default",
                tail="^] Tab next",
            )  # fmt: skip

    def show_vm(self, vm: VM | None, view: FleetView) -> None:  # noqa: ARG002 - the desk looks itself
        """Its state may be another."""
        self.query_one(ConsolePanel).show_state()

    def arrived(self) -> None:
        """The terminal has the keyboard."""
        panel = self.query_one(ConsolePanel)
        panel.pause(False)
        self.screen.set_focus(panel.terminal)

    def left(self) -> None:
        """It stays open in the background."""
        for panel in self.query(ConsolePanel):
            panel.pause(True)

    @on(ConsolePanel.Switched)
    def _switched(self, event: ConsolePanel.Switched) -> None:
        event.stop()
        panel = self.query_one(ConsolePanel)
        places = [each.place for each in desk_of(self.limen).lines_of(self.key)]
        if panel.place in places:
            panel.show_console(*places[(places.index(panel.place) + event.by) % len(places)])
        self._show_strip()

    @on(ConsolePanel.Closed)
    def _line_closed(self, event: ConsolePanel.Closed) -> None:
        event.stop()
        lines = desk_of(self.limen).lines_of(self.key)
        self.query_one(ConsolePanel).show_console(*(lines[-1].place if lines else (self.key, "")))
        self._show_strip()

    @on(ConsolePanel.Left)
    def _leave(self, event: ConsolePanel.Left) -> None:
        event.stop()
        self.give_keys_back()
