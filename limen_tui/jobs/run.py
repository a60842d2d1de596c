"""Takes one job forward or back, step by step. Runs on the thread of the job.

Order of each step: the journal says started, then it is done, then the journal says done. A link that breaks under
a step is waited for, and the step is looked at before it is done again.
"""

from __future__ import annotations

import time
from collections.abc import Callable
from dataclasses import replace
from typing import TypeVar

from limen_tui.errors import Cancelled, ConnectError, InventoryError, LimenError, StepFailed
from limen_tui.jobs.context import Context
from limen_tui.jobs.ledger import Ledger
from limen_tui.jobs.ops.registry import operation
from limen_tui.model.host import Problem, problem_of
from limen_tui.model.jobs import JobState, Step, StepState
from limen_tui.model.units import paragraph

T = TypeVar("T")
TRIES = 3
"""How often a step is done over links that break, or by a host that answers too late, before it has failed."""
LOOK_EVERY = 0.25
"""Seconds between looks at whether a host is back."""


class Run:
    """One way through a job. ``patience`` is how many seconds a host that is down is waited for."""

    def __init__(self, ledger: Ledger, context: Context, *, patience: float) -> None:
        self._ledger = ledger
        self._context = context
        self._patience = patience
        self._unsure: int | None = None
        """The step under which the link broke, until it was looked at."""

    # -- forward ----------------------------------------------------------------------------------

    def forward(self) -> None:
        """Do what is left, or put everything back, or get stuck. Raises ``InventoryError`` only."""
        try:
            self._check_all()
            for place in range(len(self._ledger.job.steps)):
                if self._ledger.job.steps[place].state is not StepState.DONE:
                    self._context.check()
                    self._one(place)
        except LimenError as error:
            self._failed(error)
        except Exception as error:  # noqa: BLE001 - a defect of ours must not leave half a VM either
            self._failed(error)
        else:
            self._ledger.state(JobState.DONE)

    def _check_all(self) -> None:
        if any(step.state is not StepState.PLANNED for step in self._ledger.job.steps):
            return  # it was checked when it began; by now its own first steps would stand in the way
        for step in self._ledger.job.steps:
            self._context.check()
            check, args = operation(step.plan.op).check, step.plan.args
            self._patiently(lambda check=check, args=args: check(self._context, args))  # type: ignore[misc]

    def _one(self, place: int) -> None:
        step = self._ledger.job.steps[place]
        op, args, context = operation(step.plan.op), step.plan.args, self._context
        # begun by a process that is gone, or over a link that broke: it may have happened
        seen = step.state is StepState.STARTED
        # anew where it was: the time in which it lay unfinished is not its own
        self._ledger.step(place, StepState.STARTED)
        if not seen:
            self._ledger.log(step.plan.label)
        tries = 0
        while True:
            if seen:
                result = self._patiently(lambda: op.found(context, args))
                self._unsure = None
                if result is not None:
                    break
                if op.partial:
                    self._patiently(lambda: op.undo(context, args, step.result, certain=False))
            try:
                result = op.do(context, args)
                break
            except ConnectError as error:
                tries += 1
                self._unsure = place
                self._ledger.log(f"{error}; looking again when the host is back")
                self._wait_for_host(error, time.monotonic() + self._patience)
                seen = True
                if tries >= TRIES and self._patiently(lambda: op.found(context, args)) is None:
                    # the host is there, and says so each time: that is no broken link
                    self._unsure = None
                    raise StepFailed(error.title, error.detail, error.hint) from error
        self._ledger.step(place, StepState.DONE, result=result)

    def _patiently(self, call: Callable[[], T]) -> T:
        """What ``call`` gives, which changes nothing or may be done twice; waits for the host where the link breaks."""
        until = 0.0
        while True:
            try:
                return call()
            except ConnectError as error:
                until = until or time.monotonic() + self._patience
                self._wait_for_host(error, until)

    def _wait_for_host(self, error: ConnectError, until: float) -> None:
        """Returns once the host is up again. Raises ``error`` when patience is over, ``Cancelled`` on cancel."""
        while True:
            self._context.check()
            if time.monotonic() > until:
                raise error
            self._context.stop.wait(LOOK_EVERY) if not self._context.undoing else time.sleep(LOOK_EVERY)
            if self._context.hosts.is_up(self._context.host_id):
                return

    # -- back -------------------------------------------------------------------------------------

    def _failed(self, error: BaseException) -> None:
        job = self._ledger.job
        problem = problem_of(error)
        for place, step in enumerate(job.steps):
            if step.state is StepState.STARTED and place != self._unsure:
                self._ledger.step(place, StepState.FAILED, result=step.result, problem=problem)
        begun = [step for step in self._ledger.job.steps if step.state is not StepState.PLANNED]
        if any(operation(step.plan.op).final and step.state is not StepState.FAILED for step in begun):
            # what cannot be undone has begun: the only way is forward, when a person says so
            self._ledger.state(JobState.STUCK, problem)
            return
        if begun and isinstance(error, ConnectError):
            self._ledger.state(JobState.STUCK, Problem(
                problem.title, problem.detail, "Resume it or roll it back when the host answers again."))  # fmt: skip
            return
        self._ledger.log(f"{problem.title}: putting everything back")
        self._ledger.change(problem=problem)
        self.back(JobState.CANCELLED if isinstance(error, Cancelled) else JobState.FAILED)

    def back(self, end: JobState) -> None:
        """Undo what was done, last first, and end as ``end``; or get stuck. Raises ``InventoryError`` only."""
        self._context.undoing = True
        self._ledger.state(JobState.ROLLING_BACK)
        for place in reversed(range(len(self._ledger.job.steps))):
            step = self._ledger.job.steps[place]
            if not _to_undo(step):
                continue
            try:
                self._undo(step)
                self._ledger.step(place, StepState.UNDONE, result=step.result, problem=step.problem)
            except InventoryError:
                raise
            except Exception as error:  # noqa: BLE001 - as above
                problem = problem_of(error)
                self._ledger.step(place, StepState.UNDO_FAILED, result=step.result, problem=problem)
                self._ledger.log(f"Could not undo: {step.plan.label}: {paragraph(problem.title, problem.detail)}")
                self._ledger.state(JobState.STUCK, Problem(
                    f"Not everything was put back: {step.plan.label}", paragraph(problem.title, problem.detail),
                    problem.hint or "Mend the cause and roll back again, or leave it as it is."))  # fmt: skip
                return
        self._ledger.state(end)

    def _undo(self, step: Step) -> None:
        op = operation(step.plan.op)
        certain = step.state is StepState.DONE or (step.state is StepState.FAILED and op.partial)
        self._ledger.log(f"Undo: {step.plan.label}")
        self._patiently(lambda: op.undo(self._context, step.plan.args, step.result, certain=certain))


def _to_undo(step: Step) -> bool:
    if step.state is StepState.FAILED:
        return operation(step.plan.op).partial
    return step.state in (StepState.DONE, StepState.STARTED, StepState.UNDO_FAILED)


def planned(steps: tuple[Step, ...]) -> tuple[Step, ...]:
    """The steps as those of a job that goes forward again: what failed or was undone is to be done."""
    again = (StepState.FAILED, StepState.UNDONE, StepState.UNDO_FAILED)
    return tuple(
        replace(step, state=StepState.PLANNED, problem=None) if step.state in again else step for step in steps
    )
