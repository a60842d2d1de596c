"""What a person typed into a definition outlives a job that fails, and a no to what differs."""

from __future__ import annotations

from pathlib import Path

import pytest
from textual.drivers.headless_driver import HeadlessDriver
from textual.screen import Screen

from limen_tui.model.jobs import JobState
from limen_tui.model.vm import VM
from limen_tui.tui.editing.again import AgainDialog
from limen_tui.tui.editing.difference import DifferenceDialog
from tests.tui.jobs.test_history import until
from tests.tui.shell.world import World, running

TYPED = "<title>typed</title>"


@pytest.fixture
def given(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """An editor that types a title where there is none; the file has what it was given last."""
    script = tmp_path / "editor"
    script.write_text(f'#!/bin/sh\ncp "$1" {tmp_path}/given\n'
                      f'grep -q "{TYPED}" "$1" || sed -i "s#</name>#</name>{TYPED}#" "$1"\n')  # fmt: skip
    script.chmod(0o755)
    monkeypatch.setenv("VISUAL", str(script))
    monkeypatch.setattr(HeadlessDriver, "can_suspend", True)  # it has no terminal to give away
    return tmp_path / "given"


async def shown(world: World, kind: type[Screen]) -> None:
    await until(world, lambda: isinstance(world.app.screen, kind))
    await world.pilot.pause()


async def edited(world: World) -> VM:
    vm = next(vm for vm in world.app.fleet.view.vms if vm.state == "stopped")
    assert world.app.main.panel.show_vm(vm.key)
    await world.pilot.pause()
    await world.press("e")
    await shown(world, DifferenceDialog)
    return vm


async def lost_race(world: World) -> VM:
    """Somebody else is faster: the job fails."""
    vm = await edited(world)
    other = world.app.fleet.call(vm.key.host_id, lambda verbs: verbs.set_tags(vm.key.uuid, ["another"]))
    await until(world, other.done)
    await world.press("y")
    await until(world, lambda: world.app.fleet.jobs.jobs and not world.app.fleet.jobs.active)
    assert world.app.fleet.jobs.jobs[0].state is JobState.FAILED
    return vm


async def test_an_edit_that_lost_the_race_is_edited_again_and_defined(given: Path) -> None:
    async with running() as world:
        vm = await lost_race(world)
        await shown(world, AgainDialog)
        await world.press("y", "n", "d")  # keys meant for elsewhere
        assert isinstance(world.app.screen, AgainDialog)
        await world.press("right", "enter")
        await shown(world, DifferenceDialog)
        assert TYPED in given.read_text()
        await world.press("y")
        await until(world, lambda: not world.app.commands.drafts)
        now = world.app.fleet.call(vm.key.host_id, lambda verbs: verbs.xml(vm.key.uuid))
        await until(world, now.done)
        assert TYPED in now.result()


async def test_what_is_put_off_is_offered_by_the_next_e_until_it_is_dropped(given: Path) -> None:
    async with running() as world:
        vm = await lost_race(world)
        await shown(world, AgainDialog)
        await world.press("enter")  # Later
        assert TYPED in world.app.commands.drafts[vm.key]
        await world.press("e")
        await shown(world, AgainDialog)
        await world.press("left", "enter")  # round to the last: start afresh
        await shown(world, DifferenceDialog)
        assert TYPED not in given.read_text()


async def test_a_no_to_what_differs_does_not_lose_it_and_a_drop_does(given: Path) -> None:
    async with running() as world:
        vm = await edited(world)
        assert given.exists()
        await world.press("n")
        await shown(world, AgainDialog)
        assert vm.key in world.app.commands.drafts
        await world.press("right", "right", "enter")
        assert not world.app.commands.drafts
        assert not world.app.fleet.jobs.jobs


async def test_no_dialog_opens_over_another_when_the_job_fails(given: Path) -> None:
    async with running(notifications=True) as world:
        vm = await edited(world)
        other = world.app.fleet.call(vm.key.host_id, lambda verbs: verbs.set_tags(vm.key.uuid, ["another"]))
        await until(world, other.done)
        await world.press("y", "equals_sign")
        await until(world, lambda: world.app.fleet.jobs.jobs and not world.app.fleet.jobs.active)
        await until(world, lambda: "what you typed is kept" in world.notices())
        assert ". Everything was put back. " in world.notices()
        assert ".." not in world.notices()
        assert not isinstance(world.app.screen, AgainDialog)
        assert TYPED in world.app.commands.drafts[vm.key]
        assert given.exists()
