"""Gives the UI thread the interpreter when a key comes, and leaves it there until the key is done. UI thread.

CPython lets a thread go on for a while before it takes the interpreter from it for another one: the same while for all.
The sessions of many hosts would halve the UI's speed at just the moments when there is something to paint.
"""

from __future__ import annotations

import selectors
import sys
from typing import Final

WAITING: Final = 0.0001
"""Seconds that another thread may go on when there is something to do here."""
WORKING: Final = 0.02
"""Seconds that this one may go on while others wait."""


class KeysFirst(selectors.DefaultSelector):
    """What an event loop waits with: while it waits, it is the next; while it works, it is not disturbed."""

    def select(self, timeout: float | None = None) -> list[tuple[selectors.SelectorKey, int]]:
        """Wait up to ``timeout`` seconds for a file that is ready, as the base class does."""
        sys.setswitchinterval(WAITING)
        try:
            return super().select(timeout)
        finally:
            sys.setswitchinterval(WORKING)
