"""The machine's own clock. Imports nothing of Limen; safe on any thread."""

from __future__ import annotations

import time


class SystemClock:
    """Implements :class:`limen_tui.model.ports.Clock` with the real time."""

    def wall(self) -> float:
        """Unix time in seconds."""
        return time.time()

    def mono(self) -> float:
        """Monotonic seconds."""
        return time.monotonic()
