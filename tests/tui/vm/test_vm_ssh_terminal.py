"""``o`` on a real terminal: ssh gets it, with the words it should, and Limen comes back clean."""

from __future__ import annotations

import os
import signal
import stat
import sys
from collections.abc import Iterator
from pathlib import Path

import pytest

from tests.tui.shell.test_shell_terminal import PROGRAM, read_until

FAKE = """#!/bin/sh
trap '' INT
printf '%s\\n' "$@" > "$SSH_WORDS"
printf 'inside-the-guest\\n'
read line
printf 'heard %s\\n' "$line"
exit "${SSH_CODE:-0}"
"""


WITH_CONFIG = PROGRAM.replace("sys.exit(", """
from limen_tui.fleet.remoting import Remoting
fleet.links = Remoting(None, None, print, ssh_config=["/the/config"])
sys.exit(""")


def start(tmp_path: Path, code: int) -> tuple[int, int]:
    import fcntl
    import pty
    import struct
    import termios

    fake = tmp_path / "ssh"
    fake.write_text(FAKE)
    fake.chmod(fake.stat().st_mode | stat.S_IXUSR)
    pid, fd = pty.fork()
    if pid == 0:
        os.environ.update(
            TERM="xterm-256color", PATH=f"{tmp_path}:{os.environ['PATH']}", SSH_WORDS=str(tmp_path / "words"),
            SSH_CODE=str(code),
        )  # fmt: skip
        os.execv(sys.executable, [sys.executable, "-c", WITH_CONFIG])
    fcntl.ioctl(fd, termios.TIOCSWINSZ, struct.pack("HHHH", 30, 100, 0, 0))
    return pid, fd


@pytest.fixture(params=[0, 255])
def terminal(request: pytest.FixtureRequest, tmp_path: Path) -> Iterator[tuple[int, Path, int]]:
    """The demo, with an ssh that ends with 0 or with ssh's own failure."""
    pid, fd = start(tmp_path, request.param)
    try:
        assert b"backup10" in read_until(fd, b"backup10"), "the hosts are not up"
        yield fd, tmp_path / "words", request.param
    finally:
        os.kill(pid, signal.SIGKILL)
        os.waitpid(pid, 0)
        os.close(fd)


def test_ssh_has_the_terminal_and_gives_it_back(terminal: tuple[int, Path, int]) -> None:
    fd, words, code = terminal
    os.write(fd, b"/backup10\r")
    read_until(fd, b"backup10", seconds=5)
    os.write(fd, b"o")
    assert b"SSH into" in read_until(fd, b"SSH into")
    os.write(fd, b"\r")
    seen = read_until(fd, b"inside-the-guest")
    assert b"\x1b[?1049l" in seen, "Limen left the screen first"
    os.write(fd, b"\x03hello\r" if code == 0 else b"hello\r")
    if code == 255:
        assert b"Press Enter" in read_until(fd, b"Press Enter")
        os.write(fd, b"\r")
    assert b"\x1b[?1049h" in read_until(fd, b"\x1b[?1049h"), "Limen came back"
    typed = words.read_text().splitlines()
    assert typed[:2] == ["-F", "/the/config"], "the hosts of this run are known there"
    assert typed[-4:-2] == ["-l", "root"] and typed[-2] == "--" and typed[-1].startswith("10.")
    read_until(fd, b"Quit")
    os.write(fd, b"?")
    assert b"Help" in read_until(fd, b"Help"), "keys reach Limen again"
