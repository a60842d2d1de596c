"""The runner of jobs: starts them, a few per host at a time, and takes over what another process left unfinished.

Safe on any thread; each job has a thread of its own. ``load`` and the choices about unfinished jobs read the journal
and may block for a moment: not for the UI thread.
"""

from __future__ import annotations

import threading
import time
from collections.abc import Callable, Mapping
from dataclasses import replace
from typing import Final
from uuid import uuid4

from limen_tui.errors import Conflict, InventoryError, LimenError, NotFound
from limen_tui.jobs.context import Context, Hosts
from limen_tui.jobs.ledger import Ledger
from limen_tui.jobs.owner import is_alive, this_process
from limen_tui.jobs.run import Run, planned
from limen_tui.model.host import problem_of
from limen_tui.model.jobs import Job, JobPlan, JobState, Step
from limen_tui.model.ports import Clock, InventoryPort

PER_HOST: Final = 4
PATIENCE: Final = 120.0
"""Seconds for which a job waits for a host that went away under it."""
Way = Callable[[Run], None]


class _Work:
    """A job of this process."""

    def __init__(self, ledger: Ledger) -> None:
        self.ledger = ledger
        self.stop = threading.Event()
        self.over = threading.Event()
        self.attachments: Mapping[str, bytes] = {}


class JobRunner:
    """Jobs by id. ``on_over`` is told of each that ended, on the job's thread, and only notes."""

    def __init__(
        self, hosts: Hosts, inventory: InventoryPort, clock: Clock, *, on_over: Callable[[Job], None],
        per_host: int = PER_HOST, patience: float = PATIENCE,
    ) -> None:  # fmt: skip
        self._hosts = hosts
        self._inventory = inventory
        self._journal = inventory.journal
        self._clock = clock
        self._on_over = on_over
        self._per_host = per_host
        self._patience = patience
        self._lock = threading.Lock()
        self._works: dict[str, _Work] = {}
        self._others: dict[str, Job] = {}
        """Jobs of other processes, as the journal had them."""
        self._slots: dict[str, threading.Semaphore] = {}
        self._rev = 0

    # -- looking ----------------------------------------------------------------------------------

    @property
    def rev(self) -> int:
        """Grows with every change."""
        return self._rev

    @property
    def jobs(self) -> tuple[Job, ...]:
        """All that are known, oldest first."""
        with self._lock:
            known = {**self._others, **{id_: work.ledger.job for id_, work in self._works.items()}}
        return tuple(sorted(known.values(), key=lambda job: job.created_at))

    def job(self, job_id: str) -> Job:
        """By id, or the beginning of one that fits no other. Raises ``NotFound`` and ``Conflict``."""
        found = [job for job in self.jobs if job.id.startswith(job_id)] if job_id else []
        if not found:
            raise NotFound("No such job", job_id, "`limen jobs` lists them.")
        if len(found) > 1 and found[0].id != job_id:
            raise Conflict("Several jobs begin like that", ", ".join(job.id for job in found), "Say more of it.")
        return found[0]

    @property
    def active(self) -> tuple[Job, ...]:
        """Jobs that this process is at work on."""
        return tuple(job for job in self.jobs if job.here and job.state.is_active)

    @property
    def busy(self) -> bool:
        """Whether there is something left to do for a job of this process: one that is over is then written down."""
        with self._lock:
            return not all(work.over.is_set() for work in self._works.values())

    def load(self, *, limit: int = 100) -> tuple[Job, ...]:
        """Read the journal; the jobs whose process is gone before they were over."""
        kept = {job.id: job for job in (*self._journal.jobs(limit=limit), *self._journal.jobs(unfinished=True))}
        with self._lock:
            self._others = {
                id_: replace(job, orphaned=job.state.is_active and not is_alive(job.owner))
                for id_, job in kept.items() if id_ not in self._works
            }  # fmt: skip
        self._told()
        return tuple(job for job in self.jobs if job.is_unfinished)

    # -- starting ---------------------------------------------------------------------------------

    def start(self, plan: JobPlan, attachments: Mapping[str, bytes] | None = None) -> Job:
        """Begin a job. Returns at once; a plan that cannot be written down fails before anything is done."""
        steps = tuple(Step(step) for step in plan.steps)
        job = Job(uuid4().hex[:12], plan, JobState.QUEUED, steps, self._clock.wall(), this_process())

        def way(run: Run) -> None:
            work.ledger.begin()
            work.ledger.state(JobState.RUNNING)
            run.forward()

        work = self._work(job)
        work.attachments = attachments or {}
        self._launch(work, way)
        return job

    def cancel(self, job_id: str) -> None:
        """Have a job of this process stop and put everything back. Raises ``NotFound`` and ``Conflict``."""
        job = self.job(job_id)
        work = self._works.get(job.id)
        if work is None or not job.state.is_active:
            raise Conflict("This job cannot be cancelled", f"It is {job.state.value}.")
        work.ledger.change(cancelling=True)
        work.stop.set()

    def wait(self, job_id: str, timeout: float | None = None) -> Job:
        """Wait for a job of this process to end or get stuck; as it is then."""
        work = self._works[job_id]
        work.over.wait(timeout)
        return work.ledger.job

    def settle(self, timeout: float) -> None:
        """Wait for what is over to be written down, so many seconds at most; not for what is still under way."""
        deadline = time.monotonic() + timeout
        with self._lock:
            works = tuple(self._works.values())
        for work in works:
            if not work.ledger.job.state.is_active:
                work.over.wait(max(0.0, deadline - time.monotonic()))

    # -- what was left unfinished -------------------------------------------------------------------

    def resume(self, job_id: str) -> Job:
        """Go on with a job that is stuck, failed or was left by a process that is gone. Raises ``LimenError``."""
        work = self._take(job_id, over=True)
        work.ledger.change(steps=planned(work.ledger.job.steps), finished_at=None, problem=None)

        def way(run: Run) -> None:
            work.ledger.state(JobState.RUNNING)
            run.forward()

        return self._launch(work, way)

    def roll_back(self, job_id: str) -> Job:
        """Put back what such a job has done. Raises ``LimenError``."""
        work = self._take(job_id)
        return self._launch(work, lambda run: run.back(JobState.CANCELLED))

    def leave(self, job_id: str) -> Job:
        """Leave everything as such a job has left it, and ask no more. Raises ``LimenError``."""
        work = self._take(job_id)
        try:
            work.ledger.state(JobState.LEFT)
        finally:
            work.over.set()
        return work.ledger.job

    def _take(self, job_id: str, *, over: bool = False) -> _Work:
        """A job to decide about, claimed for this process."""
        job = self.job(job_id)
        again = over and job.state in (JobState.FAILED, JobState.CANCELLED)
        if not (job.is_unfinished or again):
            raise Conflict("There is nothing to choose about this job", f"{job.plan.title} is {job.state.value}.")
        if job.id not in self._works:
            self._journal.claim(job, this_process()).result(30)
        return self._work(replace(job, owner=this_process(), here=True, orphaned=False), self._works.get(job.id))

    def _work(self, job: Job, before: _Work | None = None) -> _Work:
        work = _Work(Ledger(job, self._journal, self._clock, self._told))
        if before is not None:
            work.attachments = before.attachments
        with self._lock:
            self._works[job.id] = work
            self._others.pop(job.id, None)
        self._told()
        return work

    # -- running ----------------------------------------------------------------------------------

    def _launch(self, work: _Work, way: Way) -> Job:
        job = work.ledger.job
        # a daemon: a host that hangs must not keep the process; what is unfinished stands in the journal
        threading.Thread(target=self._run, args=(work, way), name=f"job-{job.id}", daemon=True).start()
        return job

    def _run(self, work: _Work, way: Way) -> None:
        host_id = work.ledger.job.plan.host_id
        with self._lock:
            slot = self._slots.setdefault(host_id, threading.Semaphore(self._per_host))
        context = Context(
            self._hosts, host_id, self._clock, work.stop, work.ledger.report, work.ledger.log,
            self._inventory.keepsakes, work.attachments,
        )  # fmt: skip
        try:
            with slot:
                way(Run(work.ledger, context, patience=self._patience))
        except LimenError as error:
            # the journal cannot be written: nothing more may be done, and a person has to know
            problem = problem_of(error)
            begun = any(step.finished_at is not None for step in work.ledger.job.steps)
            state = JobState.STUCK if begun or not isinstance(error, InventoryError) else JobState.FAILED
            work.ledger.change(state=state, problem=problem, finished_at=self._clock.wall())
        finally:
            work.ledger.change(cancelling=False)
            self._on_over(work.ledger.job)
            work.over.set()

    def _told(self) -> None:
        self._rev += 1
