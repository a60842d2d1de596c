"""After a shutdown that the guest did not obey: an offer to force, which takes no key from anything else."""

from __future__ import annotations

from dataclasses import replace

import pytest

from limen_tui.model.lifecycle import VMState
from limen_tui.model.vm import VMKey
from limen_tui.settings import Settings
from limen_tui.tui.dialogs.confirm import ConfirmDialog
from tests.tui.shell.world import World, running

LEAVE = "ctrl+right_square_bracket"
SETTINGS = replace(Settings(), confirm=replace(Settings().confirm, shutdown_timeout=8))


async def asked_in_vain(world: World, *keys: str) -> VMKey:
    """Shut down the one that ignores it."""
    world.app.fleet.acts.shutdown_timeout = 8
    vm = next(vm for vm in world.app.fleet.view.vms if vm.name == "legacy-erp")
    assert world.app.main.panel.show_vm(vm.key)
    await world.press(*(keys or ("S", "y")))
    await world.go_on()
    return vm.key


async def too_late(world: World) -> None:
    for _ in range(6):
        await world.go_on()


def state(world: World, key: VMKey) -> VMState | None:
    vm = world.app.fleet.view.vm(key)
    return None if vm is None else vm.state


async def test_a_stray_enter_or_y_waits_and_only_the_button_forces() -> None:
    async with running(settings=SETTINGS) as world:
        key = await asked_in_vain(world)
        await too_late(world)
        assert isinstance(world.app.screen, ConfirmDialog)
        await world.press("y")
        assert isinstance(world.app.screen, ConfirmDialog)
        await world.press("enter")
        await too_late(world)
        assert (state(world, key), world.app.screen) == (VMState.RUNNING, world.app.main)
        await asked_in_vain(world)
        await too_late(world)
        await world.press("right", "enter")
        await world.go_on()
        assert state(world, key) is VMState.STOPPED


async def test_it_comes_also_where_nothing_is_to_be_confirmed() -> None:
    unasked = replace(SETTINGS, confirm=replace(SETTINGS.confirm, destructive=False))
    async with running(settings=unasked) as world:
        key = await asked_in_vain(world, "S")
        await too_late(world)
        assert isinstance(world.app.screen, ConfirmDialog)
        assert state(world, key) is VMState.RUNNING
        await world.press("right", "enter")
        await world.go_on()
        assert state(world, key) is VMState.STOPPED


@pytest.mark.parametrize(("before", "after"), [(("slash",), ("escape",)), (("enter", "3"), (LEAVE, LEAVE))])
async def test_it_waits_until_no_key_is_meant_for_a_text_or_a_guest(
    before: tuple[str, ...], after: tuple[str, ...]
) -> None:
    async with running(settings=SETTINGS) as world:
        await asked_in_vain(world)
        await world.press(*before)
        await too_late(world)
        assert not isinstance(world.app.screen, ConfirmDialog)
        await world.press(*after)
        await too_late(world)
        assert isinstance(world.app.screen, ConfirmDialog)
