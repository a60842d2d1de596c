"""Which process works on a job, and whether it still lives. Reads /proc; any thread."""

from __future__ import annotations

import os
import socket
from functools import cache
from pathlib import Path

_BOOT = Path("/proc/sys/kernel/random/boot_id")


@cache
def _machine() -> str:
    try:
        return f"{socket.gethostname()} {_BOOT.read_text().strip()}"
    except OSError:
        return socket.gethostname()


def _began(pid: int) -> str:
    """When a process began, in ticks since boot: a number that was given again is not the same process. Empty when
    there is none."""
    try:
        # the command's name stands in brackets and may hold anything
        fields = Path(f"/proc/{pid}/stat").read_text(errors="replace").rpartition(")")[2].split()
    except OSError:
        return ""
    return "" if fields[0] in ("Z", "X") else fields[19]


def this_process() -> str:
    """The owner's name of this process."""
    return f"{os.getpid()} {_began(os.getpid())} {_machine()}"


def is_alive(owner: str) -> bool:
    """Whether the process lives. One on another machine is taken to: nobody can tell from here."""
    pid, _, rest = owner.partition(" ")
    began, _, machine = rest.partition(" ")
    host, _, boot = machine.partition(" ")
    own_host, _, own_boot = _machine().partition(" ")
    if host != own_host:
        return True
    return boot == own_boot and pid.isdecimal() and _began(int(pid)) == began != ""
