"""A VM that somebody removes between the look and the delete: what was confirmed is done all the same."""

from __future__ import annotations

import time
from dataclasses import replace

import pytest

from limen_tui.fleet.deleting import plan_delete, survey
from limen_tui.jobs.ops import registry
from limen_tui.model.jobs import JobState
from limen_tui.model.lifecycle import Verb
from tests.jobs.realworld import HOST, RealWorld
from tests.jobs.test_images import SimulatedWorld
from tests.unit.hypervisor.libvirt_daemon import wait_for


class SimulatedCase(SimulatedWorld):
    """A stopped VM; somebody else is another caller of the same host."""

    def make(self):
        vms = self.hosts.ports[self.host.id].snapshot.vms.values()
        self.vm = next(vm for vm in vms if vm.facts.disks)
        uuid = self.vm.key.uuid
        if self.vm.state.is_active:
            self.call(lambda verbs: verbs.lifecycle(Verb.FORCE_OFF, uuid))
            wait_for(lambda: not self.call(lambda verbs: verbs.definitions.is_active(uuid)), what="the VM to be off")
        return self.vm

    def call(self, do):
        return self.hosts.call(self.host.id, do).result(10)

    def remove(self) -> None:
        self.call(lambda verbs: verbs.definitions.undefine(self.vm.key.uuid))

    def left(self):
        named = {disk.source for disk in self.vm.facts.disks}
        return [v.name for v in self.call(lambda verbs: verbs.storage.volumes("default")) if v.path in named]


class RealCase(RealWorld):
    """A VM with a disk and a seed, on QEMU; somebody else is virsh."""

    def make(self, *, start: bool = False):
        plan = self.plan(start=start)
        assert self.run(plan).state is JobState.DONE
        seen = self.hosts.port
        wait_for(lambda: plan.vm_uuid in seen.snapshot.vms and seen.snapshot.vms[plan.vm_uuid].state.is_active == start,
                 what="the VM")
        self.vm = seen.snapshot.vms[plan.vm_uuid]
        return self.vm

    def call(self, do):
        return self.hosts.call(HOST, do).result(10)

    def remove(self) -> None:
        self.daemon.virsh("undefine", self.vm.name)

    def left(self):
        assert self.vm.name not in self.vms()
        return self.files()


@pytest.fixture
def real(daemon):
    made = RealCase.on(daemon)
    yield made
    made.close()


@pytest.fixture(params=["simulated", pytest.param("qemu", marks=pytest.mark.lab)])
def world(request, tmp_path):
    if request.param == "qemu":
        yield request.getfixturevalue("real")
        return
    made = SimulatedCase(tmp_path)
    yield made
    made.close()


def planned(world, vm, *, purge: bool):
    found = world.call(lambda verbs: survey(verbs, vm, world.inventory.keepsakes))
    assert not found.gone
    return plan_delete(found, purge=purge, now=time.time(), who="ann")


def test_the_disks_that_were_confirmed_go(world) -> None:
    plan = planned(world, world.make(), purge=True)
    world.remove()
    assert world.left()
    job = world.run(plan)
    assert (job.state, job.problem, world.left()) == (JobState.DONE, None, [])


def test_to_the_trash_it_goes_with_its_disks(world) -> None:
    plan = planned(world, world.make(), purge=False)
    world.remove()
    before = world.left()
    assert world.run(plan).state is JobState.DONE
    (kept,) = world.inventory.keepsakes.trash()
    assert sorted(name for _, name in kept.volumes) == sorted(before) == sorted(world.left())


def test_a_cancel_does_not_bring_back_what_somebody_else_removed(world, monkeypatch) -> None:
    vm = world.make()
    plan = planned(world, vm, purge=True)
    world.remove()
    operation = registry.operation("vm.undefine")

    def do(context, args):
        done = operation.do(context, args)
        world.runner.cancel(world.runner.active[0].id)
        return done

    monkeypatch.setitem(registry._registry, "vm.undefine", replace(operation, do=do))
    assert world.run(plan).state is JobState.CANCELLED
    assert vm.key.uuid not in world.call(lambda verbs: verbs.definitions.names()).values()
    assert world.left()


@pytest.mark.lab
@pytest.mark.parametrize("stopped", [False, True], ids=["runs on", "stopped too"])
def test_a_running_vm_that_lost_its_definition(real, stopped) -> None:
    plan = planned(real, real.make(start=True), purge=True)
    assert plan.steps[0].op == "vm.stop"
    real.remove()
    if stopped:
        real.daemon.virsh("destroy", real.vm.name)
    job = real.run(plan)
    assert (job.state, job.problem, real.left()) == (JobState.DONE, None, [])
