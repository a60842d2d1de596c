"""Runs a person's acts on a host beside its session thread. Imports the mailbox; owns one daemon thread.

A managed save takes minutes: ticks and events must go on meanwhile, over the same connection. The thread
is made for the first act, so a host that is only watched costs one thread.
"""

from __future__ import annotations

import threading

from limen_tui.hypervisor.mailbox import Letter, Mailbox
from limen_tui.model.ports import Priority


class Lane:
    """A second mailbox with its own thread; acts run in order, one at a time."""

    def __init__(self, name: str) -> None:
        self._name = name
        self._lock = threading.Lock()
        self._thread: threading.Thread | None = None
        self.mailbox = Mailbox()

    def start(self) -> None:
        """Have a thread, from the first act on."""
        with self._lock:
            if self._thread is None:
                self._thread = threading.Thread(target=self._run, name=self._name, daemon=True)
                self._thread.start()

    def _run(self) -> None:
        while not self.mailbox.closed:
            letter = self.mailbox.take(None, at_most=Priority.BACKGROUND)
            if letter is not None:
                letter.do()

    def close(self) -> list[Letter]:
        """End after the act under way; returns what was not begun."""
        return self.mailbox.close()

    def join(self, timeout: float) -> bool:
        """Wait for the end."""
        if self._thread is not None:
            self._thread.join(timeout)
        return self._thread is None or not self._thread.is_alive()
