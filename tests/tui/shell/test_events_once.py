"""The view of events shows each event once, whether it was heard live, read from the inventory, or both."""

from __future__ import annotations

from collections import Counter

from limen_tui.tui.events.panel import EventsPanel
from tests.tui.shell.world import running


async def test_a_host_that_came_up_once_is_listed_once() -> None:
    async with running() as world:
        for _ in range(2):  # opened, left, opened again: what was read is read anew
            await world.press("6")
            await world.go_on()
            panel = world.app.main.panel
            assert isinstance(panel, EventsPanel)
            panel.refresh_now()
            await world.go_on()
            said = Counter((row.host, row.text, row.at) for row in panel.rows(world.app.fleet.view))
            assert {host for host, text, _ in said if text == "up"} == {h.name for h in world.app.fleet.hosts}
            assert set(said.values()) == {1}
            await world.press("1")
