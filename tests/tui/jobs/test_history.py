"""The history of a VM's definitions on the screen; editing and putting back."""

from __future__ import annotations

import asyncio
import os
import stat
from collections.abc import Callable

import pytest
from limen_widgets.line_table import LineTable

from limen_tui.errors import NotSupported, StepFailed
from limen_tui.model.jobs import JobState
from limen_tui.tui.editing.difference import DifferenceDialog
from limen_tui.tui.editing.editor import edit, editor_command
from limen_tui.tui.vmhistory.tab import HistoryTab
from tests.patience import rounds
from tests.tui.shell.world import World, running


async def until(world: World, condition: Callable[[], object], step: float = 0.1) -> None:
    """``step``: seconds of the told time between two looks."""
    for _ in rounds():
        if condition():
            return
        await world.go_on(step)
        await asyncio.sleep(0.01)
    raise AssertionError("waited in vain")


async def with_two_versions(world: World):
    vm = next(vm for vm in world.app.fleet.view.vms if vm.state == "stopped")
    keepsakes = world.app.fleet.inventory.keepsakes
    await until(world, lambda: keepsakes.definitions(*vm.key))
    world.app.fleet.call(vm.key.host_id, lambda verbs: verbs.set_tags(vm.key.uuid, ["another"]))
    await until(world, lambda: len(keepsakes.definitions(*vm.key)) == 2)
    assert world.app.main.panel.show_vm(vm.key)
    await world.pilot.pause()
    return vm


async def test_an_older_definition_is_put_back_after_a_look_at_what_differs() -> None:
    async with running() as world:
        vm = await with_two_versions(world)
        await world.press("enter", "9")
        tab = world.app.screen.query_one(HistoryTab)
        await until(world, lambda: len(tab._kept) == 2)
        lines = tab.query_one("#difference")
        await until(world, lambda: any("another" in line.plain and line.plain[0] == "+" for line in lines.lines))
        await world.press("j", "b")
        await until(world, lambda: isinstance(world.app.screen, DifferenceDialog))
        await world.press("enter")  # the safe button
        assert not world.app.fleet.jobs.jobs
        await world.press("b")
        await until(world, lambda: isinstance(world.app.screen, DifferenceDialog))
        await world.press("y")
        await until(world, lambda: world.app.fleet.jobs.jobs and not world.app.fleet.jobs.active)
        assert world.app.fleet.jobs.jobs[0].state is JobState.DONE
        now = world.app.fleet.call(vm.key.host_id, lambda verbs: verbs.xml(vm.key.uuid))
        await until(world, now.done)
        assert "another" not in now.result()
        await until(world, lambda: len(tab._kept) == 3)  # it comes by itself
        await until(world, lambda: tab.query_one(LineTable).row_count == 3)


async def test_what_somebody_else_defines_comes_by_itself() -> None:
    async with running() as world:
        vm = await with_two_versions(world)
        await world.press("enter", "9")
        tab = world.app.screen.query_one(HistoryTab)
        await until(world, lambda: len(tab._kept) == 2)
        world.app.fleet.call(vm.key.host_id, lambda verbs: verbs.set_tags(vm.key.uuid, ["third"]))
        await until(world, lambda: len(tab._kept) == 3)
        assert "third" in tab._kept[0].xml


# -- the editor -----------------------------------------------------------------------------------------


def script(tmp_path, text: str) -> str:
    path = tmp_path / "editor"
    path.write_text("#!/bin/sh\n" + text)
    path.chmod(0o755)
    return str(path)


def test_the_editor_gets_a_file_that_nobody_else_can_read_and_it_is_gone_after(tmp_path, monkeypatch) -> None:
    monkeypatch.delenv("VISUAL", raising=False)
    monkeypatch.setenv("EDITOR", script(tmp_path, f'stat -c %a "$1" > {tmp_path}/mode; echo "$1" > {tmp_path}/name\n'
                                                  'printf changed >> "$1"\n'))  # fmt: skip
    assert edit("<domain/>") == "<domain/>changed"
    assert (tmp_path / "mode").read_text().strip() == oct(stat.S_IRUSR | stat.S_IWUSR)[2:]
    assert not os.path.exists((tmp_path / "name").read_text().strip())  # noqa: PTH110


def test_an_editor_that_fails_or_is_not_there_changes_nothing(tmp_path, monkeypatch) -> None:
    monkeypatch.setenv("VISUAL", script(tmp_path, "exit 3\n"))
    with pytest.raises(StepFailed):
        edit("x")
    monkeypatch.setenv("VISUAL", "/nowhere/editor --wait; reboot")
    with pytest.raises(NotSupported):
        editor_command()
