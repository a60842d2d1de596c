"""Which stage an attempt failed in is said, and what was reached before it."""

from __future__ import annotations

import asyncio
import socket
from pathlib import Path
from urllib.parse import quote

import asyncssh
import pytest

from limen_tui.errors import AuthError, ConnectError, InputError, LimenError
from limen_tui.model.questions import Answer, Question, QuestionKind, Trust
from limen_tui.model.uri import parse_uri
from limen_tui.remote import route
from limen_tui.remote.connect import Whose
from limen_tui.remote.link import hop_of
from limen_tui.remote.route import Hop, resolve
from limen_tui.remote.stages import StageFailed, staged_link
from tests.unit.remote.sshserver import Person, Sshd


def typed(question: Question) -> Answer | None:
    if question.kind is QuestionKind.HOST_KEY:
        return Answer(trust=Trust.ONCE)
    return Answer(("secret",))


async def attempt(sshd: Sshd, person: Person, tmp_path: Path, uri: str = "") -> tuple[list[str], StageFailed]:
    done: list[str] = []
    with pytest.raises(StageFailed) as caught:
        await staged_link(
            parse_uri(uri or f"qemu+ssh://ann@kvm:{sshd.port}/system"), Whose("h1", "kvm"), sshd.sign_in(person),
            tmp_path, read_only=False, begin=lambda _: None, done=lambda name, *_: done.append(name),
        )  # fmt: skip
    assert not list(tmp_path.glob("ssh-*/*")), "the bridge's socket is left behind"
    return done, caught.value


async def test_a_refused_host_key_is_told_apart(sshd: Sshd, tmp_path: Path) -> None:
    done, failed = await attempt(sshd, Person(lambda _: Answer(trust=Trust.REFUSE)), tmp_path)
    assert done == ["resolve", "tcp", "ssh"]
    assert failed.stage == "host key"
    assert isinstance(failed.error, AuthError)


async def test_a_changed_host_key_fails_at_the_host_key(sshd: Sshd, tmp_path: Path) -> None:
    other = asyncssh.generate_private_key("ssh-ed25519").export_public_key().decode()
    sshd.known_hosts.write_text(f"[kvm]:{sshd.port},[127.0.0.1]:{sshd.port} {other}\n")
    _, failed = await attempt(sshd, Person(typed), tmp_path)
    assert failed.stage == "host key"
    assert "CHANGED" in failed.error.title


async def test_a_wrong_password_fails_at_the_sign_in(sshd: Sshd, tmp_path: Path) -> None:
    sshd.rules.password = "another"
    done, failed = await attempt(sshd, Person(typed), tmp_path)
    assert done == ["resolve", "tcp", "ssh"]
    assert failed.stage == "sign-in"


async def test_a_host_without_libvirt_fails_at_the_socket(sshd: Sshd, tmp_path: Path) -> None:
    sshd.rules.password = "secret"
    done, failed = await attempt(sshd, Person(typed), tmp_path)
    assert done == ["resolve", "tcp", "ssh", "host key", "sign-in"]
    assert failed.stage == "socket"
    assert failed.error.hint


async def test_a_closed_port_fails_at_tcp(sshd: Sshd, tmp_path: Path) -> None:
    with socket.socket() as taken:
        taken.bind(("127.0.0.1", 0))
        port = taken.getsockname()[1]
        done, failed = await attempt(sshd, Person(), tmp_path, f"qemu+ssh://kvm:{port}/system")
    assert (done, failed.stage) == (["resolve"], "tcp")


async def test_what_is_no_ssh_server_is_said_to_be_none(sshd: Sshd, tmp_path: Path) -> None:
    async def answer(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        writer.write(b"HTTP/1.1 400 \x1b[31mBad\r\n" + b"x" * 5000 + b"\n")
        writer.close()

    server = await asyncio.start_server(answer, "127.0.0.1", 0)
    port = server.sockets[0].getsockname()[1]
    done, failed = await attempt(sshd, Person(), tmp_path, f"qemu+ssh://kvm:{port}/system")
    server.close()
    assert (done, failed.stage) == (["resolve", "tcp"], "ssh")
    assert isinstance(failed.error, ConnectError)
    assert "\x1b" not in str(failed.error)


async def test_a_server_that_hangs_up_fails_at_ssh(sshd: Sshd, tmp_path: Path) -> None:
    server = await asyncio.start_server(lambda _, writer: writer.close(), "127.0.0.1", 0)
    port = server.sockets[0].getsockname()[1]
    _, failed = await attempt(sshd, Person(), tmp_path, f"qemu+ssh://kvm:{port}/system")
    server.close()
    assert failed.stage == "ssh"


def test_jump_hosts_of_the_uri_stand_in_for_proxyjump(tmp_path: Path) -> None:
    config = tmp_path / "config"
    config.write_text("Host kvm\n  ProxyJump other\n")
    uri = parse_uri("qemu+ssh://kvm/system?jump=ann@gate:2222,[fe80::1]")
    assert resolve(hop_of(uri), [str(config)]).jumps == (Hop("gate", "ann", 2222), Hop("fe80::1"))
    assert resolve(Hop("kvm"), [str(config)]).jumps == (Hop("other"),)


@pytest.mark.parametrize(
    "jump", ["", "-oProxyCommand=x", "a b", "$(id)", "gate:0", "gate:70000", "a,b,c,d,e,f", "a,,b"]
)
def test_jump_hosts_that_cannot_be_are_refused(jump: str) -> None:


    with pytest.raises(InputError):
        parse_uri(f"qemu+ssh://kvm/system?jump={quote(jump)}")
    with pytest.raises(LimenError):
        parse_uri("qemu+ssh://kvm/system?jump=gate&transport=native")


def test_the_own_configuration_is_read_as_ssh_reads_it(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("HOME", str(tmp_path))
    system = tmp_path / "ssh_config"
    monkeypatch.setattr(route, "SYSTEM_CONFIG", system)
    assert resolve(Hop("kvm"), None).options.host == "kvm", "no file is no error"
    (tmp_path / ".ssh").mkdir()
    (tmp_path / ".ssh/config").write_text(
        "Host kvm\n  HostName kvm.example.org\n  User ann\n  Port 2222\n  ProxyJump gate\n"
        "  UserKnownHostsFile ~/kh\nMatch host other.example.org\n  User bob\n"
    )
    system.write_text("Host *\n  User nobody\n  Port 2022\n")
    found = resolve(Hop("kvm"), None)
    assert (found.options.host, found.options.port, found.options.username) == ("kvm.example.org", 2222, "ann")
    assert found.jumps == (Hop("gate"),)
    assert found.known_hosts[0] == "~/kh"
    system_only = resolve(Hop("elsewhere"), None)
    assert (system_only.options.port, system_only.options.username) == (2022, "nobody")
    assert resolve(Hop("kvm", "root", 22), None).label == "root@kvm", "the URI's word counts most"
