"""Figures as the fleet screen shows them: those of ``model.units``, narrow enough for columns. Pure."""

from __future__ import annotations

from collections.abc import Sequence
from math import isnan

from limen_tui.model import units
from limen_tui.model.units import UNKNOWN, clean, percent
from limen_tui.model.vm import VM
from limen_tui.tui.fleet.lines import Line

__all__ = ["UNKNOWN", "clean", "count", "memory", "memory_pair", "meter", "percent", "rate", "short", "spark", "uptime"]


def short(amount: float | None, *, unit: str = "B") -> str:
    """``1.5G`` for ``1.5 GiB``: at most 5 characters."""
    if amount is None:
        return UNKNOWN
    figure, _, step = units.size(amount, unit=unit).partition(" ")
    return figure + step.removesuffix("iB").removesuffix("B")


def whole(short_size: str) -> str:
    """``33.5M`` as ``34M``: what ``short`` gave, without decimals."""
    figure, step = short_size[:-1], short_size[-1:]
    return f"{round(float(figure))}{step}" if "." in figure else short_size


def rate(per_second: float | None) -> str:
    """``1.5M`` bytes per second; the column says the unit."""
    return short(per_second)


def memory(kib: float | None) -> str:
    """KiB as ``8 GiB``."""
    return units.size(kib, unit="KiB")


def memory_pair(used_kib: float | None, of_kib: float | None) -> str:
    """``3.2/8 GiB``; with two units where they differ."""
    of = memory(of_kib)
    if used_kib is None:
        return of
    figure, _, step = memory(used_kib).partition(" ")
    return f"{figure}/{of}" if of.endswith(f" {step}") else f"{figure} {step}/{of}"


def count(value: float | None) -> str:
    """``950``, ``12k``: requests per second."""
    if value is None:
        return UNKNOWN
    return f"{value:.0f}" if value < 9999.5 else f"{value / 1000:.0f}k"


def uptime(vm: VM, now: float) -> str:
    """``3 d 4 h``; ``≥`` before it when the VM had been running by the time it was first seen."""
    if vm.started_at is None:
        return UNKNOWN
    return ("" if vm.started_exact else "≥ ") + units.duration(now - vm.started_at)


def meter(share: float, cells: int, kind: str, track: str = "dim") -> Line:
    """A bar of ``cells`` terminal cells for 0 to 100 percent, heavy on a light track, in halves of a cell."""
    halves = round(max(0.0, min(100.0, share)) / 100 * cells * 2)
    if share > 0:
        halves = max(1, halves)
    full, half = divmod(halves, 2)
    filled = "━" * full + ("╾" if half else "")
    return ((filled, kind), ("─" * (cells - len(filled)), track))


def spark(series: Sequence[float], cells: int, top: float | None) -> str:
    """The last ``cells`` points as blocks, newest at the right; ``top`` is full height, else the largest is."""
    last = series[-cells:]
    most = top or max((value for value in last if not isnan(value)), default=0.0)
    text = "".join(
        " " if isnan(value) else "▁▂▃▄▅▆▇█"[max(0, min(7, round(value / most * 7)))] if most else "▁" for value in last
    )
    return text.rjust(cells)
