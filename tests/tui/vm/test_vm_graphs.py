"""The graphs of a VM: they fill, the cursor reads them out, the figures are saved."""

from __future__ import annotations

import csv
import stat
from dataclasses import replace
from math import isnan
from pathlib import Path

import pytest
from limen_widgets.graph import Chart
from textual.widgets import Input

from limen_tui.errors import InputError
from limen_tui.tui.vm.graphs import GraphFoot, GraphsTab, check_path, write_new
from tests.tui.shell.world import World, running
from tests.tui.vm.test_vm_frame import opened


async def on_show(world: World, ticks: int = 6) -> GraphsTab:
    screen = await opened(world)
    await world.press("2")
    for _ in range(ticks):
        await world.go_on()
    assert isinstance(screen.tab, GraphsTab)
    return screen.tab


def titles(tab: GraphsTab) -> list[str]:
    return [chart.data.title for chart in tab.charts]


async def test_every_device_has_its_graphs_and_they_have_figures() -> None:
    async with running() as world:
        tab = await on_show(world)
        shown = titles(tab)
        assert shown[0].startswith("CPU") and "Memory" in shown
        assert "Disk vda: time of a request" in shown and "Interface vnet: packets" in shown
        for chart in tab.charts:
            assert any(not isnan(value) for series in chart.data.series for _, value in series.points), chart.data.title
        assert "⣿" in tab.charts[0].plain or "⣤" in tab.charts[0].plain or "⣀" in tab.charts[0].plain


async def test_the_cursor_goes_through_all_graphs_at_once_and_leaves_at_the_end() -> None:
    async with running() as world:
        tab = await on_show(world, 20)
        newest = tab.charts[0].plain.splitlines()[0]
        await world.press("left", "left", "left", "left", "left", "left")
        assert all("│" in chart.plain for chart in tab.charts)
        aimed = tab._cursor
        assert aimed is not None
        series = tab.charts[0].data.series[0]
        nearest = min(series.points, key=lambda point: abs(point[0] - aimed))
        assert f"{nearest[1]:.0f} %" in tab.charts[0].plain.splitlines()[0]
        await world.press("end")
        assert tab._cursor is None
        assert tab.charts[0].plain.splitlines()[0] == newest


async def test_ranges_reach_back_and_are_remembered() -> None:
    async with running() as world:
        tab = await on_show(world)
        assert tab.seconds == 300
        await world.press("comma", "comma", "comma")
        assert tab.seconds == 24 * 3600
        assert [series.label for series in tab.charts[3].data.series] == ["both ways"]
        await world.press("escape", "enter", "2")
        await world.go_on()
        again = world.app.screen.query_one(GraphsTab)
        assert again.seconds == 24 * 3600
        assert "24 h" in again.query_one(GraphFoot).plain


async def test_a_day_comes_back_from_the_inventory() -> None:
    async with running() as world:
        vm = next(vm for vm in world.app.fleet.view.vms if vm.state == "running")
        for _ in range(20):
            await world.go_on(12.0)
        inventory = world.app.fleet.inventory
        inventory.set_setting("x", 1).result(10)
        points = inventory.minutes.points(vm.key, 0)
        assert len(points) >= 2 and points[0].cpu == points[0].cpu
        world.app.fleet.history.forget(vm.key.host_id)
        world.app.memory.put("graphs.range", "1")
        tab = await on_show(world, 2)
        while not tab._minutes:
            await world.pilot.pause(0.01)
        await world.pilot.pause()
        assert [at - 30 for at, _ in tab.charts[0].data.series[0].older][:2] == [point.at for point in points[:2]]


@pytest.mark.parametrize("size", [(80, 24), (120, 40), (200, 60)])
async def test_of_a_host_given_for_one_run_it_says_why_the_day_is_empty(size: tuple[int, int]) -> None:
    async with running(size) as world:
        for port in world.app.fleet._ports.values():
            port.rename(replace(port.snapshot.host, saved=False))
        since = world.app.fleet.clock.wall() + 60
        for _ in range(15):
            await world.go_on(12.0)
        tab = await on_show(world)
        host = world.app.fleet.view.host(tab.key.host_id)
        assert host is not None and not host.host.saved
        foot = tab.query_one(GraphFoot)
        assert "-c" not in foot.plain
        begun = len(tab._close.times)
        for _ in range(5):
            await world.go_on(1.0)
        assert len(tab._close.times) > begun and tab.charts[0].data.series[0].points  # the seconds are in memory
        await world.press("comma")
        assert "minutes" in foot.plain and "-c" in foot.plain and " 24 h " in foot.plain
        world.app.fleet.inventory.set_setting("x", 1).result(10)
        assert len(world.app.fleet.inventory.minutes.points(tab.key, since)) == 0


async def test_the_figures_are_saved_only_for_their_owner_and_never_over_a_file(tmp_path: Path) -> None:
    async with running() as world:
        tab = await on_show(world)
        await world.press("ctrl+s")
        field = world.app.screen.query_one(Input)
        target = tmp_path / "figures.csv"
        field.value = str(target)
        await world.press("enter")
        while not target.exists() or "lines in" not in world.notices():
            await world.pilot.pause(0.01)
        rows = list(csv.reader(target.read_text().splitlines()))
        assert rows[0][0] == "time" and len(rows) == len(tab._close.times) + 1
        assert stat.S_IMODE(target.stat().st_mode) == 0o600
        await world.press("ctrl+s")
        world.app.screen.query_one(Input).value = str(target)
        await world.press("enter")
        assert world.app.screen.query("#note").first().has_class("dialog--problem")


def test_paths_that_cannot_be_are_refused(tmp_path: Path) -> None:
    (tmp_path / "link").symlink_to(tmp_path / "nowhere")
    for bad in ("", "  ", "a\0b", str(tmp_path), str(tmp_path / "link"), str(tmp_path / "no" / "x.csv")):
        with pytest.raises(InputError):
            check_path(bad)
    with pytest.raises(InputError):
        write_new(tmp_path / "link", ["x"])
    assert not (tmp_path / "nowhere").exists()


@pytest.mark.parametrize("size", [(20, 5), (80, 24), (200, 60)])
async def test_it_fits(size: tuple[int, int]) -> None:
    async with running(size) as world:
        tab = await on_show(world, 2)
        await world.press("down", "down", "up", "pagedown", "pageup")
        assert all(chart.region.width <= size[0] for chart in tab.query(Chart))
