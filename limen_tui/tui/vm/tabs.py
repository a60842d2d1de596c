"""The tabs of a VM's screen, in the order of their keys; each is imported when it is first shown. UI thread."""

from __future__ import annotations

from dataclasses import dataclass
from functools import cache
from importlib import import_module
from importlib.util import find_spec
from typing import TYPE_CHECKING, Final

from limen_tui.model.vm import VMKey
from limen_tui.tui.vm.tab import VMTab

if TYPE_CHECKING:
    from limen_tui.tui.app import LimenApp


@dataclass(frozen=True, slots=True)
class TabMaker:
    """Where a tab is found, and the number that shows it."""

    number: int
    tab_id: str
    title: str
    module: str
    name: str

    def kind(self) -> type[VMTab]:
        """The class of the tab; imports its module."""
        found = getattr(import_module(self.module), self.name)
        if not (isinstance(found, type) and issubclass(found, VMTab)):
            raise TypeError(f"{self.module}.{self.name} is no VMTab")
        return found

    def make(self, app: LimenApp, key: VMKey) -> VMTab:
        """A new one for a VM."""
        return self.kind()(app, key)


_TUI: Final = "limen_tui.tui"
ALL: Final = (
    TabMaker(1, "overview", "Overview", f"{_TUI}.vm.overview", "OverviewTab"),
    TabMaker(2, "graphs", "Graphs", f"{_TUI}.vm.graphs", "GraphsTab"),
    TabMaker(3, "console", "Console", f"{_TUI}.console.tab", "ConsoleTab"),
    TabMaker(4, "screen", "Screen", f"{_TUI}.guestscreen.tab", "GuestScreenTab"),
    TabMaker(5, "disks", "Disks", f"{_TUI}.devices.tabs", "DisksTab"),
    TabMaker(6, "network", "Network", f"{_TUI}.devices.tabs", "NetworkTab"),
    TabMaker(7, "guest", "Guest", f"{_TUI}.vm.guest", "GuestTab"),
    TabMaker(8, "xml", "XML", f"{_TUI}.vm.xml", "XMLTab"),
    TabMaker(9, "history", "History", f"{_TUI}.vmhistory.tab", "HistoryTab"),
)


@cache
def tabs() -> tuple[TabMaker, ...]:
    """Those that are part of this build; the numbers of the others stay free."""
    return tuple(maker for maker in ALL if _exists(maker.module))


def _exists(module: str) -> bool:
    try:
        return find_spec(module) is not None
    except ModuleNotFoundError:
        return False
