"""Pools on the screen: started, stopped after a question, looked at again, refused; and the audit log."""

from __future__ import annotations

from typing import Any

from textual.widgets import Label

from limen_tui.model.actions import BY_ID
from limen_tui.model.lifecycle import Verb, VMState
from limen_tui.tui.dialogs.text import YesNoDialog
from limen_tui.tui.storage.volumes import VolumesScreen
from limen_tui.tui.tablepanel import Details
from tests.tui.shell.world import World, running
from tests.tui.storage.test_volumes import until


async def go_to(world: World, pool: str) -> Any:
    await world.press("3")
    panel: Any = world.app.main.panel
    await until(world, lambda: panel.table.row_count >= 6)
    row = next(row for row in panel.rows(world.app.fleet.view) if row.thing.name == pool)
    assert panel.table.move_to(panel.identity(row))
    await world.pilot.pause()
    return panel


def now(panel: Any) -> Any:
    return panel.table.cursor_row.thing


def audit(world: World) -> list[tuple[str, str, str, str]]:
    world.written()
    entries = world.app.fleet.inventory.audit_entries()
    return [(each.action, each.host_name, each.result, each.detail) for each in reversed(entries)]


async def all_off(world: World, host_id: str) -> None:
    def active() -> list[str]:
        return [vm.key.uuid for vm in world.app.fleet.view.host(host_id).vms.values() if vm.state.is_active]

    for uuid in active():
        world.app.fleet.call(host_id, lambda verbs, uuid=uuid: verbs.lifecycle(Verb.FORCE_OFF, uuid))
    await until(world, lambda: not active())


def dialog_text(world: World) -> str:
    assert isinstance(world.app.screen, YesNoDialog)
    label = world.app.screen.query_one(Label)
    assert label.region.right <= label.parent.region.right  # a long line is folded, not cut
    return world.app.screen._text


async def refused(world: World, keys: tuple[str, ...], why: str) -> None:
    for key in keys:
        world.app.clear_notifications()
        await world.press(key)
        assert why in world.notices(), key
        assert world.app.screen is world.app.main


async def test_a_pool_is_stopped_after_a_question_and_started_again() -> None:
    async with running() as world:
        panel = await go_to(world, "iso")
        host_id, host_name = panel.table.cursor_row.host_id, panel.table.cursor_row.host_name
        if not now(panel).active:
            await world.press("s")
            await until(world, lambda: now(panel).active)
        before = len(audit(world))
        await world.press("S")
        await until(world, lambda: isinstance(world.app.screen, YesNoDialog) or "in use" in world.notices())
        if not isinstance(world.app.screen, YesNoDialog):
            # CDs of running VMs lie in it
            await all_off(world, host_id)
            await world.press("S")
            await until(world, lambda: isinstance(world.app.screen, YesNoDialog))
        assert f"iso on {host_name}" in dialog_text(world)
        await world.press("n")
        assert now(panel).active
        await world.press("S")
        await until(world, lambda: isinstance(world.app.screen, YesNoDialog))
        await world.press("y")
        await until(world, lambda: not now(panel).active)
        lines = "".join(piece[0] for line in panel.query_one(Details)._lines for piece in line)
        assert "inactive: s starts it" in lines
        await world.press("S", "R")
        # of both, and the same is said once while it stands
        assert "is not active: s starts it" in world.notices() and not now(panel).active
        await world.press("s")
        await until(world, lambda: now(panel).active)
        await world.press("s")
        assert "is active already" in world.notices()
        await world.press("R")
        await until(world, lambda: "was looked at again" in world.notices())
        assert audit(world)[before:] == [
            (f"pool.{verb}", host_name, "ok", "pool iso") for verb in ("stop", "start", "refresh")
        ]
        assert not world.app.fleet.acts.acts


async def test_a_pool_that_running_vms_need_is_not_stopped() -> None:
    async with running() as world:
        panel = await go_to(world, "default")
        await world.press("S")
        await until(world, lambda: "is in use" in world.notices())
        assert world.app.screen is world.app.main
        assert any(vm.name in world.notices() for vm in world.app.fleet.view.vms if vm.state is VMState.RUNNING)
        assert now(panel).active and not audit(world)


async def test_the_question_names_the_vms_and_one_started_meanwhile_stops_it() -> None:
    async with running() as world:
        panel = await go_to(world, "vg0")
        host_id = panel.table.cursor_row.host_id
        await all_off(world, host_id)
        vms = world.app.fleet.view.host(host_id).vms.values()
        await go_to(world, "default")
        await world.press("S")
        await until(world, lambda: isinstance(world.app.screen, YesNoDialog))
        named = [vm for vm in vms if vm.name in dialog_text(world)]
        assert named
        world.app.fleet.call(host_id, lambda verbs: verbs.lifecycle(Verb.START, named[0].key.uuid))
        await world.go_on(3)
        await world.press("y")
        await until(world, lambda: "is in use" in world.notices())
        assert now(panel).active
        (entry,) = audit(world)
        assert entry[0] == "pool.stop" and entry[2] == "failed" and "in use" in entry[3]


async def test_a_screen_of_a_pool_that_is_not_active_says_the_key_that_starts_it() -> None:
    async with running() as world:
        panel = await go_to(world, "vg0")
        host_id = panel.table.cursor_row.host_id
        await world.press("enter")
        screen = world.app.screen
        assert isinstance(screen, VolumesScreen)
        await until(world, lambda: screen.pool_now is not None)
        world.app.fleet.call(host_id, lambda verbs: verbs.storage.stop("vg0"))
        await world.press("ctrl+r")
        await until(world, lambda: not screen.pool_now.active)
        assert "s starts it" in str(screen.table._empty)
        await world.press("s")
        await until(world, lambda: screen.pool_now.active)


async def test_read_only_refuses_each_with_the_reason_and_other_views_do_not_offer_it() -> None:
    async with running(read_only=True) as world:
        await go_to(world, "iso")
        await refused(world, ("s", "S", "R"), "read-only")
        assert not audit(world)
    async with running() as world:
        assert world.app.main.reason(BY_ID["pool.stop"]) == "not on this screen"
        await go_to(world, "iso")
        assert world.app.main.reason(BY_ID["pool.stop"]) is None
