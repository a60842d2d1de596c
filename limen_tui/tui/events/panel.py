"""What happened: the hosts' events and, in a second mode, everybody's acts from the audit log. UI thread.

New events come with the fleet; older ones and the audit are read from the inventory on the reader's thread, more of
them each time that the end of the table comes into sight.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Hashable, Sequence
from dataclasses import dataclass, replace
from time import localtime, strftime
from typing import TYPE_CHECKING, ClassVar

from limen_widgets.line_table import Column
from limen_widgets.line_table.messages import CursorMoved
from textual import on
from textual.binding import Binding, BindingType
from textual.message import Message

from limen_tui.errors import LimenError
from limen_tui.fleet.view import FleetView
from limen_tui.model.events import AuditEntry, HostEvent
from limen_tui.model.host import HostSnapshot
from limen_tui.model.units import clean
from limen_tui.tui.fleet.lines import Line
from limen_tui.tui.reading import shared_reader
from limen_tui.tui.tablepanel import TablePanel

if TYPE_CHECKING:
    from limen_tui.tui.app import LimenApp

OLDER = 500
"""Events and audit entries first read from the inventory; each time that the end is in sight, twice as many."""


@dataclass(frozen=True, slots=True)
class EventRow:
    """An event or an audit entry, in the same columns."""

    number: int
    at: float
    host_id: str
    host: str
    vm: str
    kind: str
    text: str
    level: str
    who: str = ""


class Read(Message):
    """What the inventory had, or its error."""

    def __init__(self, mode: str, asked: int, rows: Sequence[EventRow], problem: str) -> None:
        super().__init__()
        self.mode, self.asked, self.rows, self.problem = mode, asked, rows, problem


class EventsPanel(TablePanel[EventRow]):
    """Newest on top. ``t`` changes between events and audit."""

    view_id: ClassVar[str] = "events"
    SORT: ClassVar[tuple[str, bool]] = ("when", True)
    DETAIL_LINES: ClassVar[int] = 2
    BINDINGS: ClassVar[list[BindingType]] = [Binding("t", "change_mode", "Events or audit", show=False)]

    def __init__(self, app: LimenApp) -> None:
        super().__init__(app)
        self._mode = "events"
        self._older: dict[str, tuple[EventRow, ...]] = {}
        self._live: list[EventRow] = []
        self._seen = 0
        self._acts_read = -1
        self._problem = ""
        self._limits = {"events": OLDER, "audit": OLDER}
        self._all: dict[str, bool] = {}
        """By mode: whether the inventory has no more than was read."""
        self._reading: set[str] = set()
        self._turned = False
        """Whether the other mode was chosen and is still to be read."""

    def on_mount(self) -> None:
        """Look for older ones also when the wheel moves the table."""
        super().on_mount()
        self.watch(self.table, "scroll_y", self._look_further, init=False)

    def columns(self) -> Sequence[Column[EventRow]]:
        """Of the table."""
        return (
            Column("when", "When", lambda row: strftime("%d %b %H:%M:%S", localtime(row.at)),
                   lambda row: (row.at, row.number), width=15, sticky=True, descending_first=True, priority=0,
                   highlight=False),
            Column("host", "Host", lambda row: row.host, lambda row: row.host.lower(), min_width=6, max_width=20,
                   priority=3, highlight=False),
            Column("vm", "VM", lambda row: row.vm, lambda row: row.vm.lower() or None, min_width=6, max_width=32,
                   priority=1, highlight=False),
            Column("kind", "Kind", lambda row: ((row.kind, "dim"),), lambda row: row.kind, min_width=5, max_width=18,
                   priority=5, highlight=False),
            Column("text", "What", _text, lambda row: row.text.lower(), min_width=12, max_width=120, flex=3,
                   priority=0, highlight=False),
            Column("who", "Who", lambda row: row.who, lambda row: row.who or None, min_width=3, max_width=30,
                   priority=6, highlight=False),
        )  # fmt: skip

    def identity(self, row: EventRow) -> Hashable:
        """Events have no identity of their own: our count among those of one moment."""
        return row.kind == "audit", row.number, *_mark(row)

    def rows(self, view: FleetView) -> Sequence[EventRow]:  # noqa: ARG002
        """Live ones of this session and what was read of older ones."""
        self._take_live()
        if self._mode == "audit" and self.fleet.acts.rev != self._acts_read:
            self._read()
        rows = (*self._older.get("events", ()), *self._live) if self._mode == "events" else self._older.get("audit", ())
        return [row for row in rows if self.in_scope(row.host_id)]

    def _take_live(self) -> None:
        """What the fleet heard since the last look."""
        fresh = min(self.fleet.events_seen - self._seen, len(self.fleet.events))
        if fresh > 0:
            for event in list(self.fleet.events)[-fresh:]:
                self._seen += 1
                self._live.append(_of_event(event, self._seen))
            self._seen = self.fleet.events_seen
            del self._live[:-5000]

    def show_fleet(self, view: FleetView) -> None:
        """Refill; a filter that leaves few rows looks further back by itself."""
        super().show_fleet(view)
        if self.is_mounted and self.children:
            self.call_after_refresh(self._look_further)

    @on(CursorMoved)
    def _look_further(self) -> None:
        """Read more when the end of the table is in sight. The inventory is asked for twice as many, so that a row
        that comes in meanwhile moves no page."""
        mode = self._mode
        if not self.is_mounted or mode not in self._older or mode in self._reading or self._all.get(mode, True):
            return
        table = self.table
        if table.scroll_offset.y + table.size.height >= table.virtual_size.height - 1:
            self._limits[mode] *= 2
            self._read()

    def search(self, row: EventRow) -> str:
        """Everything of it."""
        return f"{row.host} {row.vm} {row.kind} {row.text} {row.who}"

    def host_of(self, row: EventRow) -> HostSnapshot | None:
        """The host where it happened."""
        return self.fleet.view.host(row.host_id)

    def details(self, row: EventRow) -> list[Line]:
        """The whole text, and which mode this is."""
        other = "the audit log" if self._mode == "events" else "the hosts' events"
        told: Line = ((f" {clean(row.text)}", f"details--{'bad' if row.level == 'error' else 'value'}"),)
        return [told, ((" t", "details--value"), (f" shows {other}", "details--label"))]

    def empty_text(self) -> str:
        """Why it is empty."""
        if self._problem:
            return self._problem
        if self._mode == "audit":
            return "Nothing was done yet. t shows the hosts' events."
        return "Nothing happened yet. t shows the audit log."

    def refresh_now(self) -> None:
        """Read again."""
        self._read()

    def action_change_mode(self) -> None:
        """Events or audit."""
        self._mode = "audit" if self._mode == "events" else "events"
        self.app.notify("Audit log: everybody's acts" if self._mode == "audit" else "Events of the hosts",
                        markup=False, timeout=2)  # fmt: skip
        self._turned = True
        self.show_anew()
        self._read()

    def _read(self) -> None:
        """Of events only more than before: later ones come by themselves. The audit is read anew after each act."""
        mode, inventory, limit = self._mode, self.fleet.inventory, self._limits[self._mode]
        if mode in self._reading or (mode == "events" and mode in self._older and self._all.get(mode, True)):
            return
        self._reading.add(mode)
        self._acts_read = self.fleet.acts.rev

        def then(result: Sequence[EventRow] | LimenError) -> None:
            problem = str(result) if isinstance(result, LimenError) else ""
            self.post_message(Read(mode, limit, () if isinstance(result, LimenError) else result, problem))

        def events() -> Sequence[EventRow]:
            return [_of_event(event, 0) for event in inventory.events(limit=limit)]

        def audit() -> Sequence[EventRow]:
            return [_of_audit(entry) for entry in inventory.audit_entries(limit=limit)]

        shared_reader().read(events if mode == "events" else audit, then)

    def on_read(self, event: Read) -> None:
        """From the reader."""
        event.stop()
        self._reading.discard(event.mode)
        self._problem = clean(event.problem)
        self._all[event.mode] = bool(event.problem) or len(event.rows) < event.asked
        if not event.problem or event.mode not in self._older:
            self._older[event.mode] = self._not_live(event.rows) if event.mode == "events" else tuple(event.rows)
        if self._turned and event.mode == self._mode:
            self._turned = False
            self.show_anew()
        else:
            self.show_fleet(self.fleet.view)

    def _not_live(self, rows: Sequence[EventRow]) -> tuple[EventRow, ...]:
        """Without those that this session has heard itself, which are in the inventory too. Newest first."""
        self._take_live()
        heard = Counter(map(_mark, self._live))
        seen: Counter[Hashable] = Counter()
        kept = []
        for row in rows:
            mark = _mark(row)
            if heard[mark]:
                heard[mark] -= 1
            else:
                seen[mark] += 1
                kept.append(replace(row, number=-seen[mark]))
        return tuple(kept)


def _mark(row: EventRow) -> tuple[Hashable, ...]:
    """What an event read from the inventory is known again by; its text may have been made storable there."""
    return row.at, row.host_id, row.kind


def _text(row: EventRow) -> Line:
    return ((row.text, {"warning": "warn", "error": "bad"}.get(row.level, "")),)


def _of_event(event: HostEvent, number: int) -> EventRow:
    return EventRow(
        number, event.at, event.host_id, event.host_name, event.vm_name, event.kind.value, event.text, event.level
    )


def _of_audit(entry: AuditEntry) -> EventRow:
    level = {"ok": "info", "failed": "error"}.get(entry.result, "warning")
    text = f"{entry.action}: {entry.result}" + (f" ({entry.detail})" if entry.detail else "")
    return EventRow(entry.id, entry.at, entry.host_id, entry.host_name, entry.vm_name, "audit", text, level,
                    f"{entry.who}, {entry.origin}")  # fmt: skip
