"""libvirt's own sign-in, with a real libvirtd that wants SASL: asked through the app, never on the terminal."""

from __future__ import annotations

import os
import subprocess
from collections.abc import Iterator
from concurrent.futures import Future
from pathlib import Path

import pytest

from limen_tui.errors import AuthError
from limen_tui.hypervisor.connection import Connection, asking_opener, open_libvirt
from limen_tui.model.host import Host
from limen_tui.model.questions import Answer, Question, QuestionKind
from tests.unit.hypervisor.libvirt_daemon import Daemon


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
    folder = tmp_path_factory.mktemp("sasl") / "d"
    daemon = Daemon(folder)
    try:
        mechanisms = folder / "sasl2"
        mechanisms.mkdir()
        database = folder / "sasldb2"
        (mechanisms / "libvirt.conf").write_text(f"mech_list: scram-sha-256\nsasldb_path: {database}\n")
        subprocess.run(
            ["saslpasswd2", "-p", "-c", "-a", "libvirt", "-f", str(database), "ann"],
            input=b"hunter2",
            check=True,
            timeout=20,
        )
        daemon.run("mount", "--bind", str(mechanisms), "/etc/sasl2")
        conf = folder / "libvirtd.conf"
        conf.write_text(conf.read_text().replace('auth_unix_rw = "none"', 'auth_unix_rw = "sasl"'))
        daemon.stop()
        daemon.start()
        yield daemon
    finally:
        daemon.close()


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


def test_the_machine_has_what_the_test_needs() -> None:
    assert os.access("/usr/sbin/saslpasswd2", os.X_OK), "sasl2-bin is missing: make test installs it"
    assert Path("/usr/lib").exists()
