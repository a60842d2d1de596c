"""The clock of simulated hosts: real, or told by a test. Any thread."""

from __future__ import annotations

import time

EPOCH = 1_767_225_600.0
"""2026-01-01: where a told clock begins."""


class SimulatedClock:
    """Real time, or time that goes on only when told."""

    def __init__(self, *, manual: bool) -> None:
        self._told: float | None = 0.0 if manual else None

    @property
    def told(self) -> bool:
        """Whether time goes on only when told, and nobody but the teller makes the steps."""
        return self._told is not None

    def wall(self) -> float:
        """Unix time in seconds."""
        return time.time() if self._told is None else EPOCH + self._told

    def mono(self) -> float:
        """Monotonic seconds."""
        return time.monotonic() if self._told is None else self._told

    def tell(self, seconds: float) -> None:
        """Go on by so many seconds."""
        if self._told is not None:
            self._told += seconds
