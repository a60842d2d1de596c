"""A program on a real pseudo-terminal, for the benchmarks of the screen. Linux only."""

from __future__ import annotations

import fcntl
import os
import pty
import select
import signal
import struct
import termios
import time
from collections.abc import Mapping, Sequence
from pathlib import Path

TICKS = os.sysconf("SC_CLK_TCK")


class Terminal:
    """Runs one program on a pty of a given size and times what it writes."""

    def __init__(
        self, argv: Sequence[str], *, columns: int = 160, rows: int = 45, environ: Mapping[str, str] | None = None
    ) -> None:
        env = {**os.environ, "TERM": "xterm-256color", "COLORTERM": "truecolor", "COLUMNS": "", "LINES": ""}
        # what is installed has been compiled once; without this each start would compile what was edited
        for name in ("NO_COLOR", "PYTHONDONTWRITEBYTECODE"):
            env.pop(name, None)
        env.update(environ or {})
        for name in ("COLUMNS", "LINES"):
            env.pop(name, None)
        self.started = time.perf_counter()
        self.pid, self.fd = pty.fork()
        if self.pid == 0:
            fcntl.ioctl(0, termios.TIOCSWINSZ, struct.pack("HHHH", rows, columns, 0, 0))
            os.execvpe(argv[0], list(argv), env)
        fcntl.ioctl(self.fd, termios.TIOCSWINSZ, struct.pack("HHHH", rows, columns, 0, 0))

    def read(self, timeout: float) -> bytes:
        """What comes within ``timeout`` seconds, at once when there is something; empty when there is not."""
        ready, _, _ = select.select([self.fd], [], [], max(0.0, timeout))
        if not ready:
            return b""
        try:
            return os.read(self.fd, 1 << 20)
        except OSError:  # the other side is gone
            return b""

    def until(self, needle: bytes, timeout: float) -> float | None:
        """Seconds from now until ``needle`` was written, ``None`` when it was not."""
        start = time.perf_counter()
        seen = b""
        while (left := timeout - (time.perf_counter() - start)) > 0:
            seen = seen[-len(needle) :] + self.read(left)
            if needle in seen:
                return time.perf_counter() - start
        return None

    def drain(self, quiet: float, most: float) -> int:
        """Read until nothing came for ``quiet`` seconds, ``most`` at the longest; the bytes read."""
        start, count = time.perf_counter(), 0
        while time.perf_counter() - start < most:
            data = self.read(quiet)
            if not data:
                return count
            count += len(data)
        return count

    def count(self, seconds: float) -> int:
        """Bytes written in ``seconds``."""
        start, count = time.perf_counter(), 0
        while (left := seconds - (time.perf_counter() - start)) > 0:
            count += len(self.read(left))
        return count

    def key(self, data: bytes) -> None:
        """Type."""
        os.write(self.fd, data)

    def cpu_seconds(self) -> float:
        """CPU time of all threads of the process so far."""
        fields = Path(f"/proc/{self.pid}/stat").read_text().rpartition(")")[2].split()
        return (int(fields[11]) + int(fields[12])) / TICKS

    def rss_mb(self) -> float:
        """Resident memory in MB (10^6 bytes)."""
        pages = int(Path(f"/proc/{self.pid}/statm").read_text().split()[1])
        return pages * os.sysconf("SC_PAGE_SIZE") / 1e6

    def close(self) -> None:
        """End it, at last by force."""
        for number in (signal.SIGTERM, signal.SIGKILL):
            try:
                os.kill(self.pid, number)
            except ProcessLookupError:
                break
            until = time.perf_counter() + 3
            while time.perf_counter() < until:
                self.drain(0.05, 0.2)
                if os.waitpid(self.pid, os.WNOHANG)[0]:
                    os.close(self.fd)
                    return
        os.close(self.fd)
