"""``limen hosts test`` as a person runs it: on a terminal it asks, without one it says what it would ask."""

from __future__ import annotations

import asyncio
import json
import subprocess
import sys
from pathlib import Path

import asyncssh
import pytest

from tests.bench.ui_pty import Terminal
from tests.unit.remote.sshserver import Sshd


@pytest.fixture
def environ(tmp_path: Path, sshd: Sshd) -> dict[str, str]:
    """A person's home whose ssh configuration is the server's."""
    home = tmp_path / "home"
    (home / ".ssh").mkdir(parents=True)
    (home / ".ssh/config").write_text(sshd.config.read_text())
    (tmp_path / "run").mkdir(mode=0o700)
    return {"HOME": str(home), "XDG_RUNTIME_DIR": str(tmp_path / "run"), "SSH_AUTH_SOCK": "",
            "XDG_CONFIG_HOME": str(home), "XDG_DATA_HOME": str(home), "XDG_STATE_HOME": str(home)}  # fmt: skip


def command(sshd: Sshd, *words: str) -> list[str]:
    return [sys.executable, "-m", "limen_tui", *words, f"qemu+ssh://ann@kvm:{sshd.port}/system"]


def expect(terminal: Terminal, said: list[bytes], needle: bytes) -> None:
    """Read on until ``needle`` was said, after what was said before."""
    text = b""
    while needle not in text:
        more = terminal.read(60.0)
        assert more, f"waited in vain for {needle!r}: {b''.join(said)!r} {text!r}"
        text += more
    said.append(text)


@pytest.mark.parametrize("words", [("hosts", "test"), ("doctor",)])
async def test_it_asks_on_the_terminal(sshd: Sshd, environ: dict[str, str], words: tuple[str, ...]) -> None:
    sshd.rules.rounds = [
        ("", "Two things", [("Password: ", False), ("Favourite:", True)], ["hunter2", "blue"]),
        ("", "Second factor", [("One-time code: ", False)], ["123456"]),
    ]
    said: list[bytes] = []

    def person() -> None:
        terminal = Terminal(command(sshd, *words), environ=environ)
        try:
            expect(terminal, said, b"once / save / no: ")
            terminal.key(b"save\n")
            for prompt, answer in ((b"Password: ", b"hunter2"), (b"Favourite: ", b"blue"),
                                   (b"One-time code: ", b"123456")):  # fmt: skip
                expect(terminal, said, prompt)
                terminal.key(answer + b"\n")
            expect(terminal, said, b"FAIL  socket")
        finally:
            terminal.close()

    await asyncio.to_thread(person)
    shown = b"".join(said).decode()
    assert sshd.key.get_fingerprint() in shown
    assert "ok    host key" in shown
    assert "ok    sign-in" in shown
    assert "with answers" in shown
    assert "::" not in shown.replace("qemu+ssh", "")
    assert "hunter2" not in shown, "a secret is not echoed"
    assert "123456" not in shown
    assert sshd.known_hosts.read_text().count("ssh-ed25519") == 1


async def test_without_a_terminal_it_says_what_it_would_ask(sshd: Sshd, environ: dict[str, str]) -> None:
    sshd.rules.password = "pw"

    def run(*more: str) -> subprocess.CompletedProcess[str]:
        return subprocess.run(
            command(sshd, "hosts", "test", *more), capture_output=True, text=True, timeout=60, check=False,
            stdin=subprocess.DEVNULL, env={**environ, "PATH": "/usr/bin:/bin"},
        )  # fmt: skip

    done = await asyncio.to_thread(run)
    assert done.returncode != 0
    assert "Unknown host key" in done.stderr
    assert sshd.key.get_fingerprint() in done.stderr
    assert "nobody can be asked here" in done.stderr
    public = sshd.key.export_public_key("openssh").decode()
    sshd.known_hosts.write_text(f"[127.0.0.1]:{sshd.port} {public}")
    done = await asyncio.to_thread(run, "--json")
    said = json.loads(done.stdout)
    assert said["unanswered"] == [
        {"kind": "password", "title": "Password of ann on kvm", "prompts": ["Password"], "fingerprint": None}
    ]
    assert said["ok"] is False
    assert said["stages"][-1]["stage"] == "sign-in"


async def test_a_changed_key_is_told_in_lines_that_can_be_read(sshd: Sshd, environ: dict[str, str]) -> None:
    other = asyncssh.generate_private_key("ssh-ed25519").export_public_key("openssh").decode()
    sshd.known_hosts.write_text(f"[127.0.0.1]:{sshd.port} {other}")
    done = await asyncio.to_thread(
        lambda: subprocess.run(command(sshd, "doctor"), capture_output=True, text=True, timeout=60, check=False,
                               stdin=subprocess.DEVNULL, env={**environ, "PATH": "/usr/bin:/bin"})
    )  # fmt: skip
    assert done.returncode == 6
    assert "FAIL  host key" in done.stdout
    assert "; offered: ssh-ed25519" in done.stdout
    assert "\N{REPLACEMENT CHARACTER}" not in done.stdout + done.stderr
    assert "ssh-keygen -R" in done.stderr
    assert "nobody can be asked" not in done.stderr, "a changed key is no question"


async def test_ctrl_c_at_a_hidden_prompt_gives_the_terminal_back(sshd: Sshd, environ: dict[str, str]) -> None:
    sshd.rules.password = "pw"
    public = sshd.key.export_public_key("openssh").decode()
    sshd.known_hosts.write_text(f"[127.0.0.1]:{sshd.port} {public}")
    words = " ".join(command(sshd, "hosts", "test"))
    said: list[bytes] = []

    def person() -> None:
        # a shell of its own sits behind, as at home: it says what the terminal is like afterwards
        shell = ["bash", "--norc", "-c", f"trap : INT; {words}; echo code=$?; stty -a"]
        terminal = Terminal(shell, environ=environ)
        try:
            expect(terminal, said, b"Password: ")
            terminal.key(b"\x03")
            expect(terminal, said, b"extproc")
        finally:
            terminal.close()

    await asyncio.to_thread(person)
    shown = b"".join(said).decode()
    assert "\ncode=130" in shown, "on a line of its own"
    assert " echo " in shown
    assert "Traceback" not in shown
