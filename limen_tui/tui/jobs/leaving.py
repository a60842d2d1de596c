"""The question on leaving while jobs are under way. UI thread."""

from __future__ import annotations

from collections.abc import Sequence
from typing import ClassVar, Literal

from textual import on
from textual.app import ComposeResult
from textual.binding import Binding, BindingType
from textual.containers import Horizontal
from textual.widgets import Button, Label

from limen_tui.model.jobs import Job
from limen_tui.model.units import clean
from limen_tui.tui.dialogs.base import Dialog

Choice = Literal["wait", "cancel", "leave"]


class LeavingDialog(Dialog[Choice | None]):
    """Wait for them, cancel them and put everything back, or leave them unfinished for the next start."""

    BINDINGS: ClassVar[list[BindingType]] = [
        Binding("w", "choose('wait')", "Wait", show=False),
        Binding("c", "choose('cancel')", "Cancel them", show=False),
        Binding("l", "choose('leave')", "Leave", show=False),
    ]

    DEFAULT_CSS = "LeavingDialog > .dialog--box { width: 80; }"
    HORIZONTAL_BREAKPOINTS = [(0, "-narrow"), (80, "-wide")]  # noqa: RUF012 - as its base; four long buttons

    def __init__(self, jobs: Sequence[Job]) -> None:
        super().__init__(f"{len(jobs)} {'job is' if len(jobs) == 1 else 'jobs are'} under way")
        self._jobs = jobs

    def body(self) -> ComposeResult:
        """The jobs, the choices."""
        for job in self._jobs[:8]:
            text = f"{clean(job.plan.title)} on {clean(job.plan.host_name)}: {job.steps_done} of {len(job.steps)} steps"
            yield Label(text, markup=False)
        if len(self._jobs) > 8:
            yield Label(f"... and {len(self._jobs) - 8} more", markup=False)
        yield Label("A job runs in this Limen. Left unfinished, the next start offers to resume it or roll it back.",
                    classes="dialog--note", markup=False)  # fmt: skip
        with Horizontal(classes="dialog--buttons"):
            yield Button("Stay", id="stay")
            yield Button("w Leave when done", id="wait")
            yield Button("c Cancel them, leave", id="cancel")
            yield Button("l Leave now", id="leave", variant="error")

    def on_mount(self) -> None:
        """Staying is what a stray Enter does."""
        super().on_mount()
        self.set_focus(self.query_one("#stay", Button))

    @on(Button.Pressed)
    def _pressed(self, event: Button.Pressed) -> None:
        event.stop()
        if event.button.id in ("wait", "cancel", "leave"):
            self.action_choose(event.button.id)
        else:
            self.dismiss(None)

    def action_choose(self, choice: str) -> None:
        """One of the three."""
        self.dismiss(choice)  # type: ignore[arg-type]
