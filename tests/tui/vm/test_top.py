"""The busiest VMs: who leads, in which order, and what keys do there."""

from __future__ import annotations

from dataclasses import replace

import pytest

from limen_tui.model.lifecycle import VMState
from limen_tui.model.vm import VM, VMKey, VMLoad
from limen_tui.tui.dialogs.confirm import ConfirmDialog
from limen_tui.tui.top.panel import TopPanel, leaders
from limen_tui.tui.vm.screen import VMScreen
from tests.tui.shell.world import World, running


def vm(name: str, state: VMState = VMState.RUNNING, **load: float) -> VM:
    return VM(VMKey("h", name), name, "h", state, load=VMLoad(**load))  # type: ignore[arg-type]


def test_who_leads_in_something_is_there_once() -> None:
    idle = [vm(f"idle{number}", cpu_pct=0.1) for number in range(50)]
    busy = [vm("cpu", cpu_pct=99.0), vm("disk", disk_wr_bps=1e9), vm("net", net_rx_bps=1e8), vm("waits", steal_pct=9.0),
            vm("memory", mem_used_kib=1e9), vm("all", cpu_pct=98.0, disk_wr_bps=2e9, net_tx_bps=2e9)]  # fmt: skip
    off = [vm("off", VMState.STOPPED, cpu_pct=100.0), replace(vm("old", cpu_pct=100.0), stale=True)]
    names = [found.name for found in leaders([*idle, *busy, *off], 2)]
    assert {"cpu", "all", "disk", "net", "waits", "memory"} <= set(names)
    assert len(names) == len(set(names)) and not {"off", "old"} & set(names)


async def on_top(world: World) -> TopPanel:
    await world.press("7")
    for _ in range(4):
        await world.go_on()
    panel = world.app.main.panel
    assert isinstance(panel, TopPanel)
    return panel


def order(panel: TopPanel) -> list[VM]:
    return [line for line in panel.table._model.lines if isinstance(line, VM)]


async def test_the_busiest_is_on_top_and_stays_under_the_cursor_by_identity() -> None:
    async with running() as world:
        panel = await on_top(world)
        shares = [row.load.cpu_pct or 0.0 for row in order(panel)]
        assert len(shares) > 5 and shares == sorted(shares, reverse=True)
        await world.press("j", "j")
        row = panel.table.cursor_row
        assert row is not None
        for _ in range(4):
            await world.go_on(7.0)
        assert panel.table.cursor_key == row.key
        await world.press("D")
        dialog = world.app.screen
        assert isinstance(dialog, ConfirmDialog) and list(dialog.keys) == [row.key]
        await world.press("escape", "enter")
        assert isinstance(world.app.screen, VMScreen) and world.app.screen.key == row.key


async def test_what_is_marked_or_aimed_at_stays_whoever_leads_now(monkeypatch: pytest.MonkeyPatch) -> None:
    async with running() as world:
        panel = await on_top(world)
        marked, aimed = order(panel)[0], order(panel)[3]
        await world.press("space", "j", "j")
        assert panel.table.cursor_key == aimed.key
        monkeypatch.setattr("limen_tui.tui.top.panel.leaders", lambda vms: tuple(vms)[-1:])
        await world.go_on()
        assert {row.key for row in order(panel)} >= {marked.key, aimed.key} and len(order(panel)) <= 3
        assert panel.table.cursor_key == aimed.key
        assert [each.key for each in panel.target().vms] == [marked.key]


async def test_marks_are_told_and_escape_takes_them_away_before_the_filter() -> None:
    async with running() as world:
        panel = await on_top(world)
        await world.press("space", "space", "slash", *order(panel)[0].name, "enter")
        row = panel.table.cursor_row
        assert row is not None and "● 2 marked, 1 of them hidden" in str(panel.details(row)[0])
        await world.press("escape")
        assert not panel.table.marked and panel.table.rows_shown < panel.table.row_count
        await world.press("escape")
        assert panel.table.rows_shown == panel.table.row_count


async def test_another_column_is_another_order() -> None:
    async with running() as world:
        panel = await on_top(world)
        panel.table.sort("net", True)
        await world.go_on()
        rates = [(row.load.net_rx_bps or 0) + (row.load.net_tx_bps or 0) for row in order(panel)]
        assert rates == sorted(rates, reverse=True)


async def test_it_is_limited_to_the_host_that_is_shown() -> None:
    async with running() as world:
        panel = await on_top(world)
        host_id = world.app.fleet.hosts[1].id
        panel.show_host(host_id)
        assert {row.key.host_id for row in order(panel)} == {host_id}


@pytest.mark.parametrize("size", [(80, 24), (120, 40), (200, 60)])
async def test_it_fits(size: tuple[int, int]) -> None:
    async with running(size) as world:
        panel = await on_top(world)
        assert panel.table.visible_columns[0] == "name"
        assert panel.table.region.width <= size[0]
