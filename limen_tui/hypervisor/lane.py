"""Runs acts on a host beside its session thread. Imports the mailbox; owns a few daemon threads.

A managed save takes minutes, and a call for a QEMU that hangs waits half a minute for its lock: ticks and
events must go on meanwhile, over the same connection. Threads are made when needed and end when idle, so
a host that is only watched costs one thread.
"""

from __future__ import annotations

import threading
import time
from collections.abc import Callable
from concurrent.futures import Future
from typing import Any, Final

from limen_tui.hypervisor.mailbox import Letter, Mailbox
from limen_tui.model.ports import Priority

WIDTH: Final = 4
"""Acts under way at once on one host."""
IDLE: Final = 30.0
"""Seconds after which a thread with nothing to do ends."""


class Lane:
    """A mailbox served by up to ``width`` threads."""

    def __init__(self, name: str, *, width: int = WIDTH, idle: float = IDLE) -> None:
        self._name = name
        self._width = width
        self._idle = idle
        self._lock = threading.Lock()
        self._threads: set[threading.Thread] = set()
        self._open = 0
        """Acts put in and not yet finished."""
        self._mailbox = Mailbox()

    def put(self, priority: Priority, do: Callable[[], None], future: Future[Any] | None = None) -> bool:
        """Have ``do`` run soon; False when the lane is closed. Any thread."""
        with self._lock:
            if not self._mailbox.put(priority, do, future):
                return False
            self._open += 1
            if self._open > len(self._threads) < self._width:
                thread = threading.Thread(target=self._run, name=self._name, daemon=True)
                self._threads.add(thread)
                thread.start()
        return True

    def _run(self) -> None:
        while True:
            letter = self._mailbox.take(self._idle)
            if letter is None:
                with self._lock:
                    # something may have come in between the timeout and the lock
                    if self._mailbox.closed or self._open < len(self._threads):
                        self._threads.discard(threading.current_thread())
                        return
                continue
            try:
                letter.do()
            finally:
                with self._lock:
                    self._open -= 1

    def close(self) -> list[Letter]:
        """End after the acts under way; returns what was not begun."""
        return self._mailbox.close()

    def join(self, timeout: float) -> bool:
        """Wait up to ``timeout`` seconds for the end of the threads."""
        until = time.monotonic() + timeout
        with self._lock:
            threads = list(self._threads)
        for thread in threads:
            thread.join(max(0.0, until - time.monotonic()))
        return not any(thread.is_alive() for thread in threads)
