"""How long a test waits for something: by the clock. On a busy machine less happens between two looks."""

from __future__ import annotations

import time
from collections.abc import Iterator

SECONDS = 30.0
LOOKS = 30


def rounds(seconds: float = SECONDS) -> Iterator[int]:
    """Numbers of looks, for so long at least, and for a few looks should the machine have stood still meanwhile."""
    until, number = time.monotonic() + seconds, 0
    while number < LOOKS or time.monotonic() < until:
        yield number
        number += 1
