"""Fits items of differing importance into one line. Pure but for cell widths (rich). UI thread."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

from limen_tui.tui.fleet.lines import Line, line_width


@dataclass(frozen=True, slots=True)
class Item:
    """Something to show on a bar, in one or more lengths."""

    rank: int
    """Importance: 0 stays longest."""
    variants: tuple[Line, ...]
    """Longest first."""
    right: bool = False
    """At the right end of the line."""


def fit(items: Sequence[Item], width: int, gap: int = 3) -> Line:
    """One line of at most ``width`` cells: items are shortened, then left out, the least important first."""
    chosen = {index: 0 for index, item in enumerate(items) if item.variants}
    by_rank = sorted(chosen, key=lambda index: -items[index].rank)
    widths = {index: [line_width(line) for line in items[index].variants] for index in chosen}

    def total() -> int:
        return sum([widths[index][variant] + gap for index, variant in chosen.items()]) - gap if chosen else 0

    for index in by_rank:
        while total() > width and chosen[index] < len(items[index].variants) - 1:
            chosen[index] += 1
    for index in by_rank:
        if total() > width:
            del chosen[index]
    left = _join([items[i].variants[v] for i, v in chosen.items() if not items[i].right], gap)
    right = _join([items[i].variants[v] for i, v in chosen.items() if items[i].right], gap)
    if not right:
        return left
    room = max(0, width - line_width(left) - line_width(right))
    return (*left, (" " * room, ""), *right)


def _join(lines: Sequence[Line], gap: int) -> Line:
    joined: list[tuple[str, str]] = []
    for number, line in enumerate(lines):
        if number:
            joined.append((" " * gap, ""))
        joined.extend(line)
    return tuple(joined)
