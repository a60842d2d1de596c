"""What is out of step, on the screen, and what is done about it by keys."""

from __future__ import annotations

from typing import Any

from limen_widgets.line_table import LineTable

from limen_tui.fleet.known import Known
from limen_tui.model.jobs import JobState
from limen_tui.model.vm import VM
from limen_tui.tui.dialogs.text import YesNoDialog
from limen_tui.tui.reconcile.screen import ReconcileScreen, Row
from tests.tui.jobs.test_history import until
from tests.tui.shell.world import World, running


def table(world: World) -> LineTable[Row]:
    found: Any = world.app.screen.query_one(LineTable)
    return found


async def opened(world: World) -> None:
    await world.press("equals_sign")
    screen = world.app.screen
    assert isinstance(screen, ReconcileScreen)
    await until(world, lambda: not screen._waiting and table(world).row_count)


async def with_one_lost(world: World) -> tuple[VM, str]:
    """A VM that went behind Limen's back, under the cursor; its row's key."""
    fleet = world.app.fleet
    vm = next(vm for vm in fleet.view.vms if vm.state == "stopped" and vm.key.host_id == "sim00")
    await until(world, lambda: fleet.inventory.keepsakes.definitions(*vm.key))
    await opened(world)
    await world.press("escape")
    future = fleet.call("sim00", lambda verbs: verbs.definitions.undefine(vm.key.uuid))
    await until(world, future.done)
    await opened(world)
    lost = f"lost sim00 {vm.key.uuid}"
    await until(world, lambda: lost in table(world).visible_keys())
    table(world).move_to(lost)
    return vm, lost


async def test_a_lost_vm_is_forgotten_only_after_a_yes() -> None:
    async with running() as world:
        vm, lost = await with_one_lost(world)
        known = Known(world.app.fleet.inventory)
        await world.press("f")
        await until(world, lambda: isinstance(world.app.screen, YesNoDialog))
        dialog = world.app.screen
        assert isinstance(dialog, YesNoDialog)
        assert vm.name in dialog._title
        assert "one kept definition" in dialog._text
        assert vm.host_name in dialog._text
        await world.press("enter")  # the safe button
        assert vm.key.uuid in (known.of("sim00") or ())
        assert lost in table(world).visible_keys()
        await world.press("f")
        await until(world, lambda: isinstance(world.app.screen, YesNoDialog))
        await world.press("y")
        await until(world, lambda: lost not in table(world).visible_keys())
        assert vm.key.uuid not in (known.of("sim00") or ())


async def test_a_lost_vm_is_recreated() -> None:
    async with running() as world:
        fleet = world.app.fleet
        vm, _ = await with_one_lost(world)
        await world.press("c")
        await until(world, lambda: fleet.jobs.jobs and not fleet.jobs.active)
        assert fleet.jobs.jobs[0].state is JobState.DONE
        await until(world, lambda: fleet.view.vm(vm.key) is not None)


async def test_what_is_ignored_goes_and_comes_back() -> None:
    async with running() as world:
        await opened(world)
        before = table(world).row_count
        await world.press("i")
        await until(world, lambda: table(world).row_count == before - 1)
        await world.press("I")
        await until(world, lambda: table(world).row_count == before)


async def test_a_disk_is_deleted_only_after_a_yes() -> None:
    async with running() as world:
        await opened(world)
        before = table(world).row_count
        await world.press("x", "enter")
        assert not world.app.fleet.jobs.jobs
        await world.press("x", "y")
        await until(world, lambda: world.app.fleet.jobs.jobs and not world.app.fleet.jobs.active)
        assert world.app.fleet.jobs.jobs[0].state is JobState.DONE
        await until(world, lambda: table(world).row_count == before - 1)


async def test_read_only_changes_nothing() -> None:
    async with running(read_only=True) as world:
        await opened(world)
        await world.press("x")
        assert isinstance(world.app.screen, ReconcileScreen)
        assert "Read-only" in world.notices()
