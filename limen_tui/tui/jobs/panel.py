"""The acts of this session: what runs, what came of it for each VM, and cancelling what waits. UI thread."""

from __future__ import annotations

from collections.abc import Hashable, Sequence
from dataclasses import dataclass
from time import localtime, strftime
from typing import TYPE_CHECKING, ClassVar

from limen_widgets.line_table import Column
from limen_widgets.line_table.messages import RowActivated
from textual import on
from textual.binding import Binding, BindingType

from limen_tui.fleet.acts import Act, ActItem, Outcome
from limen_tui.fleet.view import FleetView
from limen_tui.model.host import HostSnapshot
from limen_tui.model.units import clean
from limen_tui.tui.fleet.lines import Line
from limen_tui.tui.tablepanel import TablePanel, fact

if TYPE_CHECKING:
    from limen_tui.tui.app import LimenApp

LOOKS = {
    Outcome.WAITING: ("◌", "dim"), Outcome.SENT: ("◐", "accent"), Outcome.DONE: ("●", "good"),
    Outcome.FAILED: ("✗", "bad"), Outcome.REFUSED: ("–", "warn"), Outcome.TIMED_OUT: ("!", "warn"),
    Outcome.UNKNOWN: ("?", "warn"), Outcome.CANCELLED: ("×", "dim"),
}  # fmt: skip


@dataclass(frozen=True, slots=True)
class JobRow:
    """An act, or with ``item`` one VM of the act that is opened."""

    act: Act
    rev: int
    item: ActItem | None = None


class JobsPanel(TablePanel[JobRow]):
    """Newest on top; Enter opens an act to show its VMs; ``x`` cancels what waits."""

    view_id: ClassVar[str] = "jobs"
    UNUSED: ClassVar[frozenset[str]] = frozenset({"view.group"})
    DETAIL_LINES: ClassVar[int] = 3
    BINDINGS: ClassVar[list[BindingType]] = [Binding("x", "cancel_waiting", "Cancel what waits", show=False)]

    def __init__(self, app: LimenApp) -> None:
        super().__init__(app)
        self._opened: set[int] = set()

    def columns(self) -> Sequence[Column[JobRow]]:
        """Of the table."""
        return (
            Column("what", "Job", _what, min_width=16, max_width=60, flex=2, sticky=True, priority=0, highlight=False),
            Column("state", "State", _state, width=16, priority=1),
            Column("progress", "Done", _progress, width=11, align="right", priority=2),
            Column("result", "Result", _result, min_width=10, max_width=80, flex=3, priority=3, highlight=False),
            Column("began", "Began", _began, width=8, priority=4, highlight=False),
        )  # fmt: skip

    def identity(self, row: JobRow) -> Hashable:
        """Act and VM."""
        return row.act.id, None if row.item is None else row.item.key

    def rows(self, view: FleetView) -> Sequence[JobRow]:  # noqa: ARG002
        """Newest on top, an opened act with its VMs: those that went wrong first."""
        rows: list[JobRow] = []
        for act in reversed(self.fleet.acts.acts):
            rows.append(JobRow(act, act.rev))
            if act.id in self._opened:
                items = sorted(act.items.values(), key=lambda item: (item.outcome is Outcome.DONE, item.vm_name))
                rows += [JobRow(act, act.rev, item) for item in items]
        return rows

    def search(self, row: JobRow) -> str:
        """Label, VMs, hosts."""
        if row.item is not None:
            return f"{row.item.vm_name} {row.item.host_name} {row.item.outcome.value}"
        return f"{row.act.operation.label} " + " ".join(item.vm_name for item in row.act.items.values())

    def host_of(self, row: JobRow) -> HostSnapshot | None:
        """Of a VM's row."""
        return self.fleet.view.host(row.item.key.host_id) if row.item is not None else None

    def details(self, row: JobRow) -> list[Line]:
        """Problem and hint of the VM, or of the first that went wrong."""
        bad = [item for item in row.act.items.values() if item.problem is not None]
        item = row.item or (bad[0] if bad else None)
        waits = row.act.count(Outcome.WAITING)
        keys: Line = (
            (" Enter", "details--value"), (" shows its VMs" if row.item is None else "", "details--label"),
            ("   x", "details--value"), (f" cancels the {waits} that wait", "details--label"),
        ) if waits else ((" Enter", "details--value"), (" shows or hides the VMs", "details--label"))  # fmt: skip
        if item is None or item.problem is None:
            return [keys]
        problem = item.problem
        told = ": ".join(filter(None, (clean(problem.title), clean(problem.detail))))
        return [(*fact(clean(item.vm_name), told, "bad"),), ((f" {clean(problem.hint)}", "details--warn"),), keys]

    def empty_text(self) -> str:
        """What would be here."""
        return "Nothing was done yet.\n\nWhat you start, shut down, pause ... appears here with its result for each VM."

    @on(RowActivated)
    def _activated(self, event: RowActivated) -> None:
        event.stop()
        self._opened ^= {event.row.act.id}
        self.show_fleet(self.fleet.view)

    def action_cancel_waiting(self) -> None:
        """Take back what was not sent yet."""
        row = self.table.cursor_row
        if row is None:
            return
        taken = self.fleet.acts.cancel(row.act)
        text = f"{row.act.operation.label}: {taken} cancelled" if taken else "Nothing of it waits any more"
        self.app.notify(text, markup=False, timeout=3)
        self.show_fleet(self.fleet.view)


def _what(row: JobRow) -> Line:
    if row.item is not None:
        return (("    ", ""), (row.item.vm_name, ""), (f"  on {row.item.host_name}", "dim"))
    names = [item.vm_name for item in row.act.items.values()]
    whom = names[0] if len(names) == 1 else f"{len(names)} VMs"
    return ((f"{row.act.operation.label} ", ""), (whom, ""))


def _state(row: JobRow) -> Line:
    if row.item is not None:
        glyph, kind = LOOKS[row.item.outcome]
        return ((f"{glyph} {row.item.outcome.value}", kind),)
    act = row.act
    if act.finished_at is None:
        return (("◐ under way", "accent"),)
    good = act.count(Outcome.DONE) == len(act.items)
    return (("● done", "good"),) if good else (("✗ not all done", "bad"),)


def _began(row: JobRow) -> str:
    return "" if row.item is not None else strftime("%H:%M:%S", localtime(row.act.started_at))


def _progress(row: JobRow) -> str:
    return "" if row.item is not None else f"{row.act.count(Outcome.DONE)}/{len(row.act.items)}"


def _result(row: JobRow) -> Line:
    if row.item is not None:
        problem = row.item.problem
        return ((": ".join(filter(None, (problem.title, problem.detail))), "warn"),) if problem else ()
    told = (Outcome.FAILED, Outcome.TIMED_OUT, Outcome.REFUSED, Outcome.UNKNOWN, Outcome.CANCELLED, Outcome.WAITING)
    parts = [f"{number} {outcome.value}" for outcome in told if (number := row.act.count(outcome))]
    return ((", ".join(parts), "warn"),)
