"""From a key to its echo on a real guest's serial line: `limen console` against `virsh console`, over the same link.

Needs root: it brings a lab host up. Both programs have a terminal (pty) of their own and take turns, since a line has
one reader at a time.
"""

from __future__ import annotations

import os
import pty
import select
import signal
import statistics
import sys
import time
from pathlib import Path

from tests.lab.limen_lab import client, guests, hosts
from tests.lab.limen_lab.plan import Lab

NAME = "echo"
ROUND = 25
"""Keys of one turn: what is typed stays on one line of the guest's."""
TICK = 0.25
"""Seconds by which Limen may be slower."""


class Program:
    """One that shows the guest's console."""

    def __init__(self, lab: Lab, argv: list[str]) -> None:
        self._said = b""
        self._pid, self._master = pty.fork()
        if self._pid == 0:
            client.run(lab, argv)

    def until(self, text: bytes, seconds: float = 60.0) -> None:
        """Wait for ``text``; all up to its end is forgotten."""
        end = time.perf_counter() + seconds
        while text not in self._said:
            left = end - time.perf_counter()
            if left <= 0 or not select.select([self._master], [], [], left)[0]:
                raise TimeoutError(f"{text!r} did not come: {self._said[-300:]!r}")
            self._said += os.read(self._master, 1 << 16)
        self._said = self._said.partition(text)[2]

    def type(self, data: bytes) -> None:
        """As a person does."""
        os.write(self._master, data)

    def close(self) -> None:
        """By the escape key of both."""
        self.type(b"\x1d")
        os.kill(self._pid, signal.SIGHUP)
        os.waitpid(self._pid, 0)
        os.close(self._master)


def echoes(program: Program) -> list[float]:
    """Seconds of each key."""
    program.type(b"\r")
    program.until(b"login: ")
    times = []
    for number in range(ROUND):
        time.sleep(0.02 + number % 7 / 100)  # not in step with anything that ticks
        key = bytes([ord("a") + number])
        began = time.perf_counter()
        program.type(key)
        program.until(key)
        times.append(time.perf_counter() - began)
    program.type(b"\x15\r")
    program.until(b"login: ")
    return times


def turn(lab: Lab, argv: list[str]) -> list[float]:
    """One program, from start to end."""
    program = Program(lab, argv)
    try:
        program.until(b"]")  # both name their escape key when the line is theirs
        return echoes(program)
    finally:
        program.close()


def measure() -> bool:
    """Both, the median of 50 keys each; whether Limen is within a tick of virsh."""
    lab = Lab("lmecho", Path("/run/limen-lab-lmecho"), Lab.here().cache)
    hosts.down(lab)
    hosts.up(lab, 1)
    try:
        guests.vm(lab, ["1", NAME, "--disk", "none"])
        uri = client.uri(lab, 1)
        limen = [sys.executable, "-m", "limen_tui", "-c", uri, "console", NAME]
        virsh = ["virsh", "-c", uri, "console", NAME]
        turn(lab, virsh)  # by now the guest has booted
        ours, theirs = [], []
        for _ in range(2):
            ours += turn(lab, limen)
            theirs += turn(lab, virsh)
    finally:
        hosts.down(lab)
    mine, their = statistics.median(ours), statistics.median(theirs)
    good = mine <= their + TICK
    print(f"{'echo of a key on a real guest, median':<52}{mine * 1000:10.2f} ms    virsh console "
          f"{their * 1000:.2f} ms, ratio {mine / their:.2f} worst {max(ours) * 1000:.1f}, {max(theirs) * 1000:.1f} ms, "
          f"at most a tick more: {'ok' if good else 'MISSED'}")  # fmt: skip
    return good
