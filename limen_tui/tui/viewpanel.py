"""What every view of the main screen is. May import textual, fleet and model. UI thread."""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import Any, ClassVar

from limen_widgets.line_table import LineTable
from textual.message import Message
from textual.widget import Widget

from limen_tui.fleet.view import FleetView
from limen_tui.model.actions import Target
from limen_tui.model.samples import ALL_GROUPS, StatsGroup
from limen_tui.model.vm import VMKey


@dataclass(frozen=True, slots=True)
class WatchNeeds:
    """What a view wants sampled often. Hosts not named tick at the slow rate."""

    hosts: frozenset[str] = frozenset()
    visible: frozenset[VMKey] = frozenset()
    """VMs on screen, for drivers that give no bulk figures."""
    groups: frozenset[StatsGroup] = field(default=ALL_GROUPS)


class ViewPanel(Widget):
    """One of the views: VMs, hosts, storage, networks, jobs, events. Its DOM id is ``view_id``."""

    view_id: ClassVar[str] = ""
    HANDLES: ClassVar[frozenset[str]] = frozenset()
    """Ids of ``view.*`` actions with scope VIEW that mean something here; the others are dimmed."""
    DEFAULT_CSS = "ViewPanel { width: 1fr; height: 1fr; layout: vertical; }"

    class TargetChanged(Message):
        """The cursor or the marks are elsewhere: other keys apply."""

    class OpenWanted(Message):
        """Enter on a VM: show it on its own."""

        def __init__(self, key: VMKey) -> None:
            super().__init__()
            self.key = key

    class HostWanted(Message):
        """Show this host alone (``None``: all of them) in the view of VMs."""

        def __init__(self, host_id: str | None) -> None:
            super().__init__()
            self.host_id = host_id

    def __init__(self, *, id: str | None = None) -> None:
        super().__init__(id=id or self.view_id)

    def show_fleet(self, view: FleetView) -> None:
        """Take in a new fleet view. Called only while visible, and once on becoming visible."""

    def target(self) -> Target:
        """What actions are aimed at at this moment: marked rows, else the one under the cursor."""
        return Target()

    def watched(self) -> WatchNeeds:
        """What is to be sampled often while this view is on show."""
        return WatchNeeds()

    def show_host(self, host_id: str | None) -> None:
        """Limit the view to one host, or show the whole fleet."""

    def focus_main(self) -> None:
        """Put the keyboard where the person expects it."""
        if (table := self.table) is not None:
            table.focus()

    def open_filter(self) -> None:
        """Show the filter's input and put the keyboard there."""

    def go_to(self, key: VMKey | str) -> bool:
        """Put the cursor on a VM (or, by its id, a host); whether it is on show."""
        table = self.table
        return table is not None and table.move_to(key)

    def step_back(self) -> bool:
        """Escape: undo one layer (marks, filter); whether there was one."""
        return False

    def refresh_now(self) -> None:
        """ctrl+r, after the hosts on show were asked to sample: ask again for what is not sampled."""

    def group_next(self) -> str:
        """Group the table by the next thing; what that is, for a notice."""
        return ""

    def toggle_strip(self) -> bool:
        """Show or hide the part below the table; whether it is on show now."""
        return False

    def set_frozen(self, frozen: bool) -> None:
        """Hold the display still, or catch up."""
        if (table := self.table) is not None:
            table.freeze = frozen

    @property
    def table(self) -> LineTable[Any] | None:
        """The main table, for the column chooser and what is remembered; ``None`` where there is none."""
        return None
