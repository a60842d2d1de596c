"""Leaving does not wait for a host that accepts and never answers."""

from __future__ import annotations

import contextlib
import fcntl
import os
import pty
import signal
import socket
import struct
import sys
import termios
import threading
import time
from pathlib import Path

from tests.tui.shell.test_shell_terminal import read_until


def test_q_leaves_while_a_host_hangs_in_libvirt(tmp_path: Path) -> None:
    with socket.create_server(("127.0.0.1", 0)) as listener, contextlib.ExitStack() as links:
        uri = f"qemu+tcp://127.0.0.1:{listener.getsockname()[1]}/system"
        pid, fd = pty.fork()
        if pid == 0:
            os.environ.update(TERM="xterm-256color", XDG_DATA_HOME=str(tmp_path), XDG_CONFIG_HOME=str(tmp_path))
            os.execv(sys.executable, [sys.executable, "-m", "limen_tui", "-c", uri])
        fcntl.ioctl(fd, termios.TIOCSWINSZ, struct.pack("HHHH", 24, 80, 0, 0))
        try:
            assert b"Quit" in read_until(fd, b"Quit")
            listener.settimeout(20)
            link = links.enter_context(listener.accept()[0])
            link.settimeout(20)
            assert link.recv(1), "libvirt has asked, and waits for ever"
            os.write(fd, b"q")
            seen = read_until(fd, b"\x1b[?1049l")
            assert b"\x1b[?1049l" in seen, "the terminal was not restored"
            read_until(fd, b"\0never")  # to its end: the host never answers, who waits for it stays
            until, status = time.monotonic() + 20, None
            while status is None and time.monotonic() < until:
                ended, code = os.waitpid(pid, os.WNOHANG)
                status = code if ended else None
                threading.Event().wait(0.02)
            assert status is not None, "it does not leave"
            pid = 0
            assert os.waitstatus_to_exitcode(status) == 0
        finally:
            if pid:
                os.kill(pid, signal.SIGKILL)
                os.waitpid(pid, 0)
            os.close(fd)
