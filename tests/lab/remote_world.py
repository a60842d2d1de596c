"""A Limen fleet over the lab's hosts, through the SSH transport, without a screen."""

from __future__ import annotations

import time
from collections.abc import Callable, Iterator, Sequence
from concurrent.futures import Future
from contextlib import contextmanager
from dataclasses import dataclass, field
from pathlib import Path

from limen_tui.fleet.actor import Actor
from limen_tui.fleet.fleet import Fleet
from limen_tui.fleet.questions import QuestionDesk
from limen_tui.fleet.remoting import Remoting
from limen_tui.hypervisor.session import session_connector
from limen_tui.inventory import open_inventory
from limen_tui.model.clock import SystemClock
from limen_tui.model.host import Host, HostSnapshot, HostState
from limen_tui.model.ports import Watch
from limen_tui.model.questions import Answer, Question, QuestionKind, Trust
from tests.lab.conftest import RunningLab

Reply = Callable[[Question], Answer | None]
LATE = 0.25


def typed(question: Question) -> Answer | None:
    """A person who trusts once and knows the lab's one password."""
    if question.kind is QuestionKind.HOST_KEY:
        return Answer(trust=Trust.ONCE)
    return Answer(("lab",) * len(question.prompts), remember=True)


@dataclass
class World:
    """Poll it; it answers what hosts ask."""

    fleet: Fleet
    remoting: Remoting
    reply: Reply = typed
    asked: list[Question] = field(default_factory=list)

    def poll(self) -> None:
        self.fleet.poll()
        for question in self.fleet.questions.pending:
            if question not in self.asked:
                self.asked.append(question)
                self.fleet.questions.answer(question, self.reply(question))

    def host(self, number: int) -> HostSnapshot:
        return self.fleet.view.by_host[f"h{number}"]

    def wait(self, condition: Callable[[], object], seconds: float = 40.0, what: str = "it") -> float:
        """Poll until ``condition`` holds; the seconds that took, but for those in which this process got no processor:
        between two looks at most ``LATE`` seconds count."""
        took, before = 0.0, time.monotonic()
        while True:
            self.poll()
            if condition():
                return took
            if took > seconds:
                states = {s.host.name: (s.state.value, s.problem) for s in self.fleet.view.hosts}
                raise AssertionError(f"waited {seconds} s in vain for {what}: {states}")
            time.sleep(0.02)
            took, before = took + min(LATE, time.monotonic() - before), time.monotonic()

    @contextmanager
    def losing(self, number: int, seconds: float = 60.0) -> Iterator[None]:
        """What is done inside breaks the link to a host; wait for that to be seen. It may be up again by then."""
        was = self.host(number)
        assert was.state is HostState.UP
        yield
        self.wait(lambda: self.host(number).since != was.since, seconds, f"the loss of host {number} to be seen")

    def wait_state(self, number: int, state: HostState, seconds: float = 40.0) -> float:
        return self.wait(lambda: self.host(number).state is state, seconds, f"host {number} to be {state}")

    def do(self, work: Callable[[], Future[object]]) -> object:
        """Run something that hosts may ask about meanwhile."""
        future = work()
        self.wait(future.done)
        return future.result()


def make_world(
    lab: RunningLab,
    folder: Path,
    numbers: Sequence[int],
    *,
    read_only: bool = False,
    uris: dict[int, str] | None = None,
) -> World:
    desk = QuestionDesk()
    holder: list[Fleet] = []

    def reconnect(host_id: str) -> None:
        holder[0].reconnect(host_id)

    remoting = Remoting(desk, folder / "run", reconnect, ssh_config=[str(lab.ssh_config)])
    hosts = tuple(
        Host(f"h{n}", lab.lab.host(n).name, (uris or {}).get(n, lab.uri(n)), position=n, read_only=read_only)
        for n in numbers
    )
    fleet = Fleet(
        hosts, session_connector(transport=remoting.transport), open_inventory(folder / "inventory.db"),
        clock=SystemClock(), actor=Actor("test", "test"), questions=desk, watchers=(remoting.watch_view,),
    )  # fmt: skip
    holder.append(fleet)
    for n in numbers:
        fleet.watch(f"h{n}", Watch(interval=1.0))
    fleet.start()
    return World(fleet, remoting)
