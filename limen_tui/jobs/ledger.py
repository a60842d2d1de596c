"""One job as it goes on: replaced step by step, each change in the journal before what follows it. Any thread."""

from __future__ import annotations

import threading
from collections.abc import Callable, Mapping
from dataclasses import replace
from typing import Any

from limen_tui.model.host import Problem
from limen_tui.model.jobs import Job, JobState, Progress, StepState
from limen_tui.model.ports import Clock, JournalPort

WRITE_SECONDS = 30.0
LINES = 200
"""Of a job's log that are kept."""
SMOOTH = 0.3
"""Share of the newest speed in the one that is shown."""


class Ledger:
    """Changed by the job's thread; read by anyone through ``job``. ``told`` only notes that something changed."""

    def __init__(self, job: Job, journal: JournalPort, clock: Clock, told: Callable[[], None]) -> None:
        self.job = job
        self._journal = journal
        self._clock = clock
        self._told = told
        self._lock = threading.Lock()
        self._mark: tuple[float, float] | None = None
        """(monotonic seconds, units done) at the last look at the speed."""

    def begin(self) -> None:
        """Write the plan down. Raises ``InventoryError``: then nothing is to be done."""
        self._journal.begin(self.job).result(WRITE_SECONDS)

    def change(self, **changes: Any) -> Job:
        """Replace fields that are not in the journal."""
        with self._lock:
            self.job = replace(self.job, **changes)
        self._told()
        return self.job

    def state(self, state: JobState, problem: Problem | None = None) -> None:
        """A new state of the job. Raises ``InventoryError``."""
        finished = self._clock.wall() if state.is_over or state is JobState.STUCK else None
        job = self.change(state=state, problem=problem or self.job.problem, finished_at=finished, progress=None)
        self._journal.state(job).result(WRITE_SECONDS)

    def step(
        self, place: int, state: StepState, *, result: Mapping[str, Any] | None = None, problem: Problem | None = None
    ) -> None:
        """A new state of a step. Raises ``InventoryError``."""
        now, step = self._clock.wall(), self.job.steps[place]
        step = replace(step, state=state, problem=problem, result=step.result if result is None else dict(result))
        step = replace(step, started_at=now) if state is StepState.STARTED else replace(step, finished_at=now)
        steps = (*self.job.steps[:place], step, *self.job.steps[place + 1 :])
        self._mark = None
        self.change(steps=steps, progress=None)
        self._journal.step(self.job.id, place, step).result(WRITE_SECONDS)

    def log(self, text: str) -> None:
        """A line for the person who looks."""
        self.change(log=(*self.job.log, (self._clock.wall(), text))[-LINES:])

    def report(self, done: float, total: float, unit: str) -> None:
        """How far the step under way is."""
        now, last = self._clock.mono(), self._mark
        speed = self.job.progress.per_second if self.job.progress else 0.0
        if last is None:
            self._mark = now, done
        elif now - last[0] >= 0.5:
            newest = (done - last[1]) / (now - last[0])
            speed = newest if not speed else SMOOTH * newest + (1 - SMOOTH) * speed
            self._mark = now, done
        self.change(progress=Progress(done, total, speed, unit))
