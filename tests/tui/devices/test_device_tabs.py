"""Disks and interfaces by keys, over the simulated fleet."""

from __future__ import annotations

from typing import Any

import pytest
from textual.widgets import Button, Input

from limen_tui.model.jobs import JobState
from limen_tui.model.vm import VM
from limen_tui.model.xml.devices import read_disks, read_nics
from limen_tui.tui.devices.newdisk import NewDiskDialog
from limen_tui.tui.devices.proposal import ProposalDialog
from limen_tui.tui.devices.tabs import DisksTab, NetworkTab
from limen_tui.tui.palette.picker import Picker
from limen_tui.tui.resize.dialog import ResizeDialog
from limen_tui.tui.vm.facts import FactScroll
from tests.patience import rounds
from tests.tui.shell.world import World, running


async def tab_of(world: World, number: int, state: str = "running", host: str = "") -> tuple[Any, VM]:
    vm = next(vm for vm in world.app.fleet.view.vms if vm.state == state and host in vm.host_name)
    assert world.app.main.panel.show_vm(vm.key)
    await world.press("enter", str(number))
    await world.go_on()
    await world.go_on()
    screen: Any = world.app.screen
    assert isinstance(screen.tab, DisksTab if number == 5 else NetworkTab)
    return screen.tab, vm


async def proposed(world: World) -> ProposalDialog:
    await world.go_on(0.2)
    await world.go_on(0.2)
    assert isinstance(world.app.screen, ProposalDialog), world.notices()
    return world.app.screen


async def over(world: World) -> Any:
    for _ in rounds():
        await world.go_on(0.2)
        if world.app.fleet.jobs.jobs and not world.app.fleet.jobs.busy:
            break
    world.written()
    await world.go_on()
    await world.go_on()
    return world.app.fleet.jobs.jobs[-1]


async def xml_of(world: World, vm: VM, *, inactive: bool = False) -> str:
    future = world.app.fleet.call(vm.key.host_id, lambda verbs: verbs.xml(vm.key.uuid, inactive=inactive))
    await world.go_on(0.2)
    return future.result(0)


@pytest.mark.parametrize("state", ["running", "stopped"])
async def test_a_new_disk_is_made_attached_and_removed(state: str) -> None:
    async with running() as world:
        tab, vm = await tab_of(world, 5, state)
        before = [row.disk.target for row in tab.table._model.lines] if hasattr(tab.table, "_model") else []
        await world.press("n")
        await world.go_on(0.2)
        dialog = world.app.screen
        assert isinstance(dialog, NewDiskDialog)
        await world.press(*"20G", "enter")
        proposal = await proposed(world)
        said = proposal.query_one(FactScroll).plain
        assert "Create volume" in said and "Attach" in said and "+" in said
        await world.press("enter")
        assert world.app.screen is not proposal, "the safe button has the keyboard"
        assert not world.app.fleet.jobs.jobs
        await world.press("n")
        await world.go_on(0.2)
        await world.press(*"20G", "enter")
        await proposed(world)
        await world.press("y")
        job = await over(world)
        assert (job.state, job.problem) == (JobState.DONE, None)
        target = job.plan.steps[-1].args["target"]
        assert target not in before
        for inactive in (False, True):
            assert target in [disk.target for disk in read_disks(await xml_of(world, vm, inactive=inactive))]
        tab.table.move_to(target)
        await world.press("x")
        await proposed(world)
        await world.press("y")
        assert (await over(world)).state is JobState.DONE
        assert target not in [disk.target for disk in read_disks(await xml_of(world, vm))]


async def test_the_form_of_a_new_disk_says_what_is_wrong() -> None:
    async with running() as world:
        await tab_of(world, 5)
        await world.press("n")
        dialog = world.app.screen
        assert isinstance(dialog, NewDiskDialog)
        assert "Asking" in str(dialog.query_one("#says").render())
        await world.go_on(0.2)
        for key, text, why in (
            ("size", "-1", "not a size"), ("size", "20", "20G"), ("pool", "nowhere", "No such pool"),
            ("name", "../x", "cannot"), ("name", "a/b", "cannot"), ("format", "vmdk", "cannot be made"),
            ("bus", "ide", "not offered"),
        ):  # fmt: skip
            dialog.query_one("#size", Input).value = "5G"
            box = dialog.query_one(f"#{key}", Input)
            box.value = text
            await world.pilot.pause()
            shown = str(dialog.query_one("#says").render())
            dialog.query_one("#ok", Button).press()
            await world.pilot.pause()
            assert world.app.screen is dialog, (key, text)
            assert why in shown or key == "name", shown
            box.value = ""


async def test_a_drive_is_added_filled_and_emptied() -> None:
    async with running() as world:
        tab, vm = await tab_of(world, 5, host="birch")  # the other has no pool of images that is active
        await world.press("N")
        await proposed(world)
        await world.press("y")
        job = await over(world)
        assert job.state is JobState.DONE
        target = job.plan.steps[-1].args["target"]
        await world.press("D", "y")
        await world.go_on()
        assert tab.table.move_to(target), "it comes with the next boot, or when it is off"
        await world.press("u")
        await world.go_on(0.2)
        await world.pilot.pause()
        assert isinstance(world.app.screen, Picker), world.notices()
        await world.press("enter")
        await proposed(world)
        await world.press("y")
        assert (await over(world)).state is JobState.DONE
        drive = next(disk for disk in read_disks(await xml_of(world, vm)) if disk.target == target)
        assert drive.source.endswith(".iso")
        tab.table.move_to(target)
        await world.press("E")
        await proposed(world)
        await world.press("y")
        assert (await over(world)).state is JobState.DONE
        assert not next(disk for disk in read_disks(await xml_of(world, vm)) if disk.target == target).source


async def test_a_disk_is_no_drive() -> None:
    async with running() as world:
        await tab_of(world, 5)
        await world.press("E")
        assert "no drive" in world.notices()


async def test_resize_opens_at_the_disk_under_the_cursor() -> None:
    async with running() as world:
        tab, _ = await tab_of(world, 5)
        await world.press("r")
        await world.go_on(0.2)
        await world.pilot.pause()
        assert isinstance(world.app.screen, ResizeDialog)
        assert tab.resize_start[0] == "disk"
        # the key that opened it is no touch: the keyboard goes to the disk once it is known
        assert world.app.focused is not None and str(world.app.focused.id).startswith("disk-")


async def test_an_interface_is_added_moved_unplugged_and_removed() -> None:
    async with running() as world:
        tab, vm = await tab_of(world, 6)
        await world.press("n")
        await world.go_on(0.2)
        await world.pilot.pause()
        assert isinstance(world.app.screen, Picker)
        await world.press("enter")
        await proposed(world)
        await world.press("y")
        job = await over(world)
        assert (job.state, job.problem) == (JobState.DONE, None)
        mac = job.plan.steps[-1].args["mac"]
        assert tab.table.move_to(mac)
        await world.press("L")
        await proposed(world)
        await world.press("y")
        assert (await over(world)).state is JobState.DONE
        nic = next(nic for nic in read_nics(await xml_of(world, vm)) if nic.mac == mac)
        assert not nic.link_up
        tab.table.move_to(mac)
        await world.press("u")
        await world.go_on(0.2)
        await world.pilot.pause()
        await world.press("down", "enter")
        await proposed(world)
        await world.press("y")
        assert (await over(world)).state is JobState.DONE
        moved = next(nic for nic in read_nics(await xml_of(world, vm)) if nic.mac == mac)
        assert moved.source != nic.source
        tab.table.move_to(mac)
        await world.press("x")
        await proposed(world)
        await world.press("y")
        assert (await over(world)).state is JobState.DONE
        assert mac not in [nic.mac for nic in read_nics(await xml_of(world, vm))]


async def test_read_only_is_read_only() -> None:
    async with running(read_only=True) as world:
        await tab_of(world, 5)
        await world.press("n")
        assert not isinstance(world.app.screen, NewDiskDialog)
        assert "read-only" in world.notices()
