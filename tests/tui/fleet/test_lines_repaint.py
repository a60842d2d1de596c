"""What a widget of lines repaints: every cell that is another than before, whatever does not fit into it."""

from __future__ import annotations

import random

import pytest
from textual.app import App, ComposeResult
from textual.geometry import Region

from limen_tui.tui.fleet.lines import Line, Lines

WIDTH = 30


class Watched(Lines):
    """Keeps what it asked to have painted."""

    def __init__(self) -> None:
        super().__init__()
        self.asked: list[Region] = []

    def refresh(self, *regions: Region, **more: bool) -> Lines:
        self.asked += regions
        return super().refresh(*regions, **more)

    def row(self) -> str:
        return self.render_line(0).text


class OneLine(App[None]):
    CSS = f"Watched {{ width: {WIDTH}; height: 1; }}"

    def compose(self) -> ComposeResult:
        yield Watched()


async def repainted(lines: list[Line]) -> None:
    """Shows one after the other, painting only what is asked for, and compares with painting all."""
    app = OneLine()
    async with app.run_test(size=(WIDTH, 1)):
        shown = app.query_one(Watched)
        painted = shown.row()
        for line in lines:
            shown.asked.clear()
            shown.show_lines([line])
            new = shown.row()
            for region in shown.asked:
                painted = painted[: region.x] + new[region.x : region.right] + painted[region.right :]
            assert painted == new, line


async def test_a_change_before_a_text_that_does_not_fit() -> None:
    long = "Force off: failed (Force off did not happen: the link broke under it)"
    await repainted([((f"18:3{minute}:54  ", ""), (long, "")) for minute in range(3)])


@pytest.mark.parametrize("seed", range(3))
async def test_any_lines_after_each_other(seed: int) -> None:
    chance = random.Random(seed)
    words = ["", "a", "bb", "dd", "eeee", "x" * 9, "y" * 9, "z" * 25, "w" * 40]
    await repainted([tuple((chance.choice(words), "") for _ in range(chance.randint(0, 5))) for _ in range(150)])
