"""The rows of the jobs view: acts and jobs, and below an opened one its VMs or steps. Pure; UI thread."""

from __future__ import annotations

from collections.abc import Hashable, Sequence
from dataclasses import dataclass
from time import localtime, strftime

from limen_widgets.line_table.lines import natural

from limen_tui.fleet.acts import Act, ActItem, Outcome
from limen_tui.model.jobs import Job, JobState, Step, StepState
from limen_tui.model.units import duration, rate, size
from limen_tui.tui.fleet import fmt
from limen_tui.tui.fleet.lines import Line

OUTCOMES = {
    Outcome.WAITING: ("◌", "dim"), Outcome.SENT: ("◐", "accent"), Outcome.DONE: ("●", "good"),
    Outcome.FAILED: ("✗", "bad"), Outcome.REFUSED: ("–", "warn"), Outcome.TIMED_OUT: ("!", "warn"),
    Outcome.UNKNOWN: ("?", "warn"), Outcome.CANCELLED: ("×", "dim"),
}  # fmt: skip
JOBS = {
    JobState.QUEUED: ("◌", "dim"), JobState.RUNNING: ("◐", "accent"), JobState.ROLLING_BACK: ("◐", "warn"),
    JobState.DONE: ("●", "good"), JobState.FAILED: ("✗", "bad"), JobState.CANCELLED: ("×", "dim"),
    JobState.STUCK: ("!", "bad"), JobState.LEFT: ("–", "dim"),
}  # fmt: skip
STEPS = {
    StepState.PLANNED: ("◌", "dim"), StepState.STARTED: ("◐", "accent"), StepState.DONE: ("●", "good"),
    StepState.FAILED: ("✗", "bad"), StepState.UNDONE: ("↺", "dim"), StepState.UNDO_FAILED: ("!", "bad"),
}  # fmt: skip


@dataclass(frozen=True, slots=True)
class JobRow:
    """An act or a job; or with ``item`` one VM of an opened act, with ``step`` one step of an opened job."""

    act: Act | None = None
    rev: int = 0
    item: ActItem | None = None
    job: Job | None = None
    place: int = -1

    @property
    def identity(self) -> Hashable:
        """What it is found again by."""
        if self.act is not None:
            return self.act.id, None if self.item is None else self.item.key
        return self.job.id if self.job else "", self.place

    @property
    def began(self) -> float:
        """Unix time."""
        if self.act is not None:
            return self.act.started_at
        return self.job.created_at if self.job else 0.0

    @property
    def step(self) -> Step | None:
        """The step, of a step's row."""
        return self.job.steps[self.place] if self.job is not None and self.place >= 0 else None

    @property
    def is_part(self) -> bool:
        """Whether it stands below the one that it belongs to."""
        return self.item is not None or self.place >= 0


def rows(acts: Sequence[Act], jobs: Sequence[Job], opened: set[Hashable]) -> list[JobRow]:
    """Newest on top; what waits for a choice first of all. Of an opened act those that went wrong come first."""
    tops = [JobRow(act, act.rev) for act in acts] + [JobRow(job=job) for job in jobs]
    tops.sort(key=lambda row: (row.job is not None and row.job.is_unfinished, row.began), reverse=True)
    found: list[JobRow] = []
    for top in tops:
        found.append(top)
        if top.identity not in opened:
            continue
        if top.act is not None:
            items = sorted(top.act.items.values(), key=_place)
            found += [JobRow(top.act, top.rev, item) for item in items]
        elif top.job is not None:
            found += [JobRow(job=top.job, place=place) for place in range(len(top.job.steps))]
    return found


def search(row: JobRow) -> str:
    """What a filter looks in."""
    if row.item is not None:
        return f"{row.item.vm_name} {row.item.host_name} {row.item.outcome.value}"
    if row.act is not None:
        return f"{row.act.operation.label} " + " ".join(item.vm_name for item in row.act.items.values())
    if (job := row.job) is None:
        return ""
    step = row.step.plan.label if row.step else ""
    return f"{job.plan.title} {job.plan.host_name} {job.plan.vm_name} {job.state.value} {step}"


def what(row: JobRow) -> Line:
    """The first column."""
    if row.item is not None:
        return (("    ", ""), (row.item.vm_name, ""), (f"  on {row.item.host_name}", "dim"))
    if row.act is not None:
        names = [item.vm_name for item in row.act.items.values()]
        return ((f"{row.act.operation.label} ", ""), (names[0] if len(names) == 1 else f"{len(names)} VMs", ""))
    if row.step is not None:
        return (("    ", ""), (row.step.plan.label, ""))
    if row.job is None:
        return ()
    return ((row.job.plan.title, ""), (f"  on {row.job.plan.host_name}", "dim"))


def state(row: JobRow) -> Line:
    """Glyph and word."""
    if row.item is not None:
        glyph, kind = OUTCOMES[row.item.outcome]
        return ((f"{glyph} {row.item.outcome.value}", kind),)
    if (act := row.act) is not None:
        if act.finished_at is None:
            return (("◐ under way", "accent"),)
        good = act.count(Outcome.DONE) == len(act.items)
        return (("● done", "good"),) if good else (("✗ not all done", "bad"),)
    if (job := row.job) is None:
        return ()
    if (step := row.step) is not None:
        if job.orphaned and step.state is StepState.STARTED:
            return (("? not known", "warn"),)
        glyph, kind = STEPS[step.state]
        return ((f"{glyph} {step.state.value}", kind),)
    if job.orphaned:
        return (("! unfinished", "bad"),)
    glyph, kind = JOBS[job.state]
    word = "cancelling" if job.cancelling and job.state is JobState.RUNNING else job.state.value
    return ((f"{glyph} {word}", kind),)


def progress(row: JobRow) -> Line:
    """How many of how many; of a running job the bar of its step."""
    if row.is_part:
        return ()
    if row.act is not None:
        return ((f"{row.act.count(Outcome.DONE)}/{len(row.act.items)}", ""),)
    if (job := row.job) is None:
        return ()
    if job.progress is not None and job.progress.total:
        share = 100.0 * min(1.0, job.progress.done / job.progress.total)
        return (*fmt.meter(share, 6, "accent"), (f" {share:3.0f} %", ""))
    return ((f"{job.steps_done}/{len(job.steps)}", ""),)


def result(row: JobRow) -> Line:
    """What came of it, or how fast it goes."""
    if row.item is not None:
        problem = row.item.problem
        return ((": ".join(filter(None, (problem.title, problem.detail))), "warn"),) if problem else ()
    if (act := row.act) is not None:
        told = (Outcome.FAILED, Outcome.TIMED_OUT, Outcome.REFUSED, Outcome.UNKNOWN, Outcome.CANCELLED, Outcome.WAITING)
        parts = [f"{number} {outcome.value}" for outcome in told if (number := act.count(outcome))]
        return ((", ".join(parts), "warn"),)
    if (job := row.job) is None:
        return ()
    if (step := row.step) is not None:
        return ((step.problem.title, "warn"),) if step.problem else ()
    if job.problem is not None:
        return ((job.problem.title, "warn"),)
    if job.state.is_active and job.current is not None:
        return ((f"{job.current.plan.label}{_speed(job)}", "dim"),)
    if job.state is JobState.DONE and job.finished_at is not None:
        return ((f"took {duration(job.seconds_at_work)}", "dim"),)
    return ()


def _speed(job: Job) -> str:
    now = job.progress
    if now is None or now.unit != "bytes" or not now.total:
        return ""
    left = "" if now.seconds_left is None else f", {duration(now.seconds_left)} left"
    return f": {size(now.done)} of {size(now.total)}, {rate(now.per_second)}{left}"


def began(row: JobRow) -> str:
    """Time of day."""
    return "" if row.is_part else strftime("%H:%M:%S", localtime(row.began))


def _place(item: ActItem) -> tuple[bool, str]:
    """What is not done comes first."""
    return item.outcome is Outcome.DONE, natural(item.vm_name)
