"""Consoles on a screen of their own, with a strip of those that are open. May import textual, fleet. UI thread."""

from __future__ import annotations

from typing import TYPE_CHECKING, ClassVar

from textual import events, on
from textual.app import ComposeResult
from textual.screen import Screen

from limen_tui.fleet.view import FleetView
from limen_tui.model.vm import VMKey
from limen_tui.tui.console.desk import desk_of
from limen_tui.tui.console.panel import ConsolePanel
from limen_tui.tui.console.strip import LOOK, ConsoleStrip

if TYPE_CHECKING:
    from limen_tui.tui.app import LimenApp


class ConsoleScreen(Screen[None]):
    """Every key but ctrl+] goes to the guest. Leaving keeps the consoles open in the background."""

    AUTO_FOCUS = "ConsoleTerminal"
    DEFAULT_CSS = "ConsoleScreen { layout: vertical; }"

    def __init__(self, app: LimenApp, key: VMKey) -> None:
        super().__init__()
        self._limen = app
        self._desk = desk_of(app)
        self._key = key

    takes_every_key: ClassVar[bool] = True
    """All keys come here first, also those typed before the terminal is there: they wait in this screen's queue."""

    def leads(self, key: str) -> bool:
        """Whether what comes after a key may not be for the guest on show."""
        return self.panel.terminal.leads(key)

    async def on_key(self, event: events.Key) -> None:
        """On to the terminal, in their order."""
        await self.panel.terminal.on_key(event)

    def on_paste(self, event: events.Paste) -> None:
        """The same way as the keys: an Enter after it must not be there first."""
        self.panel.terminal.on_paste(event)

    def compose(self) -> ComposeResult:
        """Strip, console."""
        yield ConsoleStrip(id="console-strip")
        yield ConsolePanel(self._limen, self._key, switches=True)

    @property
    def panel(self) -> ConsolePanel:
        """The console on show."""
        return self.query_one(ConsolePanel)

    def on_mount(self) -> None:
        """Those in the background may print."""
        self.set_interval(LOOK, self._show_strip)
        self._show_strip()

    def show_fleet(self, view: FleetView) -> None:  # noqa: ARG002 - the desk looks itself
        """A VM or host changed."""
        if self.is_mounted:
            self.panel.show_state()
            self._show_strip()

    def on_resize(self) -> None:
        """Too low a terminal has no room for the strip."""
        self.query_one(ConsoleStrip).display = self.app.size.height >= 6
        self._show_strip()

    def _show_strip(self) -> None:
        if not self.is_mounted:
            return
        here = self._desk.get(*self.panel.place)
        host = here.console.host_name if here is not None else ""
        self.query_one(ConsoleStrip).show_consoles(
            self._desk.consoles, self.panel.place, head="Console", name_of=lambda each: each.label, tail=f"on {host}"
        )  # fmt: skip

    @on(ConsolePanel.Left)
    def _leave(self) -> None:
        count = len(self._desk.consoles)
        what = "The console stays" if count == 1 else f"{count} consoles stay"
        self._limen.notify(f"{what} open in the background (x in the menu closes)", markup=False, timeout=4)
        self.dismiss(None)

    @on(ConsolePanel.Closed)
    def _one_closed(self) -> None:
        left = self._desk.consoles
        if left:
            self.panel.show_console(*left[-1].place)
            self._show_strip()
        else:
            self.dismiss(None)

    @on(ConsolePanel.Switched)
    def _switched(self, event: ConsolePanel.Switched) -> None:
        places = [each.place for each in self._desk.consoles]
        here = self.panel.place
        if len(places) > 1 and here in places:
            self.panel.show_console(*places[(places.index(here) + event.by) % len(places)])
            self._show_strip()
