"""How long to wait before the next attempt to connect. Pure; belongs to one session thread."""

from __future__ import annotations

import random
from typing import Final

SHORTEST: Final = 1.0
LONGEST: Final = 60.0


class Backoff:
    """Doubles from 1 to 60 s, each with a quarter of jitter so that hosts do not come back in step."""

    def __init__(self, rng: random.Random | None = None) -> None:
        self._rng = rng or random.Random()  # noqa: S311 - jitter, not a secret
        self._tries = 0

    def next(self) -> float:
        """Seconds to wait now."""
        base = min(LONGEST, SHORTEST * 2.0 ** min(self._tries, 10))
        self._tries += 1
        return min(LONGEST, max(SHORTEST, base * self._rng.uniform(0.75, 1.25)))

    def reset(self) -> None:
        """It worked: begin at 1 s again."""
        self._tries = 0
