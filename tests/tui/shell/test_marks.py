"""Rows can be marked where keys act on marked rows, and nowhere else."""

from __future__ import annotations

import pytest
from limen_widgets.line_table import LineTable

from limen_tui.tui.dialogs.confirm import ConfirmDialog
from tests.tui.shell.world import running


@pytest.mark.parametrize(("view", "can"), [("1", True), ("2", False), ("3", False), ("4", False), ("6", False),
                                           ("7", True)])  # fmt: skip
async def test_marks_are_where_they_mean_something(view: str, can: bool) -> None:
    async with running() as world:
        await world.press(view)
        for _ in range(3):
            await world.go_on()
        table = world.app.main.panel.table
        assert table is not None and table.row_count
        for keys in (("space",), ("v", "j", "v"), ("asterisk",), ("ctrl+a",)):
            await world.press(*keys)
            assert bool(table.marked) is can, keys
            table.action_clear_marks()
        await world.pilot.click(table, offset=(3, 1), control=True)
        assert bool(table.marked) is can


async def test_the_list_of_what_is_to_be_confirmed_is_no_choice() -> None:
    async with running() as world:
        await world.press("ctrl+a", "S", "tab")
        dialog = world.app.screen
        assert isinstance(dialog, ConfirmDialog)
        table = dialog.query_one("#targets", LineTable)
        table.focus()
        await world.press("space")
        assert not table.marked and len(dialog.keys) > 5
