"""Shows what hosts ask, one question at a time, when the person is ready for it. UI thread.

A dialog that opens by itself would catch keys meant for something else, and a password typed blind would go to the
wrong host. So a waiting question is announced, and ``!`` opens it.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from textual.app import App
from textual.notifications import Notification
from textual.screen import ModalScreen

from limen_tui.fleet.questions import QuestionDesk
from limen_tui.tui.notices import show, withdraw

if TYPE_CHECKING:  # the first paint does without
    from limen_tui.model.questions import Answer, Question


class SignInDesk:
    """Announces and shows the questions of ``desk`` on ``app``."""

    def __init__(self, app: App[Any], desk: QuestionDesk) -> None:
        self._app = app
        self._desk = desk
        self._announced: set[Question] = set()
        self._notices: dict[Question, Notification] = {}
        """Of questions that wait: each is taken away with its question."""
        self._shown: tuple[Question, ModalScreen[Answer | None]] | None = None

    def tick(self) -> None:
        """Called by the hub timer: announce what is new, close what was withdrawn."""
        pending = self._desk.pending
        self._announced &= set(pending)
        over = [question for question in self._notices if question not in pending]
        for question in over:
            withdraw(self._app, self._notices.pop(question))
        if self._shown is not None and self._shown[0] not in pending:
            _, dialog = self._shown
            self._shown = None
            if dialog.is_current:
                dialog.dismiss(None)
        fresh = [question for question in pending if question not in self._announced]
        self._announced.update(fresh)
        if over and not fresh and not self._notices:
            fresh = list(pending[:1])  # the notice that went told of these too
        if fresh and self._shown is None:
            more = f" ({len(pending)} questions wait)" if len(pending) > 1 else ""
            notice = Notification(f"{fresh[0].title}. Press ! to answer.{more}", fresh[0].host_name, timeout=10)
            self._notices[fresh[0]] = show(self._app, notice)

    def show_next(self, host_id: str | None = None) -> bool:
        """Open the oldest question, of ``host_id`` where given; whether there was one."""
        if self._shown is not None:
            return True
        waiting = [q for q in self._desk.pending if host_id is None or q.host_id == host_id]
        if not waiting:
            return False
        question = waiting[0]
        from limen_tui.model.questions import QuestionKind  # noqa: PLC0415 - after the first paint
        from limen_tui.tui.signin.hostkey import HostKeyDialog  # noqa: PLC0415
        from limen_tui.tui.signin.prompts import PromptDialog  # noqa: PLC0415

        dialog: ModalScreen[Answer | None]
        dialog = HostKeyDialog(question) if question.kind is QuestionKind.HOST_KEY else PromptDialog(question)
        self._shown = (question, dialog)
        self._app.push_screen(dialog, lambda answer: self._answered(question, answer))
        return True

    def _answered(self, question: Question, answer: Answer | None) -> None:
        if self._shown is not None and self._shown[0] is question:
            self._shown = None
        self._desk.answer(question, answer)
        self.tick()
