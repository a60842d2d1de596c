"""A view made of one table: filter line, table, details below. May import textual, limen_widgets, fleet. UI thread."""

from __future__ import annotations

from collections.abc import Hashable, Sequence
from typing import TYPE_CHECKING, Any, ClassVar, Generic, TypeVar

from limen_widgets.line_table import Column, LineTable
from limen_widgets.line_table.messages import ColumnsChanged, CursorMoved, MarksChanged, SortChanged
from textual import on
from textual.app import ComposeResult
from textual.binding import Binding, BindingType

from limen_tui.fleet.view import FleetView
from limen_tui.model.actions import Target
from limen_tui.model.host import HostSnapshot
from limen_tui.tui.fleet.filterbar import FilterBar
from limen_tui.tui.fleet.lines import Line, Lines
from limen_tui.tui.viewpanel import Needs, ViewPanel

if TYPE_CHECKING:
    from limen_tui.tui.app import LimenApp

R = TypeVar("R")


class Details(Lines):
    """Lines below a table about the row under the cursor."""

    COMPONENT_CLASSES: ClassVar[set[str]] = {
        "details--label", "details--value", "details--good", "details--warn", "details--bad",
    }  # fmt: skip
    DEFAULT_CSS = """
    Details {
        background: $panel; color: $foreground;
        & > .details--label { color: $text-muted; }
        & > .details--value { text-style: bold; }
        & > .details--good { color: $text-success; }
        & > .details--warn { color: $text-warning; }
        & > .details--bad { color: $text-error; }
    }
    """


class TablePanel(ViewPanel, Generic[R]):
    """Subclasses give columns, identity, rows, details; a plain text filters over ``search``."""

    UNUSED: ClassVar[frozenset[str]] = frozenset({"view.group"})
    SORT: ClassVar[tuple[str, bool]] = ("", False)
    MARKABLE: ClassVar[bool] = False
    """Whether keys act on marked rows: where they do not, rows cannot be marked."""
    DETAIL_LINES: ClassVar[int] = 0
    BINDINGS: ClassVar[list[BindingType]] = [Binding("escape", "back_out", "Back", show=False)]

    def __init__(self, app: LimenApp) -> None:
        super().__init__()
        self.limen = app
        self.fleet = app.fleet
        self._host_id: str | None = None
        self._strip = True
        self._words: tuple[str, ...] = ()

    # -- what a subclass says ---------------------------------------------------------------------

    def columns(self) -> Sequence[Column[R]]:
        """Of the table."""
        raise NotImplementedError

    def identity(self, row: R) -> Hashable:
        """What a row is found again by."""
        raise NotImplementedError

    def rows(self, view: FleetView) -> Sequence[R]:
        """All rows now."""
        raise NotImplementedError

    def search(self, row: R) -> str:
        """The text that a filter looks in."""
        raise NotImplementedError

    def details(self, row: R) -> list[Line]:  # noqa: ARG002
        """Lines about the row under the cursor."""
        return []

    def empty_text(self) -> str:
        """Why there are no rows, and what to do."""
        return "Nothing here."

    # -- the panel --------------------------------------------------------------------------------

    def compose(self) -> ComposeResult:
        """Top to bottom."""
        yield FilterBar()
        yield LineTable(self.columns(), self.identity, id=f"{self.view_id}-table", markable=self.MARKABLE)
        if self.DETAIL_LINES:
            yield Details(id=f"{self.view_id}-details")

    def on_mount(self) -> None:
        """Take up what was chosen last time."""
        self.limen.memory.apply(self.view_id, self.table, self.SORT)
        self._place_details()
        # Its own queue, so that it runs when the panel and what is in it are there.
        self.call_later(self.limen.main.arrived, self)

    @property
    def table(self) -> LineTable[R]:
        """The table inside."""
        return self.query_one(LineTable)

    def show_fleet(self, view: FleetView) -> None:
        """Refill; unchanged rows cost nothing."""
        if not self.is_mounted or not self.children:
            return
        table = self.table
        table.set_rows(tuple(self.rows(view)))
        table.set_empty_text("Nothing matches the filter. Esc clears it." if self._words and table.row_count
                             else self.empty_text())  # fmt: skip
        self.query_one(FilterBar).show_count(table.rows_shown, table.row_count)
        self.show_details()

    def show_details(self) -> None:
        """Bring the lines below up to date."""
        if self.DETAIL_LINES:
            row = self.table.cursor_row
            self.query_one(Details).show_lines([] if row is None else self.details(row)[: self.DETAIL_LINES])

    def target(self) -> Target:
        """The host that the row under the cursor belongs to."""
        row = self.table.cursor_row if self.children else None
        host = self.host_of(row) if row is not None else None
        return Target((), (host,) if host is not None else (), self.fleet.read_only)

    def host_of(self, row: R) -> HostSnapshot | None:  # noqa: ARG002
        """The host of a row, for host actions."""
        return None

    def show_host(self, host_id: str | None) -> None:
        """Limit to one host. A display that is held still shows the other host's rows as they are now."""
        if host_id == self._host_id:
            return
        self._host_id = host_id
        if self.children:
            self.show_anew()

    def show_anew(self) -> None:
        """Something else is looked at: show it as it is now, also where the display is held still."""
        frozen, self.table.freeze = self.table.freeze, False
        self.show_fleet(self.fleet.view)
        self.table.freeze = frozen

    def in_scope(self, host_id: str) -> bool:
        """Whether rows of that host are to be shown."""
        return self._host_id is None or self._host_id == host_id

    def watched(self) -> Needs:
        """Nothing of VMs; every host for what is on show of it."""
        return Needs(frozenset(host.id for host in self.fleet.hosts))

    def open_filter(self) -> None:
        """Open the filter line."""
        self.query_one(FilterBar).open()

    def step_back(self) -> bool:
        """Escape undoes one layer: marks, then the filter."""
        if self.table.marked or self.table.range_begun:
            self.table.action_clear_marks()
            return True
        bar = self.query_one(FilterBar)
        if bar.text:
            bar.text = ""
            return True
        return False

    def action_back_out(self) -> None:
        """Escape."""
        self.limen.main.step_back()

    def toggle_strip(self) -> None:
        """Show or hide the details."""
        self._strip = not self._strip
        self._place_details()

    def on_resize(self) -> None:
        """Details only where there is room."""
        self._place_details()

    def _place_details(self) -> None:
        for part in self.query(Details):
            part.display = self._strip and self.size.height >= self.DETAIL_LINES + 8
            part.styles.height = self.DETAIL_LINES

    @on(FilterBar.Changed)
    def _filter_changed(self, event: FilterBar.Changed) -> None:
        event.stop()
        words = self._words = tuple(event.text.lower().split())
        self.table.set_filter((lambda row: self._matches(row, words)) if words else None)
        self.show_fleet(self.fleet.view)

    def _matches(self, row: R, words: Sequence[str]) -> bool:
        text = self.search(row).lower()
        return all(word in text for word in words)

    @on(FilterBar.Left)
    def _filter_left(self, event: FilterBar.Left) -> None:
        event.stop()
        self.focus_main()

    @on(CursorMoved)
    def _cursor_moved(self) -> None:
        self.show_details()

    @on(SortChanged)
    def _sorted(self, event: SortChanged) -> None:
        self.limen.memory.keep_sort(self.view_id, event.column_id, event.reverse)

    @on(ColumnsChanged)
    def _columns_changed(self, event: ColumnsChanged) -> None:
        self.limen.memory.keep_columns(self.view_id, event.column_ids)

    @on(MarksChanged)
    def _marks_changed(self) -> None:
        self.show_details()


def fact(label: str, text: str, kind: str = "") -> list[Any]:
    """A label and its value, as pieces of a line."""
    return [(f" {label} ", "details--label"), (text, f"details--{kind}" if kind else "")]
