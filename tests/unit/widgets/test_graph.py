"""Dots, scales and columns of graphs."""

from __future__ import annotations

from math import isnan, nan

import pytest
from hypothesis import given
from hypothesis import strategies as st
from limen_widgets.graph.braille import Canvas
from limen_widgets.graph.scale import nice_top, onto_columns, time_label, time_marks


def text(canvas: Canvas) -> list[str]:
    return ["".join(part for part, _ in canvas.row(y)) for y in range(canvas.height)]


def test_an_area_is_full_below_its_values() -> None:
    canvas = Canvas(2, 2)
    canvas.area([100, 50, nan, 0], 100, 0)
    assert text(canvas) == ["⣇ ", "⣿⢀"]


def test_a_line_joins_its_values_and_breaks_at_gaps() -> None:
    canvas = Canvas(2, 2)
    canvas.line([0, 100, nan, 100], 100, 0)
    assert text(canvas) == ["⢸⠈", "⡸ "]
    canvas.line([0, 0, 0, 0], 100, 1)
    assert [owner for _, owner in canvas.row(1)] == [1]


def test_what_is_not_nothing_is_seen_and_what_is_too_much_stays_inside() -> None:
    canvas = Canvas(1, 3)
    assert canvas.level(0.001, 100) == 1
    assert canvas.level(1e9, 100) == 11
    assert canvas.level(0, 100) == canvas.level(5, 0) == 0


@given(
    st.integers(0, 9), st.integers(0, 6), st.lists(st.floats(0, 1e12) | st.just(nan), max_size=30), st.floats(0, 1e12)
)
def test_nothing_is_drawn_outside(width: int, height: int, values: list[float], top: float) -> None:
    canvas = Canvas(width, height)
    canvas.area(values, top, 0)
    canvas.line(values, top, 1)
    assert all(len("".join(part for part, _ in canvas.row(y))) == width for y in range(height))


def test_points_become_means_of_columns_and_short_gaps_are_bridged() -> None:
    points = [(0.0, 1.0), (0.5, 3.0), (4.0, 6.0), (9.0, 1.0)]
    columns = onto_columns(points, 0, 10, 10, longest_gap=4)
    assert columns[0] == 2.0 and columns[4] == 6.0 and columns[9] == 1.0
    assert 2.9 < columns[1] < columns[2] < columns[3] < 6.0
    assert all(isnan(value) for value in columns[5:9]), "five seconds are too long"


def test_a_point_that_is_not_known_is_a_gap() -> None:
    columns = onto_columns([(0.0, 1.0), (1.0, nan), (2.0, 1.0)], 0, 3, 3, longest_gap=10)
    assert isnan(columns[1])


@given(st.lists(st.tuples(st.floats(-100, 200), st.floats(0, 1e9) | st.just(nan))), st.integers(0, 50))
def test_columns_are_never_beyond_the_points(points: list[tuple[float, float]], count: int) -> None:
    points.sort(key=lambda point: point[0])
    columns = onto_columns(points, 0, 100, count, longest_gap=30)
    known = [value for _, value in points if not isnan(value)]
    assert len(columns) == count
    for value in columns:
        assert isnan(value) or min(known) * 0.999 - 1e-6 <= value <= max(known) * 1.001 + 1e-6


@pytest.mark.parametrize(
    ("most", "binary", "top"),
    [(0, False, 1), (1, False, 1), (1.1, False, 2), (7, False, 10), (43, False, 50), (1000, False, 1000),
     (1500, True, 2048), (3 << 20, True, 4 << 20), (1 << 30, True, 1 << 30), (1000.0, True, 1024)],
)  # fmt: skip
def test_tops_are_round(most: float, binary: bool, top: float) -> None:
    assert nice_top(most, binary=binary) == top


@given(st.floats(0, 1e18), st.booleans())
def test_a_top_is_never_below(most: float, binary: bool) -> None:
    assert nice_top(most, binary=binary) >= most * 0.99999


def test_times_are_round_and_end_now() -> None:
    marks = time_marks(1000, 1300, 6)
    assert [time_label(mark) for mark in marks] == ["-5 min", "-4 min", "-3 min", "-2 min", "-1 min", "now"]
    assert [time_label(mark) for mark in time_marks(0, 86400, 5)] == ["-24 h", "-18 h", "-12 h", "-6 h", "now"]
    assert time_marks(5, 5, 3) == [0.0]
    assert time_label(90) == "-90 s"
