"""Points in time onto columns of dots, and round figures for axes. Pure."""

from __future__ import annotations

from bisect import bisect_left
from collections.abc import Sequence
from math import isnan, log, nan
from typing import Final

Point = tuple[float, float]
"""Time and figure; NaN where it was not known."""
DECIMAL: Final = (1.0, 2.0, 5.0)
BINARY: Final = tuple(float(1 << power) for power in range(10))
_TIME_STEPS: Final = (5, 10, 15, 30, 60, 120, 300, 600, 900, 1800, 3600, 7200, 10800, 14400, 21600, 43200, 86400)


def onto_columns(points: Sequence[Point], start: float, end: float, columns: int, longest_gap: float) -> list[float]:
    """The mean of the points in each of ``columns`` equal parts of the time from ``start`` to ``end``.

    A part without a point between two that are at most ``longest_gap`` seconds apart lies on the line between them;
    other parts without a point are NaN.
    """
    if columns <= 0 or end <= start:
        return []
    width = (end - start) / columns
    totals, counts = [0.0] * columns, [0] * columns
    out = [nan] * columns
    before: tuple[float, float, int] | None = None
    first = max(0, bisect_left(points, start, key=lambda point: point[0]) - 1)
    joined: list[tuple[tuple[float, float, int], tuple[float, float, int]]] = []
    for at, value in points[first:]:
        if at > end + width:
            break
        if isnan(value):
            before = None
            continue
        place = int((at - start) // width)
        if 0 <= place < columns:
            totals[place] += value
            counts[place] += 1
        now = at, value, place
        if before is not None and at - before[0] <= longest_gap and place - before[2] > 1:
            joined.append((before, now))
        before = now
    for place in range(columns):
        if counts[place]:
            out[place] = totals[place] / counts[place]
    for (at0, value0, place0), (at1, value1, place1) in joined:
        for place in range(max(0, place0 + 1), min(columns, place1)):
            share = (start + (place + 0.5) * width - at0) / (at1 - at0)
            out[place] = value0 + (value1 - value0) * max(0.0, min(1.0, share))
    return out


def nice_top(most: float, *, binary: bool, least: float = 1.0) -> float:
    """The smallest round figure that is not below ``most``: 1, 2, 5 of a power of ten, or a power of two of bytes."""
    most = max(most, least)
    if isnan(most) or most <= 0 or most == float("inf"):
        return least
    base = 1024.0 if binary else 10.0
    unit = base ** int(log(most, base) // 1)
    for step in BINARY if binary else DECIMAL:
        if step * unit >= most * 0.999999:
            return step * unit
    return base * unit


def time_marks(start: float, end: float, most: int) -> list[float]:
    """At most ``most`` round distances before ``end``, in seconds, furthest first; 0 is always one of them."""
    span = end - start
    if span <= 0 or most <= 1:
        return [0.0]
    step = next((each for each in _TIME_STEPS if span / each <= most - 1), _TIME_STEPS[-1])
    return [float(step * place) for place in range(int(span // step), -1, -1)]


def time_label(seconds: float) -> str:
    """``-5 min``, ``-90 s``, ``-6 h``, ``now``."""
    whole = round(seconds)
    if whole <= 0:
        return "now"
    for unit, size in (("h", 3600), ("min", 60)):
        if whole % size == 0:
            return f"-{whole // size} {unit}"
    return f"-{whole} s"
