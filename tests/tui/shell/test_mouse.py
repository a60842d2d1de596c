"""What the mouse does on the main screen."""

from __future__ import annotations

from limen_tui.tui.fleet.tree import HostTree
from limen_tui.tui.help.screen import HelpScreen
from limen_tui.tui.keybar import KeyBar
from limen_tui.tui.main.screen import MainScreen
from tests.tui.shell.world import World, running


async def click(world: World, word: str) -> None:
    bar = world.app.screen.query_one(KeyBar)
    await world.pilot.click(KeyBar, offset=(bar.plain.index(word), 0))
    await world.pilot.pause()


async def test_a_click_on_a_host_shows_it_and_on_the_first_row_all() -> None:
    async with running() as world:
        hosts = [host.host for host in world.app.fleet.view.hosts]
        tree = world.app.screen.query_one(HostTree)
        lines = [tree.table.render_line(y).text for y in range(tree.table.size.height)]
        at = next(y for y, line in enumerate(lines) if hosts[1].name in line)
        await world.pilot.click("#tree-table", offset=(6, at))
        await world.pilot.pause()
        assert world.app.main.host_id == hosts[1].id
        assert world.app.main.panel.table.has_focus  # type: ignore[union-attr]
        await world.pilot.click("#tree-table", offset=(6, 1))
        await world.pilot.pause()
        assert world.app.main.host_id is None


async def test_a_click_on_a_key_of_the_bar_is_as_the_key() -> None:
    async with running() as world:
        await click(world, "Help")
        assert isinstance(world.app.screen, HelpScreen)
        await world.press("escape")
        stopped = next(vm for vm in world.app.fleet.view.vms if vm.state == "stopped")
        assert world.app.main.panel.show_vm(stopped.key)
        await world.go_on()
        await click(world, "Force off")
        assert isinstance(world.app.screen, MainScreen)
        assert "Force off: it is stopped" in world.notices()
        bar = world.app.screen.query_one(KeyBar)
        await world.pilot.click(KeyBar, offset=(bar.size.width - 1, 0))
        assert isinstance(world.app.screen, MainScreen)
