"""Images on top of others, copied to another host as one: whole or not at all, and nothing left at either end.

On real libvirt the witness is qemu-img: the copy is backed by nothing and reads as the original does.
"""

from __future__ import annotations

import json
import subprocess
import threading
from dataclasses import replace

import pytest

from limen_tui.errors import InputError, StepFailed
from limen_tui.jobs.context import Context
from limen_tui.jobs.ops import registry
from limen_tui.jobs.recipes.bring_image import copy_image
from limen_tui.model.clock import SystemClock
from limen_tui.model.jobs import JobState
from tests.jobs.realworld import HOST, NUMBERS, OneHost
from tests.jobs.test_images import RealImages, SimulatedWorld
from tests.unit.hypervisor.libvirt_daemon import wait_for

STEPS = ("flatten", "room", "copy", "settle", "remove")


def qemu_img(*args) -> str:
    return subprocess.run(["qemu-img", *map(str, args)], check=True, capture_output=True, text=True).stdout


class FlatWorld(RealImages):
    """The pool has a chain of three, whose base lies in another pool; copies go to a third."""

    def __init__(self, daemon) -> None:
        number = next(NUMBERS)
        super().__init__(daemon, daemon.folder / f"flat{number}", f"flat{number}")
        self.bases, self.target = (daemon.folder / f"flat{number}-{what}" for what in ("bases", "target"))
        for folder in (self.bases, self.target):
            folder.mkdir()
            daemon.virsh("pool-create-as", folder.name, "dir", "--target", str(folder))
        below = None
        for place, (file, megabytes) in enumerate((
            (self.bases / "base.qcow2", 8), (self.folder / "mid.qcow2", 12), (self.folder / "top.qcow2", 16)
        )):  # fmt: skip
            backing = ("-b", below, "-F", "qcow2") if below is not None else ()
            qemu_img("create", "-q", "-f", "qcow2", *backing, file, f"{megabytes}M")
            pattern = f"write -P {place + 1} {place}M 3M"
            subprocess.run(["qemu-io", "-f", "qcow2", "-c", pattern, file], check=True, capture_output=True)
            below = file
        self.refresh()

    def refresh(self) -> None:
        for pool in (self.pool, self.bases.name, self.target.name):
            self.daemon.virsh("pool-refresh", pool)

    def plan(self, source="top.qcow2", **more):
        chain = self.hosts.call(HOST, lambda v: v.storage.chain(self.pool, source)).result(10)
        head = self.hosts.call(HOST, lambda v: v.storage.probe(self.pool, source)).result(10)
        return copy_image(self.host, self.target.name, self.host, chain[0], head, chain=chain, **more)

    def copied(self, name="top.qcow2") -> None:
        self.refresh()
        assert sorted(path.name for path in self.target.iterdir()) == [name]
        assert sorted(path.name for path in self.folder.iterdir()) == ["mid.qcow2", "top.qcow2"]
        told = json.loads(qemu_img("info", "--output=json", self.target / name))
        assert (told["format"], told["virtual-size"], told.get("backing-filename")) == ("qcow2", 16 << 20, None)
        assert "identical" in qemu_img("compare", self.target / name, self.folder / "top.qcow2")
        assert "No errors" in qemu_img("check", self.target / name)

    def untouched(self) -> None:
        self.refresh()
        assert not list(self.target.iterdir())
        assert sorted(path.name for path in self.folder.iterdir()) == ["mid.qcow2", "top.qcow2"]

    def close(self) -> None:
        super().close()
        for folder in (self.bases, self.target):
            self.daemon.virsh("pool-destroy", folder.name)


@pytest.fixture
def world(daemon):
    made = FlatWorld(daemon)
    yield made
    made.close()


@pytest.mark.lab
@pytest.mark.parametrize("more", [{}, {"read_back": True}, {"name": "one image.qcow2"}], ids=["plain", "read", "name"])
def test_a_chain_arrives_as_one_image(world, more) -> None:
    job = world.run(world.plan(**more))
    assert (job.state, job.problem) == (JobState.DONE, None), (job.problem, job.log)
    world.copied(more.get("name", "top.qcow2"))


@pytest.mark.lab
@pytest.mark.parametrize("place", range(len(STEPS)), ids=STEPS)
@pytest.mark.parametrize("how", ["failed", "cancelled", "failed after it was done"])
def test_a_step_that_goes_wrong_leaves_nothing(world, monkeypatch, place, how) -> None:
    plan = world.plan()
    step = plan.steps[place]
    operation = registry.operation(step.op)

    def do(context, args):
        if how == "failed after it was done" and operation.partial:
            operation.do(context, args)
        if how == "cancelled":
            world.runner.cancel(world.runner.active[0].id)
            context.check()
        raise StepFailed("made to fail")

    monkeypatch.setitem(registry._registry, step.op, replace(operation, do=do))
    job = world.run(plan)
    assert job.state is (JobState.CANCELLED if how == "cancelled" else JobState.FAILED), job.log
    world.untouched()


POINTS = [(place, point) for place in range(len(STEPS)) for point in ("before", "done", "written")]


@pytest.mark.lab
@pytest.mark.parametrize(("place", "point"), [*POINTS, (2, "in")], ids=str)
def test_a_killed_copy_is_rolled_back_or_finished(world, place, point) -> None:
    plan = world.plan()
    world.killed(plan, place, point)
    (left,) = world.runner.load()
    over = world.runner.wait(world.runner.roll_back(left.id).id, 60)
    assert over.state is JobState.CANCELLED, over.log
    world.untouched()
    world.killed(plan, place, point)
    (left,) = [job for job in world.runner.load() if job.orphaned]
    over = world.runner.wait(world.runner.resume(left.id).id, 60)
    assert over.state is JobState.DONE, (over.problem, over.log)
    world.copied()


@pytest.mark.lab
def test_what_names_files_outside_of_pools_or_says_no_format_is_refused(world) -> None:
    secret = world.daemon.folder / f"secret{world.pool}"
    secret.write_bytes(b"root:x" * 1000)
    over = world.folder / "leak.qcow2"
    qemu_img("create", "-q", "-f", "qcow2", "-b", secret, "-F", "raw", over, "1M")
    world.refresh()
    with pytest.raises(InputError, match="cannot be copied") as caught:
        world.plan("leak.qcow2")
    assert "in no pool" in caught.value.detail
    # the same in a link further down, which came to be after the plan was made
    plan = world.plan()
    qemu_img("rebase", "-q", "-u", "-b", secret, "-F", "raw", world.folder / "mid.qcow2")
    world.daemon.virsh("pool-refresh", world.pool)
    job = world.run(plan)
    assert (job.state, job.steps_done) == (JobState.FAILED, 0)
    assert not list(world.target.iterdir())
    qemu_img("rebase", "-q", "-u", "-b", world.bases / "base.qcow2", "-F", "qcow2", world.folder / "mid.qcow2")
    over.unlink()
    secret.unlink()
    with pytest.raises(InputError, match="checksum"):
        world.plan(checksum="0" * 64)


@pytest.mark.lab
def test_an_image_that_a_running_vm_writes_to_is_refused(world) -> None:
    busy = subprocess.Popen(
        ["qemu-io", "-f", "qcow2", world.folder / "top.qcow2"], stdin=subprocess.PIPE, stdout=subprocess.PIPE
    )  # fmt: skip
    try:
        busy.stdout.read(8)  # its prompt: the file is open and locked
        job = world.run(world.plan())
        assert (job.state, "is in use" in job.problem.title) == (JobState.FAILED, True), job.problem
    finally:
        busy.communicate(b"quit\n", timeout=20)
    world.untouched()


@pytest.mark.lab
def test_a_flat_copy_that_the_host_still_makes_for_somebody_who_is_gone_is_removed(world) -> None:
    big, over = world.bases / "big.qcow2", world.folder / "over.qcow2"
    qemu_img("create", "-q", "-f", "qcow2", big, "256M")
    subprocess.run(["qemu-io", "-f", "qcow2", "-c", "write -P 9 0 192M", big], check=True, capture_output=True)
    qemu_img("create", "-q", "-f", "qcow2", "-b", big, "-F", "qcow2", over)
    world.refresh()
    plan = world.plan("over.qcow2")
    args = plan.steps[0].args
    gone = OneHost(world.daemon.uri())
    try:
        making = gone.call(HOST, lambda verbs: verbs.storage.flatten(world.pool, "over.qcow2", args["flat"]))
        wait_for(lambda: (world.folder / args["flat"]).exists() or making.done(), what="the flat copy to begin")
        context = Context(world.hosts, HOST, SystemClock(), threading.Event(), lambda *told: None, lambda text: None,
                          world.inventory.keepsakes)  # fmt: skip
        registry.operation("image.flatten").undo(context, args, {}, certain=False)
        making.result(20)
    finally:
        gone.close()
    over.unlink()
    world.untouched()


def test_a_simulated_chain_arrives_as_one_image(tmp_path) -> None:
    world = SimulatedWorld(tmp_path)

    def ask(call):
        return world.hosts.call(world.other.id, call).result(10)

    disk = min((v for v in ask(lambda v: v.storage.volumes("default")) if v.backing_path), key=lambda v: v.allocation)
    chain, head = ask(lambda v: (v.storage.chain("default", disk.name), v.storage.probe("default", disk.name)))
    before = {volume.name for volume in ask(lambda v: v.storage.volumes("default"))}
    job = world.run(copy_image(world.host, "default", world.other, chain[0], head, chain=chain, name="one.qcow2"))
    assert (job.state, job.problem) == (JobState.DONE, None), (job.problem, job.log)
    made = world.hosts.call(world.host.id, lambda v: v.storage.volume("default", "one.qcow2")).result(10)
    assert (made.capacity, made.backing_path, made.format) == (disk.capacity, "", "qcow2")
    assert {volume.name for volume in ask(lambda v: v.storage.volumes("default"))} == before
    world.close()
