"""Lines that have left the top of the screen. Pure."""

from __future__ import annotations

from collections import deque
from collections.abc import Iterable
from itertools import islice
from typing import Final, TypeAlias

from pyte.screens import Char

Line: TypeAlias = tuple[tuple[str, Char], ...]
"""Runs of text in one look; the look's own ``data`` means nothing."""
KEPT: Final = 10_000
"""Lines."""


def line_text(line: Line) -> str:
    """Without its looks."""
    return line[0][0] if len(line) == 1 else "".join([text for text, _ in line])


class Scrollback:
    """The newest lines, oldest first. ``pushed`` counts all that ever came, so that a place in it can be kept."""

    def __init__(self, kept: int = KEPT) -> None:
        self._lines: deque[Line] = deque(maxlen=kept)
        self.pushed = 0

    def __len__(self) -> int:
        return len(self._lines)

    def push(self, line: Line) -> None:
        """Add one."""
        self._lines.append(line)
        self.pushed += 1

    def extend(self, lines: list[Line]) -> None:
        """Add many."""
        self._lines.extend(lines)
        self.pushed += len(lines)

    def between(self, first: int, last: int) -> list[Line]:
        """Lines ``first`` (from the oldest, 0) up to ``last``, which is left out. Counts from the nearer end."""
        size = len(self._lines)
        first, last = max(0, first), min(size, last)
        if first >= last:
            return []
        if first > size // 2:
            return list(islice(reversed(self._lines), size - last, size - first))[::-1]
        return list(islice(self._lines, first, last))

    def all(self) -> Iterable[Line]:
        """Oldest first."""
        return iter(self._lines)

    def clear(self) -> None:
        """Forget them."""
        self._lines.clear()
