"""Reads from the inventory on one thread of our own: its database is not for the UI thread."""

from __future__ import annotations

import threading
from collections.abc import Callable
from functools import cache
from queue import SimpleQueue
from typing import TypeVar

from limen_tui.errors import LimenError

T = TypeVar("T")


class Reader:
    """Runs reads one after the other; the thread is a daemon and starts with the first."""

    def __init__(self) -> None:
        self._queue: SimpleQueue[Callable[[], None]] = SimpleQueue()
        self._thread: threading.Thread | None = None

    def read(self, call: Callable[[], T], then: Callable[[T | LimenError], object]) -> None:
        """``then`` gets the result or the error, on the reader's thread: it must only post a message."""

        def run() -> None:
            try:
                result: T | LimenError = call()
            except LimenError as error:
                result = error
            then(result)

        self._queue.put(run)
        if self._thread is None:
            self._thread = threading.Thread(target=self._serve, name="reader", daemon=True)
            self._thread.start()

    def _serve(self) -> None:
        while True:
            self._queue.get()()


@cache
def shared_reader() -> Reader:
    """One for all that come and go with what is on screen: its thread stays, and so there is only one."""
    return Reader()
