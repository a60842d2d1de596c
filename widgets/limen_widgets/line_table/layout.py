"""Which columns are on show, and how wide. Pure."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any

from limen_widgets.line_table.column import Column

GAP = 1
"""Cells between columns."""


@dataclass(frozen=True, slots=True)
class Placed:
    """A column with its place: ``x`` in cells from the left edge of the table's contents."""

    column: Column[Any]
    x: int
    width: int


def place(columns: Sequence[Column[Any]], natural: Mapping[str, int], room: int, shift: int = 0) -> tuple[Placed, ...]:
    """Lay ``columns`` out in ``room`` cells.

    ``natural`` is the widest content seen of each column; ``shift`` moves the columns that are not sticky to the left
    by so many columns. Those that do not fit are left out, the least important first.
    """
    wanted = _shifted(columns, shift)
    widths = {column.id: _natural(column, natural) for column in wanted}
    kept = _in_order(wanted, widths, room) if shift else _kept(wanted, widths, room)
    _squeeze(kept, widths, room)
    spare = room - sum(widths[column.id] for column in kept) - GAP * max(0, len(kept) - 1)
    shares = sum(column.flex for column in kept)
    for column in kept:
        if column.flex and spare > 0:
            extra = spare * column.flex // shares
            widths[column.id] += extra
            spare, shares = spare - extra, shares - column.flex
    placed, x = [], 0
    for column in kept:
        placed.append(Placed(column, x, widths[column.id]))
        x += widths[column.id] + GAP
    return tuple(placed)


def most_shift(columns: Sequence[Column[Any]]) -> int:
    """How far the columns can be moved: until only the last one that is not sticky is left."""
    return max(0, sum(not column.sticky for column in columns) - 1)


def _shifted(columns: Sequence[Column[Any]], shift: int) -> list[Column[Any]]:
    kept, skipped = [], 0
    for column in columns:
        if not column.sticky and skipped < shift:
            skipped += 1
            continue
        kept.append(column)
    return kept


def _natural(column: Column[Any], natural: Mapping[str, int]) -> int:
    if column.width is not None:
        return column.width
    least = max(column.min_width, len(column.title) + 2)  # the title and room for the sort arrow
    return max(least, min(column.max_width, natural.get(column.id, 0)))


def _least(column: Column[Any], width: int) -> int:
    return width if column.width is not None else min(width, column.min_width)


def _kept(columns: list[Column[Any]], widths: Mapping[str, int], room: int) -> list[Column[Any]]:
    """Leave out the least important (of equals, the last) until the rest fits; the first column always stays."""
    kept = list(columns)
    while len(kept) > 1:
        # a column that can be squeezed needs little: a table shows more with a short name than without a column
        needed = sum(_needed(column, widths[column.id]) for column in kept) + GAP * (len(kept) - 1)
        if needed <= room:
            break
        victim = max(range(1, len(kept)), key=lambda place: (kept[place].priority, place))
        del kept[victim]
    return kept


def _in_order(columns: list[Column[Any]], widths: Mapping[str, int], room: int) -> list[Column[Any]]:
    """Moved sideways, a person looks for what did not fit: the next columns as they stand, whatever their priority."""
    kept: list[Column[Any]] = []
    for column in columns:
        needed = sum(_needed(each, widths[each.id]) for each in (*kept, column)) + GAP * len(kept)
        if kept and needed > room:
            break
        kept.append(column)
    return kept


def _needed(column: Column[Any], width: int) -> int:
    return _least(column, width) if column.flex or column.sticky else width


def _squeeze(kept: list[Column[Any]], widths: dict[str, int], room: int) -> None:
    """Take what is too much from the columns that can give, the widest first."""
    over = sum(widths[column.id] for column in kept) + GAP * max(0, len(kept) - 1) - room
    while over > 0:
        givers = [column for column in kept if widths[column.id] > _least(column, widths[column.id])]
        if not givers:
            widths[kept[0].id] = max(1, min(widths[kept[0].id], room))
            return
        widest = max(givers, key=lambda column: widths[column.id])
        widths[widest.id] -= 1
        over -= 1
