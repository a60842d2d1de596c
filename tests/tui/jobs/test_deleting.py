"""Deleting VMs by keys, over the simulated fleet."""

from __future__ import annotations

from dataclasses import replace
from pathlib import Path

import pytest
from limen_widgets.line_table import LineTable
from textual.widgets import Button, Input, Label

from limen_tui.model.deletion import DiskFate, Survey
from limen_tui.model.jobs import JobState
from limen_tui.model.vm import Disk
from limen_tui.tui.deleting.dialog import DeleteDialog, Surveyed
from limen_tui.tui.deleting.rows import room_for_what
from tests.patience import rounds
from tests.tui.shell.world import World, running


async def to_stopped(world: World) -> str:
    vm = next(vm for vm in world.app.fleet.view.vms if vm.state == "stopped" and len(vm.facts.disks) == 1)
    assert world.app.main.panel.show_vm(vm.key)
    await world.pilot.pause()
    return vm.name


async def over(world: World) -> None:
    for _ in rounds():
        await world.go_on(0.2)
        if world.app.fleet.jobs.jobs and not world.app.fleet.jobs.busy:
            break
    world.written()
    await world.go_on()


def names(world: World) -> set[str]:
    return {vm.name for vm in world.app.fleet.view.vms}


async def test_the_name_deletes_to_the_trash_and_nothing_else_does() -> None:
    async with running() as world:
        name = await to_stopped(world)
        await world.press("ctrl+d")
        await world.go_on(0.2)
        assert isinstance(world.app.screen, DeleteDialog)
        await world.press("y", "enter")
        assert isinstance(world.app.screen, DeleteDialog)
        assert not world.app.fleet.jobs.jobs
        world.app.screen.query_one("#typed", Input).value = name
        await world.press("enter")
        await over(world)
        (job,) = world.app.fleet.jobs.jobs
        assert (job.state, name in names(world)) == (JobState.DONE, False)
        (kept,) = world.app.fleet.inventory.keepsakes.trash()
        assert (kept.name, len(kept.volumes)) == (name, 1)
        (entry,) = world.app.fleet.inventory.audit_entries(search="vm.delete")
        assert (entry.vm_name, entry.result) == (name, "ok")


async def test_a_vm_that_goes_while_the_dialog_is_open_is_cleaned_up() -> None:
    async with running() as world:
        name = await to_stopped(world)
        fleet = world.app.fleet
        vm = next(vm for vm in fleet.view.vms if vm.name == name)
        await world.press("ctrl+d")
        await world.go_on(0.2)
        fleet.call(vm.key.host_id, lambda verbs: verbs.definitions.undefine(vm.key.uuid))
        await world.go_on()
        assert name not in names(world)
        await world.press("ctrl+t")
        world.app.screen.query_one("#typed", Input).value = name
        await world.press("enter")
        await over(world)
        (job,) = fleet.jobs.jobs
        assert (job.state, job.problem) == (JobState.DONE, None)
        left = fleet.call(vm.key.host_id, lambda verbs: verbs.storage.by_path(vm.facts.disks[0].source))
        await world.go_on(0.2)
        assert left.result(20) is None


async def test_a_host_that_has_not_answered_cannot_be_confirmed() -> None:
    async with running() as world:
        name = await to_stopped(world)
        await world.press("ctrl+d")
        world.app.screen.query_one("#typed", Input).value = name
        await world.press("enter")
        assert isinstance(world.app.screen, DeleteDialog)
        await world.press("escape")
        assert not world.app.fleet.jobs.jobs


async def protected(world: World, name: str) -> None:
    vm = next(vm for vm in world.app.fleet.view.vms if vm.name == name)
    world.app.fleet.call(vm.key.host_id, lambda verbs: verbs.set_tags(vm.key.uuid, ["protected"]))
    await world.go_on()


async def test_a_protected_vm_refuses() -> None:
    async with running() as world:
        name = await to_stopped(world)
        await protected(world, name)
        await world.press("ctrl+d")
        await world.go_on(0.2)
        dialog = world.app.screen
        assert isinstance(dialog, DeleteDialog)
        assert "It is protected" in screen_text(world)[0]
        assert dialog.query_one("#yes", Button).disabled and not dialog.query_one("#typed-row").display
        await world.press("enter")
        assert world.app.screen is world.app.main and not world.app.fleet.jobs.jobs


async def test_the_number_that_is_typed_is_of_those_that_go() -> None:
    async with running() as world:
        name = await to_stopped(world)
        await protected(world, name)
        vms = [vm.key for vm in world.app.fleet.view.vms if vm.state == "stopped"]
        assert len(vms) > 1
        world.app.main.panel.table.set_marks(frozenset(vms))  # type: ignore[union-attr]
        await world.press("ctrl+d")
        await world.go_on(0.2)
        dialog = world.app.screen
        assert isinstance(dialog, DeleteDialog)
        await world.press(str(len(vms)), "enter")
        assert world.app.screen is dialog
        dialog.query_one("#typed", Input).value = str(len(vms) - 1)
        await world.press("enter")
        await over(world)
        assert len(world.app.fleet.jobs.jobs) == len(vms) - 1 and name in names(world)


async def test_read_only_is_read_only() -> None:
    async with running(read_only=True) as world:
        await to_stopped(world)
        await world.press("ctrl+d")
        assert not isinstance(world.app.screen, DeleteDialog)
        assert "read-only" in world.notices()


@pytest.mark.parametrize("size", [(80, 24), (120, 40), (200, 60)], ids=str)
async def test_looks(size: tuple[int, int], tmp_path: Path) -> None:
    """Everything that matters is on screen at each size."""
    async with running(size) as world:
        await to_stopped(world)
        await world.press("ctrl+d")
        await world.go_on(0.2)
        screen = world.app.screen
        for wanted in ("#what", "#typed", "#yes", "#no", "#purge"):
            region = screen.query_one(wanted).region
            assert region.height, wanted
            assert screen.region.contains_region(region), wanted
        (tmp_path / "delete.svg").write_text(world.app.export_screenshot())


@pytest.mark.parametrize("size", [(80, 24), (120, 40), (200, 60)])
async def test_paths_and_reasons_are_shown_whole(size: tuple[int, int]) -> None:
    path = "/srv/libvirt/images/" + "customer-data/" * 12 + "erp.qcow2"
    reason = "web-frontend-with-a-long-name-01, web-frontend-with-a-long-name-02 use it too"
    async with running(size) as world:
        vm = world.app.fleet.view.vms[0]
        survey = Survey(vm.key, vm.name, vm.host_name, "<domain/>", disks=(
            DiskFate(Disk("vda", path, "virtio"), stays=reason), DiskFate(Disk("vdb", "/short.qcow2", "virtio")),
        ))  # fmt: skip
        await world.press("ctrl+d")
        dialog = world.app.screen
        assert isinstance(dialog, DeleteDialog)
        await world.go_on(0.2)
        dialog.post_message(Surveyed(0, survey))
        await world.go_on(0.2)
        lines = screen_text(world)
        listed = [line.strip() for line in lines]
        assert path in "".join(listed) and reason in " ".join(listed)
        if size[1] > 24:  # else the list scrolls
            assert "vdb  /short.qcow2" in listed and "chosen to stay" in listed
        assert dialog.query_one("#yes").region.bottom < size[1]


def screen_text(world: World) -> list[str]:
    """What the column says that has no right edge to it, line by line."""
    table = world.app.screen.query_one("#what", LineTable)
    width = room_for_what(world.app.screen.query_one(".dialog--box").size.width + 4)
    return [table.render_line(y).text[2 : 2 + width] for y in range(1, table.size.height)]


async def test_several_vms_are_told_apart_by_their_whole_names_and_notes_are_said_once() -> None:
    async with running() as world:
        await world.press("space", "space", "space", "space", "ctrl+d")
        await world.go_on(0.2)
        dialog = world.app.screen
        assert isinstance(dialog, DeleteDialog)
        surveys = [
            Survey(vm.key, f"{'very-' * 12}long-{place}", vm.host_name, "<domain/>", running=True)
            for place, vm in enumerate(dialog._vms)
        ]
        dialog._vms = tuple(replace(vm, name=found.name) for vm, found in zip(dialog._vms, surveys, strict=True))
        for place, found in enumerate(surveys):
            dialog.post_message(Surveyed(place, found))
        await world.go_on(0.2)
        shown = [line.strip() for line in screen_text(world)]
        assert all(found.name in shown for found in surveys)
        note = dialog.query_one("#notes", Label).content
        assert str(note).count("It is running") == 1 and " and 1 more: " in str(note)


async def test_a_vm_whose_name_nobody_can_type_is_confirmed_by_its_uuid() -> None:
    async with running() as world:
        vm = replace(world.app.fleet.view.vms[0], name="rtl-\u202eabc\x1b[2J")
        dialog = DeleteDialog(world.app.fleet, [vm])
        chosen: list[object] = []
        world.app.push_screen(dialog, chosen.append)
        await world.pilot.pause()
        await world.go_on(0.2)
        asked = " ".join(str(label.content) for label in dialog.query("#typed-row Label").results(Label))
        assert vm.key.uuid[:8] in asked
        await world.press(*vm.key.uuid[:8], "enter")
        assert len(chosen) == 1
