"""The Events view: nothing twice, and older events as the end comes into sight."""

from __future__ import annotations

from collections import Counter
from collections.abc import Callable

from textual.widgets import Input

from limen_tui.model.events import AuditEntry, EventKind, HostEvent
from limen_tui.tui.events.panel import OLDER, EventsPanel
from limen_tui.tui.fleet.filterbar import FilterBar
from tests.patience import rounds
from tests.tui.shell.world import World, running


async def until(world: World, condition: Callable[[], object]) -> None:
    for _ in rounds():
        if condition():
            return
        await world.pilot.pause(0.02)
    raise AssertionError("it never came")


async def opened(world: World) -> EventsPanel:
    await world.press("6")
    panel = world.app.main.panel
    assert isinstance(panel, EventsPanel)
    await until(world, lambda: "events" in panel._older)
    await world.pilot.pause()
    return panel


def fill(world: World, count: int) -> None:
    """Events of another day, in the inventory only."""
    inventory = world.app.fleet.inventory
    for number in range(count):
        text = f"old {number} of {count}"
        last = inventory.event(HostEvent(1000.0 + number // 3, "gone", "gone", EventKind.HOST, text))
    last.result(20)


async def test_the_end_of_the_table_brings_older_events_each_once() -> None:
    async with running() as world:
        count = 2 * OLDER + 300
        fill(world, count)
        panel = await opened(world)
        old = [row.text for row in panel.rows(world.app.fleet.view) if row.host_id == "gone"]
        assert 0 < len(old) <= OLDER
        await world.press("G")
        await until(world, lambda: len(panel._older["events"]) > OLDER)
        await world.press("G")
        await until(world, lambda: panel.table.row_count >= count)
        rows = [row for row in panel.rows(world.app.fleet.view) if row.host_id == "gone"]
        assert Counter(row.text for row in rows) == Counter(f"old {number} of {count}" for number in range(count))
        assert len({panel.identity(row) for row in rows}) == count


async def test_a_filter_finds_what_is_older_than_the_first_page() -> None:
    async with running() as world:
        world.app.fleet.inventory.event(HostEvent(999.0, "gone", "gone", EventKind.HOST, "the needle"))
        fill(world, 3 * OLDER)
        panel = await opened(world)
        panel.open_filter()
        panel.query_one(FilterBar).query_one(Input).value = "needle"
        await until(world, lambda: any(row.text == "the needle" for row in panel._older["events"]))
        assert panel._all["events"]


async def test_events_of_this_session_are_not_shown_again_from_the_inventory() -> None:
    async with running() as world:
        fill(world, 1)  # the writer has written all that came before
        panel = await opened(world)
        ups = Counter(row.host for row in panel.rows(world.app.fleet.view) if row.kind == "host" and row.text == "up")
        assert ups
        assert set(ups.values()) == {1}


async def test_the_audit_log_is_shown_though_the_display_is_held_still() -> None:
    async with running() as world:
        panel = await opened(world)
        await world.press("f")
        entry = AuditEntry(1.0, "ann", "cli", "vm.start", "sim00", "alder", "u", "web1", "ok")
        world.app.fleet.inventory.audit(entry).result(20)
        await world.press("t")
        await until(world, lambda: panel.table.row_count == 1)
        assert panel.table.freeze and panel.table.cursor_row.kind == "audit"
        await world.press("t")
        assert panel.table.row_count > 1 and panel.table.freeze
