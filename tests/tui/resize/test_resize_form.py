"""Resizing by keys, over the simulated fleet."""

from __future__ import annotations

import pytest
from textual.widgets import Button, Input

from limen_tui.errors import ConnectError
from limen_tui.hypervisor.simulated.catalogue import STUBBORN
from limen_tui.model.jobs import JobState
from limen_tui.model.vm import VM
from limen_tui.tui.resize.dialog import ResizeDialog
from limen_tui.tui.vm.facts import FactScroll
from tests.patience import rounds
from tests.tui.shell.world import World, running


async def form_of(world: World, state: str = "running") -> tuple[ResizeDialog, VM]:
    vm = next(vm for vm in world.app.fleet.view.vms if vm.state == state and vm.facts.vcpus < 8)
    assert world.app.main.panel.show_vm(vm.key)
    await world.press("r")
    assert isinstance(world.app.screen, ResizeDialog)
    return world.app.screen, vm


def said(dialog: ResizeDialog) -> str:
    return dialog.query_one(FactScroll).plain


async def put(world: World, dialog: ResizeDialog, **texts: str) -> None:
    for name, text in texts.items():
        dialog.query_one(f"#{name.replace('_', '-')}", Input).value = text
    await world.pilot.pause()


async def until_said(world: World, dialog: ResizeDialog, text: str) -> None:
    for _ in rounds():
        if text in " ".join(said(dialog).split()):
            return
        await world.go_on(0.2)
    raise AssertionError(said(dialog))


async def over(world: World) -> None:
    for _ in rounds():
        await world.go_on(0.2)
        if world.app.fleet.jobs.jobs and not world.app.fleet.jobs.busy:
            break
    world.written()
    await world.go_on()


async def test_it_opens_before_the_host_has_answered_and_applies_nothing_until_then() -> None:
    async with running() as world:
        dialog, vm = await form_of(world)
        assert dialog.query_one("#vcpus", Input).value == str(vm.facts.vcpus)
        await put(world, dialog, vcpus=str(vm.facts.vcpus + 1))
        await world.press("ctrl+s")
        assert world.app.screen is dialog
        assert "Asking" in said(dialog)
        await world.go_on(0.2)
        assert "now" in said(dialog).lower()
        assert dialog.query_one("#vcpus", Input).value == str(vm.facts.vcpus + 1), "what was typed stays"


async def test_what_can_be_now_is_done_now() -> None:
    async with running() as world:
        dialog, vm = await form_of(world)
        await world.go_on(0.2)
        wanted = vm.facts.vcpus + 1
        await put(world, dialog, vcpus=str(wanted), disk_0="200G", disk_limits_0="read:50M")
        assert "At the next boot" not in said(dialog)
        assert f"{vm.facts.vcpus} → {wanted}" in said(dialog)
        assert f'+  <vcpu current="{wanted}">' in said(dialog)
        await world.press("ctrl+s")
        await over(world)
        (job,) = world.app.fleet.jobs.jobs
        assert (job.state, job.problem) == (JobState.DONE, None)
        assert world.app.fleet.view.vm(vm.key).facts.vcpus == wanted
        (entry,) = world.app.fleet.inventory.audit_entries(search="vm.resize")
        assert entry.vm_name == vm.name


async def test_it_can_wait_for_the_next_boot() -> None:
    async with running() as world:
        dialog, vm = await form_of(world)
        await world.go_on(0.2)
        await put(world, dialog, vcpus=str(vm.facts.vcpus + 1))
        await world.press("ctrl+b")
        assert "At the next boot" in said(dialog)
        await world.press("ctrl+s")
        await over(world)
        assert world.app.fleet.jobs.jobs[0].state is JobState.DONE
        assert world.app.fleet.view.vm(vm.key).facts.vcpus == vm.facts.vcpus


async def test_a_maximum_in_the_way_is_offered_to_be_raised() -> None:
    async with running() as world:
        dialog, vm = await form_of(world)
        await world.go_on(0.2)
        wanted = vm.facts.vcpus_max + 1
        await put(world, dialog, vcpus=str(wanted), memory="500G")
        assert "Not possible" in said(dialog)
        assert dialog.query_one("#apply", Button).disabled
        await world.press("ctrl+o")
        assert dialog.query_one("#vcpus-max", Input).value == str(wanted)
        assert dialog.query_one("#memory-max", Input).value == "500G"
        assert "At the next boot" in said(dialog)
        assert "started with at most" in said(dialog)
        await world.press("ctrl+s")
        await over(world)
        assert world.app.fleet.view.vm(vm.key).facts.vcpus == vm.facts.vcpus, "not before the next boot"
        xml = world.app.fleet.call(vm.key.host_id, lambda verbs: verbs.xml(vm.key.uuid, inactive=True))
        await world.go_on(0.2)
        assert f'current="{wanted}"' in xml.result(0) or f"<vcpu>{wanted}</vcpu>" in xml.result(0)


WRONG = (
    ("vcpus", "0", "at least one"), ("vcpus", "-1", "not a number"), ("vcpus", "1e99", "not a number"),
    ("vcpus", "9999", "allows"), ("memory", "20", "Did you mean 20G"), ("memory", "${7*7}", "not a size"),
    ("memory", "1e99", "not a size"), ("disk_0", "1G", "never shrinks"), ("disk_0", "0", "not a"),
    ("disk_limits_0", "]]>", "not a limit"), ("nic_limits_0", "in:x", "not a size"),
)  # fmt: skip


async def test_what_cannot_be_says_why_and_is_not_done() -> None:
    async with running() as world:
        dialog, _ = await form_of(world)
        await world.go_on(0.2)
        for field, text, why in WRONG:
            box = dialog.query_one(f"#{field.replace('_', '-')}", Input)
            before = box.value
            await put(world, dialog, **{field: text})
            assert why in " ".join(said(dialog).split()), said(dialog)
            await world.press("ctrl+s")
            assert world.app.screen is dialog
            await put(world, dialog, **{field: before})
        assert not world.app.fleet.jobs.jobs


async def test_enter_leads_through_the_fields_and_escape_leaves() -> None:
    async with running() as world:
        dialog, _ = await form_of(world)
        await world.go_on(0.2)
        await world.press("enter", "enter")
        assert dialog.focused is dialog.query_one("#memory")
        await world.press("escape")
        assert world.app.screen is not dialog
        assert not world.app.fleet.jobs.jobs


async def test_read_only_and_several_vms_are_refused() -> None:
    async with running(read_only=True) as world:
        vm = next(vm for vm in world.app.fleet.view.vms if vm.state == "running")
        world.app.main.panel.show_vm(vm.key)
        await world.press("r")
        assert not isinstance(world.app.screen, ResizeDialog)
        assert "read-only" in world.notices()
    async with running() as world:
        await world.press("space", "space", "r")
        assert not isinstance(world.app.screen, ResizeDialog)


async def test_a_host_that_went_away_is_said_and_nothing_can_be_done() -> None:
    async with running() as world:
        dialog, _ = await form_of(world)
        dialog.post_message(ResizeDialog.Looked(ConnectError("The host has gone away", "No route.", "Wait.")))
        await world.pilot.pause()
        assert "gone away" in said(dialog)
        await put(world, dialog, vcpus="1")
        await world.press("ctrl+s")
        assert world.app.screen is dialog


@pytest.mark.parametrize("size", [(80, 24), (120, 40), (200, 60)], ids=str)
async def test_everything_that_matters_is_on_screen(size: tuple[int, int]) -> None:
    async with running(size) as world:
        dialog, _ = await form_of(world)
        await world.go_on(0.2)
        for wanted in ("#vcpus", "#memory", "#apply", "#cancel"):
            region = dialog.query_one(wanted).region
            assert region.height, wanted
            assert dialog.region.contains_region(region), wanted


async def test_the_file_system_in_the_guest_grows_with_its_disk_or_is_left() -> None:
    async with running() as world:
        vm = next(
            vm for vm in world.app.fleet.view.vms
            if vm.state == "running" and vm.facts.has_agent and vm.facts.disks and vm.name != STUBBORN
        )  # fmt: skip
        assert world.app.main.panel.show_vm(vm.key)
        await world.press("r")
        dialog = world.app.screen
        assert isinstance(dialog, ResizeDialog)
        await world.go_on(0.2)
        await put(world, dialog, disk_0="900G")
        await until_said(world, dialog, "then in the guest")
        await world.press("ctrl+g")
        assert "in the guest" not in said(dialog)
        await world.press("ctrl+g", "ctrl+s")
        await over(world)
        (job,) = world.app.fleet.jobs.jobs
        assert (job.state, job.problem) == (JobState.DONE, None)
        assert job.steps[-1].plan.op == "resize.inside"
        assert set(job.steps[-1].result) == {"grown"}, job.log
        told = world.app.fleet.call(vm.key.host_id, lambda verbs: verbs.agent.guest(vm.key.uuid))
        await world.go_on(0.2)
        assert any(disk.total > 600 << 30 for disk in told.result(0).disks)


async def test_an_agent_that_sleeps_holds_no_growth_up() -> None:
    async with running() as world:
        vm = next(vm for vm in world.app.fleet.view.vms if vm.name == STUBBORN)
        assert world.app.main.panel.show_vm(vm.key)
        await world.press("r")
        dialog = world.app.screen
        assert isinstance(dialog, ResizeDialog)
        await world.go_on(0.2)
        await put(world, dialog, disk_0="900G")
        await until_said(world, dialog, "the guest agent does not answer")
        assert dialog._plan is not None and dialog._plan.doable


async def test_a_vm_without_an_agent_grows_its_disk_and_says_why_no_more() -> None:
    async with running() as world:
        vm = next(
            vm for vm in world.app.fleet.view.vms
            if vm.state == "running" and not vm.facts.has_agent and vm.facts.disks
        )  # fmt: skip
        assert world.app.main.panel.show_vm(vm.key)
        await world.press("r")
        dialog = world.app.screen
        assert isinstance(dialog, ResizeDialog)
        await world.go_on(0.2)
        await put(world, dialog, disk_0="900G")
        await until_said(world, dialog, "no guest agent")
        assert "not in the guest" in said(dialog)
        assert dialog._plan is not None and dialog._plan.doable
