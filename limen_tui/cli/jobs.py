"""``limen jobs``: what runs, what came of it, and what a crash left unfinished. Main thread."""

from __future__ import annotations

import argparse
import time

from limen_tui.cli import exits, output
from limen_tui.cli.jobrun import SHORT, follow, job_json, refuse_read_only
from limen_tui.cli.waiting import Waiter
from limen_tui.fleet.fleet import Fleet
from limen_tui.model.jobs import Job, StepState
from limen_tui.model.units import ago, clean, paragraph


def jobs(fleet: Fleet, arguments: argparse.Namespace) -> int:
    """List jobs, show one, or choose what becomes of one that was left unfinished."""
    fleet.jobs.load(limit=arguments.limit)
    match arguments.what:
        case None | "list":
            return _list(fleet, as_json=arguments.json)
        case "show":
            return _show(fleet.jobs.job(arguments.id), as_json=arguments.json)
        case "leave":
            job = fleet.jobs.leave(fleet.jobs.job(arguments.id).id)
            print(clean(f"{job.plan.title}: left as it is"))
            return exits.OK
    job = fleet.jobs.job(arguments.id)
    refuse_read_only(fleet, job.plan.host_id, arguments.what)
    waiter = Waiter(fleet)
    waiter.reach(arguments.timeout, only=_hosts_of(job))
    refuse_read_only(fleet, job.plan.host_id, arguments.what)
    choose = fleet.jobs.resume if arguments.what == "resume" else fleet.jobs.roll_back
    code = follow(fleet, waiter, [choose(job.id).id])
    if arguments.what == "rollback":
        return exits.OK if not fleet.jobs.job(job.id).is_unfinished else exits.FAILED
    return code


def _hosts_of(job: Job) -> set[str]:
    """Its host, and those that its steps name besides."""
    others = {str(step.plan.args["from_host"]) for step in job.steps if "from_host" in step.plan.args}
    return {job.plan.host_id} | others


def _list(fleet: Fleet, *, as_json: bool) -> int:
    shown = tuple(reversed(fleet.jobs.jobs))
    if as_json:
        output.as_json([job_json(job) for job in shown])
        return exits.OK
    now = time.time()
    rows = [
        [job.id[:SHORT], _state(job), f"{job.steps_done}/{len(job.steps)}", job.plan.title, job.plan.host_name,
         ago(job.created_at, now), job.problem.title if job.problem else ""]
        for job in shown
    ]  # fmt: skip
    output.table(["ID", "STATE", "STEPS", "JOB", "HOST", "BEGAN", "PROBLEM"], rows)
    if not rows:
        output.say("No jobs yet.")
    if any(job.is_unfinished for job in shown):
        output.say("Unfinished: limen jobs resume ID, limen jobs rollback ID, or limen jobs leave ID.")
    return exits.OK


def _state(job: Job) -> str:
    if job.orphaned:
        return "unfinished"
    return f"{job.state.value} (elsewhere)" if job.state.is_active and not job.here else job.state.value


def _show(job: Job, *, as_json: bool) -> int:
    if as_json:
        output.as_json(job_json(job))
        return exits.OK
    print(clean(f"{job.plan.title} on {job.plan.host_name}: {_state(job)}"))
    for number, step in enumerate(job.steps, 1):
        told = "not known whether it happened" if job.orphaned and step.state is StepState.STARTED else step.state.value
        print(clean(f"  {number}. {step.plan.label}: {told}"))
        if step.problem is not None:
            print(clean("     " + paragraph(step.problem.title, step.problem.detail)))
    if job.problem is not None:
        print(clean("  " + paragraph(job.problem.title, job.problem.detail, job.problem.hint)))
    return exits.OK
