"""How many bytes of a transfer may be under way. Imports libvirt; runs on threads of the session.

All that goes to a host goes over one connection, in order. On a slow line the buffers on the way take many megabytes,
and a tick or a person's act behind them waits for minutes; keepalive then takes the host for gone, and ends the
connection with all that was sent. So a transfer stops now and then until a small question that went after its bytes
was answered, and sends as much at a time as keeps others waiting for well under a second.
"""

from __future__ import annotations

import time
from typing import Any, Final

import libvirt

from limen_tui.hypervisor.features import refuses

FIRST: Final = 64 << 10
LEAST: Final = 8 << 10
MOST: Final = 64 << 20
SHORT: Final = 0.25
"""Seconds longer than the quickest answer: if no later than this, more may be under way."""
LONG: Final = 0.75
"""From here on, less."""


class Pace:
    """Of one connection. Several transfers over it share what was learned; each has ``window`` bytes under way."""

    def __init__(self) -> None:
        self.window = FIRST
        """Bytes to send before the next question."""
        self._quickest = float("inf")

    def begin(self, raw: Any) -> None:
        """Learn how quickly the host answers (virConnectGetLibVersion), once. Raises ``libvirtError``."""
        if self._quickest == float("inf"):
            self._quickest = self._answered(raw)

    def catch_up(self, raw: Any) -> None:
        """Wait until what was sent has arrived (virConnectGetLibVersion). Raises ``libvirtError``."""
        self.learn(self._answered(raw))

    def learn(self, seconds: float) -> None:
        """A question behind a window of bytes was answered after so many seconds."""
        self._quickest = min(self._quickest, seconds)
        late = seconds - self._quickest
        if late < SHORT:
            self.window = min(MOST, self.window * 2)
        elif late > LONG:
            self.window = max(LEAST, self.window // 2)

    @staticmethod
    def _answered(raw: Any) -> float:
        began = time.monotonic()
        try:
            raw.getLibVersion()
        except libvirt.libvirtError as error:
            if not refuses(error):  # a refusal is an answer, too
                raise
        return time.monotonic() - began
