"""Where hosts' questions wait for the person: host keys, passphrases, passwords, one-time codes.

Implements ``model.questions.Asker``. Hosts ask on their own threads; the front end shows ``pending`` one by one and
answers. Nothing is kept here once a question is answered.
"""

from __future__ import annotations

import threading
from concurrent.futures import Future
from typing import TYPE_CHECKING

if TYPE_CHECKING:  # the first paint does without
    from limen_tui.model.questions import Answer, Question


class QuestionDesk:
    """Open questions in the order in which they came. Any thread."""

    def __init__(self) -> None:
        self._lock = threading.Lock()
        self._open: dict[Question, Future[Answer | None]] = {}
        self._closed = False
        self.rev = 0
        """Grows with every change of ``pending``."""

    @property
    def pending(self) -> tuple[Question, ...]:
        """Questions that wait; those withdrawn meanwhile (the host closed, or gave up) are left out."""
        with self._lock:
            return tuple(question for question, future in self._open.items() if not future.cancelled())

    def ask(self, question: Question) -> Future[Answer | None]:
        """Put a question; see ``Asker.ask``."""
        future: Future[Answer | None] = Future()
        with self._lock:
            if self._closed:
                future.set_result(None)
                return future
            self._open[question] = future
            self.rev += 1
        future.add_done_callback(lambda _: self._done(question))
        return future

    def answer(self, question: Question, answer: Answer | None) -> bool:
        """Answer, or cancel with ``None``; whether it was still open."""
        with self._lock:
            future = self._open.get(question)
        if future is None or not future.set_running_or_notify_cancel():
            return False
        future.set_result(answer)
        return True

    def withdraw(self, host_id: str) -> None:
        """Cancel whatever a host asks: it was removed or disabled."""
        for question in self.pending:
            if question.host_id == host_id:
                self.answer(question, None)

    def close(self) -> None:
        """Cancel everything, and every later question at once."""
        with self._lock:
            self._closed = True
        for question in self.pending:
            self.answer(question, None)

    def _done(self, question: Question) -> None:
        with self._lock:
            self._open.pop(question, None)
            self.rev += 1
