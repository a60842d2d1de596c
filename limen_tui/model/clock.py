"""The real clock. Any thread."""

from __future__ import annotations

import time

_STEADY = getattr(time, "CLOCK_BOOTTIME", time.CLOCK_MONOTONIC)


class SystemClock:
    """Time as the system has it; implements ``model.ports.Clock``."""

    def wall(self) -> float:
        """Unix time in seconds."""
        return time.time()

    def mono(self) -> float:
        """Monotonic seconds, those in which the machine slept too: its remote hosts' counters went on meanwhile."""
        return time.clock_gettime(_STEADY)
