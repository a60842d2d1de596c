"""How the fleet looks, at the sizes and in the themes that people have. To accept a change: ``--snapshot-update``."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import replace
from typing import Any

import pytest
from textual.pilot import Pilot

from limen_tui.model.lifecycle import VMState
from limen_tui.model.vm import VMKey
from limen_tui.tui.themes import themes
from tests.tui.fleet.staged import Stage, StagedApp

StageOf = Callable[..., Stage]
SIZES = [(80, 24), (120, 40), (200, 60)]


@pytest.fixture
def busy(stage_of: StageOf) -> Stage:
    """Six hosts in two groups, one of them down, a crashed VM, a busy one and its history."""
    stage = stage_of(6, 20, groups=("prod", "lab"))
    stage.change(VMKey("h2", stage.vms("h2")[1].key.uuid), state=VMState.CRASHED)
    stage.change(VMKey("h1", stage.vms("h1")[0].key.uuid), load={"cpu_pct": 97.0})
    for number in range(60):
        stage.fleet.history.add(
            replace(vm, load=vm.load._replace(cpu_pct=float(number * 37 % 100), disk_rd_bps=float(number**2 % 97)))
            for vm in stage.vms("h5")
        )
    stage.down("h4")
    return stage


def themed(stage: Stage, name: str) -> StagedApp:
    app = StagedApp(stage, ansi_color=name == "ansi" or None)
    app.animation_level = "none"
    for theme in themes():
        app.register_theme(theme)
    app.theme = f"limen-{name}"
    return app


async def move(pilot: Pilot[Any]) -> None:
    await pilot.press("j", "j", "space", "j")


@pytest.mark.parametrize("size", SIZES)
def test_sizes(busy: Stage, snap_compare: Any, size: tuple[int, int]) -> None:
    assert snap_compare(themed(busy, "dark"), terminal_size=size, run_before=move)


@pytest.mark.parametrize("theme", ["light", "high-contrast", "ansi"])
def test_themes(busy: Stage, snap_compare: Any, theme: str) -> None:
    assert snap_compare(themed(busy, theme), terminal_size=(120, 40), run_before=move)


def test_groups_and_filter(busy: Stage, snap_compare: Any) -> None:
    async def group_and_filter(pilot: Pilot[Any]) -> None:
        app = pilot.app
        assert isinstance(app, StagedApp)
        app.panel.cycle_grouping()
        await pilot.press("slash", *"state:running cpu>20 nosuch:x")

    assert snap_compare(themed(busy, "dark"), terminal_size=(120, 40), run_before=group_and_filter)


def test_nobody_answers(stage_of: StageOf, snap_compare: Any) -> None:
    stage = stage_of(2, 0)
    stage.down("h1")
    stage.down("h2", "No route to host", "Is it switched on?")
    assert snap_compare(themed(stage, "dark"), terminal_size=(80, 24))
