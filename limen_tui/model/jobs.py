"""Jobs: what takes long or changes more than one thing, as steps that can be undone. Pure values.

A job is planned as data (:class:`JobPlan`): each step names an operation of the registry in ``limen_tui.jobs.ops`` and
its JSON arguments. The journal keeps exactly that, so that another process can finish or undo what one that was
killed began.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from enum import StrEnum
from typing import Any, Final

from limen_tui.model.host import Problem

Args = Mapping[str, Any]
"""JSON types only. Never a secret: the journal is on disk."""


class StepState(StrEnum):
    """How far a step is. ``started`` in a journal whose process is gone means: nobody knows whether it happened."""

    PLANNED = "planned"
    STARTED = "started"
    DONE = "done"
    FAILED = "failed"
    UNDONE = "undone"
    UNDO_FAILED = "undo failed"


class JobState(StrEnum):
    """How far a job is."""

    QUEUED = "queued"
    RUNNING = "running"
    ROLLING_BACK = "rolling back"
    DONE = "done"
    FAILED = "failed"
    """It failed, and everything was put back."""
    CANCELLED = "cancelled"
    """By a person, and everything was put back."""
    STUCK = "stuck"
    """It can neither go on nor be put back by itself: a person is to choose resume, roll back or leave."""
    LEFT = "left"
    """A person chose to leave it as it is."""

    @property
    def is_over(self) -> bool:
        """Whether nothing more will come."""
        return self in _OVER

    @property
    def is_active(self) -> bool:
        """Whether some process is to be at work on it."""
        return self in _ACTIVE


_OVER: Final = frozenset({JobState.DONE, JobState.FAILED, JobState.CANCELLED, JobState.LEFT})
_ACTIVE: Final = frozenset({JobState.QUEUED, JobState.RUNNING, JobState.ROLLING_BACK})


@dataclass(frozen=True, slots=True)
class StepPlan:
    """One step to come."""

    op: str
    """Its operation's name in the registry."""
    label: str
    """What it does, as a person says it: ``Create disk web1.qcow2, 20 GiB, in pool default``."""
    args: Args = field(default_factory=dict)


@dataclass(frozen=True, slots=True)
class JobPlan:
    """What is to be done on one host, before anything was."""

    kind: str
    """The recipe: ``create``, ``delete`` ..."""
    title: str
    """``Create web1``."""
    host_id: str
    host_name: str
    steps: tuple[StepPlan, ...]
    vm_uuid: str = ""
    vm_name: str = ""
    action: str = ""
    """Id for the audit log: ``vm.create``."""
    notes: tuple[str, ...] = ()
    """What a person should know first: warnings, what stays."""


@dataclass(frozen=True, slots=True)
class Progress:
    """Of the step under way. Bytes or any other unit that can be counted."""

    done: float = 0.0
    total: float = 0.0
    """0 when nobody knows."""
    per_second: float = 0.0
    unit: str = "bytes"

    @property
    def seconds_left(self) -> float | None:
        """At the present speed; ``None`` when it cannot be told."""
        if not self.total or self.per_second <= 0:
            return None
        return max(0.0, (self.total - self.done) / self.per_second)


@dataclass(frozen=True, slots=True)
class Step:
    """A step and what came of it."""

    plan: StepPlan
    state: StepState = StepState.PLANNED
    result: Args = field(default_factory=dict)
    """What ``do`` learnt and ``undo`` needs."""
    problem: Problem | None = None
    started_at: float | None = None
    """Unix time."""
    finished_at: float | None = None


@dataclass(frozen=True, slots=True)
class Job:
    """A job as it stands. Immutable; replaced as it goes on."""

    id: str
    plan: JobPlan
    state: JobState
    steps: tuple[Step, ...]
    created_at: float
    """Unix time."""
    owner: str
    """The process that works on it; see :mod:`limen_tui.jobs.owner`."""
    finished_at: float | None = None
    problem: Problem | None = None
    progress: Progress | None = None
    cancelling: bool = False
    here: bool = True
    """Whether this process works on it, or did."""
    orphaned: bool = False
    """Active in the journal, and its process is gone."""
    log: tuple[tuple[float, str], ...] = ()
    """(Unix time, text): what happened, for the person who looks. Not kept in the journal."""

    @property
    def is_unfinished(self) -> bool:
        """Whether a person has to choose what becomes of it."""
        return self.orphaned or self.state is JobState.STUCK

    @property
    def steps_done(self) -> int:
        """Steps that are done."""
        return sum(step.state is StepState.DONE for step in self.steps)

    @property
    def seconds_at_work(self) -> float:
        """For which its steps ran, each the last time; not those in which it waited for a choice or a process."""
        return sum(
            max(0.0, step.finished_at - step.started_at) for step in self.steps
            if step.started_at is not None and step.finished_at is not None
        )  # fmt: skip

    @property
    def current(self) -> Step | None:
        """The step under way, or that which failed."""
        wanted = (StepState.STARTED, StepState.FAILED, StepState.UNDO_FAILED)
        return next((step for step in self.steps if step.state in wanted), None)
