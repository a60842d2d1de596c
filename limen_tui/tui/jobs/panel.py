"""Acts and jobs: what runs, what came of it, what was left unfinished and what to do about it. UI thread."""

from __future__ import annotations

from collections.abc import Hashable, Sequence
from typing import TYPE_CHECKING, ClassVar, Final

from limen_widgets.line_table import Column
from limen_widgets.line_table.messages import RowActivated
from rich.text import Text
from textual import on
from textual.binding import Binding, BindingType

from limen_tui.fleet.acts import Outcome
from limen_tui.fleet.fleet import Fleet
from limen_tui.fleet.view import FleetView
from limen_tui.model.host import HostSnapshot, Problem
from limen_tui.model.jobs import Job, JobState
from limen_tui.model.units import clean
from limen_tui.tui.fleet.lines import Line
from limen_tui.tui.jobs import rows as look
from limen_tui.tui.jobs.rows import JobRow
from limen_tui.tui.tablepanel import TablePanel, fact
from limen_tui.tui.textview import TextScreen

if TYPE_CHECKING:
    from limen_tui.tui.app import LimenApp

AGAIN = (JobState.FAILED, JobState.CANCELLED)


REREAD: Final = 3.0
"""Seconds between looks at the jobs of other processes."""


class JobsPanel(TablePanel[JobRow]):
    """Newest on top; Enter opens one to show its VMs or steps."""

    view_id: ClassVar[str] = "jobs"
    UNUSED: ClassVar[frozenset[str]] = frozenset({"view.group"})
    DETAIL_LINES: ClassVar[int] = 4
    BINDINGS: ClassVar[list[BindingType]] = [
        Binding("x", "cancel_job", "Cancel", show=False),
        Binding("r", "choose('resume')", "Resume or try again", show=False),
        Binding("b", "choose('roll_back')", "Roll back", show=False),
        Binding("l", "choose('leave')", "Leave as it is", show=False),
        Binding("y", "show_log", "Log", show=False),
    ]

    def __init__(self, app: LimenApp) -> None:
        super().__init__(app)
        self._opened: set[Hashable] = set()

    def on_mount(self) -> None:
        """While it is looked at, jobs of other processes are read anew: they tell of themselves in the journal only."""
        super().on_mount()
        self.set_interval(REREAD, self._reread)

    def on_show(self) -> None:
        """As soon as it is looked at."""
        self._reread()

    def _reread(self) -> None:
        if self.is_on_screen and self.region.width:
            self.limen.job_desk.begin()

    def columns(self) -> Sequence[Column[JobRow]]:
        """Of the table."""
        return (
            Column("what", "Job", look.what, min_width=16, max_width=60, flex=2, sticky=True, priority=0,
                   highlight=False),
            Column("state", "State", look.state, width=16, priority=1),
            Column("progress", "Done", look.progress, width=12, align="right", priority=2, highlight=False),
            Column("result", "Result", look.result, min_width=10, max_width=80, flex=3, priority=3, highlight=False),
            Column("began", "Began", look.began, width=8, priority=4, highlight=False),
        )  # fmt: skip

    def identity(self, row: JobRow) -> Hashable:
        """Act and VM, or job and step."""
        return row.identity

    def rows(self, view: FleetView) -> Sequence[JobRow]:  # noqa: ARG002
        """Newest on top, those that wait for a choice before all others."""
        return look.rows(self.fleet.acts.acts, self.fleet.jobs.jobs, self._opened)

    def search(self, row: JobRow) -> str:
        """Label, VMs, hosts."""
        return look.search(row)

    def host_of(self, row: JobRow) -> HostSnapshot | None:
        """Of a VM's row, or of a job."""
        host_id = row.item.key.host_id if row.item is not None else row.job.plan.host_id if row.job else ""
        return self.fleet.view.host(host_id)

    def details(self, row: JobRow) -> list[Line]:
        """Problem and hint, the last line of the log, the keys that apply."""
        return self._job_details(row, row.job) if row.job is not None else self._act_details(row)

    def _act_details(self, row: JobRow) -> list[Line]:
        if row.act is None:
            return []
        bad = [item for item in row.act.items.values() if item.problem is not None]
        item = row.item or (bad[0] if bad else None)
        waits = row.act.count(Outcome.WAITING)
        shown = [("Enter", "shows or hides its VMs")] + ([("x", f"cancels the {waits} that wait")] if waits else [])
        if item is None or item.problem is None:
            return [_keys(shown)]
        return [*_problem(item.vm_name, item.problem), _keys(shown)]

    def _job_details(self, row: JobRow, job: Job) -> list[Line]:
        problem = row.step.problem if row.step is not None and row.step.problem is not None else job.problem
        shown = [("Enter", "steps"), ("y", "log")]
        if job.here and job.state.is_active:
            shown.append(("x", "cancel, and put everything back"))
        if job.is_unfinished:
            shown += [("r", "resume"), ("b", "roll back"), ("l", "leave as it is")]
        elif job.state in AGAIN:
            shown.append(("r", "try again"))
        lines: list[Line] = []
        if job.orphaned:
            lines.append(((" The Limen that ran it is gone. Nothing was changed since.", "details--warn"),))
        if problem is not None:
            lines += _problem(job.plan.vm_name or job.plan.title, problem)
        elif job.log:
            lines.append(((f" {clean(job.log[-1][1])}", "details--label"),))
        return [*lines[: self.DETAIL_LINES - 1], _keys(shown)]

    def empty_text(self) -> str:
        """What would be here."""
        return ("Nothing was done yet.\n\n"
                "What you start, shut down, create, resize, delete ... appears here with its result.\n"
                "n creates a VM; 1 goes to the VMs.")  # fmt: skip

    @on(RowActivated)
    def _activated(self, event: RowActivated) -> None:
        event.stop()
        row: JobRow = event.row
        top = row.act.id if row.act is not None else row.job.id if row.job else ""
        self._opened ^= {(top, None) if row.act is not None else (top, -1)}
        self.show_anew()

    # -- acts ---------------------------------------------------------------------------------------

    def action_cancel_job(self) -> None:
        """Take back what was not sent yet; stop a job and put everything back."""
        row = self.table.cursor_row
        if row is None:
            return
        if row.act is not None:
            taken = self.fleet.acts.cancel(row.act)
            text = f"{row.act.operation.label}: {taken} cancelled" if taken else "Nothing of it waits any more"
            self.app.notify(text, markup=False, timeout=3)
        elif row.job is not None:
            self.limen.job_desk.cancel(row.job)
        self.show_fleet(self.fleet.view)

    def action_choose(self, choice: str) -> None:
        """Resume, roll back or leave what is unfinished."""
        row = self.table.cursor_row
        if row is not None and row.job is not None:
            self.limen.job_desk.choose(row.job, choice)

    def action_show_log(self) -> None:
        """Steps and log, as text."""
        row = self.table.cursor_row
        if row is not None and row.job is not None:
            # as it is now: the row may be a moment old
            self.app.push_screen(JobLogScreen(self.fleet, self.fleet.jobs.job(row.job.id)))


class JobLogScreen(TextScreen):
    """All that is known of a job, as it goes on."""

    def __init__(self, fleet: Fleet, job: Job) -> None:
        super().__init__(f"{job.plan.title} on {job.plan.host_name}")
        self._fleet = fleet
        self._job = job

    def on_mount(self) -> None:
        """Steps, then the log."""
        super().on_mount()
        self.text.show(self._lines())

    def show_fleet(self, _: FleetView) -> None:
        """Go on with the job."""
        # one that is not there any more stays as it was
        job = next((each for each in self._fleet.jobs.jobs if each.id == self._job.id), self._job)
        if job is not self._job and self.is_mounted:
            self._job = job
            self.text.go_on(self._lines())

    def _lines(self) -> list[Text]:
        return [Text(clean(line)) for line in log_lines(self._job)]


def log_lines(job: Job) -> list[str]:
    """Steps, problem and log."""
    from time import localtime, strftime  # noqa: PLC0415

    lines = [f"{job.plan.title} on {job.plan.host_name}: {job.state.value}   ({job.id})", "", "Steps"]
    for number, step in enumerate(job.steps, 1):
        glyph, _ = look.STEPS[step.state]
        lines.append(f"  {glyph} {number}. {step.plan.label}: {step.state.value}")
        if step.problem is not None:
            lines.append(f"       {step.problem.title}. {step.problem.detail}")
    if job.problem is not None:
        lines += ["", "Problem", f"  {job.problem.title}", f"  {job.problem.detail}", f"  {job.problem.hint}"]
    lines += ["", "Log"] + [f"  {strftime('%H:%M:%S', localtime(at))}  {text}" for at, text in job.log]
    if not job.log:
        lines.append("  Its log went with the process that ran it." if not job.here else "  Nothing yet.")
    return lines


def _problem(who: str, problem: Problem) -> list[Line]:
    told = ": ".join(filter(None, (clean(problem.title), clean(problem.detail))))
    return [(*fact(clean(who), told, "bad"),), ((f" {clean(problem.hint)}", "details--warn"),)]


def _keys(shown: Sequence[tuple[str, str]]) -> Line:
    pieces: list[tuple[str, str]] = []
    for key, text in shown:
        pieces += [(f" {key}", "details--value"), (f" {text}  ", "details--label")]
    return tuple(pieces)
