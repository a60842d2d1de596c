"""Secrets kept for a host until exit, when the person wished so. In memory only; any thread."""

from __future__ import annotations

import threading


class Secrets:
    """Passphrases and passwords by host and purpose. Never printed, never written."""

    def __init__(self) -> None:
        self._lock = threading.Lock()
        self._kept: dict[tuple[str, str], str] = {}

    def __repr__(self) -> str:
        return "<Secrets>"

    def get(self, host_id: str, purpose: str) -> str | None:
        """What was kept, if anything."""
        with self._lock:
            return self._kept.get((host_id, purpose))

    def keep(self, host_id: str, purpose: str, secret: str) -> None:
        """Keep until exit."""
        with self._lock:
            self._kept[host_id, purpose] = secret

    def drop(self, host_id: str, purpose: str) -> None:
        """Forget one that was wrong."""
        with self._lock:
            self._kept.pop((host_id, purpose), None)
