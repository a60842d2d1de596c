"""Columns: what fits, what goes first, what stretches."""

from __future__ import annotations

from typing import Any

from hypothesis import given
from hypothesis import strategies as st
from limen_widgets.line_table.column import Column
from limen_widgets.line_table.layout import GAP, place


def column(name: str, **more: Any) -> Column[Any]:
    return Column(name, name, str, **more)


COLUMNS = [
    column("name", sticky=True, priority=0, min_width=8, flex=1),
    column("state", width=10, priority=1),
    column("cpu", width=12, priority=2),
    column("os", priority=7, max_width=20),
    column("ip", width=15, priority=4),
]


def ids(room: int, shift: int = 0, **natural: int) -> list[str]:
    return [spot.column.id for spot in place(COLUMNS, natural, room, shift)]


def test_the_least_important_goes_first_and_the_order_stays() -> None:
    assert ids(200, name=20, os=12) == ["name", "state", "cpu", "os", "ip"]
    assert ids(52, name=20, os=12) == ["name", "state", "cpu", "ip"]
    assert ids(36, name=20, os=12) == ["name", "state", "cpu"]
    assert ids(9, name=20) == ["name"]


def test_moving_sideways_keeps_the_sticky_column() -> None:
    assert ids(36, 2, name=20, os=12) == ["name", "os"]
    assert ids(40, 3, name=20, os=12) == ["name", "ip"]


def test_flex_takes_what_is_left() -> None:
    spots = {spot.column.id: spot for spot in place(COLUMNS, {"name": 10}, 120)}
    last = max(spots.values(), key=lambda spot: spot.x)
    assert last.x + last.width == 120


@given(
    st.integers(1, 250),
    st.integers(0, 6),
    st.dictionaries(st.sampled_from(["name", "os"]), st.integers(0, 300)),
)
def test_what_is_placed_never_overlaps_or_overflows(room: int, shift: int, natural: dict[str, int]) -> None:
    x = 0
    for spot in place(COLUMNS, natural, room, shift):
        assert spot.x == x
        assert spot.width >= 1
        x += spot.width + GAP
    assert x - GAP <= room
