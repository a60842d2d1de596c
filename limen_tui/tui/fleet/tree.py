"""The hosts on the left: state, load, VMs, and why a host is down. May import textual, limen_widgets. UI thread."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import ClassVar, Final

from limen_widgets.line_table import Column, LineTable
from limen_widgets.line_table.lines import natural
from limen_widgets.line_table.messages import RowActivated
from rich.cells import cell_len
from textual import events, on
from textual.app import ComposeResult
from textual.binding import Binding, BindingType
from textual.message import Message
from textual.widget import Widget

from limen_tui.fleet.view import FleetView, Totals
from limen_tui.model.host import HostSnapshot, HostState
from limen_tui.model.ports import Clock
from limen_tui.tui.fleet import cells, fmt
from limen_tui.tui.fleet.glyphs import host_look
from limen_tui.tui.fleet.lines import Line

ALL: Final = ""
"""The identity of the first row: every host."""
METER_CELLS: Final = 4
NAME_CELLS: Final = 8
"""What a name has beside glyph and load in a tree of its usual width."""
NO_TOTALS: Final = Totals()


@dataclass(frozen=True, slots=True, eq=False)
class TreeRow:
    """A host; with ``host`` ``None`` a group's heading, or without group all hosts."""

    host: HostSnapshot | None
    totals: Totals
    group: str = ""
    chosen: bool = False
    seconds: int | None = None
    """Until the next attempt to connect."""

    @property
    def is_header(self) -> bool:
        """Whether it is a group's heading."""
        return self.host is None and bool(self.group)

    @property
    def id(self) -> str:
        """The host's id, ``ALL``, or the heading's."""
        if self.host is not None:
            return self.host.host.id
        return f"group {self.group}" if self.group else ALL


class HostTable(LineTable[TreeRow]):
    """The table inside; the right arrow goes to the VMs, one click shows a host."""

    BINDINGS: ClassVar[list[BindingType]] = [Binding("right", "leave", "To the VMs", show=False)]

    class Left(Message):
        """The keyboard should go to the main view."""

    def action_leave(self) -> None:
        """To the VMs."""
        self.post_message(self.Left())

    def on_click(self, event: events.Click) -> None:
        """Choose what was clicked at."""
        index = self._index_at(event.y) if event.y else None
        if index is not None:
            self._go(index)
            self.action_activate()


class HostTree(Widget):
    """Hosts by group. Enter on one shows it alone; on the first row, all of them."""

    NARROW: ClassVar[int] = 100
    """Below this terminal width it is hidden unless asked for."""
    DEFAULT_CSS = """
    HostTree {
        width: 28; height: 1fr; background: $surface;
        border-right: vkey $panel;
    }
    HostTree HostTable {
        background: $surface; scrollbar-size-vertical: 1; scrollbar-background: $surface;
        & > .line-table--dim { color: $foreground; text-style: dim; }
    }
    """

    class HostChosen(Message):
        """A host is to be shown alone, or with ``None`` all of them."""

        def __init__(self, host_id: str | None) -> None:
            super().__init__()
            self.host_id = host_id

    class Left(Message):
        """The keyboard should go to the main view."""

    def __init__(self, clock: Clock, *, id: str | None = "tree") -> None:
        super().__init__(id=id)
        self._clock = clock
        self._view = FleetView()
        self._chosen: str | None = None
        self._rows: dict[str, TreeRow] = {}

    def compose(self) -> ComposeResult:
        """One table."""
        yield HostTable(tree_columns(), lambda row: row.id, id="tree-table", markable=False)

    def on_mount(self) -> None:
        """Count down to the next attempts also while nothing else happens."""
        self.set_interval(1.0, self._tick)

    @property
    def table(self) -> HostTable:
        """The table inside."""
        return self.query_one(HostTable)

    @property
    def cursor_host(self) -> str | None:
        """Id of the host under the cursor; ``None`` on the first row."""
        row = self.table.cursor_row
        return row.host.host.id if row is not None and row.host is not None else None

    def show_fleet(self, view: FleetView) -> None:
        """Take in new hosts; rows that did not change cost nothing."""
        self._view = view
        self._refill()

    def show_host(self, host_id: str | None) -> None:
        """Say which host the views are limited to."""
        self._chosen = host_id
        self._refill()
        self.table.move_to(host_id or ALL)

    def focus_main(self) -> None:
        """Take the keyboard."""
        self.screen.set_focus(self.table)

    def _tick(self) -> None:
        if self.display and any(host.retry_at is not None for host in self._view.hosts):
            self._refill()

    def _refill(self) -> None:
        if not self.is_mounted:
            return
        now = self._clock.wall()
        hosts = sorted(self._view.hosts, key=lambda host: natural(host.host.group))
        grouped = any(host.host.group for host in hosts)
        rows = {ALL: self._kept(TreeRow(None, self._view.totals, chosen=self._chosen is None))}
        for host in hosts:
            group = (host.host.group or "no group") if grouped else ""
            if grouped and f"group {group}" not in rows:
                header = self._kept(TreeRow(None, NO_TOTALS, group))
                rows[header.id] = header
            left = None if host.retry_at is None else max(0, round(host.retry_at - now))
            row = self._kept(TreeRow(host, NO_TOTALS, group, self._chosen == host.host.id, left))
            rows[row.id] = row
        self._rows = rows
        self.table.set_rows(list(rows.values()))

    def _kept(self, row: TreeRow) -> TreeRow:
        """The row from before where nothing in it changed, so that the table need not look at it again."""
        old = self._rows.get(row.id)
        if old is None or old.host is not row.host or old.totals != row.totals:
            return row
        return old if (old.chosen, old.seconds) == (row.chosen, row.seconds) else row

    @on(RowActivated)
    def _activated(self, event: RowActivated) -> None:
        """Enter: show that host."""
        event.stop()
        row = event.row
        if isinstance(row, TreeRow) and not row.is_header:
            self.post_message(self.HostChosen(row.host.host.id if row.host is not None else None))

    def on_host_table_left(self, event: HostTable.Left) -> None:
        """Right arrow."""
        event.stop()
        self.post_message(self.Left())


def tree_columns() -> Sequence[Column[TreeRow]]:
    """Name, and load or trouble."""
    return (
        Column("host", "Hosts", _name, min_width=8, max_width=40, flex=1, sticky=True, highlight=False, priority=0),
        Column("load", "CPU   VMs ", _load, width=13, align="right", highlight=False, priority=1),
    )


def _name(row: TreeRow) -> Line:
    mark = "▸" if row.chosen else " "
    if row.is_header:
        return ((fmt.clean(row.group), "header"),)
    if row.host is None:
        return ((mark, "accent"), ("All hosts", "bold"))
    look = host_look(row.host)
    style = row.host.host.colour if row.host.state is HostState.UP else "dim"
    return ((mark, "accent"), (look.glyph + " ", look.kind), (_short(fmt.clean(row.host.host.name)), style))


def _short(name: str) -> str:
    """Long names lose their middle: hosts of one site begin alike and differ at the end."""
    return name if cell_len(name) <= NAME_CELLS else f"{name[:3]}…{name[-(NAME_CELLS - 4):]}"


def counts(part: int, whole: int) -> str:
    """Nine cells at most: the bar above the tables has every digit of thousands."""
    some, all_ = (str(number) if number < 10_000 else f"{number // 1000}k" for number in (part, whole))
    return f"{some:>4}/{all_:<4}"


def _load(row: TreeRow) -> Line:
    if row.is_header:
        return ()
    if row.host is None:
        totals = row.totals
        return (*_meter(totals.cpu_pct), (counts(totals.running, totals.vms), ""))
    host = row.host
    if host.state is HostState.UP:
        return (*_meter(host.load.cpu_pct), (counts(host.running, len(host.vms)), ""))
    word = {HostState.NEEDS_AUTH: "sign in", HostState.CONNECTING: "connecting"}.get(host.state, host.state.value)
    if row.seconds is not None and host.state is HostState.DOWN:
        word = f"retry in {row.seconds} s"
    return ((word, host_look(host).kind),)


def _meter(share: float | None) -> Line:
    if share is None:
        return ((" " * METER_CELLS, ""),)
    return fmt.meter(share, METER_CELLS, cells.heat(share))
