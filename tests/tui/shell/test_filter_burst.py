"""Keys that come in one read after ``/`` go into the filter, whatever they would do elsewhere."""

from __future__ import annotations

import pytest
from textual import events

from limen_tui.tui.fleet.filterbar import FilterBar
from tests.patience import rounds
from tests.tui.shell.world import World, running

TYPED = "huge"


async def burst(world: World, typed: str) -> None:
    """As a terminal's one read: no key waits for what the one before it has done."""
    for character in typed:
        world.app.post_message(events.Key("slash" if character == "/" else character, character))
    await world.pilot.pause()


async def open_volumes(world: World) -> None:
    await world.press("3")
    table = world.app.main.panel.query_one("#storage-table")
    for _ in rounds():
        await world.go_on(0.05)
        await world.pilot.pause(0.005)
        if getattr(table, "row_count", 0) >= 6:
            break
    await world.press("g", "enter")


@pytest.mark.parametrize("first", ["", "o", "P"])
async def test_in_a_pool(first: str) -> None:
    async with running() as world:
        await open_volumes(world)
        pool = world.app.screen
        assert pool is not world.app.main
        await world.press(*first)
        await burst(world, f"/{TYPED}")
        assert world.app.screen is pool
        assert pool.query_one(FilterBar).text == TYPED


@pytest.mark.parametrize("view", "1234567")
async def test_in_a_view(view: str) -> None:
    async with running() as world:
        await world.press(view)
        await world.go_on()
        shown = world.app.main.panel
        await burst(world, f"/{TYPED}")
        assert world.app.screen is world.app.main
        assert world.app.main.panel is shown
        assert shown.query_one(FilterBar).text == TYPED
