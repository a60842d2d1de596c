"""The journal of jobs in SQLite: what was planned, begun, done, undone. Imports model and siblings.

Writes are queued to the one writer; whoever is about to act waits for its future first.
"""

from __future__ import annotations

import json
from collections.abc import Callable, Iterator
from concurrent.futures import Future
from contextlib import AbstractContextManager
from typing import Any, Final

from limen_tui.errors import InventoryError
from limen_tui.inventory.codec import dumps
from limen_tui.inventory.database import Database, Row
from limen_tui.inventory.text import get, put
from limen_tui.inventory.writer import Writer
from limen_tui.model.host import Problem
from limen_tui.model.jobs import Job, JobPlan, JobState, Step, StepPlan, StepState

KEEP: Final = 500
"""Jobs that are over and are kept."""
TABLES: Final = (
    """CREATE TABLE jobs (
        number INTEGER PRIMARY KEY AUTOINCREMENT, id TEXT NOT NULL UNIQUE, state TEXT NOT NULL, owner TEXT NOT NULL,
        created_at REAL NOT NULL, finished_at REAL, plan TEXT NOT NULL, problem TEXT NOT NULL
    )""",
    """CREATE TABLE job_steps (
        job_id TEXT NOT NULL REFERENCES jobs(id) ON DELETE CASCADE, place INTEGER NOT NULL, state TEXT NOT NULL,
        result TEXT NOT NULL, problem TEXT NOT NULL, started_at REAL, finished_at REAL,
        PRIMARY KEY (job_id, place)
    ) WITHOUT ROWID""",
)
_OVER: Final = tuple(state.value for state in JobState if state.is_over)
_MARKS: Final = ", ".join("?" * len(_OVER))


class Journal:
    """Implements :class:`limen_tui.model.ports.JournalPort`."""

    def __init__(
        self, database: Database, writer: Writer, reading: Callable[[], AbstractContextManager[None]]
    ) -> None:
        self._database = database
        self._writer = writer
        self._reading = reading

    def begin(self, job: Job) -> Future[None]:
        """Keep a new job with its whole plan."""

        def write() -> None:
            run = self._database.run
            run("INSERT INTO jobs (id, state, owner, created_at, finished_at, plan, problem) VALUES (?,?,?,?,?,?,?)",
                (job.id, job.state.value, put(job.owner), job.created_at, None, put(_plan_text(job.plan)),
                 ""))  # fmt: skip
            for place, step in enumerate(job.steps):
                self._step(job.id, place, step)
            run(f"""DELETE FROM jobs WHERE state IN ({_MARKS}) AND number <=
                (SELECT max(number) FROM jobs) - ?""", (*_OVER, KEEP))  # noqa: S608 - marks only

        return self._writer.submit(write)

    def step(self, job_id: str, place: int, step: Step) -> Future[None]:
        """Keep how far a step is."""
        return self._writer.submit(lambda: self._step(job_id, place, step))

    def state(self, job: Job) -> Future[None]:
        """Keep a job's state, end and problem."""

        def write() -> None:
            self._database.run(
                "UPDATE jobs SET state = ?, finished_at = ?, problem = ? WHERE id = ?",
                (job.state.value, job.finished_at, put(_problem_text(job.problem)), job.id),
            )

        return self._writer.submit(write)

    def claim(self, job: Job, owner: str) -> Future[None]:
        """Take a job over from the owner that ``job`` names; fails with ``InventoryError`` when another was faster."""

        def write() -> None:
            run = self._database.run
            run("UPDATE jobs SET owner = ? WHERE id = ? AND owner = ?", (put(owner), job.id, put(job.owner)))
            if run("SELECT changes()")[0][0] != 1:
                raise InventoryError("Another Limen has taken this job over", job.plan.title, "Look at the jobs again.")

        return self._writer.submit(write)

    def jobs(self, *, limit: int = 100, unfinished: bool = False) -> tuple[Job, ...]:
        """Newest first; with ``unfinished`` those alone that are not over, however old."""
        where = f"WHERE state NOT IN ({_MARKS})" if unfinished else ""
        with self._reading():
            rows = self._database.run(
                f"SELECT id, state, owner, created_at, finished_at, plan, problem FROM jobs {where} "  # noqa: S608 - marks
                "ORDER BY number DESC LIMIT ?", (*(_OVER if unfinished else ()), limit))  # fmt: skip
            return tuple(self._read(rows))

    def _read(self, rows: list[Row]) -> Iterator[Job]:
        for row in rows:
            steps = self._database.run(
                "SELECT state, result, problem, started_at, finished_at FROM job_steps WHERE job_id = ? ORDER BY place",
                (row[0],),
            )  # fmt: skip
            plan = _plan(get(row[5]))
            kept = tuple(
                Step(step_plan, StepState(step[0]), json.loads(get(step[1])), _problem(get(step[2])), step[3], step[4])
                for step_plan, step in zip(plan.steps, steps, strict=False)
            )
            yield Job(get(row[0]), plan, JobState(row[1]), kept, row[3], get(row[2]), row[4], _problem(get(row[6])),
                      here=False)  # fmt: skip

    def _step(self, job_id: str, place: int, step: Step) -> None:
        self._database.run(
            """INSERT INTO job_steps (job_id, place, state, result, problem, started_at, finished_at)
            VALUES (?,?,?,?,?,?,?) ON CONFLICT (job_id, place) DO UPDATE SET state = excluded.state,
            result = excluded.result, problem = excluded.problem, started_at = excluded.started_at,
            finished_at = excluded.finished_at""",
            (job_id, place, step.state.value, put(dumps(dict(step.result))), put(_problem_text(step.problem)),
             step.started_at, step.finished_at),
        )  # fmt: skip


def _plan_text(plan: JobPlan) -> str:
    return dumps({
        "kind": plan.kind, "title": plan.title, "host_id": plan.host_id, "host_name": plan.host_name,
        "vm_uuid": plan.vm_uuid, "vm_name": plan.vm_name, "action": plan.action, "notes": list(plan.notes),
        "steps": [{"op": step.op, "label": step.label, "args": dict(step.args)} for step in plan.steps],
    })  # fmt: skip


def _plan(text: str) -> JobPlan:
    raw: dict[str, Any] = json.loads(text)
    steps = tuple(StepPlan(step["op"], step["label"], step["args"]) for step in raw.pop("steps"))
    return JobPlan(steps=steps, notes=tuple(raw.pop("notes", ())), **raw)


def _problem_text(problem: Problem | None) -> str:
    return "" if problem is None else dumps([problem.title, problem.detail, problem.hint])


def _problem(text: str) -> Problem | None:
    return Problem(*json.loads(text)) if text else None
