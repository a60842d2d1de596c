"""LineTable against Textual's DataTable in one process: prints times and ratios. Run with python; asserts nothing.

Times are until the screen has been laid out again, on a headless screen of 160 x 45.
"""

from __future__ import annotations

import asyncio
import random
import statistics
import time
from collections.abc import Callable
from typing import Any

from limen_widgets.line_table import Column, LineTable
from textual.app import App, ComposeResult
from textual.pilot import Pilot
from textual.widgets import DataTable

ROWS, COLUMNS, ROUNDS = 10_000, 12, 5
Row = tuple[int, ...]


def made(seed: int) -> list[Row]:
    """Rows whose first figure is their identity."""
    chance = random.Random(seed)
    return [(n, *(chance.randrange(100_000) for _ in range(COLUMNS - 1))) for n in range(ROWS)]


def column(at: int) -> Column[Row]:
    """The column of one figure."""
    return Column(f"c{at}", f"C{at}", lambda row: str(row[at]), lambda row: row[at], width=8)


class Bench(App[None]):
    """One table on the whole screen."""

    def __init__(self, table: Any) -> None:
        super().__init__()
        self.table = table

    def compose(self) -> ComposeResult:
        """The table."""
        yield self.table


async def timed(pilot: Pilot[None], work: Callable[[], object]) -> tuple[float, float]:
    """Milliseconds of the call alone, and until the screen is settled."""
    start = time.perf_counter()
    work()
    call = time.perf_counter() - start
    await pilot.pause()
    return call * 1000, (time.perf_counter() - start) * 1000


def few_changed(rows: list[Row], round_: int) -> list[Row]:
    """``rows`` with five of the first twenty changed in their last figure."""
    return [(*row[:-1], round_) if row[0] in (1, 4, 7, 10, 13) else row for row in rows]


def median(pairs: list[tuple[float, float]]) -> tuple[float, float]:
    """Of both figures."""
    return statistics.median(pair[0] for pair in pairs), statistics.median(pair[1] for pair in pairs)


async def line_table() -> dict[str, tuple[float, float]]:
    """Figures of LineTable."""
    table: LineTable[Row] = LineTable([column(at) for at in range(COLUMNS)], lambda row: row[0])
    async with Bench(table).run_test(size=(160, 45)) as pilot:
        start = made(0)
        found = {"load": await timed(pilot, lambda: table.set_rows(start))}
        table.sort("c0", False)
        await pilot.pause()
        few = [few_changed(start, round_) for round_ in range(ROUNDS)]
        found["5 visible changed"] = median([await timed(pilot, lambda r=r: table.set_rows(r)) for r in few])
        table.sort("c1", True)
        await pilot.pause()
        every = [made(round_ + 1) for round_ in range(ROUNDS)]
        found["all changed, sorted"] = median([await timed(pilot, lambda r=r: table.set_rows(r)) for r in every])
    return found


def fill(table: DataTable[str], rows: list[Row]) -> None:
    """Load a DataTable."""
    for row in rows:
        table.add_row(*map(str, row), key=str(row[0]))


def update(table: DataTable[str], rows: list[Row], columns: range) -> None:
    """Change cells of a DataTable."""
    for row in rows:
        for at in columns:
            table.update_cell(str(row[0]), f"c{at}", str(row[at]))


def update_sorted(table: DataTable[str], rows: list[Row]) -> None:
    """Change every cell of a DataTable and sort it."""
    update(table, rows, range(1, COLUMNS))
    table.sort("c1", key=int, reverse=True)


async def data_table() -> dict[str, tuple[float, float]]:
    """Figures of DataTable, told only of the cells that changed."""
    table: DataTable[str] = DataTable()
    async with Bench(table).run_test(size=(160, 45)) as pilot:
        for at in range(COLUMNS):
            table.add_column(f"C{at}", key=f"c{at}", width=8)
        start = made(0)
        found = {"load": await timed(pilot, lambda: fill(table, start))}
        last = range(COLUMNS - 1, COLUMNS)
        few = [[row for row in few_changed(start, n) if row[0] in (1, 4, 7, 10, 13)] for n in range(ROUNDS)]
        found["5 visible changed"] = median([await timed(pilot, lambda r=r: update(table, r, last)) for r in few])
        # one round: it takes seconds
        found["all changed, sorted"] = await timed(pilot, lambda: update_sorted(table, made(1)))
    return found


async def main() -> None:
    """Print the comparison."""
    ours, theirs = await line_table(), await data_table()
    print(f"{ROWS} rows x {COLUMNS} columns; ms of the call / until settled")
    for name, (call, settled) in ours.items():
        other_call, other = theirs[name]
        print(
            f"{name:20} LineTable {call:8.2f} /{settled:8.2f}   DataTable {other_call:9.2f} /{other:9.2f}"
            f"   ratio {other_call / call:7.1f} /{other / settled:6.1f}"
        )


if __name__ == "__main__":
    asyncio.run(main())
