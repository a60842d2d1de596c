"""What a session thread has been asked to do, most urgent first. Imports the priorities; any thread."""

from __future__ import annotations

import heapq
import threading
from collections.abc import Callable
from concurrent.futures import Future
from dataclasses import dataclass, field
from typing import Any

from limen_tui.model.ports import Priority


@dataclass(order=True, slots=True)
class Letter:
    """A thing to do. ``future`` is the one that waits for it, if any."""

    priority: Priority
    number: int
    do: Callable[[], None] = field(compare=False)
    future: Future[Any] | None = field(compare=False, default=None)


class Mailbox:
    """A priority queue that many threads fill and one empties; equals are served in order."""

    def __init__(self) -> None:
        self._heap: list[Letter] = []
        self._changed = threading.Condition()
        self._number = 0
        self._closed = False

    @property
    def closed(self) -> bool:
        """Whether nothing more is taken in."""
        return self._closed

    def put(self, priority: Priority, do: Callable[[], None], future: Future[Any] | None = None) -> bool:
        """Add a letter; False when the box is closed."""
        with self._changed:
            if self._closed:
                return False
            self._number += 1
            heapq.heappush(self._heap, Letter(priority, self._number, do, future))
            self._changed.notify()
        return True

    def take(self, timeout: float | None, *, at_most: Priority = Priority.BACKGROUND) -> Letter | None:
        """The most urgent letter of at least the urgency ``at_most``; waits up to ``timeout`` seconds.

        ``None`` after the timeout, and at once when the box is closed.
        """
        with self._changed:
            if not self._ready(at_most) and not self._closed and timeout != 0:
                self._changed.wait_for(lambda: self._closed or self._ready(at_most), timeout)
            return heapq.heappop(self._heap) if self._ready(at_most) and not self._closed else None

    def _ready(self, at_most: Priority) -> bool:
        return bool(self._heap) and self._heap[0].priority <= at_most

    def drain(self) -> list[Letter]:
        """Take everything out, to fail what waits."""
        with self._changed:
            letters, self._heap = sorted(self._heap), []
        return letters

    def close(self) -> list[Letter]:
        """Take nothing more in, wake who waits, and hand out what was left."""
        with self._changed:
            self._closed = True
            letters, self._heap = sorted(self._heap), []
            self._changed.notify_all()
        return letters
