"""Definitions are kept as they change, with who changed them; and what is known of a fleet's VMs."""

from __future__ import annotations

import pytest

from limen_tui.fleet.actor import Actor
from limen_tui.fleet.fleet import Fleet
from limen_tui.fleet.known import Known
from limen_tui.fleet.operations import tags
from limen_tui.fleet.reconciling import mismatches, recreate_plan, scan_host
from limen_tui.hypervisor.simulated import simulated_fleet
from limen_tui.inventory import open_inventory
from limen_tui.jobs.recipes.delete import delete_plan, purge_plan, restore_plan
from limen_tui.model.jobs import JobState
from limen_tui.model.keepsakes import Trashed
from limen_tui.model.reconcile import FindingKind
from tests.patience import rounds


@pytest.fixture
def world():
    sim = simulated_fleet(7, 2, 24, manual=True, flaky=0)
    fleet = Fleet(sim.hosts, sim.connector, open_inventory(None), clock=sim.clock, actor=Actor("ann", "test"))
    fleet.start()

    def go_on(seconds: float = 2.0) -> None:
        for _ in range(int(seconds / 0.25)):
            sim.advance(0.25)
            fleet.poll()

    go_on(12)
    yield fleet, sim, go_on
    fleet.close()


def kept(fleet, vm):
    fleet.inventory.set_setting("flush", 1).result(20)  # what was queued before is written by then
    return fleet.inventory.keepsakes.definitions(*vm.key)


def call(fleet, sim, host_id, do):
    future = fleet.call(host_id, do)
    sim.advance(0)
    return future.result(20)


def test_every_vm_is_kept_once_a_host_is_up(world) -> None:
    fleet, _, go_on = world
    go_on(4)
    for vm in fleet.view.vms:
        (one,) = kept(fleet, vm)
        assert (one.name, one.author) == (vm.name, "")
        assert f"<uuid>{vm.key.uuid}</uuid>" in one.xml


def test_a_change_is_kept_with_its_author(world) -> None:
    fleet, sim, go_on = world
    go_on(4)
    theirs, ours = [vm for vm in fleet.view.vms if vm.key.host_id == "sim00"][:2]
    call(fleet, sim, "sim00", lambda verbs: verbs.set_tags(theirs.key.uuid, ["theirs"]))
    go_on()
    fleet.perform(tags(("ours",)), [ours.key])
    go_on()
    assert [(each.author, "theirs" in each.xml) for each in kept(fleet, theirs)] == [("", True), ("", False)]
    assert [(each.author, "ours" in each.xml) for each in kept(fleet, ours)] == [("ann", True), ("", False)]


def test_the_first_scan_knows_all_and_later_ones_tell_what_came_and_went(world) -> None:
    fleet, sim, go_on = world
    go_on(4)

    def scan():
        snapshot = fleet.view.by_host["sim00"]
        found = mismatches(fleet.inventory, [call(fleet, sim, "sim00", lambda verbs: scan_host(verbs, snapshot))])
        return [each for each in found if each.kind in (FindingKind.UNKNOWN, FindingKind.LOST)]

    assert scan() == []
    assert all(kept(fleet, vm) for vm in fleet.view.vms)
    vm = next(vm for vm in fleet.view.vms if vm.key.host_id == "sim00" and vm.state == "stopped")
    xml = call(fleet, sim, "sim00", lambda verbs: verbs.xml(vm.key.uuid, inactive=True))
    stranger = xml.replace(vm.key.uuid, "11111111-2222-4333-8444-555555555555").replace(f">{vm.name}<", ">stranger<")
    call(fleet, sim, "sim00", lambda verbs: verbs.definitions.undefine(vm.key.uuid))
    call(fleet, sim, "sim00", lambda verbs: verbs.definitions.define_new(stranger))
    lost, unknown = scan()
    assert (lost.kind, lost.name, unknown.kind, unknown.name) == (
        FindingKind.LOST, vm.name, FindingKind.UNKNOWN, "stranger")  # fmt: skip

    Known(fleet.inventory).adopt("sim00", unknown.uuid)
    job = fleet.jobs.start(recreate_plan(fleet.inventory, lost))
    for _ in rounds():
        go_on(0.25)
        if not fleet.jobs.busy:
            break
        fleet.jobs.wait(job.id, 0.01)
    assert fleet.jobs.job(job.id).state is JobState.DONE
    assert scan() == []


def test_what_comes_and_goes_before_the_first_scan_is_told_too(world) -> None:
    fleet, sim, go_on = world
    go_on(4)
    vm = next(vm for vm in fleet.view.vms if vm.key.host_id == "sim00" and vm.state == "stopped")
    xml = call(fleet, sim, "sim00", lambda verbs: verbs.xml(vm.key.uuid, inactive=True))
    stranger = xml.replace(vm.key.uuid, "11111111-2222-4333-8444-555555555555").replace(f">{vm.name}<", ">stranger<")
    call(fleet, sim, "sim00", lambda verbs: verbs.definitions.undefine(vm.key.uuid))
    call(fleet, sim, "sim00", lambda verbs: verbs.definitions.define_new(stranger))
    assert kept(fleet, vm)
    snapshot = fleet.view.by_host["sim00"]
    found = mismatches(fleet.inventory, [call(fleet, sim, "sim00", lambda verbs: scan_host(verbs, snapshot))])
    told = {(each.kind, each.name) for each in found}
    assert {(FindingKind.LOST, vm.name), (FindingKind.UNKNOWN, "stranger")} <= told


def test_what_a_person_deleted_or_brought_back_is_neither_lost_nor_unknown(world) -> None:
    """Also when no disk went along: a purge of the definition alone is still the end of the VM."""
    fleet, sim, go_on = world
    go_on(4)
    vm = next(vm for vm in fleet.view.vms if vm.key.host_id == "sim00" and vm.state == "stopped")
    assert kept(fleet, vm)
    xml = call(fleet, sim, "sim00", lambda verbs: verbs.xml(vm.key.uuid, inactive=True))
    item = Trashed(0, 0.0, 1e12, "ann", "sim00", "alder", vm.key.uuid, vm.name, xml, ())
    known = Known(fleet.inventory)

    def run(plan) -> None:
        job = fleet.jobs.start(plan)
        for _ in rounds():
            go_on(0.25)
            if not fleet.jobs.busy:
                break
            fleet.jobs.wait(job.id, 0.01)
        assert fleet.jobs.job(job.id).state is JobState.DONE

    run(delete_plan(item, running=False, autostart=False, sweep=False, purge=False))
    known.keep("sim00", (known.of("sim00") or set()) - {vm.key.uuid})  # as when the first look was after that
    run(restore_plan(item))
    assert vm.key.uuid in (known.of("sim00") or ())
    run(delete_plan(item, running=False, autostart=False, sweep=False, purge=False))
    assert vm.key.uuid in (known.of("sim00") or ())
    run(purge_plan(item, sweep=False))
    assert vm.key.uuid not in (known.of("sim00") or ())


def test_what_is_ignored_is_not_spoken_of_until_asked_for(world) -> None:
    fleet, sim, _ = world
    snapshot = fleet.view.by_host["sim00"]
    found = call(fleet, sim, "sim00", lambda verbs: scan_host(verbs, snapshot))
    before = mismatches(fleet.inventory, [found])
    assert before
    known = Known(fleet.inventory)
    known.ignore(before[0])
    assert mismatches(fleet.inventory, [found]) == before[1:]
    assert known.stop_ignoring() == 1
    assert mismatches(fleet.inventory, [found]) == before
