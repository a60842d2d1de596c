"""The stages of a way in, on real sshd and libvirt: each one reached, and the one that is refused named."""

from __future__ import annotations

import os
from collections.abc import Callable
from concurrent.futures import Future
from pathlib import Path
from tempfile import TemporaryDirectory

import pytest

from limen_tui.errors import AuthError, LimenError
from limen_tui.fleet.remoting import Remoting
from limen_tui.fleet.stages import LIBVIRT_STAGES, REMOTE_STAGES, Stage, test_host
from limen_tui.model.questions import Answer, Question
from tests.lab.conftest import RunningLab
from tests.lab.remote_world import typed


class Answers:
    def __init__(self, reply: Callable[[Question], Answer | None] = typed) -> None:
        self.reply = reply

    def ask(self, question: Question) -> Future[Answer | None]:
        future: Future[Answer | None] = Future()
        future.set_result(self.reply(question))
        return future


def attempt(
    lab: RunningLab, folder: Path, uri: str, asker: Answers, monkeypatch: pytest.MonkeyPatch
) -> tuple[list[Stage], LimenError | None]:
    stages: list[Stage] = []
    remoting = Remoting(asker, folder, lambda _: None, ssh_config=[str(lab.ssh_config)])
    with TemporaryDirectory() as short:  # a socket's path has at most 107 bytes
        monkeypatch.setenv("XDG_RUNTIME_DIR", short)
        try:
            test_host(uri, stages.append, remoting=remoting)
        except LimenError as error:
            return stages, error
    return stages, None


@pytest.mark.parametrize("number", [1, 2, 4])
def test_every_stage_of_a_host_that_lets_us_in(
    lab: RunningLab, tmp_path: Path, monkeypatch: pytest.MonkeyPatch, number: int
) -> None:
    stages, error = attempt(lab, tmp_path, lab.uri(number), Answers(), monkeypatch)
    assert error is None, (error.detail, stages)
    assert [stage.name for stage in stages] == [*REMOTE_STAGES, *LIBVIRT_STAGES]
    assert all(stage.ok and stage.text for stage in stages)
    version = lab.virsh(number, "version", "--daemon").split()[-1]
    assert f"libvirt {version}" in stages[-2].text


def test_the_hop_of_a_jump_host_is_shown(lab: RunningLab, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    stages, error = attempt(lab, tmp_path, lab.uri(3), Answers(), monkeypatch)
    assert error is None, (error.detail, stages)
    assert [stage.name for stage in stages].count("sign-in") == 2
    assert any("jump host" in stage.text for stage in stages)


def test_a_refused_sign_in_is_named(lab: RunningLab, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    def wrong(question: Question) -> Answer | None:
        return Answer(("wrong",)) if question.prompts else typed(question)

    stages, error = attempt(lab, tmp_path, lab.uri(2), Answers(wrong), monkeypatch)
    assert isinstance(error, AuthError)
    assert (stages[-1].name, stages[-1].ok) == ("sign-in", False)
    assert stages[-1].hint


def test_a_user_without_the_group_fails_at_the_socket(
    lab: RunningLab, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    uri = lab.uri(1).replace("root@", "nolibvirt@")
    stages, error = attempt(lab, tmp_path, uri, Answers(), monkeypatch)
    assert isinstance(error, AuthError)
    assert (stages[-1].name, stages[-1].ok) == ("socket", False)
    assert "usermod" in stages[-1].hint


@pytest.mark.parametrize("number", [1, 3])
def test_libvirts_own_ssh_is_left_the_way_when_asked_for(
    lab: RunningLab, tmp_path: Path, monkeypatch: pytest.MonkeyPatch, number: int
) -> None:
    """Host 3 is behind a jump host, which only ssh's own configuration says: libvirt's transport has no word for it."""
    monkeypatch.setenv("PATH", str(lab.ssh_config.parent / "bin"), prepend=os.pathsep)
    stages, error = attempt(lab, tmp_path, lab.uri(number, transport="native"), Answers(), monkeypatch)
    assert error is None, (error.detail, stages)
    assert [stage.name for stage in stages] == ["libvirt", "versions", "list"]
    assert all(stage.ok for stage in stages)
