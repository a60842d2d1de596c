"""Dots in braille cells: two across, four up. Pure."""

from __future__ import annotations

from collections.abc import Sequence
from math import isnan
from typing import Final

ACROSS: Final = 2
UP: Final = 4
_BITS: Final = ((0x40, 0x04, 0x02, 0x01), (0x80, 0x20, 0x10, 0x08))
"""By column, from the lowest dot up."""
EMPTY: Final = 0x2800


class Canvas:
    """A field of ``width`` by ``height`` cells. A cell has the number of the series that drew in it last."""

    def __init__(self, width: int, height: int) -> None:
        self.width, self.height = max(0, width), max(0, height)
        self._dots = [[0] * self.width for _ in range(self.height)]
        self._owner = [[-1] * self.width for _ in range(self.height)]

    def level(self, value: float, top: float) -> int:
        """The dot, counted from below, at which a value stands: a little above nothing for what is not nothing."""
        most = self.height * UP - 1
        if value <= 0 or top <= 0:
            return 0
        return max(1, round(value / top * most)) if value < top else most

    def area(self, values: Sequence[float], top: float, owner: int) -> None:
        """Fill below the values; one for each column of dots, NaN for none."""
        for x, value in enumerate(values):
            if not isnan(value):
                self._bar(x, 0, self.level(value, top), owner)

    def line(self, values: Sequence[float], top: float, owner: int) -> None:
        """Join the values; a NaN is a gap."""
        before: int | None = None
        for x, value in enumerate(values):
            if isnan(value):
                before = None
                continue
            now = self.level(value, top)
            start = now if before is None else before + (1 if now > before else -1 if now < before else 0)
            self._bar(x, min(start, now), max(start, now), owner)
            before = now

    def _bar(self, x: int, low: int, high: int, owner: int) -> None:
        if not 0 <= x < self.width * ACROSS:
            return
        column, bits = divmod(x, ACROSS)
        for y in range(low, high + 1):
            row = self.height - 1 - y // UP
            if 0 <= row < self.height:
                self._dots[row][column] |= _BITS[bits][y % UP]
                self._owner[row][column] = owner

    def row(self, y: int) -> list[tuple[str, int]]:
        """Runs of characters and who drew them (-1: nobody), from the left."""
        runs: list[tuple[str, int]] = []
        for dots, owner in zip(self._dots[y], self._owner[y], strict=True):
            character = chr(EMPTY + dots) if dots else " "
            if runs and runs[-1][1] == owner:
                runs[-1] = (runs[-1][0] + character, owner)
            else:
                runs.append((character, owner))
        return runs
