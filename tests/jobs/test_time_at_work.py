"""What a job took is the time in which its steps ran, not that in which it lay unfinished."""

from __future__ import annotations

import time

import pytest

from limen_tui.inventory import open_inventory
from limen_tui.jobs.ops import registry
from limen_tui.jobs.owner import this_process
from limen_tui.jobs.runner import JobRunner
from limen_tui.model.clock import SystemClock
from limen_tui.model.jobs import Job, JobState, Step, StepState
from tests.jobs.worlds import OPERATIONS, World, plan

HOUR = 3600.0


@pytest.mark.parametrize("state", [StepState.STARTED, StepState.PLANNED])
def test_a_resumed_job_leaves_out_the_time_in_which_it_lay(monkeypatch, state: StepState) -> None:
    registry.operation("vm.define")
    for name, operation in OPERATIONS.items():
        monkeypatch.setitem(registry._registry, name, operation)
    inventory = open_inventory(None)
    try:
        before = time.time() - HOUR
        first, second = plan("a", "b").steps
        steps = (
            Step(first, StepState.DONE, {"made": "a"}, None, before, before + 7),
            Step(second, state, started_at=before + 7 if state is StepState.STARTED else None),
        )
        gone = f"1 {2**40} " + this_process().split(" ", 2)[2]
        job = Job("1234", plan("a", "b"), JobState.RUNNING, steps, before, gone)
        inventory.journal.begin(job).result(10)
        for place, step in enumerate(steps):
            inventory.journal.step(job.id, place, step).result(10)
        runner = JobRunner(World({"a"}), inventory, SystemClock(), on_over=lambda _: None)
        assert [left.id for left in runner.load()] == [job.id]
        runner.resume(job.id)
        done = runner.wait(job.id, 20)
        assert done.state is JobState.DONE
        assert 7 <= done.seconds_at_work < 7 + HOUR / 2
    finally:
        inventory.close()
