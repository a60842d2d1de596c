"""What hypervisors and Limen do not agree on, and the trash, with what can be done about each. UI thread.

Hosts are asked one by one beside each other; what they say is compared on the reader's thread.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from concurrent.futures import Future
from dataclasses import dataclass
from typing import TYPE_CHECKING, ClassVar

from limen_widgets.line_table import Column, LineTable
from limen_widgets.line_table.messages import CursorMoved
from textual import on
from textual.app import ComposeResult
from textual.binding import Binding, BindingType
from textual.message import Message
from textual.widgets import Label

from limen_tui.errors import LimenError
from limen_tui.fleet.deleting import sweeps
from limen_tui.fleet.known import Known
from limen_tui.fleet.reconciling import (
    Scan,
    delete_orphan_plan,
    mismatches,
    recreate_plan,
    scan_host,
    settle,
    up_hosts,
)
from limen_tui.jobs.recipes.delete import purge_plan, restore_plan
from limen_tui.model.jobs import JobPlan
from limen_tui.model.keepsakes import Definition, Trashed
from limen_tui.model.reconcile import CHOICES, FindingKind, Mismatch
from limen_tui.model.units import ago, clean, duration, paragraph, size
from limen_tui.tui.dialogs.once import OnceScreen
from limen_tui.tui.dialogs.text import YesNoDialog
from limen_tui.tui.fleet.lines import Line
from limen_tui.tui.reading import shared_reader

if TYPE_CHECKING:
    from limen_tui.tui.app import LimenApp

KEYS = {
    "adopt": ("a", "adopt: know it from now on"), "ignore": ("i", "ignore"), "recreate": ("c", "recreate from the last "
    "definition"), "forget": ("f", "forget"), "delete": ("x", "delete the disk"), "resume": ("r", "resume"),
    "rollback": ("b", "roll back"), "leave": ("l", "leave as it is"), "restore": ("u", "restore"),
    "purge": ("x", "delete for good"),
}  # fmt: skip
LOOKS = {
    FindingKind.UNKNOWN: ("?", "accent"), FindingKind.LOST: ("✗", "bad"), FindingKind.ORPHAN: ("○", "warn"),
    FindingKind.BROKEN: ("!", "bad"), FindingKind.UNFINISHED: ("◐", "bad"),
}  # fmt: skip


@dataclass(frozen=True, slots=True)
class Row:
    """A mismatch, or a deleted VM."""

    mismatch: Mismatch | None = None
    item: Trashed | None = None
    due: bool = False

    @property
    def choices(self) -> tuple[str, ...]:
        """What can be done about it."""
        return CHOICES[self.mismatch.kind] if self.mismatch is not None else ("restore", "purge")

    @property
    def name(self) -> str:
        """Of the VM, disk or job."""
        return self.mismatch.name if self.mismatch else self.item.name if self.item else ""

    @property
    def host_id(self) -> str:
        """Where it is."""
        return self.mismatch.host_id if self.mismatch else self.item.host_id if self.item else ""


class Scanned(Message):
    """A host has answered, or cannot."""

    def __init__(self, host_id: str, found: Scan | LimenError) -> None:
        super().__init__()
        self.host_id, self.found = host_id, found


class Compared(Message):
    """All that is out of step, as far as the hosts have answered."""

    def __init__(self, rows: tuple[Row, ...]) -> None:
        super().__init__()
        self.rows = rows


class Counted(Message):
    """How many definitions of a lost VM were kept; ``None`` when that cannot be read."""

    def __init__(self, lost: Mismatch, count: int | None) -> None:
        super().__init__()
        self.lost, self.count = lost, count


class ReconcileScreen(OnceScreen[None]):
    """Opens at once; rows come as the hosts answer."""

    BINDINGS: ClassVar[list[BindingType]] = [
        Binding("escape,q", "back", "Back", show=False),
        Binding("ctrl+r", "scan", "Look again", show=False),
        Binding("a", "choose('adopt')", "Adopt", show=False),
        Binding("i", "choose('ignore')", "Ignore", show=False),
        Binding("c", "choose('recreate')", "Recreate", show=False),
        Binding("f", "choose('forget')", "Forget", show=False),
        Binding("x", "remove", "Delete", show=False),
        Binding("u", "choose('restore')", "Restore", show=False),
        Binding("r", "choose('resume')", "Resume", show=False),
        Binding("b", "choose('rollback')", "Roll back", show=False),
        Binding("l", "choose('leave')", "Leave", show=False),
        Binding("I", "unignore", "Show what is ignored", show=False),
    ]
    DEFAULT_CSS = """
    ReconcileScreen { layout: vertical; background: $background; }
    ReconcileScreen #head, ReconcileScreen #foot { height: 1; width: 1fr; background: $panel; padding: 0 1; }
    ReconcileScreen #head { text-style: bold; }
    ReconcileScreen LineTable { height: 1fr; }
    """

    def __init__(self, app: LimenApp) -> None:
        super().__init__()
        self._limen = app
        self._fleet = app.fleet
        self._scans: dict[str, Scan] = {}
        self._problems: dict[str, str] = {}
        self._waiting: set[str] = set()

    def compose(self) -> ComposeResult:
        """Head, table, keys."""
        yield Label("Reconcile", id="head", markup=False)
        yield LineTable(_columns(self._limen), _identity, id="mismatches", markable=False)
        yield Label("", id="foot", markup=False)

    def on_mount(self) -> None:
        """Ask every host."""
        self.set_focus(self.query_one(LineTable))
        self.action_scan()

    # -- looking ----------------------------------------------------------------------------------

    def action_scan(self) -> None:
        """Ask every host that is up, and read the journal."""
        self._problems.clear()
        for snapshot in up_hosts(self._fleet):
            host_id = snapshot.host.id
            self._waiting.add(host_id)
            future = self._fleet.call(host_id, lambda verbs, snapshot=snapshot: scan_host(verbs, snapshot))  # type: ignore[misc]
            future.add_done_callback(lambda done, host_id=host_id: self._answered(host_id, done))  # type: ignore[misc]
        self._compare()

    def _answered(self, host_id: str, future: Future[Scan]) -> None:
        """On a thread of the session: only post."""
        error = None if future.cancelled() else future.exception()
        if future.cancelled() or error is not None:
            known = error if isinstance(error, LimenError) else LimenError("The host could not be asked", str(error))
            self.post_message(Scanned(host_id, known))
        else:
            self.post_message(Scanned(host_id, future.result()))

    @on(Scanned)
    def _scanned(self, event: Scanned) -> None:
        event.stop()
        self._waiting.discard(event.host_id)
        if isinstance(event.found, Scan):
            self._scans[event.host_id] = event.found
        else:
            self._problems[event.host_id] = str(event.found)
        if not self._waiting:
            self._compare()
        self._show_head()

    def _compare(self) -> None:
        fleet, scans, now = self._fleet, tuple(self._scans.values()), self._fleet.clock.wall()

        def compare() -> tuple[Row, ...]:
            found = mismatches(fleet.inventory, scans, fleet.jobs.load())
            thrown = fleet.inventory.keepsakes.trash()
            return (*(Row(each) for each in found), *(Row(None, item, item.until <= now) for item in thrown))

        shared_reader().read(
            compare, lambda rows: self.post_message(Compared(rows)) if isinstance(rows, tuple) else None
        )

    @on(Compared)
    def _compared(self, event: Compared) -> None:
        event.stop()
        table: LineTable[Row] = self.query_one(LineTable)
        table.set_empty_text("Asking the hosts ..." if self._waiting else "Everything is in step, and the trash is "
                             "empty.\n\nHere come VMs that Limen did not know or that a hypervisor has lost,\n"
                             "disks that no VM uses, definitions whose disks are missing, unfinished jobs,\n"
                             "and VMs that were deleted and can be restored.")  # fmt: skip
        table.set_rows(event.rows)
        self._show_head()
        self._show_keys()

    def _show_head(self) -> None:
        down = [snapshot for snapshot in self._fleet.view.hosts if not self._fleet.is_up(snapshot.host.id)]
        parts = [f"Reconcile   {self.query_one(LineTable).row_count} found"]
        if self._waiting:
            parts.append(f"asking {len(self._waiting)} hosts ...")
        if down:
            parts.append(f"not looked at: {', '.join(clean(each.host.name) for each in down[:4])}")
        parts += [clean(text) for text in list(self._problems.values())[:1]]
        self.query_one("#head", Label).update("   ".join(parts))

    @on(CursorMoved)
    def _show_keys(self) -> None:
        row = self.query_one(LineTable).cursor_row
        keys = [f"{KEYS[choice][0]} {KEYS[choice][1]}" for choice in row.choices] if row is not None else []
        self.query_one("#foot", Label).update("   ".join([*keys, "ctrl+r look again", "I show ignored", "Esc back"]))

    # -- doing --------------------------------------------------------------------------------------

    def action_back(self) -> None:
        """Leave."""
        self.dismiss(None)

    def action_remove(self) -> None:
        """``x``: a disk that no VM uses, or what the trash keeps."""
        row: Row | None = self.query_one(LineTable).cursor_row
        if row is not None:
            self.action_choose("delete" if row.mismatch is not None else "purge")

    def action_unignore(self) -> None:
        """Speak of everything again."""
        count = Known(self._fleet.inventory).stop_ignoring()
        self.app.notify(f"{count} are shown again", markup=False, timeout=3)
        self._compare()

    def action_choose(self, choice: str) -> None:
        """Do what the row allows; what changes a host asks first where it cannot be taken back."""
        row: Row | None = self.query_one(LineTable).cursor_row
        if row is None or choice not in row.choices:
            return
        if row.mismatch is not None and choice == "forget":
            self._ask_to_forget(row.mismatch)
            return
        if row.mismatch is not None and choice in ("adopt", "ignore"):
            settle(self._fleet, row.mismatch, choice)
            self._compare()
            return
        if row.mismatch is not None and choice in ("resume", "rollback", "leave"):
            job = self._fleet.jobs.job(row.mismatch.id)
            self._limen.job_desk.choose(job, {"rollback": "roll_back"}.get(choice, choice))
            self.set_timer(0.5, self._compare)
            return
        host = self._fleet.view.host(row.host_id)
        if self._fleet.read_only or (host is not None and (host.host.read_only or host.info.read_only)):
            self.app.notify("Read-only: nothing is changed", severity="warning", markup=False, timeout=4)
            return
        self._change(row, choice)

    def _ask_to_forget(self, lost: Mismatch) -> None:
        """What was kept of it is counted first, on the reader's thread."""
        keepsakes = self._fleet.inventory.keepsakes

        def counted(kept: tuple[Definition, ...] | LimenError) -> None:
            self.post_message(Counted(lost, None if isinstance(kept, LimenError) else len(kept)))

        shared_reader().read(lambda: keepsakes.definitions(lost.host_id, lost.uuid), counted)

    @on(Counted)
    def _counted(self, event: Counted) -> None:
        event.stop()
        lost, count = event.lost, event.count
        if self.app.screen is not self:
            return  # another dialog came first, or the view was left
        kept = {None: "its kept definitions", 1: "its one kept definition"}.get(count, f"its {count} kept definitions")
        text = f"It is no longer on {lost.host_name}. Forgotten, it is not listed here any more" + (
            f", and {kept} can no longer be used to recreate it. No disk is touched." if count != 0
            else ". No definition of it was kept, and no disk is touched."
        )  # fmt: skip

        def answered(yes: bool | None) -> None:
            if yes:
                settle(self._fleet, lost, "forget")
                self._compare()

        self.app.push_screen(YesNoDialog(f"Forget {lost.name}?", clean(text), "Forget it"), answered)

    def _change(self, row: Row, choice: str) -> None:
        if row.mismatch is not None and choice == "recreate":
            mismatch = row.mismatch
            shared_reader().read(lambda: recreate_plan(self._fleet.inventory, mismatch), self._begin_read)
        elif row.item is not None and choice == "restore":
            self._begin(restore_plan(row.item))
        elif row.mismatch is not None:
            found = row.mismatch
            self._ask(f"Delete {found.volume}?", f"{size(found.size)} in pool {found.pool} on {found.host_name}. "
                      "No VM uses it; it is gone for good.", lambda: delete_orphan_plan(found))  # fmt: skip
        elif row.item is not None:
            item = row.item
            disks = ", ".join(f"{pool}/{name}" for pool, name in item.volumes) or "no disks"
            self._ask(f"Delete {item.name} for good?", f"On {item.host_name}: {disks}.",
                      lambda: purge_plan(item, sweep=sweeps(item.xml)))  # fmt: skip

    def _ask(self, title: str, text: str, plan: Callable[[], JobPlan]) -> None:
        self.app.push_screen(
            YesNoDialog(title, clean(text), "Delete for good"), lambda yes: self._begin(plan()) if yes else None
        )

    def _begin_read(self, plan: JobPlan | LimenError) -> None:
        """On the reader's thread: only enqueue."""
        if isinstance(plan, LimenError):
            text = clean(paragraph(str(plan), plan.hint))
            self.app.call_later(self.app.notify, text, severity="warning", markup=False)
        else:
            self.app.call_later(self._begin, plan)

    def _begin(self, plan: JobPlan) -> None:
        self._limen.job_desk.start(plan)
        self.set_timer(1.5, self.action_scan)


def _identity(row: Row) -> str:
    return row.mismatch.key if row.mismatch is not None else f"trash {row.host_id} {row.item.uuid if row.item else ''}"


def _kind(row: Row) -> Line:
    if row.mismatch is None:
        return (("⌫ trash", "dim"),)
    glyph, kind = LOOKS[row.mismatch.kind]
    return ((f"{glyph} {row.mismatch.kind.value}", kind),)


def _columns(app: LimenApp) -> Sequence[Column[Row]]:
    def detail(row: Row) -> str:
        if row.mismatch is not None:
            return row.mismatch.detail
        if row.item is None:
            return ""
        now = app.fleet.clock.wall()
        left = "may be purged" if row.due else f"kept for {duration(row.item.until - now)} more"
        return f"deleted {ago(row.item.at, now)} by {row.item.who}, {left}"

    return (
        Column("kind", "What", _kind, width=13, priority=0, highlight=False),
        Column("name", "Name", lambda row: row.name, lambda row: row.name, min_width=12, max_width=50, flex=1,
               priority=0, sticky=True, highlight=False),
        Column("host", "Host", lambda row: row.mismatch.host_name if row.mismatch else row.item.host_name if row.item
               else "", lambda row: row.host_id, min_width=6, max_width=24, priority=1, highlight=False),
        Column("size", "Size", lambda row: size(row.mismatch.size) if row.mismatch and row.mismatch.size else "",
               lambda row: row.mismatch.size if row.mismatch else 0, width=9, align="right", priority=3,
               descending_first=True, highlight=False),
        Column("detail", "Detail", detail, min_width=16, max_width=90, flex=2, priority=2, highlight=False),
    )  # fmt: skip
