"""Shows what a change of a VM's devices will do, step by step and line by line, and asks. UI thread.

Pinned to the VM captured at the key press. The host is asked first; until it has answered nothing can be confirmed.
"""

from __future__ import annotations

from collections.abc import Callable
from typing import TYPE_CHECKING, ClassVar

from textual.app import ComposeResult
from textual.binding import Binding, BindingType
from textual.containers import Horizontal
from textual.message import Message
from textual.widgets import Button

from limen_tui.errors import LimenError
from limen_tui.fleet.devicing import preview
from limen_tui.fleet.resizing import host_info, look
from limen_tui.model.jobs import JobPlan
from limen_tui.model.resize import Situation
from limen_tui.model.units import clean
from limen_tui.model.vm import VM
from limen_tui.model.xml.diff import definition_diff
from limen_tui.tui.devices.asking import ask
from limen_tui.tui.dialogs.base import Dialog
from limen_tui.tui.fleet.lines import Line
from limen_tui.tui.fleet.strip import DIM, STRONG
from limen_tui.tui.resize.lines import BAD, WARN, diff_lines, said
from limen_tui.tui.vm.facts import FactScroll

if TYPE_CHECKING:
    from limen_tui.fleet.fleet import Fleet

Build = Callable[[Situation], JobPlan]


class ProposalDialog(Dialog[JobPlan | None]):
    """Dismisses with the job to start. The safe button has the keyboard; ``y`` says yes."""

    BINDINGS: ClassVar[list[BindingType]] = [
        Binding("y", "yes", "Yes", show=False),
        Binding("n", "cancel", "No", show=False),
        Binding("down,j", "scroll_plan(1)", "Down", show=False),
        Binding("up,k", "scroll_plan(-1)", "Up", show=False),
        Binding("pagedown", "scroll_plan(8)", "Page down", show=False),
        Binding("pageup", "scroll_plan(-8)", "Page up", show=False),
    ]
    DEFAULT_CSS = """
    ProposalDialog > .dialog--box { width: 96; overflow-y: hidden; }
    ProposalDialog FactScroll { height: 12; background: $panel; padding: 0 1; }
    ProposalDialog FactLines { background: $panel; }
    """

    class Looked(Message):
        """The host's answer."""

        def __init__(self, answer: Situation | LimenError) -> None:
            super().__init__()
            self.answer = answer

    def __init__(self, fleet: Fleet, vm: VM, title: str, yes: str, build: Build) -> None:
        super().__init__(title)
        self._fleet, self._vm, self._yes, self._build = fleet, vm, yes, build
        self._situation: Situation | None = None
        self._plan: JobPlan | None = None
        self._problem: LimenError | None = None

    def body(self) -> ComposeResult:
        """What will be done, and two buttons."""
        yield FactScroll()
        with Horizontal(classes="dialog--buttons"):
            yield Button("Cancel", id="no")
            yield Button(self._yes, id="yes", variant="primary", disabled=True)

    def on_mount(self) -> None:
        """Ask the host."""
        super().on_mount()
        vm, info = self._vm, host_info(self._fleet.view.host(self._vm.key.host_id))
        ask(self, self._fleet, vm.key.host_id, lambda verbs: look(verbs, vm, info), self.Looked)
        self.set_focus(self.query_one("#no"))
        self._show()

    def on_resize(self) -> None:
        """Lines are broken anew."""
        self._show()

    def on_proposal_dialog_looked(self, event: Looked) -> None:
        """Make the plan of it."""
        event.stop()
        try:
            if isinstance(event.answer, LimenError):
                raise event.answer
            self._situation = event.answer
            self._plan = self._build(event.answer)
        except LimenError as error:
            self._problem = error
        self._show()

    def _show(self) -> None:
        scroll = self.query_one(FactScroll)
        lines = self._lines(max(20, scroll.outer_size.width - 4))
        scroll.styles.height = max(4, min(len(lines), self.app.size.height - 6))
        scroll.show_lines(lines)
        self.query_one("#yes", Button).disabled = self._plan is None

    def _lines(self, width: int) -> list[Line]:
        if (problem := self._problem) is not None:
            return [*said(problem.title, width, BAD, indent=0), *said(problem.detail, width, "", indent=0),
                    *said(problem.hint, width, DIM, indent=0)]  # fmt: skip
        if self._plan is None or self._situation is None:
            return [((f"Asking {clean(self._vm.host_name)} …", DIM),)]
        lines: list[Line] = []
        for number, step in enumerate(self._plan.steps, 1):
            first, *rest = said(f"{number}. {step.label}", width, STRONG, indent=0)
            lines += [first, *rest]
        for note in self._plan.notes:
            lines += said(f"▲ {note}", width, WARN, indent=0)
        before, after = preview(self._situation, self._plan)
        return [*lines, (), *diff_lines(definition_diff(before, after))]

    def action_scroll_plan(self, by: int) -> None:
        """Up or down."""
        self.query_one(FactScroll).scroll_relative(y=by, animate=False)

    def action_yes(self) -> None:
        """Only what is shown."""
        if self._plan is not None:
            self.dismiss(self._plan)

    def on_button_pressed(self, event: Button.Pressed) -> None:
        """One of the two."""
        if event.button.id == "yes":
            self.action_yes()
        else:
            self.action_cancel()
