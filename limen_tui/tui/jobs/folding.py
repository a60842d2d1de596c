"""Notices of jobs that fare alike within a few seconds: one for all of them. May import textual. UI thread."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Final

from textual.app import App
from textual.notifications import Notification

from limen_tui.model.jobs import Job, JobState
from limen_tui.model.units import clean
from limen_tui.tui.notices import show, withdraw

FOLD_SECONDS: Final = 5.0
"""Between one job and the next of the same outcome."""
NAMES: Final = 4
NAME: Final = 24
"""Characters of each name: of many, none needs to be told apart from all others."""


@dataclass
class _Group:
    notice: Notification
    jobs: list[Job]
    at: float


class Folding:
    """One notice per outcome, which is replaced as more jobs come to it."""

    def __init__(self, app: App[int]) -> None:
        self._app = app
        self._groups: dict[JobState, _Group] = {}

    def tell(self, job: Job, state: JobState, alone: Notification, now: float) -> None:
        """``alone`` is what is said when no other job has come to ``state`` a moment ago. ``now``: monotonic seconds.
        """
        group = self._groups.get(state)
        if group is None or now - group.at > FOLD_SECONDS:
            self._groups[state] = _Group(show(self._app, alone), [job], now)
            return
        if any(job.id == known.id for known in group.jobs):
            group.jobs = [known for known in group.jobs if known.id != job.id]  # resumed, and it came out the same
        group.jobs.append(job)
        group.at = now
        withdraw(self._app, group.notice)
        text = alone.message if len(group.jobs) == 1 else many(group.jobs, state)
        title = alone.title if len(group.jobs) == 1 else ""
        group.notice = show(self._app, Notification(text, title, alone.severity, alone.timeout))


_WORDS: Final = {JobState.QUEUED: "begun", JobState.STUCK: "need a choice"}
_NEXT: Final = {
    JobState.QUEUED: "5 shows them", JobState.DONE: "5 shows them",
    JobState.STUCK: "Press 5: resume, roll back or leave",
    JobState.FAILED: "Everything was put back. 5 shows why",
}  # fmt: skip


def many(jobs: Sequence[Job], state: JobState) -> str:
    """``8 jobs failed: Create n1, n2, n3 ... n8. 5 shows why``. Pure."""
    word = _WORDS.get(state, state.value)
    return f"{len(jobs)} jobs {word}: {_named([job.plan.title for job in jobs])}. {_NEXT.get(state, '5 shows them')}"


def _named(titles: Sequence[str]) -> str:
    split = [clean(title).partition(" ") for title in titles]
    same = all(verb == split[0][0] and rest for verb, _, rest in split)
    names = [rest if same else f"{verb} {rest}".strip() for verb, _, rest in split]
    names = [name if len(name) <= NAME else f"{name[:NAME - 1]}…" for name in names]
    told = ", ".join(names) if len(names) <= NAMES else f"{', '.join(names[:NAMES - 1])} ... {names[-1]}"
    return f"{split[0][0]} {told}" if same else told
