"""Answers hosts' questions on the terminal of a verb. A thread of its own, so that polling goes on.

Host keys are only ever trusted by a typed word. Without a terminal nothing is asked, and every question is cancelled.
"""

from __future__ import annotations

import atexit
import contextlib
import getpass
import sys
import termios
import threading
from collections.abc import Iterator

from limen_tui.cli.output import say
from limen_tui.fleet.questions import QuestionDesk
from limen_tui.model.questions import Answer, Prompt, Question, QuestionKind, Trust
from limen_tui.model.units import clean


class TerminalAsker:
    """Takes questions from the desk, one at a time."""

    def __init__(self, desk: QuestionDesk) -> None:
        self._desk = desk
        self.busy = False
        """Whether somebody is being asked right now."""
        self.unanswered: list[Question] = []
        """What would have been asked, had there been a terminal."""

    def tick(self) -> None:
        """Called while polling."""
        pending = self._desk.pending
        if not pending or self.busy:
            return
        if not (sys.stdin.isatty() and sys.stderr.isatty()):
            for question in pending:
                self.unanswered.append(question)
                say(f"limen: {question.host_name}: {_would_ask(question)}: nobody can be asked here")
                self._desk.answer(question, None)
            return
        self.busy = True
        threading.Thread(target=self._answer, args=(pending[0],), name="asker", daemon=True).start()

    def _answer(self, question: Question) -> None:
        try:
            with _echo_comes_back():
                answer = _host_key(question) if question.host_key else _prompts(question)
            self._desk.answer(question, answer)
        except (EOFError, OSError):
            self._desk.answer(question, None)
        finally:
            self.busy = False


@contextlib.contextmanager
def _echo_comes_back() -> Iterator[None]:
    """The terminal as it was, also when Ctrl-C ends the program while this thread waits at a hidden prompt."""
    before = termios.tcgetattr(sys.stdin.fileno())

    def restore() -> None:
        termios.tcsetattr(sys.stdin.fileno(), termios.TCSADRAIN, before)

    atexit.register(restore)
    try:
        yield
    finally:
        restore()
        atexit.unregister(restore)


def _would_ask(question: Question) -> str:
    """In one line, what a terminal is needed for."""
    if question.host_key is not None:
        return f"{question.title} ({question.host_key.key_type} {question.host_key.fingerprint})"
    prompts = ", ".join(_label(prompt) for prompt in question.prompts)
    return f"{question.title} ({prompts})" if prompts else question.title


def _label(prompt: Prompt) -> str:
    """What is asked for, without the colon that most servers put there themselves."""
    return clean(prompt.text).strip().rstrip(":").rstrip()


def _host_key(question: Question) -> Answer | None:
    key = question.host_key
    if key is None:
        return None
    say(f"{question.title}\n{key.key_type} {key.fingerprint} ({key.host}, {key.address})\n{question.text}")
    sys.stderr.write("Trust it? once / save / no: ")
    sys.stderr.flush()
    word = sys.stdin.readline().strip().lower()
    return Answer(trust={"once": Trust.ONCE, "save": Trust.SAVE}.get(word, Trust.REFUSE))


def _prompts(question: Question) -> Answer | None:
    assert question.kind is not QuestionKind.HOST_KEY  # noqa: S101 - parted by the caller
    say("\n".join(part for part in (f"{question.host_name}: {question.title}", question.text) if part))
    values = []
    for prompt in question.prompts:
        text = f"{_label(prompt)}: "
        if prompt.secret:
            values.append(getpass.getpass(text, stream=sys.stderr))
        else:
            sys.stderr.write(text)
            sys.stderr.flush()
            line = sys.stdin.readline()
            if not line:
                return None
            values.append(line.rstrip("\n"))
    return Answer(tuple(values), remember=True)
