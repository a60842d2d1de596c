"""Create and delete on real libvirt: every step failing, cancelled, and the process killed at it.

virsh and the pool's directory are the witnesses: either the finished VM, or exactly what was there before.
"""

from __future__ import annotations

import time
from dataclasses import replace

import pytest

from limen_tui.errors import StepFailed
from limen_tui.jobs.ops import registry
from limen_tui.jobs.recipes.change import change_plan
from limen_tui.jobs.recipes.delete import delete_plan, purge_plan, restore_plan
from limen_tui.model.jobs import JobState
from limen_tui.model.keepsakes import Trashed
from tests.jobs.realworld import HOST

pytestmark = pytest.mark.lab
CREATE = ("disk", "seed", "write", "define", "autostart", "start")


def bare(name: str, *, uuid: str = "", devices: str = "") -> str:
    identity = f"<uuid>{uuid}</uuid>" if uuid else ""
    return (f"<domain type='qemu'><name>{name}</name>{identity}<memory>32768</memory><os><type>hvm</type></os>"
            f"<devices>{devices}</devices></domain>")  # fmt: skip


def finished(world, plan) -> None:
    assert world.vms() == world.running() == [plan.vm_name]
    assert world.files() == sorted([f"{plan.vm_name}.qcow2", f"{plan.vm_name}-seed.iso"])
    seed = world.folder / f"{plan.vm_name}-seed.iso"
    assert len(set(seed.read_bytes()[:256])) == 256
    assert "Autostart:      enable" in world.daemon.virsh("dominfo", plan.vm_name)


def untouched(world, files=(), vms=()) -> None:
    assert (world.vms(), world.files()) == (sorted(vms), sorted(files))


def test_a_vm_is_created_and_runs(world) -> None:
    plan = world.plan()
    job = world.run(plan)
    assert (job.state, job.problem) == (JobState.DONE, None)
    finished(world, plan)


def test_a_clone_is_backed_by_its_base(world) -> None:
    world.daemon.virsh("vol-create-as", world.pool, "base.qcow2", "16M", "--format", "qcow2")
    plan = world.plan(base="base.qcow2", start=False)
    assert world.run(plan).state is JobState.DONE
    xml = world.daemon.virsh("vol-dumpxml", f"{plan.vm_name}.qcow2", world.pool)
    assert str(world.folder / "base.qcow2") in xml
    assert "<capacity unit='bytes'>67108864</capacity>" in xml


@pytest.mark.parametrize("place", range(len(CREATE)), ids=CREATE)
def test_a_create_that_fails_at_a_step_leaves_nothing(world, monkeypatch, place) -> None:
    plan = world.plan()
    step = plan.steps[place]
    operation = registry.operation(step.op)

    def do(context, args):
        if args == step.args:
            raise StepFailed("made to fail")
        return operation.do(context, args)

    monkeypatch.setitem(registry._registry, step.op, replace(operation, do=do))
    job = world.run(plan)
    assert (job.state, job.problem.title) == (JobState.FAILED, "made to fail")
    untouched(world)


@pytest.mark.parametrize("place", range(len(CREATE)), ids=CREATE)
def test_a_create_that_is_cancelled_at_a_step_leaves_nothing(world, monkeypatch, place) -> None:
    plan = world.plan()
    step = plan.steps[place]
    operation = registry.operation(step.op)

    def do(context, args):
        if args == step.args:
            world.runner.cancel(world.runner.active[0].id)
        context.check()
        return operation.do(context, args)

    monkeypatch.setitem(registry._registry, step.op, replace(operation, do=do))
    assert world.run(plan).state is JobState.CANCELLED
    untouched(world)


POINTS = [(place, point) for place in range(len(CREATE)) for point in ("before", "in", "done", "written")]


@pytest.mark.parametrize(("place", "point"), POINTS, ids=[f"{CREATE[place]}-{point}" for place, point in POINTS])
def test_a_create_that_is_killed_can_be_put_back(world, place, point) -> None:
    plan = world.plan()
    world.killed(plan, place, point)
    (job,) = world.runner.load()
    assert (job.orphaned, job.plan) == (True, plan)
    world.runner.roll_back(job.id)
    assert world.runner.wait(job.id, 60).state is JobState.CANCELLED
    untouched(world)


@pytest.mark.parametrize(("place", "point"), [p for p in POINTS if p[0] != 2 and p[1] != "in"][::2])
def test_a_create_that_is_killed_can_be_finished(world, place, point) -> None:
    plan = world.plan()
    world.killed(plan, place, point)
    (job,) = world.runner.load()
    world.runner.resume(job.id)
    ended = world.runner.wait(job.id, 60)
    if place > 1 or (place == 2 and point == "written"):
        assert ended.state is JobState.DONE
        finished(world, plan)
    else:
        # the seed's content was in the memory of the process that is gone: it says so and puts everything back
        assert (ended.state, "only in memory" in ended.problem.title) == (JobState.FAILED, True)
        untouched(world)


# -- the world gets in the way ------------------------------------------------------------------------


def test_a_name_taken_between_check_and_define(world, monkeypatch) -> None:
    plan = world.plan()
    operation = registry.operation("vm.define")

    def do(context, args):
        path = world.folder.parent / "rival.xml"
        path.write_text(bare(plan.vm_name))
        world.daemon.virsh("define", str(path))
        return operation.do(context, args)

    monkeypatch.setitem(registry._registry, "vm.define", replace(operation, do=do))
    job = world.run(plan)
    assert (job.state, "exists already" in job.problem.title) == (JobState.FAILED, True)
    untouched(world, vms=[plan.vm_name])
    assert plan.vm_uuid not in world.daemon.virsh("dumpxml", plan.vm_name)


def test_a_volume_that_somebody_made_stays(world, monkeypatch) -> None:
    plan = world.plan()
    disk = f"{plan.vm_name}.qcow2"
    operation = registry.operation("volume.create")

    def do(context, args):
        if args["name"] == disk:
            world.daemon.virsh("vol-create-as", world.pool, disk, "1M", "--format", "qcow2")
        return operation.do(context, args)

    monkeypatch.setitem(registry._registry, "volume.create", replace(operation, do=do))
    job = world.run(plan)
    assert job.state is JobState.FAILED
    untouched(world, files=[disk])


def test_names_that_are_taken_are_refused_before_anything_is_done(world) -> None:
    plan = world.plan()
    assert world.run(plan).state is JobState.DONE
    for again in (plan, replace(plan, steps=plan.steps[3:])):
        job = world.run(again)
        assert (job.state, job.steps_done) == (JobState.FAILED, 0)
    finished(world, plan)


def test_a_pool_that_is_not_active(world) -> None:
    plan = world.plan()
    world.daemon.virsh("pool-define-as", "idle", "dir", "--target", str(world.folder.parent / "idle"))
    try:
        steps = tuple(
            replace(step, args={**step.args, "pool": "idle"}) if "pool" in step.args else step for step in plan.steps
        )
        job = world.run(replace(plan, steps=steps))
        assert (job.state, "idle is not active" in job.problem.title) == (JobState.FAILED, True)
    finally:
        world.daemon.virsh("pool-undefine", "idle")
    untouched(world)


def test_libvirtd_restarted_under_a_job(world, monkeypatch) -> None:
    plan = world.plan()
    operation = registry.operation("vm.define")

    def do(context, args):
        if not gone:
            gone.append(True)
            world.daemon.stop()
            world.daemon.start()
        return operation.do(context, args)

    gone: list[bool] = []
    monkeypatch.setitem(registry._registry, "vm.define", replace(operation, do=do))
    job = world.run(plan)
    assert (job.state, job.problem) == (JobState.DONE, None)
    assert world.running() == [plan.vm_name]


def test_two_race_for_one_name(world) -> None:
    plan = world.plan(start=False)
    other = replace(world.plan(start=False), vm_name=plan.vm_name)
    define = replace(other.steps[3], args={**other.steps[3].args, "name": plan.vm_name,
                                           "xml": bare(plan.vm_name, uuid=other.vm_uuid)})  # fmt: skip
    steps = (*other.steps[:3], define, *other.steps[4:])
    jobs = [world.runner.start(each, {"seed": b"x"}) for each in (plan, replace(other, steps=steps))]
    ended = [world.runner.wait(job.id, 60) for job in jobs]
    assert sorted(job.state for job in ended) == [JobState.DONE, JobState.FAILED]
    assert world.vms() == [plan.vm_name]
    assert len(world.files()) == 2


# -- delete -------------------------------------------------------------------------------------------


@pytest.fixture
def made(world):
    """A VM to delete, and what the trash would keep of it."""
    plan = world.plan()
    assert world.run(plan).state is JobState.DONE
    xml = world.daemon.virsh("dumpxml", "--inactive", plan.vm_name)
    volumes = tuple((world.pool, name) for name in world.files())
    now = time.time()
    return Trashed(0, now, now + 60, "me", HOST, "real", plan.vm_uuid, plan.vm_name, xml, volumes)


def test_delete_to_the_trash_restore_and_purge(world, made) -> None:
    before = world.daemon.virsh("dumpxml", "--inactive", made.name)
    job = world.run(delete_plan(made, running=True, autostart=True, sweep=False, purge=False))
    assert (job.state, world.vms()) == (JobState.DONE, [])
    assert len(world.files()) == 2
    (kept,) = world.inventory.keepsakes.trash()
    assert (kept.name, kept.volumes) == (made.name, made.volumes)
    assert world.run(restore_plan(kept)).state is JobState.DONE
    assert (world.vms(), world.inventory.keepsakes.trash()) == ([made.name], ())
    assert world.daemon.virsh("dumpxml", "--inactive", made.name) == before
    world.run(delete_plan(made, running=False, autostart=False, sweep=False, purge=False))
    (kept,) = world.inventory.keepsakes.trash()
    assert world.run(purge_plan(kept, sweep=False)).state is JobState.DONE
    untouched(world)
    assert world.inventory.keepsakes.trash() == ()


def test_delete_for_good(world, made) -> None:
    job = world.run(delete_plan(made, running=True, autostart=True, sweep=True, purge=True))
    assert (job.state, job.problem) == (JobState.DONE, None)
    untouched(world)


DELETE = [(place, point) for place in range(3) for point in ("before", "done", "written")]


@pytest.mark.parametrize(("place", "point"), DELETE)
def test_a_delete_to_the_trash_that_is_killed_can_be_put_back_or_finished(world, made, place, point) -> None:
    plan = delete_plan(made, running=True, autostart=True, sweep=False, purge=False)
    world.killed(plan, place, point)
    (job,) = world.runner.load()
    if place == 1:
        world.runner.resume(job.id)
        assert world.runner.wait(job.id, 60).state is JobState.DONE
        assert (world.vms(), len(world.inventory.keepsakes.trash())) == ([], 1)
    else:
        world.runner.roll_back(job.id)
        assert world.runner.wait(job.id, 60).state is JobState.CANCELLED
        assert (world.vms(), world.inventory.keepsakes.trash()) == ([made.name], ())
        assert "Autostart:      enable" in world.daemon.virsh("dominfo", made.name)
        assert (world.running() == [made.name]) or point == "written"
    assert len(world.files()) == 2


def test_a_delete_for_good_that_is_killed_at_a_disk_goes_forward(world, made) -> None:
    plan = delete_plan(made, running=True, autostart=True, sweep=False, purge=True)
    world.killed(plan, 3, "before")
    (job,) = world.runner.load()
    world.runner.resume(job.id)
    assert world.runner.wait(job.id, 60).state is JobState.DONE
    untouched(world)


def test_a_disk_that_another_vm_uses_is_not_deleted(world, made) -> None:
    path = world.folder.parent / "other.xml"
    disk = world.folder / made.volumes[0][1]
    devices = f"<disk type='file'><source file='{disk}'/><target dev='vdb' bus='virtio'/></disk>"
    path.write_text(bare(f"{world.pool}-other", devices=devices))
    world.daemon.virsh("define", str(path))
    job = world.run(delete_plan(made, running=True, autostart=True, sweep=False, purge=True))
    assert (job.state, "used by another VM" in job.problem.title) == (JobState.FAILED, True)
    assert world.vms() == sorted([made.name, f"{world.pool}-other"])
    assert world.running() == [made.name]
    assert len(world.files()) == 2


def test_a_base_is_not_deleted_under_its_clones(world) -> None:
    world.daemon.virsh("vol-create-as", world.pool, "base.qcow2", "16M", "--format", "qcow2")
    plan = world.plan(base="base.qcow2", start=False)
    world.run(plan)
    now = time.time()
    item = Trashed(0, now, now, "me", HOST, "real", plan.vm_uuid, plan.vm_name,
                   world.daemon.virsh("dumpxml", plan.vm_name), ((world.pool, "base.qcow2"),))  # fmt: skip
    job = world.run(delete_plan(item, running=False, autostart=False, sweep=False, purge=True))
    assert (job.state, "is the base of" in job.problem.title) == (JobState.FAILED, True)
    assert "base.qcow2" in world.files()


# -- change -------------------------------------------------------------------------------------------


@pytest.fixture
def display(world):
    """A VM with a display password, which reading without secrets does not show."""
    name = f"{world.pool}-display"
    path = world.folder.parent / "display.xml"
    path.write_text(bare(name, devices="<graphics type='vnc' port='-1' passwd='geheim'/>"))
    world.daemon.virsh("define", str(path))
    uuid = world.daemon.virsh("domuuid", name)
    return name, uuid, world.daemon.virsh("dumpxml", "--inactive", name) + "\n"


def change(display, after: str):
    name, uuid, before = display
    return change_plan(host_id=HOST, host_name="real", uuid=uuid, name=name, before=before, after=after, running=False)


def test_a_change_keeps_the_display_password(world, display) -> None:
    name, uuid, _ = display
    before = world.hosts.call(HOST, lambda verbs: verbs.xml(uuid, inactive=True)).result(10)
    assert "geheim" not in before
    after = before.replace("</name>", "</name><title>changed</title>", 1)
    job = world.run(change((name, uuid, before), after))
    assert (job.state, job.problem) == (JobState.DONE, None)
    assert "<title>changed</title>" in world.daemon.virsh("dumpxml", name)
    assert "passwd='geheim'" in world.daemon.virsh("dumpxml", "--security-info", name)
    assert "geheim" not in str(world.inventory.journal.jobs())


def test_a_change_over_another_change_is_refused(world, display) -> None:
    name, uuid, _ = display
    before = world.hosts.call(HOST, lambda verbs: verbs.xml(uuid, inactive=True)).result(10)
    world.daemon.virsh("desc", name, "--title", "--config", "theirs")
    job = world.run(change((name, uuid, before), before.replace("</name>", "</name><title>ours</title>", 1)))
    assert (job.state, "meanwhile" in job.problem.title) == (JobState.FAILED, True)
    assert "theirs" in world.daemon.virsh("dumpxml", name)


@pytest.mark.parametrize("point", ["before", "done", "written"])
def test_a_change_that_is_killed_can_be_put_back(world, display, point) -> None:
    name, uuid, _ = display
    before = world.hosts.call(HOST, lambda verbs: verbs.xml(uuid, inactive=True)).result(10)
    world.killed(change((name, uuid, before), before.replace("</name>", "</name><title>x</title>", 1)), 0, point)
    (job,) = world.runner.load()
    world.runner.roll_back(job.id)
    assert world.runner.wait(job.id, 60).state is JobState.CANCELLED
    assert world.hosts.call(HOST, lambda verbs: verbs.xml(uuid, inactive=True)).result(10) == before
    assert "passwd='geheim'" in world.daemon.virsh("dumpxml", "--security-info", name)


def test_what_is_no_definition_changes_nothing(world, display) -> None:
    name, uuid, _ = display
    before = world.hosts.call(HOST, lambda verbs: verbs.xml(uuid, inactive=True)).result(10)
    job = world.run(change((name, uuid, before), before.replace("<memory", "<memry")))
    assert job.state is JobState.FAILED
    assert world.hosts.call(HOST, lambda verbs: verbs.xml(uuid, inactive=True)).result(10) == before
