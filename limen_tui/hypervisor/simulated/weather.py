"""When a simulated host answers and when it does not. Pure."""

from __future__ import annotations

from dataclasses import dataclass

from limen_tui.model.host import HostState

CONNECT_SECONDS = 0.3
STALE_SECONDS = 6.0


@dataclass(frozen=True, slots=True)
class Weather:
    """A cycle of fair and foul; ``fair=0`` is for ever fair."""

    fair: float = 0.0
    """Seconds between outages."""
    outage: float = 20.0
    """Seconds of an outage after the silence was noticed."""
    hangs: bool = False
    """Accepts, and never answers."""

    def at(self, elapsed: float) -> tuple[HostState, float]:
        """The state so many seconds after the start, and until when (seconds after the start) it holds."""
        if elapsed < CONNECT_SECONDS:
            return HostState.CONNECTING, CONNECT_SECONDS
        if not self.fair:
            return HostState.UP, float("inf")
        cycle = self.fair + STALE_SECONDS + self.outage
        whole, place = divmod(elapsed - CONNECT_SECONDS, cycle)
        base = CONNECT_SECONDS + whole * cycle
        if place < self.fair:
            return HostState.UP, base + self.fair
        if place < self.fair + STALE_SECONDS:
            return HostState.STALE, base + self.fair + STALE_SECONDS
        return HostState.DOWN, base + cycle
