"""The real clock. Any thread."""

from __future__ import annotations

import time


class SystemClock:
    """Time as the system has it; implements ``model.ports.Clock``."""

    def wall(self) -> float:
        """Unix time in seconds."""
        return time.time()

    def mono(self) -> float:
        """Monotonic seconds."""
        return time.monotonic()
