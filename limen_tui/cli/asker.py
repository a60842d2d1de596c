"""Answers hosts' questions on the terminal of a verb. A thread of its own, so that polling goes on.

Host keys are only ever trusted by a typed word. Without a terminal nothing is asked, and every question is cancelled.
"""

from __future__ import annotations

import getpass
import sys
import threading

from limen_tui.cli.output import say
from limen_tui.fleet.questions import QuestionDesk
from limen_tui.model.questions import Answer, Question, QuestionKind, Trust
from limen_tui.model.units import clean


class TerminalAsker:
    """Takes questions from the desk, one at a time."""

    def __init__(self, desk: QuestionDesk) -> None:
        self._desk = desk
        self.busy = False
        """Whether somebody is being asked right now."""

    def tick(self) -> None:
        """Called while polling."""
        pending = self._desk.pending
        if not pending or self.busy:
            return
        if not (sys.stdin.isatty() and sys.stderr.isatty()):
            for question in pending:
                say(f"limen: {question.host_name}: {question.title}: nobody can be asked here")
                self._desk.answer(question, None)
            return
        self.busy = True
        threading.Thread(target=self._answer, args=(pending[0],), name="asker", daemon=True).start()

    def _answer(self, question: Question) -> None:
        try:
            self._desk.answer(question, _host_key(question) if question.host_key else _prompts(question))
        except (EOFError, OSError):
            self._desk.answer(question, None)
        finally:
            self.busy = False


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
        text = f"{clean(prompt.text)}: "
        if prompt.secret:
            values.append(getpass.getpass(text, stream=sys.stderr))
        else:
            sys.stderr.write(text)
            sys.stderr.flush()
            values.append(sys.stdin.readline().rstrip("\n"))
    return Answer(tuple(values), remember=True)
