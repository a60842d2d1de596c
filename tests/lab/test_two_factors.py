"""Two factors with the real sshd and PAM: a key and then a code, or a password and then a code."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from pathlib import Path

import pytest

from limen_tui.model.host import HostState
from limen_tui.model.questions import Answer, Question, QuestionKind, Trust
from tests.lab.conftest import RunningLab
from tests.lab.remote_world import make_world

CODE, PASSWORD = "492817", "first-factor"
PORT = 2222
Serve = Callable[[str], str]


@pytest.fixture
def serve(lab: RunningLab) -> Iterator[Serve]:
    """A second sshd on host 1, with PAM and these AuthenticationMethods; the URI that leads through it."""
    folder = lab.lab.folder(1) / "ssh"
    script, pam, config = folder / "factor", folder / "pam", folder / "two_factors"
    script.write_text(f'#!/bin/sh\nread -r said\n[ "$said" = {CODE} ] || [ "$said" = {PASSWORD} ]\n')
    script.chmod(0o755)
    pam.write_text(
        f"auth requisite pam_exec.so expose_authtok quiet {script}\nauth required pam_permit.so\n"
        "account required pam_permit.so\nsession required pam_permit.so\n"
    )
    lab.run(1, "mount", "--bind", str(pam), "/etc/pam.d/sshd")

    def begin(methods: str) -> str:
        config.write_text(
            f"Port {PORT}\nHostKey {folder}/host\nPidFile /run/two-factors.pid\nUsePAM yes\nStrictModes no\n"
            f"AuthorizedKeysFile {folder}/authorized_keys\nKbdInteractiveAuthentication yes\n"
            f"PasswordAuthentication yes\nAuthenticationMethods {methods}\n"
        )
        lab.run(1, "/usr/sbin/sshd", "-f", str(config))
        return lab.uri(1).replace("root@", "limen@").replace("/system", f":{PORT}/system")

    yield begin
    lab.run(1, "sh", "-c", "kill $(cat /run/two-factors.pid); umount /etc/pam.d/sshd", check=False)


@pytest.mark.parametrize(
    ("methods", "asked"),
    [
        ("publickey,keyboard-interactive:pam", [QuestionKind.KEYBOARD]),
        ("password,keyboard-interactive:pam", [QuestionKind.PASSWORD, QuestionKind.KEYBOARD]),
    ],
)
def test_both_factors_are_given(
    lab: RunningLab, tmp_path: Path, serve: Serve, methods: str, asked: list[QuestionKind]
) -> None:
    world = make_world(lab, tmp_path, [1], uris={1: serve(methods)})

    def person(question: Question) -> Answer | None:
        if question.kind is QuestionKind.HOST_KEY:
            return Answer(trust=Trust.ONCE)
        return Answer((CODE if question.kind is QuestionKind.KEYBOARD else PASSWORD,), remember=True)

    world.reply = person
    try:
        world.wait_state(1, HostState.UP)
        kinds = [question.kind for question in world.asked]
        assert kinds == asked, "its key is known without the port, which counts as it does for ssh"
        assert all(prompt.secret for question in world.asked for prompt in question.prompts)
        # a code is good once: after a loss it is asked for again, a password that was kept is not
        link = world.remoting.link("h1")
        assert link is not None
        with world.losing(1):
            lab.run(1, "pkill", "-KILL", "-f", "^sshd(-session)?: limen", check=False)
        world.wait_state(1, HostState.UP)
        assert [question.kind for question in world.asked[len(kinds) :]] == [QuestionKind.KEYBOARD]
    finally:
        world.fleet.close()


def test_a_wrong_second_factor_is_a_refused_sign_in(lab: RunningLab, tmp_path: Path, serve: Serve) -> None:
    world = make_world(lab, tmp_path, [1], uris={1: serve("publickey,keyboard-interactive:pam")})
    world.reply = lambda q: Answer(trust=Trust.ONCE) if q.kind is QuestionKind.HOST_KEY else Answer(("000000",))
    try:
        world.wait(lambda: (p := world.host(1).problem) and "did not let us in" in p.title, 40, "the refusal")
        assert world.host(1).state is HostState.NEEDS_AUTH
        assert [q.attempt for q in world.asked if q.kind is QuestionKind.KEYBOARD] == [1, 2, 3]
    finally:
        world.fleet.close()
