"""The header of the hosts view names its columns whole, beside the count of those that have no room."""

from __future__ import annotations

import re
from dataclasses import replace

import pytest

from limen_tui.fleet.view import Totals
from limen_tui.tui.hosts.panel import HostRow, host_columns
from tests.tui.shell.world import running


@pytest.mark.parametrize("width", [80, 100, 120, 160])
async def test_titles_are_not_cut_by_the_count_of_further_columns(width: int) -> None:
    async with running((width, 30)) as world:
        await world.press("2")
        await world.pilot.pause()
        table = world.app.main.panel.table
        assert table is not None
        said = table.render_line(0).text
        titles = {"Host ▲", "Host", "State", "CPU", "Memory", "Load", "VMs", "vCPU/CPU", "Mem/Mem", "libvirt",
                  "Hypervisor", "Via", "Tick", "Problem"}  # fmt: skip
        words = re.split(r"\s{1,}", re.sub(r"\+\d+→", "", said).replace(" ▲", "").strip())
        assert set(words) <= titles, said


@pytest.mark.parametrize(("used", "total", "shown"), [
    (783 << 10, 24641536, "783M/23.5G"), (2 << 20, 8 << 20, "2/8 GiB"), (None, 8 << 20, "8 GiB"),
])  # fmt: skip
async def test_memory_is_told_whole(used: int | None, total: int, shown: str) -> None:
    async with running((80, 24)) as world:
        await world.press("2")
        host = world.app.fleet.view.hosts[0]
        host = replace(host, load=replace(host.load, mem_used_kib=used), info=replace(host.info, memory_kib=total))
        (column,) = [column for column in host_columns() if column.id == "memory"]
        assert column.cell(HostRow(host, Totals(), ""))[0][0] == shown
