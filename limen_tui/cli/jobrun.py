"""Running jobs without a screen: a line of progress, Ctrl+C cancels and puts everything back. Main thread."""

from __future__ import annotations

import sys
import time
from collections.abc import Mapping, Sequence

from limen_tui.cli import exits, output
from limen_tui.cli.waiting import Waiter
from limen_tui.errors import InputError, LimenError, ReadOnlyError
from limen_tui.fleet.fleet import Fleet
from limen_tui.model.jobs import Job, JobPlan, JobState
from limen_tui.model.units import clean, duration, rate

FOREVER = 7 * 86_400.0
REDRAW = 0.2
SHORT = 8


def show_plan(plan: JobPlan) -> None:
    """What would be done, on standard output."""
    print(clean(f"{plan.title} on {plan.host_name}:"))
    for number, step in enumerate(plan.steps, 1):
        print(clean(f"  {number}. {step.label}"))
    for note in plan.notes:
        print(clean(f"  note: {note}"))


def refuse_read_only(fleet: Fleet, host_id: str, what: str) -> None:
    """Raises ``ReadOnlyError`` where nothing may be changed."""
    host = fleet.view.host(host_id)
    if fleet.read_only:
        raise ReadOnlyError(f"{what} was not done: Limen was started read-only")
    if host is not None and (host.host.read_only or host.info.read_only):
        raise ReadOnlyError(f"{what} was not done: {host.host.name} is read-only")


def confirm(question: str, wanted: str, *, sure: bool) -> None:
    """Have ``wanted`` typed. Raises ``InputError`` for another answer, or where nobody can be asked."""
    if sure:
        return
    if not (sys.stdin.isatty() and sys.stderr.isatty()):
        raise InputError(f"{question}: nothing was done", "nobody can be asked here", "Say --yes.")
    sys.stderr.write(clean(f"{question}? Type {wanted} to go on: "))
    sys.stderr.flush()
    if sys.stdin.readline().strip() != wanted:
        raise InputError("Nothing was done")


def run_jobs(
    fleet: Fleet, waiter: Waiter, plans: Sequence[JobPlan], attachments: Sequence[Mapping[str, bytes]] = (),
    *, as_json: bool = False,
) -> int:  # fmt: skip
    """Start the jobs, follow them to their end, say what came of each; the exit code of the worst."""
    given = attachments or [{}] * len(plans)
    started = [fleet.jobs.start(plan, mine) for plan, mine in zip(plans, given, strict=True)]
    return follow(fleet, waiter, [job.id for job in started], as_json=as_json)


def follow(fleet: Fleet, waiter: Waiter, ids: Sequence[str], *, as_json: bool = False) -> int:
    """Wait for jobs of this process, and say what came of each."""

    def over() -> bool:
        _line([fleet.jobs.job(id_) for id_ in ids])
        return not any(fleet.jobs.job(id_).state.is_active for id_ in ids)

    while True:
        try:
            waiter.until(over, FOREVER)
            break
        except KeyboardInterrupt:
            output.say("\nlimen: cancelling; what was done is put back")
            for id_ in ids:
                _cancel(fleet, id_)
    _wipe()
    ended = [fleet.jobs.job(id_) for id_ in ids]
    if as_json:
        output.as_json([job_json(job) for job in ended])
    for job in ended:
        _say(job, quiet=as_json)
    return exits.OK if all(job.state is JobState.DONE for job in ended) else exits.FAILED


def _cancel(fleet: Fleet, id_: str) -> None:
    try:
        fleet.jobs.cancel(id_)
    except LimenError:
        return  # it has just ended


_drawn = [0.0]


def _line(jobs: Sequence[Job]) -> None:
    if not sys.stderr.isatty() or time.monotonic() - _drawn[0] < REDRAW:
        return
    _drawn[0] = time.monotonic()
    going = [job for job in jobs if job.state.is_active]
    if not going:
        return
    job = going[0]
    step = job.current
    text = f"{job.plan.title}: {job.steps_done}/{len(job.steps)} {step.plan.label if step else job.state.value}"
    if (progress := job.progress) is not None and progress.total:
        text += f"  {progress.done / progress.total:.0%} {rate(progress.per_second)} {duration(progress.seconds_left)}"
    if len(going) > 1:
        text += f"  (and {len(going) - 1} more)"
    sys.stderr.write(f"\r\x1b[K{clean(text)[:100]}")
    sys.stderr.flush()


def _wipe() -> None:
    if sys.stderr.isatty():
        sys.stderr.write("\r\x1b[K")
        sys.stderr.flush()


def _say(job: Job, *, quiet: bool) -> None:
    if job.state is JobState.DONE:
        if not quiet:
            print(clean(f"{job.plan.title} on {job.plan.host_name}: done"))
        for step in job.steps:
            if told := step.result.get("told"):  # it is done, and something of it is left to a person
                output.say(str(told))
        return
    problem = job.problem
    why = "" if problem is None else ": " + ": ".join(part for part in (problem.title, problem.detail) if part)
    put_back = {JobState.FAILED: "; everything was put back", JobState.CANCELLED: "; everything was put back"}
    if job.state in put_back:
        why = why.removesuffix(".") + put_back[job.state]
    output.say(f"{job.plan.title} on {job.plan.host_name}: {job.state.value}{why}")
    if problem is not None and problem.hint:
        output.say(f"       {problem.hint}")
    if job.is_unfinished:
        output.say(f"       limen jobs resume {job.id[:SHORT]}, limen jobs rollback {job.id[:SHORT]}, or leave it.")


def job_json(job: Job) -> dict[str, object]:
    """A job as JSON. Arguments of steps stay out: they hold whole definitions."""
    problem = job.problem
    return {
        "id": job.id, "title": job.plan.title, "kind": job.plan.kind, "host": job.plan.host_name,
        "vm": job.plan.vm_name, "uuid": job.plan.vm_uuid, "state": job.state.value, "unfinished": job.is_unfinished,
        "created_at": job.created_at, "finished_at": job.finished_at,
        "steps": [{"label": step.plan.label, "state": step.state.value} for step in job.steps],
        "problem": None if problem is None else {
            "title": problem.title, "detail": problem.detail, "hint": problem.hint},
    }  # fmt: skip

