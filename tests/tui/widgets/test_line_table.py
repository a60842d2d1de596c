"""The table on screen: keys, identity, and what is painted."""

from __future__ import annotations

from dataclasses import dataclass, replace

import pytest
from limen_widgets.line_table import Column, LineTable
from textual.app import App, ComposeResult
from textual.geometry import Region

from tests.patience import rounds


@dataclass(frozen=True)
class Row:
    id: int
    name: str
    load: float = 0.0
    kind: str = "a"


COLUMNS: list[Column[Row]] = [
    Column("name", "Name", lambda r: r.name, lambda r: r.name, sticky=True, priority=0),
    Column("load", "Load", lambda r: f"{r.load:.0f}", lambda r: r.load, width=8, align="right", descending_first=True),
    Column("kind", "Kind", lambda r: ((r.kind, "good"),), lambda r: r.kind, highlight=False),
]


class Bench(App[None]):
    def __init__(self, rows: list[Row]) -> None:
        super().__init__()
        self.rows = rows
        self.seen: list[object] = []

    def compose(self) -> ComposeResult:
        yield LineTable(COLUMNS, lambda row: row.id, id="table", empty_text="Nothing here\nAdd something")

    def on_mount(self) -> None:
        self.table.set_rows(self.rows)

    @property
    def table(self) -> LineTable[Row]:
        return self.query_one(LineTable)

    def on_line_table_row_activated(self, message: LineTable.RowActivated) -> None:
        self.seen.append(message.key)


def vms(count: int) -> list[Row]:
    return [Row(n, f"vm{n:03}", float(n)) for n in range(count)]


def text(app: Bench) -> list[str]:
    table = app.table
    return ["".join(segment.text for segment in table.render_line(y)).rstrip() for y in range(table.size.height)]


async def test_every_key_of_a_burst_counts() -> None:
    app = Bench(vms(100))
    async with app.run_test(size=(60, 20)) as pilot:
        await pilot.press(*"jjjjj", "k")
        assert app.table.cursor_key == 4
        await pilot.press("G")
        assert app.table.cursor_key == 99
        await pilot.press("g", "pagedown")
        assert app.table.cursor_key == 18


async def test_the_cursor_follows_its_row_and_is_always_on_screen() -> None:
    app = Bench(vms(100))
    async with app.run_test(size=(60, 20)) as pilot:
        app.table.sort("load")
        await pilot.press("g", "j", "j", "j")
        key = app.table.cursor_key
        assert key == 96
        app.table.set_rows([replace(row, load=-1.0) if row.id == key else row for row in app.rows])
        await pilot.pause()
        assert app.table.cursor_key == key
        assert text(app)[1].split()[0] == "vm099", "a table at its top stays there"
        assert text(app)[-1].split()[0] == "vm096", "and shows the cursor's row at its edge"
        await pilot.press("k")
        assert text(app)[-2].split()[0] == "vm000" or app.table.cursor_key == 0


async def test_the_neighbour_takes_the_cursor_of_a_row_that_is_gone() -> None:
    app = Bench(vms(5))
    async with app.run_test(size=(60, 20)) as pilot:
        await pilot.press("j", "j")
        app.table.set_rows([row for row in app.rows if row.id != 2])
        await pilot.pause()
        assert app.table.cursor_key == 3


async def test_marks_ranges_and_inversion() -> None:
    app = Bench(vms(6))
    async with app.run_test(size=(60, 20)) as pilot:
        await pilot.press("space", "space")
        assert app.table.marked == {0, 1}
        await pilot.press("asterisk")
        assert app.table.marked == {2, 3, 4, 5}
        app.table.action_clear_marks()
        await pilot.press("g", "v", "j", "j", "v")
        assert app.table.marked == {0, 1, 2}
        app.table.set_filter(lambda row: row.id > 3)
        await pilot.press("ctrl+a")
        assert app.table.marked == {0, 1, 2, 4, 5}, "a filter hides rows, it does not unmark them"
        app.table.set_rows(vms(5))
        assert app.table.marked == {0, 1, 2, 4}


async def test_sorting_by_keys_and_by_the_header() -> None:
    app = Bench(vms(6))
    async with app.run_test(size=(60, 20)) as pilot:
        await pilot.press("shift+right")
        assert app.table.sorting == ("name", False)
        await pilot.press("shift+right")
        assert app.table.sorting == ("load", True)
        await pilot.press("O")
        assert app.table.sorting == ("load", False)
        await pilot.click(LineTable, offset=(3, 0))
        assert app.table.sorting == ("name", False)


async def test_enter_and_double_click_open_and_a_group_folds() -> None:
    app = Bench([replace(row, kind="ab"[row.id % 2]) for row in vms(6)])
    async with app.run_test(size=(60, 20)) as pilot:
        await pilot.press("j", "enter")
        await pilot.click(LineTable, offset=(4, 4), times=2)
        await pilot.pause()
        assert app.seen == [1, 3]
        app.table.set_grouping(lambda row: row.kind, lambda label, rows: f"{len(rows)} of {label}")
        app.table.move_to(0)
        await pilot.press("g", "enter")
        await pilot.pause()
        assert text(app)[1].startswith("▸ a")
        assert "3 of a" in text(app)[1]
        assert text(app)[2].startswith("▾ b")


async def test_nothing_is_painted_when_nothing_on_screen_changed(monkeypatch: pytest.MonkeyPatch) -> None:
    app = Bench(vms(100))
    async with app.run_test(size=(60, 20)) as pilot:
        await pilot.pause()
        painted: list[Region] = []
        monkeypatch.setattr(
            app.table, "refresh", lambda *regions, **_: painted.extend(regions or [Region(0, 0, 60, 20)])
        )
        app.table.set_rows([replace(row) for row in app.rows])
        assert painted == [], "equal rows in new objects"
        app.table.set_rows([replace(row, load=5.0) if row.id == 90 else row for row in app.rows])
        assert painted == [], "a change off screen"
        app.table.set_rows([replace(row, load=7.0) if row.id in (3, 5) else row for row in app.rows])
        assert [region.y for region in painted] == [4, 6]


async def test_freeze_keeps_collecting_and_thaw_shows_the_newest() -> None:
    app = Bench(vms(3))
    async with app.run_test(size=(60, 20)):
        app.table.freeze = True
        app.table.set_rows(vms(4))
        app.table.set_rows(vms(5))
        assert app.table.row_count == 3
        app.table.freeze = False
        assert app.table.row_count == 5


async def test_an_empty_table_says_so_and_hostile_names_stay_inert() -> None:
    app = Bench([])
    async with app.run_test(size=(40, 12)) as pilot:
        assert [line.strip() for line in text(app) if line.strip()][1:] == ["Nothing here", "Add something"]
        app.table.set_rows([Row(1, "[red]x[/] \x1b[2J\n\u202e名前" + "x" * 255)])
        await pilot.pause()
        shown = text(app)[1]
        assert "[red]x[/] �[2J��名前" in shown
        assert not any(char in shown for char in "\x1b\n\u202e")


@pytest.mark.parametrize("size", [(1, 1), (3, 2), (20, 5), (300, 100)])
async def test_any_size_works(size: tuple[int, int]) -> None:
    app = Bench(vms(30))
    async with app.run_test(size=size) as pilot:
        await pilot.press("j", "G", "g", "space")
        app.table.sort("load")
        app.table.set_rows(vms(2))
        await pilot.pause()
        assert app.table.row_count == 2


async def test_the_scrollbar_covers_no_cells() -> None:
    app = Bench(vms(5))
    async with app.run_test(size=(60, 20)) as pilot:
        await pilot.pause()
        assert len("".join(segment.text for segment in app.table.render_line(1))) == 60
        app.table.set_rows(vms(100))
        await pilot.pause()
        room = app.table.scrollable_content_region.width
        assert room < 60
        assert len("".join(segment.text for segment in app.table.render_line(1))) == room
        last = app.table._painter.placed[-1]
        assert last.x + last.width <= room


async def test_old_rows_are_let_go() -> None:
    app = Bench(vms(3000))
    async with app.run_test(size=(60, 20)) as pilot:
        await pilot.pause()
        app.table.set_rows(vms(3000))
        assert app.table._old
        for _ in rounds():
            if not app.table._old:
                break
            await pilot.pause(0.01)
        assert not app.table._old
        assert app.table._shedding is None


async def test_the_header_says_how_many_columns_are_out_of_sight_on_which_side() -> None:
    app = Bench(vms(3))
    async with app.run_test(size=(18, 10)) as pilot:
        assert "+1→" in text(app)[0] and "←" not in text(app)[0]
        await pilot.press("right")
        assert "←1" in text(app)[0] and "→" not in text(app)[0] and "Kind" in text(app)[0]
        await pilot.press("left")
        assert "+1→" in text(app)[0] and "←" not in text(app)[0]
