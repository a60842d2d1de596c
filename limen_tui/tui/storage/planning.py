"""A dialog that makes the plan of a job. UI thread; the plan is made on a thread of the dialog, which only posts it."""

from __future__ import annotations

from collections.abc import Callable

from rich.cells import cell_len
from textual.message import Message
from textual.widgets import Label

from limen_tui.errors import LimenError
from limen_tui.model.jobs import JobPlan
from limen_tui.model.units import clean
from limen_tui.tui.dialogs.form import FormDialog
from limen_tui.tui.reading import Reader


class PlanDialog(FormDialog[JobPlan | None]):
    """Makes the plan of a job away from the UI, and dismisses with it; what is wrong is said in the dialog."""

    DEFAULT_CSS = "PlanDialog Label { width: 100%; }"

    class Planned(Message):
        """A plan is made, or cannot be."""

        def __init__(self, number: int, result: JobPlan | LimenError) -> None:
            super().__init__()
            self.number, self.result = number, result

    def __init__(self, title: str) -> None:
        super().__init__(title)
        self._reader = Reader()
        self._asked = 0
        self._busy = False

    def look(self, make: Callable[[], JobPlan], doing: str) -> None:
        """Make a plan; ``doing`` is said meanwhile."""
        if self._busy:
            return
        self._busy = True
        self._asked += 1
        number = self._asked
        self.say(doing)
        self._reader.read(make, lambda result: self.post_message(self.Planned(number, result)))

    def say(self, text: str, kind: str = "note") -> None:
        """In the line above the buttons."""
        note = self.query_one("#note", Label)
        note.set_classes(f"dialog--{kind}")
        note.update(text)
        self.place(sum(1 + cell_len(line) // 70 for line in text.splitlines()) or 1)

    def explain(self, error: LimenError) -> None:
        """All of it, a line each, there."""
        self.say("\n".join(clean(part) for part in (error.title, error.detail, error.hint) if part), "problem")

    def place(self, lines: int) -> None:
        """The note has so many lines now: what else there is makes room."""

    def on_plan_dialog_planned(self, event: Planned) -> None:
        """Done, or say why not."""
        event.stop()
        if event.number != self._asked:
            return
        self._busy = False
        if isinstance(event.result, LimenError):
            self.explain(event.result)
        else:
            self.dismiss(event.result)
