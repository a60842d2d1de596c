"""On a slow line a transfer keeps little under way, so that others need not wait behind it."""

from __future__ import annotations

import contextlib
import socket
import threading
import time
from queue import SimpleQueue

import pytest

from limen_tui.hypervisor.pace import FIRST, LEAST, MOST, Pace

RATE = 1 << 20
SIZE = 4 << 20


class SlowLine:
    """A socket before libvirtd's that takes all it is given at once, and carries ``RATE`` bytes a second."""

    def __init__(self, path, target) -> None:
        self.path, self._target = path, str(target)
        self.taken = self.carried = 0
        self._listener = socket.socket(socket.AF_UNIX)
        self._listener.bind(str(path))
        self._listener.listen()
        self._ends: list[socket.socket] = []
        self._threads = [threading.Thread(target=self._accept)]
        self._threads[0].start()

    def _accept(self) -> None:
        with contextlib.suppress(OSError):
            while True:
                near, _ = self._listener.accept()
                far = socket.socket(socket.AF_UNIX)
                far.connect(self._target)
                self._ends += [near, far]
                kept: SimpleQueue[bytes] = SimpleQueue()
                for work in (lambda n=near, k=kept: self._take(n, k), lambda f=far, k=kept: self._carry(k, f),
                             lambda f=far, n=near: self._back(f, n)):
                    self._threads.append(threading.Thread(target=work))
                    self._threads[-1].start()

    def _take(self, near, kept) -> None:
        with contextlib.suppress(OSError):
            while data := near.recv(16 << 10):
                self.taken += len(data)
                kept.put(data)
        kept.put(b"")

    def _carry(self, kept, far) -> None:
        with contextlib.suppress(OSError):
            while data := kept.get():
                time.sleep(len(data) / RATE)
                far.sendall(data)
                self.carried += len(data)
            far.shutdown(socket.SHUT_WR)

    @staticmethod
    def _back(far, near) -> None:
        with contextlib.suppress(OSError):
            while data := far.recv(64 << 10):
                near.sendall(data)
            near.shutdown(socket.SHUT_WR)

    def close(self) -> None:
        for end in (self._listener, *self._ends):
            with contextlib.suppress(OSError):
                end.shutdown(socket.SHUT_RDWR)
        for thread in self._threads:
            thread.join()
        for end in (self._listener, *self._ends):
            end.close()


@pytest.fixture
def line(daemon, tmp_path):
    made = SlowLine(tmp_path / "line", daemon.socket)
    yield made
    made.close()


def test_an_upload_keeps_less_than_a_second_under_way(daemon, line, watch_host, tmp_path):
    (tmp_path / "pool").mkdir()
    daemon.virsh("pool-create-as", "slow", "dir", "--target", str(tmp_path / "pool"))
    daemon.virsh("vol-create-as", "slow", "disk.raw", str(SIZE), "--format", "raw")
    host = watch_host(f"qemu+unix:///system?socket={line.path}")
    host.up()
    behind = []
    data = bytes(range(256)) * (SIZE // 256)
    left = memoryview(data)

    def source(count: int) -> bytes:
        nonlocal left
        behind.append(line.taken - line.carried)
        got, left = bytes(left[:count]), left[count:]
        return got

    host.do(lambda verbs: verbs.storage.upload("slow", "disk.raw", source, SIZE), 60)
    assert max(behind) < RATE
    assert (tmp_path / "pool/disk.raw").read_bytes() == data
    host.session.close()
    assert host.session.join(10)


def test_more_at_a_time_while_answers_come_soon_and_less_where_they_do_not():
    pace = Pace()
    pace.learn(0.6)
    assert pace.window == 2 * FIRST, "what the line takes by itself does not count"
    pace.learn(1.1)
    assert pace.window == 2 * FIRST
    pace.learn(1.5)
    assert pace.window == FIRST
    for _ in range(20):
        pace.learn(9.0)
    assert pace.window == LEAST
    for _ in range(20):
        pace.learn(0.6)
    assert pace.window == MOST
