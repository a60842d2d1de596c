"""What happened: the hosts' events and, in a second mode, everybody's acts from the audit log. UI thread.

New events come with the fleet; older ones and the audit are read from the inventory on a thread of our own.
"""

from __future__ import annotations

from collections.abc import Hashable, Sequence
from dataclasses import dataclass
from time import localtime, strftime
from typing import TYPE_CHECKING, ClassVar

from limen_widgets.line_table import Column
from textual.binding import Binding, BindingType
from textual.message import Message

from limen_tui.errors import LimenError
from limen_tui.fleet.view import FleetView
from limen_tui.model.events import AuditEntry, EventKind, HostEvent
from limen_tui.model.host import HostSnapshot
from limen_tui.model.units import clean
from limen_tui.tui.fleet.lines import Line
from limen_tui.tui.reading import Reader
from limen_tui.tui.tablepanel import TablePanel

if TYPE_CHECKING:
    from limen_tui.tui.app import LimenApp

OLDER = 500
"""Events and audit entries read from the inventory."""


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

    def __init__(self, mode: str, rows: Sequence[EventRow], problem: str) -> None:
        super().__init__()
        self.mode, self.rows, self.problem = mode, rows, problem


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
        self._reader = Reader()
        self._began = self.fleet.clock.wall()

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
        """Events have no identity of their own: our count."""
        return row.kind == "audit", row.number, row.at

    def rows(self, view: FleetView) -> Sequence[EventRow]:  # noqa: ARG002
        """Live ones of this session and what was read of older ones."""
        fresh = min(self.fleet.events_seen - self._seen, len(self.fleet.events))
        if fresh > 0:
            for event in list(self.fleet.events)[-fresh:]:
                self._seen += 1
                self._live.append(_of_event(event, self._seen))
            self._seen = self.fleet.events_seen
            del self._live[:-5000]
        if self._mode == "audit" and self.fleet.acts.rev != self._acts_read:
            self._read()
        rows = (*self._older.get("events", ()), *self._live) if self._mode == "events" else self._older.get("audit", ())
        return [row for row in rows if self.in_scope(row.host_id)]

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
        self.show_fleet(self.fleet.view)
        self._read()

    def _read(self) -> None:
        """Events are read once: later ones come by themselves. The audit is read anew after each act."""
        mode, inventory, began = self._mode, self.fleet.inventory, self._began
        if mode == "events" and mode in self._older:
            return
        self._acts_read = self.fleet.acts.rev

        def then(result: Sequence[EventRow] | LimenError) -> None:
            problem = str(result) if isinstance(result, LimenError) else ""
            self.post_message(Read(mode, () if isinstance(result, LimenError) else result, problem))

        def events() -> Sequence[EventRow]:
            kept = [event for event in inventory.events(limit=OLDER) if event.at < began]
            return [_of_event(event, -number) for number, event in enumerate(kept, 1)]

        def audit() -> Sequence[EventRow]:
            return [_of_audit(entry) for entry in inventory.audit_entries(limit=OLDER)]

        self._reader.read(events if mode == "events" else audit, then)

    def on_read(self, event: Read) -> None:
        """From the reader."""
        event.stop()
        self._problem = clean(event.problem)
        self._older[event.mode] = tuple(event.rows)
        self.show_fleet(self.fleet.view)


def _text(row: EventRow) -> Line:
    return ((row.text, {"warning": "warn", "error": "bad"}.get(row.level, "")),)


def _of_event(event: HostEvent, number: int) -> EventRow:
    kind = "act" if event.kind is EventKind.ACT else event.kind.value
    return EventRow(number, event.at, event.host_id, event.host_name, event.vm_name, kind, event.text, event.level)


def _of_audit(entry: AuditEntry) -> EventRow:
    level = {"ok": "info", "failed": "error"}.get(entry.result, "warning")
    text = f"{entry.action}: {entry.result}" + (f" ({entry.detail})" if entry.detail else "")
    return EventRow(entry.id, entry.at, entry.host_id, entry.host_name, entry.vm_name, "audit", text, level,
                    f"{entry.who}, {entry.origin}")  # fmt: skip
