"""Bytes on their way between two threads, bounded both ways. Imports nothing of libvirt; any thread."""

from __future__ import annotations

import threading
from collections import deque
from typing import Final

HELD: Final = 1 << 20
"""Bytes of a console that are held for its reader; past it no more is fetched."""


class BytePipe:
    """A queue of bytes with a bound."""

    def __init__(self, bound: int = HELD) -> None:
        self._bound = bound
        self._lock = threading.Lock()
        self._parts: deque[bytes] = deque()
        self._size = 0

    def put(self, data: bytes) -> bool:
        """Add all of ``data``; whether there is room for more."""
        with self._lock:
            if data:
                self._parts.append(data)
                self._size += len(data)
            return self._size < self._bound

    def offer(self, data: bytes) -> int:
        """Add what there is room for; how many bytes that was."""
        with self._lock:
            room = max(0, self._bound - self._size)
            if taken := data[:room]:
                self._parts.append(taken)
                self._size += len(taken)
            return len(taken)

    def take(self, limit: int) -> bytes:
        """Remove up to ``limit`` bytes, the oldest first."""
        with self._lock:
            found: list[bytes] = []
            left = limit
            while self._parts and left > 0:
                part = self._parts.popleft()
                if len(part) > left:
                    self._parts.appendleft(part[left:])
                    part = part[:left]
                found.append(part)
                left -= len(part)
            self._size -= limit - left
            return b"".join(found)

    def give_back(self, data: bytes) -> None:
        """Put at the front what could not be passed on."""
        with self._lock:
            if data:
                self._parts.appendleft(data)
                self._size += len(data)

    def __len__(self) -> int:
        return self._size

    @property
    def low(self) -> bool:
        """Whether it is half empty: time to fetch more."""
        return self._size < self._bound // 2
