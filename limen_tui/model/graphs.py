"""Which graphs a VM has, and their figures as a table for other programs. Pure."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from enum import StrEnum
from math import isnan
from time import gmtime, strftime
from typing import Final

from limen_tui.model import units
from limen_tui.model.closeup import CloseSeries

RANGES: Final = ((300, "5 min"), (3600, "1 h"), (24 * 3600, "24 h"))
"""Seconds to look back, and what that is called."""


class Unit(StrEnum):
    """What the figures of a graph are."""

    PERCENT = "%"
    KIB = "KiB"
    BYTES = "B/s"
    REQUESTS = "/s"
    MS = "ms"


@dataclass(frozen=True, slots=True)
class Line:
    """One series of a graph: its name in ``CloseSeries`` and how it is called beside the graph."""

    name: str
    label: str
    minute: str = ""
    """The figure of the day's minutes that means the same, if there is one."""


@dataclass(frozen=True, slots=True)
class Graph:
    """One graph."""

    id: str
    title: str
    unit: Unit
    lines: tuple[Line, ...]
    top: float | None = None
    rows: bool = False
    """A row for each series."""
    both: str = ""
    """The figure of the day's minutes that is the sum of the lines, if there is one."""


def graphs_of(names: Sequence[str], vcpus: int) -> list[Graph]:
    """The graphs for which there are series, totals first, then each device apart.

    ``names`` are those of ``CloseSeries``; device names come from outside.
    """
    have = set(names)
    found = [
        Graph("cpu", f"CPU, of {vcpus} vCPU" if vcpus else "CPU", Unit.PERCENT,
              (Line("cpu", "", "cpu"), *((Line("steal", "waiting"),) if "steal" in have else ())), 100.0),
        Graph("mem", "Memory", Unit.KIB, (
            Line("mem.used", "used", "mem"), Line("mem.assigned", "of"),
            *(Line(f"mem.{name}", name) for name in ("cache", "free") if f"mem.{name}" in have))),
        Graph("disk", "Disks", Unit.BYTES, (Line("disk.rd_bps", "read"), Line("disk.wr_bps", "write")), both="disk"),
        Graph("net", "Network", Unit.BYTES, (Line("net.rx_bps", "in"), Line("net.tx_bps", "out")), both="net"),
    ]  # fmt: skip
    each = sorted((name for name in have if name.startswith("cpu.")), key=lambda name: int(name[4:]))
    if len(each) > 1:
        rows = tuple(Line(name, f"vCPU {name[4:]}") for name in each)
        found.insert(1, Graph("vcpus", "Each vCPU", Unit.PERCENT, rows, 100.0, rows=True))
    if "swap.in" in have:
        found.append(Graph("swap", "Swapping", Unit.BYTES, (Line("swap.in", "in"), Line("swap.out", "out"))))
    for kind, title, of_device in (("disk", "Disk", _DISK), ("net", "Interface", _NIC)):
        for device in _devices(names, kind):
            shown = units.clean(device)
            found += [
                Graph(f"{kind}.{device}.{what}", f"{title} {shown}: {what}", unit,
                      tuple(Line(f"{kind}.{device}.{name}", label) for name, label in lines))
                for what, unit, lines in of_device
            ]  # fmt: skip
    return found


_DISK: Final = (
    ("bytes", Unit.BYTES, (("rd_bps", "read"), ("wr_bps", "write"))),
    ("requests", Unit.REQUESTS, (("rd_iops", "read"), ("wr_iops", "write"))),
    ("time of a request", Unit.MS, (("rd_ms", "read"), ("wr_ms", "write"))),
)
_NIC: Final = (
    ("bytes", Unit.BYTES, (("rx_bps", "in"), ("tx_bps", "out"))),
    ("packets", Unit.REQUESTS, (("rx_pps", "in"), ("tx_pps", "out"))),
    ("drops", Unit.REQUESTS, (("rx_drops", "in"), ("tx_drops", "out"))),
)


def _devices(names: Sequence[str], kind: str) -> list[str]:
    """Names of devices may have dots in them: what is between the first and the last is theirs."""
    found = [name.split(".", 1)[1].rpartition(".")[0] for name in names if name.startswith(f"{kind}.")]
    return list(dict.fromkeys(name for name in found if name))


def show(unit: Unit, value: float) -> str:
    """A figure with its unit, at most nine characters where it is reasonable: ``43 %``, ``1.2 MiB/s``, ``3.4 ms``."""
    if isnan(value):
        return units.UNKNOWN
    if unit is Unit.PERCENT:
        return f"{value:.0f} %"
    if unit is Unit.KIB:
        return units.size(value, unit="KiB")
    if unit is Unit.BYTES:
        figure, _, step = units.size(value).partition(" ")
        return f"{figure} {step.replace('iB', '')}/s" if step else f"{figure} B/s"
    if unit is Unit.MS:
        return f"{value:.2f} ms" if value < 10 else f"{value:.0f} ms"
    return f"{value:.0f}/s" if value < 10_000 else f"{value / 1000:.0f}k/s"


def csv_lines(series: CloseSeries, since: float) -> Iterator[str]:
    """A header and a line for each point of time from ``since`` on: UTC, Unix time, and every figure; what is not
    known is empty. Texts from outside are quoted, and do not begin like a formula."""
    names = series.names
    yield ",".join(["time", "unix", *(_quoted(name) for name in names)])
    table = [series.points(name, since) for name in names]
    for row in zip(*table, strict=True):
        at = row[0][0]
        figures = ["" if isnan(value) else f"{value:.6g}" for _, value in row]
        yield ",".join([strftime("%Y-%m-%dT%H:%M:%SZ", gmtime(at)), f"{at:.3f}", *figures])


def _quoted(text: str) -> str:
    text = units.clean(text)
    if text[:1] in "=+-@":
        text = f"'{text}"
    return '"' + text.replace('"', '""') + '"' if set(text) & set('",;\n') else text
