"""libvirt's own sign-in, with a real libvirtd that wants SASL: asked through the app, never on the terminal."""

from __future__ import annotations

import os
import threading
import time
from collections.abc import Iterator
from concurrent.futures import Future
from pathlib import Path

import pytest

from limen_tui.errors import AuthError
from limen_tui.fleet.questions import QuestionDesk
from limen_tui.fleet.remoting import Remoting
from limen_tui.fleet.stages import Cancel, HostTester, Stage
from limen_tui.hypervisor.connection import Connection, asking_opener, open_libvirt
from limen_tui.hypervisor.probe import probe
from limen_tui.model.host import Host
from limen_tui.model.questions import Answer, Question, QuestionKind
from tests.unit.hypervisor.libvirt_daemon import Daemon, wait_for
from tests.unit.hypervisor.sasl_daemon import sasl_libvirtd


class Person:
    def __init__(self, *answers: Answer | None) -> None:
        self.answers = list(answers)
        self.asked: list[Question] = []

    def ask(self, question: Question) -> Future[Answer | None]:
        self.asked.append(question)
        future: Future[Answer | None] = Future()
        future.set_result(self.answers.pop(0) if self.answers else None)
        return future


@pytest.fixture(scope="module")
def sasl_daemon(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Daemon]:
    with sasl_libvirtd(tmp_path_factory.mktemp("sasl") / "d", "scram-sha-256") as daemon:
        yield daemon


def opened(daemon: Daemon, person: Person) -> Connection:
    uri = daemon.uri("test", "/default")
    return Connection.open(uri, read_only=False, opener=asking_opener(Host("h1", "kvm1", uri), person))


def test_the_right_answer_opens_and_is_kept_if_wished(sasl_daemon: Daemon) -> None:
    person = Person(Answer(("ann", "hunter2"), remember=True))
    opener = asking_opener(Host("h1", "kvm1", "x"), person)
    for _ in range(2):
        Connection.open(sasl_daemon.uri("test", "/default"), read_only=False, opener=opener).close()
    (question,) = person.asked
    assert question.kind is QuestionKind.SASL
    assert [prompt.secret for prompt in question.prompts] == [False, True]
    assert "hunter2" not in repr(person.asked)


def test_a_wrong_answer_is_asked_again_three_times(sasl_daemon: Daemon) -> None:
    person = Person(*[Answer(("ann", "wrong"), remember=True)] * 5)
    with pytest.raises(AuthError):
        opened(sasl_daemon, person)
    assert [question.attempt for question in person.asked] == [1, 2, 3]


def test_cancel_and_nobody_to_ask_are_an_auth_error(sasl_daemon: Daemon) -> None:
    with pytest.raises(AuthError):
        opened(sasl_daemon, Person(None))
    with pytest.raises(AuthError):
        open_libvirt(sasl_daemon.uri("test", "/default"), False)


class Slow(Person):
    """Takes an hour, by the clock of the probe; the probe looks at it a few times meanwhile."""

    def __init__(self, answer: Answer) -> None:
        super().__init__(answer)
        self.late, self.looks = 0.0, 0

    def monotonic(self) -> float:
        self.looks += 1
        return time.monotonic() + self.late

    def ask(self, question: Question) -> Future[Answer | None]:
        self.asked.append(question)
        future: Future[Answer | None] = Future()

        def answer() -> None:
            self.late, before = 3600.0, self.looks
            wait_for(lambda: self.looks >= before + 3, 60.0, "the probe to look")
            future.set_result(self.answers[0])

        threading.Thread(target=answer).start()
        return future


def test_the_time_a_person_takes_is_not_the_hosts(sasl_daemon: Daemon, monkeypatch: pytest.MonkeyPatch) -> None:
    uri = sasl_daemon.uri("test", "/default")
    person = Slow(Answer(("ann", "hunter2")))
    monkeypatch.setattr("limen_tui.hypervisor.probe.time", person)
    found = probe(uri, timeout=60.0, host=Host("h1", "kvm1", uri), asker=person)
    assert found.vms == 1
    assert [question.host_name for question in person.asked] == ["kvm1"]


def test_a_test_that_is_given_up_takes_its_question_back(sasl_daemon: Daemon, tmp_path: Path) -> None:
    uri = sasl_daemon.uri("test", "/default")
    desk, cancel = QuestionDesk(), Cancel()
    told: list[Stage] = []

    def run() -> None:
        with pytest.raises(AuthError):
            HostTester(Remoting(desk, tmp_path, lambda _: None))(
                Host("h1", "kvm1", uri), told.append, begin=lambda _: None, cancel=cancel
            )

    thread = threading.Thread(target=run)
    thread.start()
    wait_for(lambda: desk.pending, 60.0, what="the question")
    cancel.set()
    thread.join(60)
    assert not thread.is_alive()
    assert not desk.pending
    assert [(stage.name, stage.ok) for stage in told] == [("libvirt", False)]


def test_the_machine_has_what_the_test_needs() -> None:
    assert os.access("/usr/sbin/saslpasswd2", os.X_OK), "sasl2-bin is missing: make test installs it"
    assert Path("/usr/lib").exists()
