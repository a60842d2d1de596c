"""Columns as data: what a row shows, how it sorts, how wide it may be. Pure."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from typing import Any, Generic, Literal, TypeVar

from limen_widgets.pieces import Cell

R = TypeVar("R")


@dataclass(frozen=True, slots=True)
class Column(Generic[R]):
    """One column over rows of type ``R``."""

    id: str
    title: str
    cell: Callable[[R], Cell]
    """Called once per changed row on screen; must be quick and pure."""
    sort_key: Callable[[R], Any] | None = None
    """Comparable values, or ``None`` for rows that have none: those come last either way."""
    width: int | None = None
    """Cells; ``None``: as wide as what is on screen, between ``min_width`` and ``max_width``."""
    min_width: int = 3
    max_width: int = 40
    flex: int = 0
    """Share of what is left over; 0 takes none."""
    align: Literal["left", "right"] = "left"
    sticky: bool = False
    """Stays where it is when the columns are moved sideways."""
    default: bool = True
    """On show unless the user chose otherwise."""
    highlight: bool = True
    """Whether a change is marked for a moment; not for figures that change each tick anyway."""
    descending_first: bool = False
    """The first sort by it is from the top: what a person wants of loads."""
    priority: int = 5
    """Where room is short, columns with a high number go first."""
    header_help: str = ""
    """A sentence about it, for a column chooser."""
