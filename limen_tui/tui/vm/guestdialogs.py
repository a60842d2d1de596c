"""Dialogs of the guest agent: a new password, what a command wrote. May import textual, fleet and model. UI thread."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from concurrent.futures import CancelledError, Future

from rich.text import Text
from textual import on
from textual.app import ComposeResult
from textual.message import Message
from textual.widgets import Input, Label

from limen_tui.errors import LimenError
from limen_tui.model.units import clean
from limen_tui.model.verbs.agent import Ran
from limen_tui.tui.dialogs.form import FormDialog
from limen_tui.tui.textview import TextScreen
from limen_tui.tui.vm.guestlines import output_lines

AGAIN = 0.4
"""Seconds between looks whether a command has ended."""


class Secret:
    """A password on its way; it shows in no repr and no traceback."""

    __slots__ = ("_text",)

    def __init__(self, text: str) -> None:
        self._text = text

    def take(self) -> str:
        """The text, once."""
        text, self._text = self._text, ""
        return text


class PasswordDialog(FormDialog["tuple[str, Secret] | None"]):
    """A user's name, and the new password twice."""

    def __init__(self, name: str) -> None:
        super().__init__(f"Set a password inside {name}")

    def body(self) -> ComposeResult:
        """Three lines and buttons."""
        yield Label("User inside the guest", markup=False)
        yield Input("root", id="user", select_on_focus=False)
        yield Label("New password", markup=False)
        yield Input(password=True, id="first", select_on_focus=False)
        yield Label("Once more", markup=False)
        yield Input(password=True, id="second", select_on_focus=False)
        yield Label("It goes to the guest agent over the connection to the host, and is kept nowhere.", id="note",
                    classes="dialog--note", markup=False)  # fmt: skip
        yield from self.buttons("Set", warns=True)

    def entered(self, field: Input) -> None:
        """Enter goes on to the next line, and from the last one sets it."""
        following = {"user": "#first", "first": "#second"}.get(field.id or "")
        if following:
            self.set_focus(self.query_one(following, Input))
        else:
            self.accept()

    def accept(self) -> None:
        """The lines are empty from then on."""
        user = self.query_one("#user", Input).value.strip()
        first, second = self.query_one("#first", Input), self.query_one("#second", Input)
        problem = ""
        if not user or any(sign in user for sign in ":\n"):
            problem = "That cannot be a user's name."
        elif not first.value:
            problem = "Type the new password."
        elif first.value != second.value:
            problem = "The two are not the same."
        if problem:
            self.complain(problem)
            return
        secret = Secret(first.value)
        first.value = second.value = ""
        self.dismiss((user, secret))


class OutputScreen(TextScreen):
    """What a command inside the guest wrote, once it has ended; leaving does not end it."""

    class Came(Message):
        """An answer: the number of a command that was started, what became of it, or why not."""

        def __init__(self, answer: int | Ran | LimenError | None) -> None:
            super().__init__()
            self.answer = answer

    def __init__(
        self, title: str, start: Callable[[], Future[int]], look: Callable[[int], Future[Ran | None]]
    ) -> None:
        super().__init__(title)
        self._start, self._look = start, look
        self._pid = 0
        self._looks = 0

    def on_mount(self) -> None:
        """Start it."""
        super().on_mount()
        self.text.show([Text(" Starting …", style="dim")])
        self._wait(self._start())

    def _wait(self, future: Future[int] | Future[Ran | None]) -> None:
        def done(ended: Future[int] | Future[Ran | None]) -> None:
            try:
                self.post_message(self.Came(ended.result()))
            except LimenError as error:
                self.post_message(self.Came(error))
            except CancelledError:
                self.post_message(self.Came(LimenError("The question was dropped")))

        future.add_done_callback(done)

    @on(Came)
    def _came(self, event: OutputScreen.Came) -> None:
        answer = event.answer
        if isinstance(answer, LimenError):
            self.text.show(problem_lines(answer))
        elif isinstance(answer, Ran):
            self.text.show(ran_lines(answer))
        else:
            if isinstance(answer, int):
                self._pid = answer
            self._looks += 1
            self.text.show([Text(f" Runs as process {self._pid} inside the guest {'·' * (self._looks % 4)}",
                                 style="dim")])  # fmt: skip
            self.set_timer(AGAIN, self._look_again)

    def _look_again(self) -> None:
        self._wait(self._look(self._pid))


class FileScreen(TextScreen):
    """A file inside the guest."""

    class Came(Message):
        """The file, or why not."""

        def __init__(self, answer: tuple[bytes, bool] | LimenError) -> None:
            super().__init__()
            self.answer = answer

    def __init__(self, title: str, read: Callable[[], Future[tuple[bytes, bool]]]) -> None:
        super().__init__(title)
        self._read = read

    def on_mount(self) -> None:
        """Read it."""
        super().on_mount()
        self.text.show([Text(" Reading …", style="dim")])

        def done(ended: Future[tuple[bytes, bool]]) -> None:
            try:
                self.post_message(self.Came(ended.result()))
            except LimenError as error:
                self.post_message(self.Came(error))
            except CancelledError:
                self.post_message(self.Came(LimenError("The question was dropped")))

        self._read().add_done_callback(done)

    @on(Came)
    def _came(self, event: FileScreen.Came) -> None:
        answer = event.answer
        if isinstance(answer, LimenError):
            self.text.show(problem_lines(answer))
            return
        data, whole = answer
        lines = [Text(f" {line}") for line in output_lines(data)] or [Text(" (empty)", style="dim")]
        if not whole:
            lines.append(Text(" … there is more of it", style="dim"))
        self.text.show(lines)


def ran_lines(ran: Ran) -> Sequence[Text]:
    """How it ended, what it wrote, and what it complained of."""
    how = f"exit code {ran.code}" if ran.code >= 0 else f"ended by signal {-ran.code}"
    lines = [Text(f" {how}", style="bold" if ran.code == 0 else "bold red")]
    lines += [Text(f" {line}") for line in output_lines(ran.out)]
    if ran.err:
        lines += [Text(" on standard error:", style="dim"), *(Text(f" {line}") for line in output_lines(ran.err))]
    if not ran.out and not ran.err:
        lines.append(Text(" It wrote nothing.", style="dim"))
    if ran.cut:
        lines.append(Text(" … the agent left out the rest", style="dim"))
    return lines


def problem_lines(error: LimenError) -> Sequence[Text]:
    """Title, words and what to do."""
    return [Text(f" {clean(text)}", style=style) for text, style in
            ((error.title, "bold"), (error.detail, ""), (error.hint, "dim")) if text]  # fmt: skip
