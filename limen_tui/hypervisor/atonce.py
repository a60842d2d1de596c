"""Calls on one connection that need not wait for each other. Pure; runs on a session thread.

libvirt carries the calls of several threads over one connection side by side. On a link by satellite each call takes
0.6 s, and a session makes sixteen of them before its first sample.
"""

from __future__ import annotations

import threading
import time
from collections.abc import Callable, Sequence
from concurrent.futures import Future
from typing import Final, TypeVar

T = TypeVar("T")
FAR: Final = 0.03
"""Seconds that the first call takes on a link on which the others are worth threads of their own."""


def at_once(calls: Sequence[Callable[[], T]], *, far: float = FAR) -> list[T]:
    """What each of ``calls`` gives, in their order: one after the other, or together where the first one took long.

    Raises what the first call that failed raised, once all have ended.
    """
    began = time.monotonic()
    given = [call() for call in calls[:1]]
    if time.monotonic() - began < far:
        return given + [call() for call in calls[1:]]
    others: list[Future[T]] = [Future() for _ in calls[1:]]
    threads = [
        # daemons, not a pool: a pool's threads would keep this process alive while a host is silent
        threading.Thread(target=_settle, args=(call, future), name="at-once", daemon=True)
        for call, future in zip(calls[1:], others, strict=True)
    ]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    return given + [future.result() for future in others]


def _settle(call: Callable[[], T], future: Future[T]) -> None:
    try:
        future.set_result(call())
    except BaseException as error:  # noqa: BLE001 - it belongs to who waits for the future
        future.set_exception(error)
