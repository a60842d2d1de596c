"""From what is kept of a VM to what its charts show. May import limen_widgets, fleet and model. UI thread."""

from __future__ import annotations

from collections.abc import Sequence
from functools import partial
from typing import Final

from limen_widgets.graph import ChartData, SeriesData

from limen_tui.fleet.fleet import Fleet
from limen_tui.model.graphs import RANGES, Graph, Line, Unit, show
from limen_tui.model.history import Series
from limen_tui.model.minutes import MinutePoint
from limen_tui.model.vm import VM, VMKey

Points = Sequence[tuple[float, float]]
_FINE: Final = {"cpu": Series.CPU, "mem": Series.MEM, "disk": Series.DISK, "net": Series.NET}
_LEAST: Final = {Unit.PERCENT: 100.0, Unit.KIB: 1024.0, Unit.BYTES: 1024.0, Unit.REQUESTS: 10.0, Unit.MS: 1.0}


class Feed:
    """The figures of one VM as they are now, ``seconds`` back: of each device while it was on show, and before that
    the day's minutes and the last minutes of every VM."""

    def __init__(
        self, fleet: Fleet, key: VMKey, vm: VM | None, minutes: Sequence[MinutePoint], seconds: int
    ) -> None:
        self._fleet, self._key, self._vm = fleet, key, vm
        self._minutes, self._seconds = minutes, seconds
        self._series = fleet.closeups.of(key)

    def data(self, graph: Graph, start: float) -> ChartData:
        """What a graph shows from Unix time ``start`` on."""
        lines = [self._line(graph, line, start, area=number == 0) for number, line in enumerate(graph.lines)]
        if graph.both and self._seconds > RANGES[1][0]:
            lines = [SeriesData("both ways", self._sum(graph, start), self._older(graph.both, start), area=True)]
        note = "Not known" if self._series.times else "Waiting for the first figures"
        if self._vm is not None and not self._vm.state.is_active:
            note = f"It is {self._vm.state.value}"
        return ChartData(
            graph.title, tuple(lines), partial(show, graph.unit), graph.top, note=note, rows=graph.rows,
            binary=graph.unit in (Unit.KIB, Unit.BYTES), least_top=_LEAST[graph.unit],
        )  # fmt: skip

    def _line(self, graph: Graph, line: Line, start: float, *, area: bool) -> SeriesData:
        older = self._older(line.minute, start) if line.minute else ()
        return SeriesData(line.label, self._series.points(line.name, start), older, area=area and not graph.rows)

    def _sum(self, graph: Graph, start: float) -> Points:
        series = [self._series.points(line.name, start) for line in graph.lines]
        return [(points[0][0], sum(value for _, value in points)) for points in zip(*series, strict=True)]

    def _older(self, name: str, start: float) -> Points:
        """From the minutes of the day and the last two minutes of every VM: what was before this was on show."""
        memory = (self._vm.load.mem_assigned_kib or self._vm.memory_kib) if self._vm is not None else 0
        factor = memory / 100 if name == "mem" else 1.0
        first = self._series.times[0] if self._series.times else float("inf")
        fine = self._fleet.history.points(self._key, _FINE[name])
        begin = fine[0][0] if fine else first
        days = [(each.at + 30, getattr(each, name) * factor) for each in self._minutes if start - 120 <= each.at]
        return [
            *((at, value) for at, value in days if at < begin), *((at, value * factor) for at, value in fine)
        ]
