"""An update in fewer bytes shows what Textual's own would: both are read by a terminal emulator."""

from __future__ import annotations

import io

import pytest
from hypothesis import given
from hypothesis import strategies as st
from limen_widgets.tight import TightUpdate
from rich.console import Console
from rich.segment import Segment
from rich.style import Style
from textual._compositor import ChopsUpdate
from textual.strip import Strip

pyte = pytest.importorskip("pyte")
WIDTH, HEIGHT = 30, 3
STYLES = [
    Style.parse(text)
    for text in ("red on blue", "bold red on blue", "green on blue", "red", "underline", "reverse on #102030", "none")
]
lines = st.lists(
    st.lists(st.tuples(st.text("abcß 世", min_size=1, max_size=6), st.sampled_from(STYLES)), max_size=6),
    min_size=HEIGHT, max_size=HEIGHT,
)  # fmt: skip
spans = st.lists(
    st.tuples(st.integers(0, HEIGHT - 1), st.integers(0, WIDTH - 1), st.integers(1, WIDTH)).filter(
        lambda span: span[1] < span[2]
    ),
    min_size=1, max_size=4,
)  # fmt: skip


def console() -> Console:
    return Console(file=io.StringIO(), force_terminal=True, color_system="truecolor", width=WIDTH)


def screen(text: str) -> list[list[object]]:
    shown = pyte.Screen(WIDTH, HEIGHT)
    pyte.Stream(shown).feed(text)
    return [[shown.buffer[y][x] for x in range(WIDTH)] for y in range(HEIGHT)]


def chops(pieces: list[list[tuple[str, Style]]]) -> tuple[list[dict[int, Strip]], list[list[int]]]:
    made = [Strip([Segment(*piece) for piece in line]).adjust_cell_length(WIDTH, Style()) for line in pieces]
    return [{0: strip.crop(0, 12), 12: strip.crop(12, WIDTH)} for strip in made], [[12, WIDTH]] * HEIGHT


@given(lines, spans)
def test_it_shows_the_same_within_the_spans_and_touches_nothing_else(pieces, parts) -> None:
    parts = sorted(set(parts))
    lines_, ends = chops(pieces)
    whole = ChopsUpdate(lines_, [(y, 0, WIDTH) for y in range(HEIGHT)], ends).render_segments(console())
    full = screen(whole.replace("\n", ""))
    blank = screen("")
    tight = screen(TightUpdate(ChopsUpdate(lines_, parts, ends)).render_segments(console()))
    for y in range(HEIGHT):
        for x in range(WIDTH):
            inside = any(row == y and x1 <= x < x2 for row, x1, x2 in parts)
            cut = full[y][x].data in ("", "世") or (x and full[y][x - 1].data == "世")  # half of a wide character
            if not cut:
                assert tight[y][x] == (full[y][x] if inside else blank[y][x])


def test_it_writes_less() -> None:
    pieces = [[("name ", STYLES[0]), ("12 % ", STYLES[0]), ("▁▂▃", STYLES[2]), ("x" * 17, STYLES[0])]] * HEIGHT
    lines_, ends = chops(pieces)
    update = ChopsUpdate(lines_, [(y, 5, 10) for y in range(HEIGHT)], ends)
    assert len(TightUpdate(update).render_segments(console())) < len(update.render_segments(console())) / 2
