"""Keys of tables and of the hosts view are the user's to change; a clash is refused with its line."""

from __future__ import annotations

import pytest

from limen_tui.errors import ConfigError
from limen_tui.model.actions import ACTIONS
from limen_tui.settings import Settings, parse_settings
from limen_tui.tui.hosts.hostform import HostForm
from limen_tui.tui.keymap import effective_keys
from limen_tui.tui.palette.match import Matcher
from limen_tui.tui.palette.sources import action_picks
from tests.tui.shell.world import running


async def test_keys_of_tables_and_hosts_can_be_changed() -> None:
    settings = parse_settings('[keymap]\n"table.down" = "ctrl+n"\n"hosts.add" = "plus"\n')
    async with running((120, 40), settings=settings) as world:
        table = world.app.main.panel.table
        assert table is not None
        first = table.cursor_key
        await world.press("j")
        assert table.cursor_key == first
        await world.press("ctrl+n")
        assert table.cursor_key != first
        await world.press("2")
        assert "+ Add" in str(world.app.main.panel.query_one("#host-keys").render())
        await world.press("plus")
        assert isinstance(world.app.screen, HostForm)


@pytest.mark.parametrize(
    ("line", "other"),
    [('"table.down" = "s"', "vm.start"), ('"vm.start" = "j"', "table.down"), ('"hosts.add" = "e"', "hosts.edit")],
)
def test_a_clash_is_refused_with_its_line(line: str, other: str) -> None:
    with pytest.raises(ConfigError) as refused:
        effective_keys(parse_settings(f"[keymap]\n{line}\n"))
    assert "line 2" in refused.value.detail and other in refused.value.detail


def test_the_usual_keys_work_together() -> None:
    keys = effective_keys(Settings())
    assert keys["table.down"] == ("down", "j") and keys["vm.open"] == ("enter",)


def test_pause_is_offered_once_and_what_cannot_be_done_comes_last() -> None:
    picks = action_picks(ACTIONS, effective_keys(Settings()), lambda action: "off" if action.id == "vm.start" else None)
    assert [pick.label for pick in picks].count("Pause") == 1 and picks[-1].id == "action vm.start"
    found = Matcher(picks).match("st")
    assert found[-1].id == "action vm.start" or "st" not in found[-1].search
    assert any("resume" in pick.search for pick in picks)
