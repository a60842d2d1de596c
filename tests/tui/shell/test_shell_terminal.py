"""The real program on a real pseudo-terminal: bursts of keys, and ends by a signal that restore the terminal."""

from __future__ import annotations

import contextlib
import fcntl
import os
import pty
import re
import select
import signal
import struct
import sys
import termios
import time
from collections.abc import Iterator

import pyte
import pytest

PROGRAM = """
import sys
from limen_tui.fleet.actor import Actor
from limen_tui.fleet.fleet import Fleet
from limen_tui.hypervisor.simulated import simulated_fleet
from limen_tui.inventory import open_inventory
from limen_tui.settings import Settings
from limen_tui.tui.run import run
sim = simulated_fleet(7, 2, 20)
fleet = Fleet(sim.hosts, sim.connector, open_inventory(None), clock=sim.clock, actor=Actor("ann", "tui"))
sys.exit(run(fleet, Settings(), demo=True))
"""


def read_until(fd: int, needle: bytes, seen: bytes = b"", seconds: float = 30.0) -> bytes:
    until = time.monotonic() + seconds
    while needle not in seen and time.monotonic() < until:
        if select.select([fd], [], [], 0.2)[0]:
            try:
                seen += os.read(fd, 1 << 16)
            except OSError:
                break
    return seen


@pytest.fixture
def terminal() -> Iterator[tuple[int, int]]:
    """The demo on a terminal of 100x30: (process, file descriptor)."""
    pid, fd = pty.fork()
    if pid == 0:
        os.environ["TERM"] = "xterm-256color"
        os.execv(sys.executable, [sys.executable, "-c", PROGRAM])
    fcntl.ioctl(fd, termios.TIOCSWINSZ, struct.pack("HHHH", 30, 100, 0, 0))
    try:
        assert b"backup10" in read_until(fd, b"backup10"), "the hosts are not up"
        yield pid, fd
    finally:
        with contextlib.suppress(ProcessLookupError, ChildProcessError):
            os.kill(pid, signal.SIGKILL)
            os.waitpid(pid, 0)
        os.close(fd)


@pytest.mark.parametrize(
    ("typed", "shown"),
    [
        (b":storage\r", b"Capacity"),
        (b":networks\r", b"Leases"),
        (b"3", b"Capacity"),
        (b"/nothing-of-that-name\r2", b"libvirt"),
        (b"?", b"Pull the plug"),
    ],
)
def test_keys_that_arrive_together_all_count_in_their_order(
    terminal: tuple[int, int], typed: bytes, shown: bytes
) -> None:
    _, fd = terminal
    os.write(fd, typed)
    assert shown.lower() in read_until(fd, shown).lower()


def test_a_key_after_enter_in_the_filter_hits_what_the_filter_left(terminal: tuple[int, int]) -> None:
    """``S`` in the same write as the filter before it must never ask for a VM that the filter hides."""
    _, fd = terminal
    os.write(fd, b"/state:running dev\rS")
    # words are painted in pieces, with moves of the cursor between: only a terminal knows what a person reads
    screen = pyte.Screen(100, 30)
    stream = pyte.ByteStream(screen)

    def asked() -> str:
        return " ".join(" ".join(screen.display).split())

    until = time.monotonic() + 30
    while not ("Shut down?" in asked() and "Cancel" in asked()) and time.monotonic() < until:
        if select.select([fd], [], [], 0.2)[0]:
            stream.feed(os.read(fd, 1 << 16))
    assert re.search(r"Shut down [^.?]*dev\d+", asked()), "\n".join(screen.display)


@pytest.mark.parametrize("number", [signal.SIGTERM, signal.SIGHUP])
def test_a_signal_restores_the_terminal(number: signal.Signals) -> None:
    pid, fd = pty.fork()
    if pid == 0:
        os.environ["TERM"] = "xterm-256color"
        os.execv(sys.executable, [sys.executable, "-c", PROGRAM])
    fcntl.ioctl(fd, termios.TIOCSWINSZ, struct.pack("HHHH", 24, 80, 0, 0))
    try:
        assert b"Quit" in read_until(fd, b"Quit")
        os.kill(pid, number)
        assert b"\x1b[?1049l" in read_until(fd, b"\x1b[?1049l"), "the terminal was not restored"
        read_until(fd, b"\0never")
        _, status = os.waitpid(pid, 0)
        assert os.waitstatus_to_exitcode(status) == 128 + number
        pid = 0
    finally:
        if pid:
            os.kill(pid, signal.SIGKILL)
            os.waitpid(pid, 0)
        os.close(fd)


def test_a_signal_while_the_first_screen_is_being_made_ends_as_cleanly() -> None:
    early = """
import os, signal
from limen_tui.tui.fleet.tree import HostTree
compose = HostTree.compose
def now(tree):
    os.kill(os.getpid(), signal.SIGTERM)
    return compose(tree)
HostTree.compose = now
sys.exit"""
    pid, fd = pty.fork()
    if pid == 0:
        os.environ["TERM"] = "xterm-256color"
        os.execv(sys.executable, [sys.executable, "-c", PROGRAM.replace("\nsys.exit", early)])
    fcntl.ioctl(fd, termios.TIOCSWINSZ, struct.pack("HHHH", 24, 80, 0, 0))
    try:
        seen = read_until(fd, b"\0never")
        _, status = os.waitpid(pid, 0)
        pid = 0
        assert os.waitstatus_to_exitcode(status) == 128 + signal.SIGTERM
        assert b"\x1b[?1049l" in seen
        assert b"Error" not in seen and b"NoMatches" not in seen
    finally:
        if pid:
            os.kill(pid, signal.SIGKILL)
            os.waitpid(pid, 0)
        os.close(fd)
