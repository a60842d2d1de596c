"""The tabs of a VM's disks and interfaces: what it has, what they do now, keys to change them. UI thread.

May import textual, limen_widgets, fleet and model.
"""

from __future__ import annotations

from collections.abc import Hashable, Sequence
from typing import TYPE_CHECKING, Any, ClassVar, Final

from limen_widgets.line_table import Column, LineTable
from limen_widgets.line_table.messages import CursorMoved
from textual import on
from textual.app import ComposeResult
from textual.binding import Binding, BindingType
from textual.message import Message

from limen_tui.errors import LimenError
from limen_tui.fleet.resizing import host_info, look
from limen_tui.fleet.view import FleetView
from limen_tui.model.detail import VMDetail
from limen_tui.model.jobs import JobState
from limen_tui.model.resize import Situation
from limen_tui.model.units import clean
from limen_tui.model.vm import NO_FACTS, VM, VMFacts, VMKey
from limen_tui.tui.devices.asking import ask
from limen_tui.tui.devices.rows import (
    DiskRow,
    NicRow,
    disk_columns,
    disk_facts,
    disk_rows,
    nic_columns,
    nic_facts,
    nic_rows,
)
from limen_tui.tui.vm.facts import FactLines, Foot, fact
from limen_tui.tui.vm.tab import VMTab

if TYPE_CHECKING:
    from limen_tui.tui.app import LimenApp

AGAIN: Final = 20.0
"""Seconds between questions when nothing told of a change: a guest fills its disks without a word."""


def _keys(*pairs: tuple[str, str]) -> list[BindingType]:
    return [Binding(key, f"app.act('{action_id}')", show=False) for key, action_id in pairs]


class DeviceTab(VMTab):
    """A table of devices. The host is asked on arrival, when the VM's definition changed, and now and then."""

    KEYS: ClassVar[tuple[tuple[str, str], ...]] = ()
    DEFAULT_CSS = """
    DeviceTab { layout: vertical; }
    DeviceTab LineTable { height: 1fr; }
    DeviceTab FactLines { background: $panel; }
    """

    class Looked(Message):
        """The host's answer."""

        def __init__(self, key: VMKey, answer: Situation | LimenError) -> None:
            super().__init__()
            self.key, self.answer = key, answer

    def __init__(self, app: LimenApp, key: VMKey) -> None:
        super().__init__(app, key)
        self.situation: Situation | None = None
        self._problem: LimenError | None = None
        self._facts: VMFacts = NO_FACTS
        self._asked_at = float("-inf")
        self._waiting = False
        self._jobs_rev = 0
        self._job_states: dict[str, JobState] = {}
        self._vm: VM | None = None
        self._detail: VMDetail | None = None

    # -- what a subclass says ---------------------------------------------------------------------

    def columns(self) -> Sequence[Column[Any]]:
        """Of the table."""
        raise NotImplementedError

    def identity(self, row: Any) -> Hashable:
        """What a row is found again by."""
        raise NotImplementedError

    def rows(self, vm: VM, detail: VMDetail | None) -> Sequence[Any]:
        """All rows now."""
        raise NotImplementedError

    def about(self, row: Any) -> Sequence[tuple[str, str]]:
        """Label and value of what the table has no room for."""
        raise NotImplementedError

    @property
    def resize_start(self) -> tuple[str, str]:
        """The field that the resize form opens at."""
        return "", ""

    # -- the tab ----------------------------------------------------------------------------------

    def compose(self) -> ComposeResult:
        """Table and keys."""
        yield LineTable(self.columns(), self.identity, id=f"{self.tab_id}-table", markable=False)
        yield FactLines()
        yield Foot(self.KEYS)

    @property
    def table(self) -> LineTable[Any]:
        """The devices."""
        return self.query_one(LineTable)

    def arrived(self) -> None:
        """The table has the keyboard."""
        self.screen.set_focus(self.table)

    def show_vm(self, vm: VM | None, view: FleetView) -> None:
        """Live figures; ask anew when the definition is another or it was long ago."""
        self._vm = vm
        snapshot = view.host(self.key.host_id)
        self._detail = snapshot.details.get(self.key.uuid) if snapshot is not None else None
        if vm is not None and not self._waiting and not vm.stale:
            changed = vm.facts is not self._facts
            if self._jobs_went_on() or changed or self.limen.fleet.clock.mono() - self._asked_at > AGAIN:
                self._ask(vm)
        self._show()

    def _jobs_went_on(self) -> bool:
        """Whether a job on this VM has begun or ended: a change for the next boot is told by nothing else."""
        desk = self.limen.job_desk
        if desk.rev == self._jobs_rev:
            return False
        self._jobs_rev, before = desk.rev, self._job_states
        self._job_states = {
            job.id: job.state for job in self.limen.fleet.jobs.jobs if job.plan.vm_uuid == self.key.uuid
        }
        return self._job_states != before

    def refresh_now(self) -> None:
        """ctrl+r."""
        if self._vm is not None:
            self._ask(self._vm)

    def _ask(self, vm: VM) -> None:
        self._waiting, self._facts, self._asked_at = True, vm.facts, self.limen.fleet.clock.mono()
        key, info = self.key, host_info(self.limen.fleet.view.host(self.key.host_id))
        ask(self, self.limen.fleet, key.host_id, lambda verbs: look(verbs, vm, info),
            lambda answer: self.Looked(key, answer))  # fmt: skip

    def on_device_tab_looked(self, event: Looked) -> None:
        """Take it over; what was seen before stays on show when it is an error."""
        event.stop()
        if event.key != self.key:
            return
        self._waiting = False
        if isinstance(event.answer, LimenError):
            self._problem = event.answer
        else:
            self.situation, self._problem = event.answer, None
        self._show()

    def _show(self) -> None:
        if not self.is_mounted:
            return
        table = self.table
        table.set_empty_text(self._empty_text())
        table.set_rows(tuple(self.rows(self._vm, self._detail)) if self._vm is not None else ())
        self._show_about()

    @on(CursorMoved)
    def _moved(self, event: CursorMoved) -> None:
        event.stop()
        self._show_about()

    def _show_about(self) -> None:
        """The device under the cursor, where there is room."""
        lines, row = self.query_one(FactLines), self.table.cursor_row
        lines.display = self.size.height >= 14 and row is not None
        if row is not None:
            lines.show_lines([fact(label, value) for label, value in self.about(row)])

    def on_resize(self) -> None:
        """Details only where there is room."""
        if self.is_mounted:
            self._show_about()

    def _empty_text(self) -> str:
        if self._vm is None:
            return "It is gone. Esc goes back."
        if self._problem is not None and self.situation is None:
            parts = (self._problem.title, self._problem.detail, self._problem.hint)
            return "\n".join(clean(part) for part in parts if part)
        return "None. n adds one." if self.situation is not None else "Asking the host."


class DisksTab(DeviceTab):
    """Disks and drives."""

    tab_id: ClassVar[str] = "disks"
    title: ClassVar[str] = "Disks"
    KEYS = (
        ("n", "new disk"), ("a", "attach volume"), ("x", "remove"), ("r", "grow, limit"), ("u", "insert CD"),
        ("E", "eject"), ("N", "add CD drive"), ("^r", "ask again"),
    )  # fmt: skip
    BINDINGS: ClassVar[list[BindingType]] = _keys(
        ("n", "disk.add"), ("a", "disk.attach"), ("x", "disk.remove"), ("u", "disk.insert"), ("E", "disk.eject"),
        ("N", "disk.drive"),
    )  # fmt: skip

    def columns(self) -> Sequence[Column[DiskRow]]:
        """Of disks."""
        return disk_columns()

    def identity(self, row: DiskRow) -> Hashable:
        """Its target."""
        return row.disk.target

    def rows(self, vm: VM, detail: VMDetail | None) -> Sequence[DiskRow]:
        """As the host said last."""
        return disk_rows(vm, self.situation, detail)

    def about(self, row: DiskRow) -> Sequence[tuple[str, str]]:
        """Path, size, place, limits."""
        return disk_facts(row)

    @property
    def chosen(self) -> DiskRow | None:
        """That under the cursor."""
        return self.table.cursor_row

    @property
    def resize_start(self) -> tuple[str, str]:
        """The size of the disk under the cursor."""
        row = self.chosen
        return ("disk", row.disk.target) if row is not None else ("", "")


class NetworkTab(DeviceTab):
    """Interfaces."""

    tab_id: ClassVar[str] = "network"
    title: ClassVar[str] = "Network"
    KEYS = (
        ("n", "add"), ("x", "remove"), ("u", "change network"), ("L", "link up or down"), ("r", "limits"),
        ("^r", "ask again"),
    )  # fmt: skip
    BINDINGS: ClassVar[list[BindingType]] = _keys(
        ("n", "nic.add"), ("x", "nic.remove"), ("u", "nic.move"), ("L", "nic.link")
    )

    def columns(self) -> Sequence[Column[NicRow]]:
        """Of interfaces."""
        return nic_columns()

    def identity(self, row: NicRow) -> Hashable:
        """Its MAC address."""
        return row.nic.mac

    def rows(self, vm: VM, detail: VMDetail | None) -> Sequence[NicRow]:
        """As the host said last."""
        return nic_rows(vm, self.situation, detail)

    def about(self, row: NicRow) -> Sequence[tuple[str, str]]:
        """Network, place, limits."""
        return nic_facts(row)

    @property
    def chosen(self) -> NicRow | None:
        """That under the cursor."""
        return self.table.cursor_row

    @property
    def resize_start(self) -> tuple[str, str]:
        """The limits of the interface under the cursor."""
        row = self.chosen
        return ("nic-limits", row.nic.mac) if row is not None else ("", "")
