"""The one event-loop thread of all SSH connections."""

from __future__ import annotations

import asyncio
import threading
from collections.abc import Coroutine
from concurrent.futures import Future
from functools import cache
from typing import Any, TypeVar

T = TypeVar("T")


class RemoteLoop:
    """An asyncio loop on a daemon thread. ``run`` may be called from any other thread."""

    def __init__(self) -> None:
        self.loop = asyncio.new_event_loop()
        self._thread = threading.Thread(target=self._serve, name="limen-ssh", daemon=True)
        self._thread.start()

    def run(self, work: Coroutine[Any, Any, T]) -> Future[T]:
        """Start ``work`` on the loop; cancelling the future cancels it there."""
        return asyncio.run_coroutine_threadsafe(work, self.loop)

    def _serve(self) -> None:
        asyncio.set_event_loop(self.loop)
        self.loop.run_forever()


_first = threading.Lock()


def remote_loop() -> RemoteLoop:
    """The process's loop, started at its first use."""
    with _first:  # hosts connect side by side: a cache alone would let two of them make a loop each
        return _the_loop()


@cache
def _the_loop() -> RemoteLoop:
    return RemoteLoop()
