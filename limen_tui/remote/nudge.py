"""Notices when a host that was cut off answers again, so that nobody waits out a backoff. SSH loop thread.

While a host is down, its address (or that of its first jump host) is called every two seconds, and listened to until
its SSH server says the first word, which it does unasked: that something takes the call is not enough, for a router or
a forwarded port does so with nobody behind it. When it turns from silent to speaking, the session is told to connect
now. A host whose SSH server always speaks (libvirt itself is down, or it is the host behind a jump host) is left to the
session's own backoff, which for jump hosts is cut short here.
"""

from __future__ import annotations

import asyncio
import time
from collections.abc import Callable

from limen_tui.errors import LimenError
from limen_tui.model.host import Host
from limen_tui.model.uri import parse_uri
from limen_tui.remote.connect import SignIn
from limen_tui.remote.link import hop_of
from limen_tui.remote.loop import remote_loop
from limen_tui.remote.route import resolve

EVERY = 2.0
PATIENCE = 2.0
"""Seconds for two round trips: the call, and the first word."""
BEHIND_JUMP = 4.0
AT_ONCE = 32


class Nudger:
    """Watches hosts that are down. ``watch`` is safe on any thread; ``nudge`` is called on the SSH loop thread."""

    def __init__(self, sign_in: SignIn, nudge: Callable[[str], None]) -> None:
        self._sign_in = sign_in
        self._nudge = nudge
        self._hosts: dict[str, Host] = {}
        self._silent: set[str] = set()
        self._nudged: dict[str, float] = {}
        self._task: asyncio.Task[None] | None = None

    def watch(self, hosts: dict[str, Host]) -> None:
        """These hosts are down now; replaces those named before."""
        remote_loop().loop.call_soon_threadsafe(self._take, hosts)

    def _take(self, hosts: dict[str, Host]) -> None:
        self._hosts = hosts
        self._silent &= hosts.keys()
        if hosts and (self._task is None or self._task.done()):
            self._task = asyncio.ensure_future(self._run())

    async def _run(self) -> None:
        limit = asyncio.Semaphore(AT_ONCE)
        while self._hosts:
            began = time.monotonic()
            await asyncio.gather(*(self._look(host, limit) for host in tuple(self._hosts.values())))
            await asyncio.sleep(max(0.1, EVERY - (time.monotonic() - began)))

    async def _look(self, host: Host, limit: asyncio.Semaphore) -> None:
        try:
            target = resolve(hop_of(parse_uri(host.uri)), self._sign_in.config)
            first = resolve(target.jumps[0], self._sign_in.config) if target.jumps else target
        except LimenError:
            return
        if first.options.proxy_command:
            return
        async with limit:
            speaks = await _speaks(first.options.host, first.options.port)
        if not speaks:
            self._silent.add(host.id)
            return
        now = time.monotonic()
        back = host.id in self._silent
        due = bool(target.jumps) and now - self._nudged.get(host.id, 0.0) >= BEHIND_JUMP
        if back or due:
            self._silent.discard(host.id)
            self._nudged[host.id] = now
            self._nudge(host.id)


async def _speaks(host: str, port: int) -> bool:
    try:
        async with asyncio.timeout(PATIENCE):
            reader, writer = await asyncio.open_connection(host, port)
            try:
                return bool(await reader.read(1))
            finally:
                writer.close()
    except OSError:  # TimeoutError is one
        return False
