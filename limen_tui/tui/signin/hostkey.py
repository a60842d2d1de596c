"""The dialog for an unknown SSH host key. UI thread."""

from __future__ import annotations

from typing import ClassVar

from rich.text import Text
from textual.app import ComposeResult
from textual.binding import Binding, BindingType
from textual.containers import Horizontal, VerticalScroll
from textual.widgets import Button, Static

from limen_tui.model.questions import Answer, Question, Trust
from limen_tui.tui.dialogs.once import OnceScreen


class HostKeyDialog(OnceScreen[Answer | None]):
    """Shows host, key type, fingerprint and randomart; trust once, trust and save, or refuse.

    The safe answer has the focus, and no answer has a key that a person types by habit: a stray Enter or ``y``
    must not trust a key. Dismisses with the answer; ``None`` leaves the host in needs-auth.
    """

    DEFAULT_CSS = """
    HostKeyDialog { align: center middle; }
    HostKeyDialog > VerticalScroll {
        width: 80; max-width: 100%; height: auto; max-height: 100%; padding: 1 2;
        border: round $warning; background: $surface;
    }
    HostKeyDialog #facts { height: auto; }
    HostKeyDialog #facts > Static { width: auto; height: auto; }
    HostKeyDialog #art { margin-right: 2; }
    HostKeyDialog #facts > #words { width: 1fr; }
    HostKeyDialog #buttons { height: 1; margin-top: 1; }
    HostKeyDialog Button { margin-right: 2; height: 1; min-width: 8; border: none !important; padding: 0 1; }
    HostKeyDialog Button:focus { text-style: bold reverse; }
    """
    BINDINGS: ClassVar[list[BindingType]] = [
        Binding("escape", "dismiss_with('later')", "Decide later"),
        Binding("alt+o", "dismiss_with('once')", "Trust once"),
        Binding("alt+s", "dismiss_with('save')", "Trust and save"),
        Binding("left", "app.focus_previous", show=False),
        Binding("right", "app.focus_next", show=False),
    ]

    def __init__(self, question: Question) -> None:
        super().__init__()
        self._question = question

    def compose(self) -> ComposeResult:
        question, key = self._question, self._question.host_key
        with VerticalScroll() as box:
            box.border_title = "Unknown host key"
            box.can_focus = False
            if key is not None:
                with Horizontal(id="facts"):
                    yield Static(Text(key.randomart), id="art")
                    yield Static(_words(question), id="words")
                yield Static(Text(f"“Trust and save” writes to {key.file}", style="dim"))
            with Horizontal(id="buttons"):
                yield Button("Refuse", id="refuse")
                yield Button("Trust once", id="once")
                yield Button("Trust and save", id="save", variant="warning")

    def on_mount(self) -> None:
        self.set_focus(self.query_one("#refuse", Button))

    def on_button_pressed(self, event: Button.Pressed) -> None:
        """One of the three answers."""
        self.dismiss(Answer(trust=Trust(event.button.id or "refuse")))

    def action_dismiss_with(self, answer: str) -> None:
        """``later`` leaves the question unanswered for this attempt."""
        self.dismiss(None if answer == "later" else Answer(trust=Trust(answer)))


def _words(question: Question) -> Text:
    key = question.host_key
    words = Text()
    if key is None:
        return words
    for label, value in (
        ("Host", f"{question.host_name} ({key.host})"),
        ("Address", key.address),
        ("Key", key.key_type),
    ):
        words.append(f"{label:<8}", style="dim")
        words.append(f"{value}\n")
    words.append(f"\n{key.fingerprint}\n\n", style="bold")
    words.append(question.text)
    return words
