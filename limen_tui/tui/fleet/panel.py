"""The VMs view: filter, table, detail strip. May import textual, limen_widgets, fleet and model. UI thread."""

from __future__ import annotations

from collections.abc import Sequence
from typing import ClassVar, Final, NamedTuple

from limen_widgets.line_table.messages import (
    ColumnsChanged,
    CursorLost,
    CursorMoved,
    MarksChanged,
    RowActivated,
    SortChanged,
)  # fmt: skip
from textual import on
from textual.app import ComposeResult
from textual.binding import Binding, BindingType
from textual.message import Message

from limen_tui.fleet.fleet import MANY, Fleet
from limen_tui.fleet.view import FleetView
from limen_tui.model.actions import Target
from limen_tui.model.history import Series
from limen_tui.model.vm import VM, VMKey
from limen_tui.tui.fleet import grouping
from limen_tui.tui.fleet.columns import columns_in, groups_for, vm_columns
from limen_tui.tui.fleet.empty import empty_lines
from limen_tui.tui.fleet.filterbar import FilterBar
from limen_tui.tui.fleet.filtering import Filter, mistake_in
from limen_tui.tui.fleet.scope import ScopeLine, ScopeState
from limen_tui.tui.fleet.strip import DetailStrip
from limen_tui.tui.fleet.table import EmptyNote, VMTable
from limen_tui.tui.viewpanel import Needs, ViewPanel

BREATH: Final = 0.9
"""Seconds at least between two fillings of a large table with new figures; what happens (a state, a host) still shows
at once."""
STRIP_FROM: Final = 20
"""Lines of the panel from which the strip is shown by itself."""
REACTION: Final = 0.7
"""Seconds in which a key is still meant for the VM that was under the cursor, should that have left the table (gone,
or no longer what the filter wants): a person has not seen yet that another is there."""
SORT, GROUPING = "vms.sort", "vms.grouping"
"""What order and grouping are remembered as between runs; the main screen remembers the order of every view."""


class Lost(NamedTuple):
    """A VM that left the table from under the cursor."""

    key: VMKey
    now_at: VMKey | None
    """Where the cursor went by itself."""
    at: float
    """Monotonic seconds."""


class FleetPanel(ViewPanel):
    """Every VM, or those of one host."""

    view_id = "vms"
    BINDINGS: ClassVar[list[BindingType]] = [Binding("escape", "back_out", "Back", show=False)]
    DEFAULT_CSS = """
    FleetPanel VMTable.-empty { height: 1; }
    """

    class VMOpened(Message):
        """Enter on a VM."""

        def __init__(self, key: VMKey) -> None:
            super().__init__()
            self.key = key

    class ScopeLeft(Message):
        """Escape with nothing else to undo: the whole fleet is wanted."""

    def __init__(self, fleet: Fleet, *, columns: Sequence[str] = (), id: str | None = None) -> None:
        super().__init__(id=id)
        self._fleet = fleet
        self._view = fleet.view
        self._wanted_columns = tuple(columns)
        self._host_id: str | None = None
        self._filter = Filter()
        self._grouping = ""
        self._frozen = False
        self._filled_at = float("-inf")
        self._happened: tuple[int, ...] = ()
        self._late = False
        self._strip_wanted: bool | None = None
        self._lost: Lost | None = None
        self._rows: tuple[object, tuple[VM, ...]] = (None, ())

    def compose(self) -> ComposeResult:
        """Top to bottom."""
        yield FilterBar(stay=False, mistake_in=lambda text: mistake_in(text, self._fleet.clock.wall))
        yield ScopeLine()
        yield VMTable(
            vm_columns(self._fleet.clock.wall, self._cpu_history, self._host_group, self._host_colour),
            lambda vm: vm.key, id="vm-table",
        )  # fmt: skip
        yield EmptyNote()
        yield DetailStrip(self._fleet)

    def on_mount(self) -> None:
        """Take up what was chosen last time."""
        self.table.set_columns(self._wanted_columns)
        kept = self._fleet.inventory.setting(SORT, None)
        by = [str(part) for part in kept] if isinstance(kept, list) and len(kept) == 2 else ["name", "up"]
        self.table.sort(by[0], by[1] == "down")
        if not self.table.sorting[0]:
            self.table.sort("name", False)
        self._group(str(self._fleet.inventory.setting(GROUPING, "")))
        self.show_fleet(self._fleet.view)

    @property
    def table(self) -> VMTable:
        """The table inside."""
        return self.query_one(VMTable)

    @property
    def strip(self) -> DetailStrip:
        """The strip inside."""
        return self.query_one(DetailStrip)

    # -- what the main screen asks ----------------------------------------------------------------

    def show_fleet(self, view: FleetView) -> None:
        """Take in a new view; repaints only lines that changed. While frozen only the latest is kept."""
        if self._frozen or not self.is_mounted or not self.children or self._can_wait(view):
            return
        self._view = view
        self._filled_at = self._fleet.clock.mono()
        aimed = self.cursor
        self.table.set_rows(self._in_scope(view))
        if aimed is not None and self.cursor != aimed:
            self._lost = Lost(aimed, self.cursor, self._filled_at)
            self.set_timer(REACTION + 0.05, self._aim_changed)
        self._tell()

    def show_host(self, host_id: str | None) -> None:
        """Limit the table to one host, or to none."""
        if host_id == self._host_id:
            return
        self._host_id = host_id
        before = len(self.table.marked)
        frozen, self.table.freeze = self.table.freeze, False  # time stands still; what is looked at does not
        self.table.set_rows(self._in_scope(self._view))
        self.table.freeze = frozen
        if dropped := before - len(self.table.marked):
            words = "mark on another host was" if dropped == 1 else "marks on other hosts were"
            self.notify(f"{dropped:,} {words} taken away", markup=False, timeout=4)
        self._tell()

    def target(self) -> Target:
        """The marked VMs, else the one under the cursor, as the fleet has them now, and their hosts."""
        view = self._fleet.view
        if not self.children:
            return Target(read_only=self._fleet.read_only)  # it is still coming
        aimed = self._aimed()
        keys = self.marked or ((aimed,) if aimed is not None else ())
        vms = tuple(vm for vm in (view.vm(key) for key in keys) if vm is not None)
        ids = dict.fromkeys(vm.key.host_id for vm in vms) or ({self._host_id: None} if self._host_id else {})
        hosts = tuple(host for host in (view.host(host_id) for host_id in ids) if host is not None)
        return Target(vms, hosts, self._fleet.read_only)

    def watched(self) -> Needs:
        """The hosts of the rows on screen, those rows, and the groups of figures that columns and strip need."""
        if not self.children:
            return Needs()  # a slow machine ticks before its parts are there
        keys = [key for key in self.table.visible_keys() if isinstance(key, VMKey)]
        hosts = {key.host_id for key in keys} | ({self._host_id} if self._host_id else set())
        columns = set(self.table.visible_columns) | {self.table.sorting[0]} | columns_in(self._filter.text)
        if self.strip.display:
            columns |= {"cpu", "memory", "disk", "net"}
        return Needs(frozenset(hosts), frozenset(keys), groups_for(columns))

    def focus_main(self) -> None:
        """The table takes the keyboard."""
        self.screen.set_focus(self.table)

    def open_filter(self) -> None:
        """Open the filter line."""
        self.query_one(FilterBar).open()

    def action_back_out(self) -> None:
        """Escape."""
        self.step_back()

    # -- what keys do -----------------------------------------------------------------------------

    @property
    def cursor(self) -> VMKey | None:
        """The VM under the cursor."""
        key = self.table.cursor_key
        return key if isinstance(key, VMKey) else None

    def _aimed(self) -> VMKey | None:
        """The VM that a key is meant for: that under the cursor, or the one that has just left from under it."""
        lost, cursor = self._lost, self.cursor
        if lost is not None and cursor == lost.now_at and self._fleet.clock.mono() - lost.at < REACTION:
            return lost.key
        self._lost = None
        return cursor

    def _aim_changed(self) -> None:
        """From now on keys are meant for the VM that took the cursor: who shows keys looks again."""
        table = self.table
        self.post_message(CursorMoved(table, table.cursor_key, table.cursor_row))

    @property
    def marked(self) -> tuple[VMKey, ...]:
        """The marked VMs, in the order of the fleet."""
        marks = self.table.marked
        return tuple(vm.key for vm in self._fleet.view.vms if vm.key in marks) if marks else ()

    @property
    def frozen(self) -> bool:
        """Whether the display is held still."""
        return self._frozen

    def toggle_freeze(self) -> bool:
        """Hold the display still, or catch up; whether it is held now."""
        self._frozen = self.table.freeze = not self._frozen
        if not self._frozen:
            self.show_fleet(self._fleet.view)
        self._tell()
        return self._frozen

    def cycle_grouping(self) -> str:
        """Group by the next thing: host, state, tag, nothing."""
        modes = grouping.MODES
        self._group(modes[(modes.index(self._grouping) + 1) % len(modes)])
        self._fleet.inventory.set_setting(GROUPING, self._grouping)
        self._tell()
        return self._grouping

    def toggle_strip(self) -> None:
        """Show or hide the strip, whatever the height."""
        self._strip_wanted = not self.strip.display
        self._place_strip()

    def show_vm(self, key: VMKey) -> bool:
        """Put the cursor on a VM; a filter or host that hides it gives way. Whether it is there."""
        if self._view.vm(key) is None:
            return False
        if self.table.move_to(key):
            return True
        self.query_one(FilterBar).text = ""
        self._set_filter("")
        if self._host_id not in (None, key.host_id):
            self.show_host(None)
            self.post_message(self.ScopeLeft())
        return self.table.move_to(key)

    def step_back(self) -> bool:
        """Escape undoes one layer: marks, then the filter, then the limit to one host."""
        if self.table.marked or self.table.range_begun:
            self.table.action_clear_marks()
        elif self._filter.text:
            self.query_one(FilterBar).text = ""
            self._set_filter("")
        elif self._host_id is not None:
            self.post_message(self.ScopeLeft())
        else:
            return False
        return True

    # -- inside -----------------------------------------------------------------------------------

    def _can_wait(self, view: FleetView) -> bool:
        """Whether only figures differ from what was shown a moment ago. Sorting many rows anew costs a key its time."""
        if len(view.vms) < MANY or self._fleet.clock.mono() - self._filled_at >= BREATH:
            return False
        happened = (self._fleet.acts_rev, view.totals.hosts_up, view.totals.running, view.totals.vms)
        same, self._happened = happened == self._happened, happened
        if same and not self._late:
            self._late = True
            self.set_timer(BREATH, self._catch_up)
        return same

    def _catch_up(self) -> None:
        """Show the latest of what could wait, also when nothing follows it."""
        self._late = False
        if self.display:
            self.show_fleet(self._fleet.view)

    def _in_scope(self, view: FleetView) -> tuple[VM, ...]:
        if self._host_id is None:
            return view.vms
        host = view.host(self._host_id)
        if self._rows[0] is not host:
            self._rows = (host, tuple(host.vms.values()) if host is not None else ())
        return self._rows[1]

    def _group(self, mode: str) -> None:
        self._grouping = mode if mode in grouping.MODES else ""
        self.table.set_grouping(grouping.group_of(self._grouping), grouping.summary_of(self._grouping))

    def _set_filter(self, text: str) -> None:
        self._filter = Filter.typed(text, self._view, self._fleet.clock.wall)
        self.table.set_filter(self._filter.predicate)
        self._tell()

    def _tell(self) -> None:
        """Bring everything around the table up to date."""
        table = self.table
        shown, total = table.rows_shown, table.row_count
        empty = not shown
        host = self._view.host(self._host_id) if self._host_id else None
        if empty:
            self.query_one(EmptyNote).say(empty_lines(self._view, host, self._filter.text, total))
        table.set_class(empty, "-empty")
        self.query_one(EmptyNote).display = empty
        self.query_one(ScopeLine).show_state(ScopeState(
            host, shown, total, self._filter.text if self._filter.predicate else "", self._grouping,
            len(table.marked), table.marks_hidden, table.range_begun, self._sorted_by()))  # fmt: skip
        self.query_one(FilterBar).show_below(self._filter.below, self._filter.at, self._filter.completion)
        self._place_strip()
        self.strip.show_vm(self.cursor)

    def _sorted_by(self) -> tuple[str, bool]:
        column_id, reverse = self.table.sorting
        title = next((column.title for column in self.table.all_columns if column.id == column_id), "")
        return title, reverse

    def _place_strip(self) -> None:
        wanted = self._strip_wanted
        show = self.size.height >= STRIP_FROM if wanted is None else wanted
        room = self.size.height >= STRIP_FROM // 2
        self.strip.display = show and room and bool(self.table.rows_shown)

    # -- messages of the parts --------------------------------------------------------------------

    @on(FilterBar.Changed)
    def _filter_typed(self, event: FilterBar.Changed) -> None:
        event.stop()
        self._set_filter(event.text)

    @on(FilterBar.Left)
    def _filter_left(self, event: FilterBar.Left) -> None:
        event.stop()
        self.focus_main()

    @on(CursorMoved)
    def _moved(self) -> None:
        self.strip.show_vm(self.cursor)

    @on(MarksChanged)
    @on(CursorLost)
    def _marked(self) -> None:
        self._tell()

    @on(RowActivated)
    def _opened(self, event: RowActivated) -> None:
        event.stop()
        if isinstance(event.key, VMKey):
            self.post_message(self.VMOpened(event.key))

    @on(SortChanged)
    @on(ColumnsChanged)
    def _laid_out(self) -> None:
        self._tell()

    def on_resize(self) -> None:
        """The strip hides where there is little room."""
        self._place_strip()

    def _cpu_history(self, vm: VM) -> Sequence[float]:
        return self._fleet.history.series(vm.key, Series.CPU)

    def _host_colour(self, vm: VM) -> str:
        host = self._fleet.view.host(vm.key.host_id)
        return host.host.colour if host is not None else ""

    def _host_group(self, vm: VM) -> str:
        host = self._fleet.view.host(vm.key.host_id)
        return host.host.group if host is not None else ""

