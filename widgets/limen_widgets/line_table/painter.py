"""Lines become strips: cells measured and cached by row, styled by component class. UI thread."""

from __future__ import annotations

import time
from collections.abc import Callable, Hashable, Iterable, Sequence
from typing import Any, Generic, TypeVar

from rich.errors import StyleSyntaxError
from rich.segment import Segment
from rich.style import Style
from textual.strip import Strip

from limen_widgets.line_table.column import Column
from limen_widgets.line_table.layout import GAP, Placed
from limen_widgets.pieces import Pieces, fit, pieces_of, width_of

R = TypeVar("R")
StyleOf = Callable[[str], Style]
MARK, NO_MARK = "●", " "
GUTTER = 2
HOT_SECONDS = 0.8
MOST_CACHED = 4096


class Painter(Generic[R]):
    """Caches the cells of rows that were on screen, and the strips made of them."""

    def __init__(self, identity: Callable[[R], Hashable], style_of: StyleOf) -> None:
        self._identity = identity
        self._style_of = style_of
        self._cells: dict[Hashable, tuple[R, tuple[Pieces, ...]]] = {}
        self._strips: dict[Hashable, tuple[Any, Strip]] = {}
        self._styles: dict[tuple[str, str], Style] = {}
        self._hot: dict[Hashable, tuple[frozenset[str], float]] = {}
        self.columns: tuple[Column[R], ...] = ()
        self.placed: tuple[Placed, ...] = ()
        self.natural: dict[str, int] = {}
        """The widest content seen of each column since the last reset: columns grow, and do not dance."""
        self.rev = 0

    def reset(self) -> None:
        """Forget all: columns, theme or size changed."""
        self._cells.clear()
        self.restyle()

    def restyle(self) -> None:
        """Forget what was painted, keep what was measured."""
        self._strips.clear()
        self._styles.clear()
        self.rev += 1

    def cells(self, row: R) -> tuple[Pieces, ...]:
        """The cells of ``row`` in the order of ``columns``; the same tuple as before when nothing in it changed."""
        key = self._identity(row)
        known = self._cells.get(key)
        if known is not None and known[0] is row:
            return known[1]
        cells = tuple(pieces_of(column.cell(row)) for column in self.columns)
        if known is not None and known[1] == cells:
            cells = known[1]
        if len(self._cells) > MOST_CACHED:
            self._cells.clear()
            self._strips.clear()
        self._cells[key] = (row, cells)
        return cells

    def measure(self, rows: Iterable[R]) -> bool:
        """Widen ``natural`` by what ``rows`` show; whether a column grew."""
        grew = False
        for row in rows:
            for column, cell in zip(self.columns, self.cells(row), strict=True):
                if column.width is None:
                    width = width_of(cell)
                    if width > self.natural.get(column.id, 0):
                        self.natural[column.id] = width
                        grew = True
        return grew

    # -- change marks -----------------------------------------------------------------------------

    def note_change(self, key: Hashable, before: tuple[Pieces, ...], after: tuple[Pieces, ...]) -> None:
        """Mark the cells that differ, for a moment."""
        changed = frozenset(
            column.id
            for column, old, new in zip(self.columns, before, after, strict=True)
            if column.highlight and old != new
        )
        if changed:
            self._hot[key] = (changed, time.monotonic() + HOT_SECONDS)

    def changed_spans(self, before: tuple[Pieces, ...], after: tuple[Pieces, ...]) -> list[tuple[int, int]]:
        """Where the placed cells that differ are: x and width in cells, neighbours together. Over a slow link what is
        not painted counts."""
        differs = {
            column.id for column, old, new in zip(self.columns, before, after, strict=True) if old != new
        }  # fmt: skip
        spans: list[tuple[int, int]] = []
        end = -1
        for spot in self.placed:
            if spot.column.id not in differs:
                continue
            x = spot.x + GUTTER
            if spans and x <= end + GAP:
                spans[-1] = spans[-1][0], x + spot.width - spans[-1][0]
            else:
                spans.append((x, spot.width))
            end = x + spot.width
        return spans

    def cooled(self) -> list[Hashable]:
        """Rows whose marks have run out, which are to be painted again."""
        now = time.monotonic()
        over = [key for key, (_, until) in self._hot.items() if until <= now]
        for key in over:
            del self._hot[key]
        return over

    @property
    def has_hot(self) -> bool:
        """Whether something is marked as changed."""
        return bool(self._hot)

    # -- strips -----------------------------------------------------------------------------------

    def row_strip(self, row: R, width: int, *, cursor: bool, marked: bool) -> Strip:
        """The line of a row."""
        key = self._identity(row)
        hot = self._hot.get(key, (frozenset[str](), 0.0))[0]
        cells = self.cells(row)
        signature = (cells, width, cursor, marked, hot, self.rev)
        cached = self._strips.get(key)
        if cached is not None and cached[0] == signature:
            return cached[1]
        line = "cursor" if cursor else "marked" if marked else ""
        gutter = self._style(line, "mark" if marked or not cursor else "")
        segments = [Segment((MARK if marked else NO_MARK) + " ", gutter)]
        by_id = {column.id: cell for column, cell in zip(self.columns, cells, strict=True)}
        for number, spot in enumerate(self.placed):
            if number:
                segments.append(Segment(" " * GAP, self._style(line, "")))
            shown = fit(by_id[spot.column.id], spot.width, right=spot.column.align == "right")
            changed = "changed" if spot.column.id in hot and not cursor else ""
            segments += [Segment(text, self._style(line, style, changed)) for text, style in shown]
        strip = _filled(segments, width, self._style(line, ""))
        self._strips[key] = (signature, strip)
        return strip

    def free_strip(self, pieces: Pieces, width: int, *, line: str) -> Strip:
        """A line that is not a row: a group's header, the empty text."""
        return _filled(
            [Segment(text, self._style(line, style)) for text, style in fit(pieces, width)],
            width,
            self._style(line, ""),
        )

    def header_strip(self, width: int, sort: str, arrow: str, note: str) -> Strip:
        """Titles, the sort arrow, and ``note`` at the right: how many columns are out of sight on each side."""
        segments, room = [Segment(" " * GUTTER, self._style("header", ""))], width - len(note) - GUTTER
        for number, spot in enumerate(self.placed):
            if number:
                room -= GAP
                segments.append(Segment(" " * GAP, self._style("header", "")))
            chosen = spot.column.id == sort
            title = f"{spot.column.title} {arrow}" if chosen else spot.column.title
            # a title that the note would cut is shortened so that it shows
            shown = fit(((title, "sorted" if chosen else ""),), max(0, min(spot.width, room)),
                        right=spot.column.align == "right")  # fmt: skip
            room -= spot.width
            segments += [Segment(text, self._style("header", style)) for text, style in shown]
        strip = _filled(segments, width, self._style("header", ""))
        if note:
            strip = Strip.join([strip.crop(0, width - len(note)), Strip([Segment(note, self._style("header", "dim"))])])
        return strip

    def _style(self, line: str, style: str, changed: str = "") -> Style:
        name = (line, style + changed)
        made = self._styles.get(name)
        if made is None:
            made = self._style_of(line)
            if style:
                made += self._piece_style(style)
            if changed:
                made += self._style_of(changed)
            self._styles[name] = made
        return made

    def _piece_style(self, style: str) -> Style:
        try:
            return self._style_of(style)
        except KeyError:
            try:
                return Style.parse(style)
            except StyleSyntaxError:
                return Style.null()


def _filled(segments: Sequence[Segment], width: int, style: Style) -> Strip:
    # neighbours of one style go to the terminal as one: each costs forty bytes of escape sequences
    return Strip(segments).simplify().adjust_cell_length(width, style)
