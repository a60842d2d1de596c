"""The colour that a host was given marks it wherever its name stands beside others."""

from __future__ import annotations

from dataclasses import replace

from limen_widgets.line_table import LineTable
from limen_widgets.pieces import pieces_of

from tests.tui.shell.world import running


async def test_a_hosts_colour_is_in_the_table_of_vms() -> None:
    async with running() as world:
        fleet = world.app.fleet
        painted, plain = fleet.hosts[0], fleet.hosts[1]
        fleet.save_host(replace(painted, colour="magenta"))
        await world.go_on()
        table = world.app.screen.query_one("#vm-table", LineTable)
        column = next(column for column in table.all_columns if column.id == "host")
        styles = {
            host_id: {pieces_of(column.cell(vm)) for vm in fleet.view.vms if vm.key.host_id == host_id and not vm.stale}
            for host_id in (painted.id, plain.id)
        }
        assert styles[painted.id] == {((painted.name, "magenta"),)}
        assert styles[plain.id] == {((plain.name, ""),)}
