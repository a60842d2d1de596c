"""The header of the hosts view names its columns whole, beside the count of those that have no room."""

from __future__ import annotations

import re

import pytest

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
