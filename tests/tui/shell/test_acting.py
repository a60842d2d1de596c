"""What one key does to VMs: told in one notice, taken back by one undo."""

from __future__ import annotations

from dataclasses import replace

from limen_widgets.line_table import LineTable
from limen_widgets.line_table.lines import natural
from textual.widgets import Input

from limen_tui.fleet import operations
from limen_tui.fleet.acts import ActItem, Outcome
from limen_tui.model.host import Problem
from limen_tui.model.lifecycle import Verb, VMState
from limen_tui.model.vm import VMKey
from limen_tui.tui.acting import summary
from limen_tui.tui.dialogs.text import TextDialog
from limen_tui.tui.fleet.panel import REACTION
from limen_tui.tui.fleet.strip import DetailStrip
from limen_tui.tui.keybar import KeyBar
from tests.patience import rounds
from tests.tui.shell.world import World, running


def tags(world: World, keys: list[VMKey]) -> list[tuple[str, ...]]:
    found = [world.app.fleet.view.vm(key) for key in keys]
    return [vm.facts.tags for vm in found if vm is not None]


async def test_tags_of_vms_that_differ_are_one_notice_and_one_undo() -> None:
    async with running() as world:
        vms = list({vm.facts.tags: vm for vm in world.app.fleet.view.vms}.values())[:3]
        keys, before = [vm.key for vm in vms], [vm.facts.tags for vm in vms]
        world.app.main.panel.table.set_marks(frozenset(keys))  # type: ignore[union-attr]
        await world.press("T")
        assert isinstance(world.app.screen, TextDialog)
        world.app.screen.query_one(Input).value = "mine"
        await world.press("enter")
        await world.go_on()
        await world.go_on()
        assert all("mine" in of for of in tags(world, keys))
        assert [note.message for note in world.app._notifications] == ["Tags: 3 done"]
        await world.press("z")
        await world.go_on()
        await world.go_on()
        assert tags(world, keys) == before


async def test_what_is_still_under_way_is_undone_once_it_is_over() -> None:
    async with running() as world:
        vm = next(vm for vm in world.app.fleet.view.vms if vm.state is VMState.RUNNING)
        assert world.app.main.panel.show_vm(vm.key)
        await world.press("p", "z")
        assert "still under way" in world.notices()
        await world.go_on()
        await world.go_on()
        assert world.app.fleet.view.vm(vm.key).state is VMState.PAUSED  # type: ignore[union-attr]
        await world.press("z")
        await world.go_on()
        await world.go_on()
        assert world.app.fleet.view.vm(vm.key).state is VMState.RUNNING  # type: ignore[union-attr]


async def test_undo_passes_over_what_was_done_to_none() -> None:
    async with running() as world:
        vm = next(vm for vm in world.app.fleet.view.vms if vm.state is VMState.RUNNING)
        assert world.app.main.panel.show_vm(vm.key)
        await world.press("p")
        await world.go_on()
        stopped = next(vm for vm in world.app.fleet.view.vms if vm.state is VMState.STOPPED)
        world.app.acting._perform(operations.lifecycle(Verb.PAUSE), [stopped.key])  # it stopped under the key
        await world.go_on()
        await world.press("z")
        await world.go_on()
        assert world.app.fleet.view.vm(vm.key).state is VMState.RUNNING  # type: ignore[union-attr]


def test_the_summary_gives_the_worst_first_in_whole_sentences() -> None:
    item = ActItem(VMKey("h", "1"), "web1", "kvm1", VMState.RUNNING)
    refused = replace(item, outcome=Outcome.REFUSED, problem=Problem("it is running"))
    failed = replace(item, vm_name="db1", outcome=Outcome.FAILED, problem=Problem("Cannot", "No such file.", "Look."))
    done = replace(item, outcome=Outcome.DONE)
    assert summary("Start", [done]) == "Start: web1 done"
    assert summary("Start", [refused, failed, done]) == (
        "Start: 1 done, 1 refused, 1 failed: db1: No such file. Look."
    )
    assert summary("Start", [refused, refused]) == "Start: 2 refused: web1: it is running"


async def test_the_key_that_wakes_a_saved_vm_is_called_resume_and_its_state_is_said_once() -> None:
    async with running() as world:
        vm = next(vm for vm in world.app.fleet.view.vms if vm.state is VMState.RUNNING)
        assert world.app.main.panel.show_vm(vm.key)
        await world.press("Z", "y")
        for _ in range(4):
            await world.go_on()
        assert world.app.fleet.view.vm(vm.key).state is VMState.SUSPENDED  # type: ignore[union-attr]
        assert "p Resume" in world.app.screen.query_one(KeyBar).plain
        assert "saved  on" in world.app.screen.query_one(DetailStrip).plain


async def test_vms_are_listed_in_natural_order_to_confirm_and_in_the_jobs() -> None:
    async with running() as world:
        await world.press("ctrl+a", "p")
        for _ in range(3):
            await world.go_on()
        await world.press("5", "enter")
        await world.pilot.pause()
        table = world.app.main.panel.table
        assert table is not None
        items = [row.item for row in table._model.lines if row.item is not None]
        assert len(items) > 5
        told = [(item.outcome is Outcome.DONE, natural(item.vm_name)) for item in items]
        assert told == sorted(told)
        await world.press("1", "D")
        targets = world.app.screen.query_one("#targets", LineTable)
        told = [(natural(vm.host_name), natural(vm.name)) for vm in targets._model.lines]
        assert len(told) > 5 and told == sorted(told)


async def test_the_keys_are_those_of_the_neighbour_soon_after_a_vm_left_though_nothing_else_happens() -> None:
    async with running() as world:
        vm = next(vm for vm in world.app.fleet.view.vms if vm.state is VMState.STOPPED)
        assert world.app.main.panel.show_vm(vm.key)
        world.app.fleet.call(vm.key.host_id, lambda verbs: verbs.definitions.undefine(vm.key.uuid))
        await world.go_on()
        assert world.app.main.target().vms == ()
        world.sim.advance(REACTION + 0.1)
        for _ in rounds():
            if any(not off for name, _, off in world.app.main.query_one(KeyBar)._told if name == "vm.open"):
                break
            await world.pilot.pause(0.05)
        else:
            raise AssertionError("the keys stay dim")
