"""Rows sorted, filtered, grouped and folded into lines; marks and cursor by identity. Pure: no Textual.

Everything is found again by ``identity(row)``, never by a row number: rows move under the cursor each second.
"""

from __future__ import annotations

import re
from collections.abc import Callable, Hashable, Sequence
from dataclasses import dataclass
from functools import lru_cache
from typing import Any, Generic, TypeVar

from limen_widgets.line_table.column import Column

R = TypeVar("R")
NEAR = 200
"""Lines from the cursor within which its row is looked for first."""
_DIGITS = re.compile(r"\d{1,18}")


@dataclass(frozen=True, slots=True)
class Group(Generic[R]):
    """A group's header line."""

    label: str
    rows: tuple[R, ...]
    folded: bool


@lru_cache(maxsize=65536)
def natural(text: str) -> str:
    """A key by which ``web2`` comes before ``web10``, whatever the case; digits before all else.

    One string, with numbers filled up to one length: tuples take twice the time to make and three times to sort.
    """
    return _DIGITS.sub(_filled_up, text.casefold())


def _filled_up(digits: re.Match[str]) -> str:
    return "\0" + digits[0].zfill(18)


class LineModel(Generic[R]):
    """What the table shows, line by line."""

    def __init__(self, identity: Callable[[R], Hashable]) -> None:
        self.identity = identity
        self.rows: Sequence[R] = ()
        self.lines: list[R | Group[R]] = []
        self.shown = 0
        """Rows that pass the filter, folded ones included."""
        self.cursor: Hashable | None = None
        self.index = 0
        """The cursor's line."""
        self.marks: frozenset[Hashable] = frozenset()
        self.folded: set[str] = set()
        self.predicate: Callable[[R], bool] | None = None
        self.group_by: Callable[[R], str] | None = None
        self.sort_column: Column[R] | None = None
        self.reverse = False
        self._sorted_by: tuple[Column[R] | None, bool, int] = (None, False, 0)
        self._order: list[int] = []
        """Places in the rows, sorted; with ``_keys`` as they then were."""
        self._keys: list[Any] = []

    # -- building ---------------------------------------------------------------------------------

    def set_rows(self, rows: Sequence[R]) -> int:
        """Take in new rows; how many marks were dropped because their rows are gone."""
        self.rows = rows
        lost = 0
        if self.marks:
            there = {self.identity(row) for row in rows}
            kept = self.marks & there
            lost, self.marks = len(self.marks) - len(kept), kept
        self.rebuild()
        return lost

    def rebuild(self) -> bool:
        """Sort, filter and group anew; whether the cursor's row is still there."""
        rows = self.rows if self.predicate is None else list(filter(self.predicate, self.rows))
        self.shown = len(rows)
        ordered = self._sorted(rows)
        self.lines = self._grouped(ordered) if self.group_by is not None else list(ordered)
        return self._find_cursor()

    def _sorted(self, rows: Sequence[R]) -> Sequence[R]:
        column = self.sort_column
        if column is None or column.sort_key is None:
            return rows
        keys = list(map(column.sort_key, rows))
        by = column, self.reverse, len(rows)
        if by != self._sorted_by:
            self._sorted_by, self._order, self._keys = by, list(range(len(rows))), []
        if keys != self._keys:
            # the order so far is nearly the order to come, and to sort what is nearly sorted takes little
            known = [place for place in self._order if keys[place] is not None]
            unknown = [place for place in self._order if keys[place] is None] if len(known) < len(keys) else []
            known.sort(key=keys.__getitem__, reverse=self.reverse)
            self._keys, self._order = keys, known + unknown
        return [rows[place] for place in self._order]

    def _grouped(self, rows: Sequence[R]) -> list[R | Group[R]]:
        groups: dict[str, list[R]] = {}
        if self.group_by is None:
            return list(rows)
        for row in rows:
            groups.setdefault(self.group_by(row), []).append(row)
        lines: list[R | Group[R]] = []
        for label in sorted(groups, key=natural):
            folded = label in self.folded
            lines.append(Group(label, tuple(groups[label]), folded))
            if not folded:
                lines += groups[label]
        return lines

    # -- cursor -----------------------------------------------------------------------------------

    def key_at(self, index: int) -> Hashable | None:
        """The identity of a line; a group's is its label in a tuple of its own, so that it cannot meet a row's."""
        if not 0 <= index < len(self.lines):
            return None
        line = self.lines[index]
        return ("group", line.label) if isinstance(line, Group) else self.identity(line)

    def index_of(self, key: Hashable) -> int | None:
        """The line of an identity; looks first near the cursor, from where few rows go far."""
        low, high = max(0, self.index - NEAR), min(len(self.lines), self.index + NEAR)
        for part in (range(low, high), range(low), range(high, len(self.lines))):
            found = self._search(key, part)
            if found is not None:
                return found
        return None

    def _search(self, key: Hashable, places: range) -> int | None:
        lines, identity = self.lines, self.identity
        if self.group_by is None:
            plain: Any = lines
            return next((place for place in places if identity(plain[place]) == key), None)
        return next((place for place in places if self.key_at(place) == key), None)

    def _find_cursor(self) -> bool:
        if not self.lines:
            self.cursor, self.index = None, 0
            return False
        if self.cursor is not None:
            if self.key_at(self.index) == self.cursor:
                return True
            found = self.index_of(self.cursor)
            if found is not None:
                self.index = found
                return True
        lost = self.cursor is not None
        self.move(min(self.index, len(self.lines) - 1))
        return not lost

    def move(self, index: int) -> None:
        """Put the cursor on a line."""
        if self.lines:
            self.index = max(0, min(index, len(self.lines) - 1))
            self.cursor = self.key_at(self.index)

    @property
    def row(self) -> R | None:
        """The row under the cursor; ``None`` on a group's header or an empty table."""
        if not 0 <= self.index < len(self.lines):
            return None
        line = self.lines[self.index]
        return None if isinstance(line, Group) else line

    # -- marks ------------------------------------------------------------------------------------

    def keys_between(self, one: int, other: int) -> frozenset[Hashable]:
        """Identities of the rows from one line to another, both included."""
        low, high = sorted((one, other))
        return frozenset(self.identity(line) for line in self.lines[low : high + 1] if not isinstance(line, Group))

    def all_keys(self) -> frozenset[Hashable]:
        """Identities of the rows on show; rows in folded groups are not."""
        return self.keys_between(0, len(self.lines))
