"""The dialog for passphrases, passwords and one-time codes. UI thread."""

from __future__ import annotations

from typing import ClassVar

from limen_widgets.tick import Tick
from rich.text import Text
from textual.app import ComposeResult
from textual.binding import Binding, BindingType
from textual.containers import Horizontal, VerticalScroll
from textual.widgets import Button, Input, Label, Static

from limen_tui.model.questions import Answer, Question
from limen_tui.tui.dialogs.once import OnceScreen


class PromptDialog(OnceScreen[Answer | None]):
    """One field per prompt, hidden where the server asks for a secret.

    Nothing typed leaves the dialog but in the answer; the fields are emptied as it closes. Dismisses with ``None``
    on Esc: the host is then left in needs-auth.
    """

    DEFAULT_CSS = """
    PromptDialog { align: center middle; }
    PromptDialog > VerticalScroll {
        width: 64; max-width: 100%; height: auto; max-height: 100%; padding: 1 2;
        border: round $accent; background: $surface;
    }
    PromptDialog #text { height: auto; max-height: 8; margin-bottom: 1; color: $text-muted; }
    PromptDialog #wrong { color: $error; margin-bottom: 1; }
    PromptDialog Input { height: 1; border: none; padding: 0 1; background: $panel; margin-bottom: 1; }
    PromptDialog Input:focus { border: none; }
    PromptDialog:ansi Input { text-style: underline; }
    PromptDialog #buttons { height: 1; margin-top: 1; }
    PromptDialog Button { margin-right: 2; height: 1; min-width: 8; border: none !important; padding: 0 1; }
    PromptDialog Button:focus { text-style: bold reverse; }
    """
    BINDINGS: ClassVar[list[BindingType]] = [Binding("escape", "cancel", "Cancel")]

    def __init__(self, question: Question) -> None:
        super().__init__()
        self._question = question

    def compose(self) -> ComposeResult:
        question = self._question
        with VerticalScroll() as box:
            box.border_title = Text(f"{question.host_name}: sign in").plain
            box.can_focus = False
            yield Label(Text(question.title, style="bold"))
            if question.text:
                yield Static(Text(question.text), id="text")
            if question.attempt > 1:
                yield Label(f"That was not right. Attempt {question.attempt} of 3.", id="wrong", markup=False)
            for number, prompt in enumerate(question.prompts):
                yield Label(Text(prompt.text))
                yield Input(password=prompt.secret, id=f"prompt-{number}", select_on_focus=False)
            if question.can_remember:
                yield Tick("Keep in memory until Limen exits", value=True, id="remember")
            with Horizontal(id="buttons"):
                yield Button("Sign in", id="answer", variant="primary")
                yield Button("Cancel", id="cancel")

    def on_mount(self) -> None:
        self.set_focus(self.query(Input).first())

    def on_input_submitted(self, event: Input.Submitted) -> None:
        """Enter goes on to the next field, and answers on the last."""
        fields = list(self.query(Input))
        place = fields.index(event.input)
        if place + 1 < len(fields):
            self.set_focus(fields[place + 1])
        else:
            self._answer()

    def on_button_pressed(self, event: Button.Pressed) -> None:
        """Sign in, or cancel."""
        if event.button.id == "answer":
            self._answer()
        else:
            self.action_cancel()

    def action_cancel(self) -> None:
        """Leave the host as it is."""
        self._empty()
        self.dismiss(None)

    def _answer(self) -> None:
        values = tuple(field.value for field in self.query(Input))
        remember = self._question.can_remember and self.query_one("#remember", Tick).value
        self._empty()
        self.dismiss(Answer(values, remember))

    def _empty(self) -> None:
        for field in self.query(Input):
            field.value = ""
