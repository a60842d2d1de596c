"""Jobs as a person meets them outside their view: notices, unfinished ones, the question on leaving. UI thread."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from typing import TYPE_CHECKING

from textual.notifications import Notification

from limen_tui.errors import LimenError
from limen_tui.model.jobs import Job, JobPlan, JobState
from limen_tui.model.units import clean, paragraph
from limen_tui.tui.jobs.folding import Folding
from limen_tui.tui.reading import shared_reader

if TYPE_CHECKING:
    from limen_tui.tui.app import LimenApp


class JobDesk:
    """Starts jobs for the screens, and tells of those that ended or wait for a choice."""

    def __init__(self, app: LimenApp) -> None:
        self._app = app
        self._told: set[str] = set()
        self._folding = Folding(app)
        self._waiting: dict[str, Callable[[Job], bool]] = {}
        """Who wants to hear of a job's end, by its id."""
        self._failures: list[LimenError] = []
        self._asked_unfinished = False
        self._used = False
        self.leaving = False
        """Whether to leave once no job is under way."""

    def begin(self) -> None:
        """Have the journal read: what a crash left unfinished is told of, once."""
        self._used = True
        shared_reader().read(self._app.fleet.jobs.load, self._note)

    @property
    def rev(self) -> int:
        """Grows with every change of a job, and differs once it was chosen to leave after them."""
        return 2 * self._app.fleet.jobs.rev + self.leaving if self._used else 0

    @property
    def counts(self) -> tuple[int, int]:
        """Jobs under way here, and jobs that wait for a choice."""
        jobs = self._app.fleet.jobs.jobs if self._used else ()
        return sum(job.here and job.state.is_active for job in jobs), sum(job.is_unfinished for job in jobs)

    def start(
        self, plan: JobPlan, attachments: Mapping[str, bytes] | None = None, *,
        then: Callable[[Job], bool] | None = None,
    ) -> Job:  # fmt: skip
        """Begin a job; its view tells how it goes. ``then`` hears of its end, and of its being stuck before that, and
        says whether it has told the person: then no notice does."""
        self._used = True
        job = self._app.fleet.jobs.start(plan, attachments)
        notice = Notification(f"{clean(plan.title)}: begun (5 shows it)", timeout=4)
        self._folding.tell(job, JobState.QUEUED, notice, self._app.fleet.clock.mono())
        if then is not None:
            self._waiting[job.id] = then
        return job

    def tick(self) -> None:
        """Tell of what ended since the last look. Only once there are jobs: their runner is made at the first."""
        if not self._used:
            return
        for error in self._failures:
            text = clean(paragraph(error.detail, error.hint))
            self._app.notify(text, title=error.title, severity="error", markup=False)
        self._failures.clear()
        jobs = self._app.fleet.jobs.jobs
        for job in jobs:
            if job.here and not job.state.is_active and job.id not in self._told:
                self._told.add(job.id)
                self._tell(job)
            elif job.here and job.state.is_active:
                self._told.discard(job.id)
        if self.leaving and not self._app.fleet.jobs.busy:  # what is over is written down, too
            self._app.action_leave(0)
        left = [job for job in jobs if job.orphaned]
        if left and not self._asked_unfinished:
            self._asked_unfinished = True
            names = ", ".join(clean(job.plan.title) for job in left[:3]) + (" ..." if len(left) > 3 else "")
            self._app.notify(
                f"{names}. Press 5, then r to resume, b to roll back or l to leave it.",
                title=f"{len(left)} unfinished {'job' if len(left) == 1 else 'jobs'}", severity="warning",
                markup=False, timeout=20,
            )  # fmt: skip

    def _tell(self, job: Job) -> None:
        then = self._waiting.get(job.id)
        if job.state.is_over:
            self._waiting.pop(job.id, None)
        if then is not None and then(job):
            return
        problem = job.problem
        why = "" if problem is None else clean(": ".join(part for part in (problem.title, problem.detail) if part))
        title = f"{clean(job.plan.title)}: {job.state.value}"
        if job.state is JobState.DONE:
            notice = Notification(f"{title} on {clean(job.plan.host_name)}", timeout=5)
        elif job.state is JobState.STUCK:
            notice = Notification(paragraph(why, "Press 5: resume, roll back or leave."), title, "error", 20)
        elif job.state is JobState.FAILED:
            hint = clean(problem.hint) if problem else ""
            notice = Notification(paragraph(why, "Everything was put back.", hint), title, "error", 12)
        else:
            notice = Notification(title, timeout=5)
        self._folding.tell(job, job.state, notice, self._app.fleet.clock.mono())

    # -- choices ----------------------------------------------------------------------------------

    def cancel(self, job: Job) -> None:
        """Stop a job of this process."""
        try:
            self._app.fleet.jobs.cancel(job.id)
        except LimenError as error:
            self._app.notify(paragraph(error.title, error.detail), severity="warning", markup=False, timeout=4)
        else:
            self._app.notify(f"{clean(job.plan.title)}: cancelling", markup=False, timeout=3)

    def choose(self, job: Job, choice: str) -> None:
        """``resume``, ``roll_back`` or ``leave``."""
        host = self._app.fleet.view.host(job.plan.host_id)
        if choice != "leave" and (self._app.fleet.read_only or (host is not None and host.host.read_only)):
            self._app.notify("Read-only: nothing is changed", severity="warning", markup=False, timeout=4)
            return
        runner = self._app.fleet.jobs
        calls: dict[str, Callable[[str], Job]] = {
            "resume": runner.resume, "roll_back": runner.roll_back, "leave": runner.leave,
        }  # fmt: skip
        shared_reader().read(lambda: calls[choice](job.id), self._note)

    def _note(self, result: object) -> None:
        """The reader's thread: only note."""
        if isinstance(result, LimenError):
            self._failures.append(result)

    # -- leaving ----------------------------------------------------------------------------------

    @property
    def active(self) -> Sequence[Job]:
        """Jobs under way in this process."""
        return self._app.fleet.jobs.active if self._used else ()

    def ask_to_leave(self) -> bool:
        """Ask when jobs are under way; whether there is something to ask."""
        active = self.active
        self.leaving = False
        if not active:
            return False
        from limen_tui.tui.jobs.leaving import LeavingDialog  # noqa: PLC0415 - after the first paint

        self._app.push_screen(LeavingDialog(active), self._leave)
        return True

    def _leave(self, choice: str | None) -> None:
        if choice == "leave":
            self._app.action_leave(0)
        elif choice is not None:
            self.leaving = True
            for job in self.active if choice == "cancel" else ():
                self.cancel(job)
            self._app.notify("Leaving when the jobs are over; q asks again", markup=False, timeout=5)
