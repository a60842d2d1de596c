"""What every view of the main screen is. May import textual, fleet and model. UI thread."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass, field
from typing import Any, ClassVar

from limen_widgets.line_table import LineTable
from textual.widget import Widget

from limen_tui.fleet.view import FleetView
from limen_tui.model.actions import Target
from limen_tui.model.samples import USUAL_GROUPS, StatsGroup
from limen_tui.model.vm import VMKey


@dataclass(frozen=True, slots=True)
class Needs:
    """What a view wants sampled often. Hosts not named tick at the slow rate."""

    hosts: frozenset[str] = frozenset()
    visible: frozenset[VMKey] = frozenset()
    """VMs on screen, for drivers that give no bulk figures."""
    groups: frozenset[StatsGroup] = field(default=USUAL_GROUPS)
    close: frozenset[VMKey] = frozenset()
    """VMs of which the figures of each device are wanted."""


class ViewPanel(Widget):
    """One of the views: VMs, hosts, storage, networks, jobs, events. Its DOM id is ``view_id``."""

    view_id: ClassVar[str] = ""
    UNUSED: ClassVar[frozenset[str]] = frozenset()
    """Ids of actions of scope VIEW that mean nothing here: their keys are dimmed."""
    OFFERS: ClassVar[frozenset[str]] = frozenset()
    """Ids of actions of scope VIEW that the app's commands do for this view alone."""
    DEFAULT_CSS = "ViewPanel { width: 1fr; height: 1fr; }"

    def __init__(self, *, id: str | None = None) -> None:
        super().__init__(id=id or self.view_id)

    def has_own(self, keys: Iterable[str]) -> bool:
        """Whether one of ``keys`` means something of this view's own."""
        return any(key in self._bindings.key_to_bindings for key in keys)

    def show_fleet(self, view: FleetView) -> None:
        """Take in a new fleet view. Called only while visible, and once on becoming visible."""

    def target(self) -> Target:
        """What actions are aimed at at this moment: marked rows, else the one under the cursor."""
        return Target()

    def watched(self) -> Needs:
        """What is to be sampled often while this view is on show."""
        return Needs()

    def show_host(self, host_id: str | None) -> None:
        """Limit the view to one host, or show the whole fleet."""

    def focus_main(self) -> None:
        """Put the keyboard where the person expects it, before the next key is looked at."""
        if (table := self.table) is not None:
            self.screen.set_focus(table)

    def open_filter(self) -> None:
        """Show the filter's input and put the keyboard there."""

    def show_vm(self, key: VMKey) -> bool:  # noqa: ARG002 - for views of VMs
        """Put the cursor on a VM; what hides it gives way. Whether it is there."""
        return False

    def step_back(self) -> bool:
        """Escape: undo one layer (marks, filter); whether there was one."""
        return False

    def refresh_now(self) -> None:
        """ctrl+r, after the hosts on show were asked to sample: ask again for what is not sampled."""

    def cycle_grouping(self) -> str:
        """Group the table by the next thing; what that is now, empty for nothing."""
        return ""

    def toggle_strip(self) -> None:
        """Show or hide the part below the table."""

    def toggle_freeze(self) -> bool:
        """Hold the display still, or let it go on; whether it is held now."""
        table = self.table
        if table is None:
            return False
        table.freeze = not table.freeze
        return table.freeze

    @property
    def table(self) -> LineTable[Any] | None:
        """The main table, for the column chooser and what is remembered; ``None`` where there is none."""
        return None
