"""Which graphs there are, and the figures as CSV."""

from __future__ import annotations

import csv

from limen_tui.model.closeup import CloseSeries
from limen_tui.model.detail import DiskLoad, NicLoad, VMDetail
from limen_tui.model.graphs import Unit, csv_lines, graphs_of, show
from limen_tui.model.vm import VMLoad

DETAIL = VMDetail((DiskLoad("vda", 1.0, 2.0), DiskLoad("=cmd,\x1b[31m", 1.0)), (NicLoad("vnet.0", 5.0),), 100, 200)


def filled() -> CloseSeries:
    series = CloseSeries()
    for at in range(3):
        series.add(1000.0 + at, VMLoad(10.0 * at, (1.0, 2.0), 1024, 512, steal_pct=0.5), DETAIL)
    return series


def test_totals_come_first_then_each_device() -> None:
    graphs = graphs_of(filled().names, 2)
    ids = [graph.id for graph in graphs]
    assert ids[:5] == ["cpu", "vcpus", "mem", "disk", "net"]
    assert "disk.vda.bytes" in ids and "disk.vda.time of a request" in ids and "net.vnet.0.drops" in ids
    titles = " ".join(graph.title for graph in graphs)
    assert "\x1b" not in titles
    (lines,) = [graph.lines for graph in graphs if graph.id == "net.vnet.0.packets"]
    assert [line.name for line in lines] == ["net.vnet.0.rx_pps", "net.vnet.0.tx_pps"]


def test_without_figures_the_totals_are_there_all_the_same() -> None:
    assert [graph.id for graph in graphs_of((), 0)] == ["cpu", "mem", "disk", "net"]


def test_csv_reads_back_and_runs_nothing() -> None:
    series = filled()
    rows = list(csv.reader(csv_lines(series, 1001.0)))
    assert rows[0][:3] == ["time", "unix", "cpu"]
    assert len(rows) == 3
    assert rows[1][:3] == ["1970-01-01T00:16:41Z", "1001.000", "10"]
    assert all(len(row) == len(rows[0]) for row in rows)
    assert not any(cell[:1] in "=+@" for cell in rows[0] if cell)
    assert "" in rows[1], "what is not known is empty"


def test_figures_have_units_and_room() -> None:
    assert show(Unit.PERCENT, 43.2) == "43 %"
    assert show(Unit.KIB, 2048.0) == "2 MiB"
    assert show(Unit.BYTES, 512.0) == "512 B/s"
    assert show(Unit.BYTES, 1.5 * 2**20) == "1.5 M/s"
    assert show(Unit.MS, 0.421) == "0.42 ms"
    assert show(Unit.REQUESTS, 12345.0) == "12k/s"
    assert show(Unit.MS, float("nan")) == "–"
