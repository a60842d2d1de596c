"""A view of things that hosts are asked for: on entering it, and every 15 seconds while it is on show. UI thread.

Answers come back on session threads, which only post a message; each is merged as it comes, so that a host that
hangs keeps nobody waiting.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from concurrent.futures import CancelledError, Future
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any, ClassVar, Generic, TypeVar

from textual.message import Message

from limen_tui.errors import ConnectError, LimenError
from limen_tui.fleet.view import FleetView
from limen_tui.model.host import HostSnapshot, HostState, Problem, problem_of
from limen_tui.model.ports import HostVerbs
from limen_tui.model.units import clean
from limen_tui.tui.tablepanel import TablePanel

if TYPE_CHECKING:
    from limen_tui.tui.app import LimenApp

T = TypeVar("T")
EVERY = 15.0
"""Seconds between questions while the view is on show."""


@dataclass(frozen=True, slots=True)
class Row(Generic[T]):
    """One thing of one host, or with ``thing`` ``None`` why there is none."""

    host_id: str
    host_name: str
    thing: T | None
    note: str = ""
    problem: Problem | None = None


class Answered(Message):
    """A host's answer, or its error."""

    def __init__(self, host_id: str, asked: int, things: Sequence[Any], problem: Problem | None) -> None:
        super().__init__()
        self.host_id, self.asked, self.things, self.problem = host_id, asked, things, problem


class AskingPanel(TablePanel[Row[T]], Generic[T]):
    """Subclasses give the question and its columns."""

    THINGS: ClassVar[str] = "things"
    THEN: ClassVar[str] = ""
    """What to do on a host that has none."""

    def __init__(self, app: LimenApp) -> None:
        super().__init__(app)
        self._answers: dict[str, tuple[tuple[T, ...], Problem | None]] = {}
        self._waiting: dict[str, int] = {}
        self._states: dict[str, HostState] = {}
        self._asked = 0

    def question(self) -> Callable[[HostVerbs], Sequence[T]]:
        """What each host is asked; runs on the host's session."""
        raise NotImplementedError

    def key_of(self, thing: T) -> str:
        """What one is found again by on its host."""
        raise NotImplementedError

    def on_mount(self) -> None:
        """Ask again from time to time."""
        super().on_mount()
        self.set_interval(EVERY, self._ask_if_shown)

    def identity(self, row: Row[T]) -> tuple[str, str]:
        """Host and thing."""
        return row.host_id, "" if row.thing is None else self.key_of(row.thing)

    def host_of(self, row: Row[T]) -> HostSnapshot | None:
        """The row's host."""
        return self.fleet.view.host(row.host_id)

    def refresh_now(self) -> None:
        """Ask every host in scope that has not got an open question."""
        for host in self.fleet.view.hosts:
            if self.in_scope(host.host.id) and host.state is HostState.UP:
                self._ask(host.host.id)
        self.show_fleet(self.fleet.view)

    def _ask_if_shown(self) -> None:
        if self.display and self.is_on_screen:
            self.refresh_now()

    def _ask(self, host_id: str) -> None:
        if host_id in self._waiting:
            return
        self._asked += 1
        number = self._waiting[host_id] = self._asked
        question = self.question()
        future: Future[Sequence[T]] = self.fleet.call(host_id, question)
        future.add_done_callback(lambda done: self.post_message(_answer(host_id, number, done)))

    def ask_anew(self, host_id: str) -> None:
        """Ask one host now; what it was asked before is out of date and its answer not waited for."""
        self._waiting.pop(host_id, None)
        self._ask(host_id)

    def on_answered(self, event: Answered) -> None:
        """Merge one host's answer."""
        event.stop()
        if self._waiting.get(event.host_id) != event.asked:
            return
        del self._waiting[event.host_id]
        things = tuple(event.things)
        if event.problem is not None and event.host_id in self._answers:
            things = self._answers[event.host_id][0]
        new = (things, event.problem)
        if self._answers.get(event.host_id) != new:
            self._answers[event.host_id] = new
            self.show_fleet(self.fleet.view)

    def show_fleet(self, view: FleetView) -> None:
        """A host that came up while the view is on show is asked at once."""
        if not self.is_mounted:
            return
        for host in view.hosts:
            before = self._states.get(host.host.id)
            self._states[host.host.id] = host.state
            if host.state is HostState.UP and before is not HostState.UP and self.display:
                self._ask(host.host.id)
        super().show_fleet(view)

    def rows(self, view: FleetView) -> Sequence[Row[T]]:
        """Things of hosts in scope; a line for each host that cannot be asked or failed."""
        rows: list[Row[T]] = []
        for host in view.hosts:
            if not self.in_scope(host.host.id):
                continue
            things, problem = self._answers.get(host.host.id, ((), None))
            name = host.host.name
            rows += [Row(host.host.id, name, thing) for thing in things]
            if host.state is not HostState.UP:
                problem = host.problem or Problem(f"{name} is {host.state.value}")
                rows.append(Row(host.host.id, name, None, f"{host.state.value}: {problem.title}", problem))
            elif problem is not None:
                rows.append(Row(host.host.id, name, None, problem.title, problem))
            elif not things and host.host.id not in self._answers:
                rows.append(Row(host.host.id, name, None, "asking"))
            elif not things:
                rows.append(Row(host.host.id, name, None, f"no {self.THINGS}{self.THEN}"))
        return rows

    def problem_line(self, row: Row[T]) -> list[Any]:
        """What is wrong with a host, and what to do."""
        if row.problem is None:
            return [((f" {row.note}", "details--label"),)]
        told = ": ".join(filter(None, (clean(row.problem.title), clean(row.problem.detail))))
        return [((f" {told}", "details--bad"),), ((f" {clean(row.problem.hint)}", "details--warn"),)]

    def empty_text(self) -> str:
        """Nobody to ask."""
        return "No hosts yet.\n\nn under Hosts (2) adds one."


def _answer(host_id: str, number: int, done: Future[Any]) -> Answered:
    try:
        return Answered(host_id, number, done.result(), None)
    except (LimenError, CancelledError) as error:
        shown = error if isinstance(error, LimenError) else ConnectError("The question was dropped")
        return Answered(host_id, number, (), problem_of(shown))
