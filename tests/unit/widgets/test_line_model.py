"""Lines, cursor and marks by identity, whatever the rows do."""

from __future__ import annotations

from dataclasses import dataclass

from hypothesis import given
from hypothesis import strategies as st
from limen_widgets.line_table.column import Column
from limen_widgets.line_table.lines import Group, LineModel, natural


@dataclass(frozen=True)
class Row:
    id: int
    load: float | None
    kind: str = "a"


LOAD: Column[Row] = Column("load", "Load", lambda row: str(row.load), lambda row: row.load)
rows = st.lists(
    st.builds(Row, st.integers(0, 30), st.none() | st.floats(0, 100), st.sampled_from(["a", "b", "c10", "c9"])),
    unique_by=lambda row: row.id,
    max_size=30,
)


def model(of: list[Row]) -> LineModel[Row]:
    made: LineModel[Row] = LineModel(lambda row: row.id)
    made.sort_column, made.reverse = LOAD, True
    made.set_rows(of)
    return made


@given(rows, rows, st.integers(0, 29), st.booleans())
def test_the_cursor_stays_with_its_row_or_goes_to_a_neighbour(
    before: list[Row], after: list[Row], at: int, grouped: bool
) -> None:
    lines = model(before)
    lines.group_by = (lambda row: row.kind) if grouped else None
    lines.rebuild()
    lines.move(at)
    row = lines.row
    lines.set_rows(after)
    if row is not None and row.id in {r.id for r in after}:
        assert lines.row is not None
        assert lines.row.id == row.id
    if lines.lines:
        assert lines.key_at(lines.index) == lines.cursor
    else:
        assert lines.cursor is None


@given(rows)
def test_unknown_values_come_last_either_way_round(of: list[Row]) -> None:
    for reverse in (False, True):
        lines = model(of)
        lines.reverse = reverse
        lines.rebuild()
        loads = [line.load for line in lines.lines if isinstance(line, Row)]
        known = [load for load in loads if load is not None]
        assert loads == known + [None] * (len(loads) - len(known))
        assert known == sorted(known, reverse=reverse)


@given(rows, rows, st.frozensets(st.integers(0, 30)))
def test_marks_stay_with_their_rows_and_those_of_gone_rows_are_counted(
    before: list[Row], after: list[Row], marks: frozenset[int]
) -> None:
    lines = model(before)
    lines.marks = marks & {row.id for row in before}
    had = len(lines.marks)
    lost = lines.set_rows(after)
    assert lines.marks == marks & {row.id for row in before} & {row.id for row in after}
    assert lost == had - len(lines.marks)


@given(rows, st.sampled_from(["a", "b", "c9"]))
def test_groups_hold_every_row_once_in_natural_order_and_fold(of: list[Row], folded: str) -> None:
    lines = model(of)
    lines.group_by = lambda row: row.kind
    lines.folded = {folded}
    lines.rebuild()
    groups = [line for line in lines.lines if isinstance(line, Group)]
    assert [g.label for g in groups] == sorted({row.kind for row in of}, key=natural)
    assert sorted(row.id for g in groups for row in g.rows) == sorted(row.id for row in of)
    assert all(line.kind != folded for line in lines.lines if isinstance(line, Row))
    assert lines.shown == len(of)


def test_natural_order() -> None:
    assert sorted(["web10", "web2", "Web1", "10", "9", ""], key=natural) == ["", "9", "10", "Web1", "web2", "web10"]


def test_natural_order_takes_any_text() -> None:
    assert sorted(["²", "9" * 5000, "1"], key=natural)[0] == "1"


def test_a_filter_keeps_the_cursor_on_its_row_when_it_passes() -> None:
    lines = model([Row(n, float(n)) for n in range(10)])
    lines.move(3)
    assert lines.row == Row(6, 6.0)
    lines.predicate = lambda row: row.id % 2 == 0
    lines.rebuild()
    assert lines.row == Row(6, 6.0)
    assert lines.shown == 5


def test_ties_keep_their_order_and_rows_without_a_value_come_last() -> None:
    column: Column[tuple[str, int | None]] = Column("v", "V", lambda r: r[0], lambda r: r[1])
    model: LineModel[tuple[str, int | None]] = LineModel(lambda r: r[0])
    model.sort_column = column
    model.set_rows([("a", 2), ("b", 1), ("c", None), ("d", 2)])
    assert [row[0] for row in model.lines] == ["b", "a", "d", "c"]
    model.set_rows([("a", 1), ("b", 2), ("c", 0), ("d", None)])
    assert [row[0] for row in model.lines] == ["c", "a", "b", "d"]
    model.set_rows([("a", 1), ("b", 1), ("c", 1), ("d", 1)])
    assert [row[0] for row in model.lines] == ["c", "a", "b", "d"]
    model.set_rows([("x", 3), ("a", 1)])
    assert [row[0] for row in model.lines] == ["a", "x"]
