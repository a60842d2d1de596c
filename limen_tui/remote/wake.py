"""Notices that this machine slept, or that this process was stopped, and asks every link at once if it still lives.

After a sleep a router or the host itself may have forgotten a connection, and says nothing. Keepalive would find out
after nine seconds; the person looks at the screen now. SSH loop thread. The task runs while there are links.
"""

from __future__ import annotations

import asyncio
import time
from collections.abc import Callable, Mapping

import asyncssh

from limen_tui.remote.link import SshLink

EVERY = 1.0
LATE = 4.0
"""Seconds by which a tick of one second must be late to be called a sleep."""
PATIENCE = 2.0
"""Seconds in which a link must answer then."""


def now() -> float:
    """Seconds that go on also while the machine sleeps."""
    return time.clock_gettime(time.CLOCK_BOOTTIME)


class Wake:
    """``links`` says by host id what is open; ``nudge`` asks for a fresh sample. Both are called on the loop thread."""

    def __init__(self, links: Callable[[], Mapping[str, SshLink]], nudge: Callable[[str], None]) -> None:
        self._links = links
        self._nudge = nudge
        self._task: asyncio.Task[None] | None = None

    def begin(self) -> None:
        """There is a link now; watch until there is none. Loop thread."""
        if self._task is None or self._task.done():
            self._task = asyncio.ensure_future(self._run())

    async def _run(self) -> None:
        before = now()
        while self._links():
            await asyncio.sleep(EVERY)
            if now() - before > EVERY + LATE:
                await asyncio.gather(*(self._ask(host_id, link) for host_id, link in self._links().items()))
            before = now()

    async def _ask(self, host_id: str, link: SshLink) -> None:
        try:
            async with asyncio.timeout(PATIENCE):
                await link.latency()
        except (OSError, asyncssh.Error):  # TimeoutError is an OSError
            link.connection.abort()
        else:
            self._nudge(host_id)
