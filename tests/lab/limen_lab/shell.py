"""Running commands, and remembering processes so that only our own are ended."""

from __future__ import annotations

import os
import signal
import subprocess
import time
from collections.abc import Callable
from pathlib import Path
from typing import Any


class LabError(RuntimeError):
    """A lab command failed; the text says which and how."""


def sh(*command: object, check: bool = True, timeout: float = 60, **more: Any) -> subprocess.CompletedProcess[str]:
    """Run a command without a shell. Raises ``LabError``."""
    words = [str(word) for word in command]
    try:
        done = subprocess.run(words, text=True, capture_output=True, timeout=timeout, check=False, **more)
    except FileNotFoundError as error:
        raise LabError(f"{words[0]} is missing: run `make test-deps`") from error
    if check and done.returncode:
        raise LabError(f"{' '.join(words)}: {done.stderr.strip() or done.stdout.strip()}")
    return done


def started(pid: int) -> str | None:
    """When a process began, in clock ticks: with its pid this names it for ever."""
    try:
        return Path(f"/proc/{pid}/stat").read_text().rpartition(")")[2].split()[19]
    except OSError:
        return None


def record(path: Path, pid: int) -> None:
    """Note a process that we started."""
    path.write_text(f"{pid} {started(pid)}\n")


def alive(path: Path) -> int | None:
    """The pid of a recorded process, if that very process still runs."""
    try:
        pid, since = path.read_text().split()
    except (OSError, ValueError):
        return None
    return int(pid) if started(int(pid)) == since else None


def _gone(path: Path, pid: int) -> bool:
    if not alive(path):
        return True
    try:
        return Path(f"/proc/{pid}/stat").read_text().rpartition(")")[2].split()[0] == "Z"
    except OSError:
        return True


def end(path: Path, number: signal.Signals = signal.SIGKILL) -> None:
    """End a recorded process and wait for it."""
    pid = alive(path)
    if pid:
        os.kill(pid, number)
        wait_for(lambda: _gone(path, pid), 60, f"the end of process {pid}")
    path.unlink(missing_ok=True)


def wait_for(condition: Callable[[], Any], seconds: float, what: str) -> Any:
    """Poll until ``condition`` gives something true, and return it. Raises ``LabError``."""
    until = time.monotonic() + seconds
    while not (found := condition()):
        if time.monotonic() > until:
            raise LabError(f"waited {seconds:.0f} s in vain for {what}")
        time.sleep(0.02)
    return found
