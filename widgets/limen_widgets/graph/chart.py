"""A chart: head with a legend, plot with axes, line of times. May import textual, rich. UI thread."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass, field
from math import isnan, nan
from typing import ClassVar, Final

from rich.cells import cell_len, set_cell_size
from rich.segment import Segment
from textual.strip import Strip
from textual.widget import Widget

from limen_widgets.graph.braille import ACROSS, UP, Canvas
from limen_widgets.graph.scale import Point, nice_top, onto_columns, time_label, time_marks
from limen_widgets.pieces import Piece

HEAD, AXIS, CURSOR, CHOSEN, NOTE = "chart--head", "chart--axis", "chart--cursor", "chart--chosen", "chart--note"
COLOURS: Final = tuple(f"chart--{number}" for number in range(4))
LEFT: Final = 9
"""Cells of the labels at the left, with the axis."""
_SPARK: Final = "▁▂▃▄▅▆▇█"


@dataclass(frozen=True, slots=True)
class SeriesData:
    """One line of a chart."""

    label: str
    points: Sequence[Point] = ()
    """Oldest first."""
    older: Sequence[Point] = ()
    """What is known from before, coarser."""
    area: bool = False
    """Filled below, where it is the first."""


@dataclass(frozen=True, slots=True)
class ChartData:
    """What a chart shows. ``unit`` writes a figure with its unit."""

    title: str
    series: tuple[SeriesData, ...] = ()
    unit: Callable[[float], str] = str
    top: float | None = None
    """Figure at the upper end; ``None`` for the next round one above the largest."""
    binary: bool = False
    """Whether round figures are powers of two."""
    least_top: float = 1.0
    rows: bool = False
    """Each series a row of its own, as a sparkline, in place of a plot."""
    note: str = ""
    """Shown where there is nothing to plot."""


@dataclass(slots=True)
class _Drawn:
    """The series on columns of dots, for one width and stretch of time."""

    columns: list[list[float]] = field(default_factory=list)
    top: float = 1.0
    rows: list[list[tuple[str, int]]] = field(default_factory=list)


class Chart(Widget):
    """Shows ``ChartData`` from one time to another; the cursor is a time, too."""

    COMPONENT_CLASSES: ClassVar[set[str]] = {HEAD, AXIS, CURSOR, CHOSEN, NOTE, *COLOURS}
    DEFAULT_CSS = """
    Chart {
        height: 8; width: 1fr; background: $background; color: $foreground;
        & > .chart--head { text-style: bold; }
        & > .chart--chosen { text-style: bold; color: $text-accent; }
        & > .chart--axis { color: $text-muted; }
        & > .chart--note { color: $text-muted; }
        & > .chart--cursor { color: $text-warning; text-style: bold; }
        & > .chart--0 { color: $text-primary; }
        & > .chart--1 { color: $text-warning; }
        & > .chart--2 { color: $text-success; }
        & > .chart--3 { color: $text-error; }
    }
    Chart:ansi > .chart--0 { color: ansi_bright_blue; }
    """

    def __init__(self, *, id: str | None = None) -> None:
        super().__init__(id=id)
        self._data = ChartData("")
        self._start, self._end, self._gap = 0.0, 1.0, 10.0
        self._cursor: float | None = None
        self._chosen = False
        self._drawn: _Drawn | None = None

    # -- what is shown ----------------------------------------------------------------------------

    def show(self, data: ChartData, start: float, end: float, *, longest_gap: float = 10.0) -> None:
        """Show ``data`` from ``start`` to ``end``; points further apart than ``longest_gap`` are not joined."""
        self._data, self._start, self._end, self._gap = data, start, end, longest_gap
        self._drawn = None
        self.refresh()

    def show_cursor(self, at: float | None) -> None:
        """Read out the figures at a time; ``None`` for the newest."""
        if at != self._cursor:
            self._cursor = at
            self.refresh()

    def show_chosen(self, on: bool) -> None:
        """Mark the head, or not."""
        if on != self._chosen:
            self._chosen = on
            self.refresh()

    @property
    def data(self) -> ChartData:
        """What is shown."""
        return self._data

    @property
    def columns(self) -> int:
        """Columns of dots across the plot."""
        return max(0, self.size.width - LEFT - 1) * ACROSS

    @property
    def plain(self) -> str:
        """As text, for tests and copies."""
        return "\n".join(
            "".join(text for text, _ in self._line(y)).rstrip() for y in range(self.size.height)
        )

    def on_resize(self) -> None:
        """Draw anew."""
        self._drawn = None
        self.refresh()

    def reading(self, series: SeriesData) -> float:
        """The figure of a series at the cursor, or the newest; NaN where there is none."""
        if self._cursor is None:
            return next((value for _, value in reversed(series.points or series.older) if not isnan(value)), nan)
        best = min(
            (point for points in (series.points, series.older) for point in points if not isnan(point[1])),
            key=lambda point: abs(point[0] - self._aimed), default=None,
        )  # fmt: skip
        return nan if best is None or abs(best[0] - self._aimed) > self._gap else best[1]

    @property
    def _aimed(self) -> float:
        return self._end if self._cursor is None else self._cursor

    # -- drawing ----------------------------------------------------------------------------------

    def _draw(self) -> _Drawn:
        if self._drawn is not None:
            return self._drawn
        drawn = self._drawn = _Drawn()
        count = self.columns // (ACROSS if self._data.rows else 1)
        for series in self._data.series:
            new = onto_columns(series.points, self._start, self._end, count, self._gap)
            if series.older:
                old = onto_columns(series.older, self._start, self._end, count, max(self._gap, 150.0))
                new = [b if isnan(a) else a for a, b in zip(new, old, strict=True)]
            drawn.columns.append(new)
        most = max((value for column in drawn.columns for value in column if not isnan(value)), default=0.0)
        drawn.top = self._data.top or nice_top(most, binary=self._data.binary, least=self._data.least_top)
        if not self._data.rows:
            canvas = Canvas(count // ACROSS, self._plot_height)
            for number, (series, column) in enumerate(zip(self._data.series, drawn.columns, strict=True)):
                (canvas.area if series.area else canvas.line)(column, drawn.top, number)
            drawn.rows = [canvas.row(y) for y in range(self._plot_height)]
        return drawn

    @property
    def _plot_height(self) -> int:
        return max(0, self.size.height - 2)

    @property
    def _is_empty(self) -> bool:
        return all(isnan(value) for column in self._draw().columns for value in column)

    def _cursor_cell(self) -> int | None:
        if self._cursor is None or not self._start <= self._cursor <= self._end:
            return None
        cells = self.columns // ACROSS
        return min(cells - 1, int((self._cursor - self._start) / (self._end - self._start) * cells))

    def render_line(self, y: int) -> Strip:
        """One line."""
        width, base = self.size.width, self.rich_style
        segments = [
            Segment(text, self.get_component_rich_style(style) if style else base) for text, style in self._line(y)
        ]
        return Strip(segments).adjust_cell_length(width, base)

    def _line(self, y: int) -> list[Piece]:
        height = self.size.height
        if self.size.width <= LEFT + 2:
            return []
        if y == 0:
            return self._head()
        if self._data.rows:
            return self._spark_row(y - 1) if y - 1 < len(self._data.series) else []
        if y == height - 1 and height > 2:
            return self._times()
        return self._plot_row(y - 1)

    def _head(self) -> list[Piece]:
        line: list[Piece] = [("▌" if self._chosen else " ", CHOSEN),
                             (f"{self._data.title}  ", CHOSEN if self._chosen else HEAD)]  # fmt: skip
        if self._data.rows:
            return line
        for number, series in enumerate(self._data.series):
            value = self.reading(series)
            figure = "–" if isnan(value) else self._data.unit(value)
            line += [("━ ", COLOURS[number % 4]), (f"{series.label} {figure}".strip() + "  ", "")]
        return line

    def _plot_row(self, y: int) -> list[Piece]:
        drawn, height = self._draw(), self._plot_height
        label = ""
        if y == 0:
            label = self._data.unit(drawn.top)
        elif y == height - 1:
            label = self._data.unit(0.0)
        elif height >= 5 and y == height - 1 - round((height * UP - 1) / 2) // UP:
            label = self._data.unit(drawn.top / 2)
        tick = "┤" if label else "│"
        line: list[Piece] = [(set_cell_size(label, LEFT - 2).rjust(LEFT - 2) if cell_len(label) > LEFT - 2
                              else label.rjust(LEFT - 2), AXIS), (f" {tick}", AXIS)]  # fmt: skip
        if self._is_empty and y == height // 2:
            return [*line, (f" {self._data.note or 'Nothing known yet'}", NOTE)]
        runs = [(text, COLOURS[owner % 4] if owner >= 0 else "") for text, owner in drawn.rows[y]]
        cell = self._cursor_cell()
        return [*line, *(runs if cell is None else _with_cursor(runs, cell))]

    def _spark_row(self, number: int) -> list[Piece]:
        series = self._data.series[number]
        drawn = self._draw()
        value = self.reading(series)
        figure = "–" if isnan(value) else self._data.unit(value)
        text = "".join(
            " " if isnan(each) else _SPARK[max(0, min(7, round(each / drawn.top * 7)))]
            for each in drawn.columns[number][: -len(figure) - 1]
        )
        runs: list[Piece] = [(text, COLOURS[0])]
        cell = self._cursor_cell()
        if cell is not None and cell < len(text):
            runs = _with_cursor(runs, cell)
        return [(series.label.rjust(LEFT - 2)[: LEFT - 2], AXIS), (" │", AXIS), *runs, (f" {figure}", "")]

    def _times(self) -> list[Piece]:
        cells = self.columns // ACROSS
        span = self._end - self._start
        text = [" "] * cells
        free_from = 0
        for before in time_marks(self._start, self._end, max(2, cells // 14)):
            label = time_label(before)
            place = round((span - before) / span * cells) - (len(label) if before == 0 else len(label) // 2)
            place = max(0, min(cells - len(label), place))
            if place >= free_from and place + len(label) <= cells:
                text[place : place + len(label)] = label
                free_from = place + len(label) + 2
        return [(" " * LEFT, ""), ("".join(text), AXIS)]


def _with_cursor(runs: Sequence[Piece], cell: int) -> list[Piece]:
    """The runs with a bar at one cell; what is drawn there keeps its dots."""
    out: list[Piece] = []
    at = 0
    for text, style in runs:
        if at <= cell < at + len(text):
            place = cell - at
            here = text[place]
            out += [(text[:place], style), ("│" if here == " " else here, CURSOR), (text[place + 1 :], style)]
        else:
            out.append((text, style))
        at += len(text)
    return [piece for piece in out if piece[0]]
