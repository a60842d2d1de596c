"""Pools made and forgotten by jobs on a real libvirtd; what lies in them stays, and what fails is put back."""

from __future__ import annotations

from pathlib import Path

import pytest

from limen_tui.errors import Conflict
from limen_tui.fleet.pooling import plan_create, plan_delete, stop_notes, survey
from limen_tui.model.host import Host
from limen_tui.model.jobs import JobState
from limen_tui.model.pooluse import PoolUse
from limen_tui.model.spec.infra import pool_spec
from tests.jobs import images
from tests.jobs.realworld import HOST, RealWorld
from tests.unit.hypervisor.libvirt_daemon import wait_for

pytestmark = pytest.mark.lab
REAL = Host(HOST, "real", "")
UUID = "7d3c1f0e-3c52-4f43-8f57-0a5f1f6c9a22"


def created(world: RealWorld, name: str, place: Path) -> None:
    job = world.run(plan_create(REAL, pool_spec(name, path=f"{place}/"))[0])
    assert (job.state, job.problem) == (JobState.DONE, None), job.log


def looked(world: RealWorld, name: str):
    return world.hosts.call(HOST, lambda verbs: survey(verbs, name)).result(20)


def listed(world: RealWorld) -> list[str]:
    return world.daemon.virsh("pool-list", "--all", "--name").split()


def test_a_pool_is_made_used_and_forgotten_and_its_files_stay(world) -> None:
    name, place = f"{world.pool}-new", world.folder.parent / f"{world.pool}-new"
    created(world, name, place)
    (place / "disk.qcow2").write_bytes(images.qcow2())
    world.daemon.virsh("pool-refresh", name)
    path = world.folder.parent / "in-pool.xml"
    path.write_text(f"<domain type='qemu'><name>{world.pool}-vm</name><uuid>{UUID}</uuid><memory>32768</memory>"
                    "<os><type>hvm</type></os><devices><disk type='file'><driver name='qemu' type='qcow2'/>"
                    f"<source file='{place}/disk.qcow2'/><target dev='vda'/></disk></devices></domain>")  # fmt: skip
    world.daemon.virsh("define", str(path))
    wait_for(lambda: UUID in world.hosts.port.snapshot.vms, what="the VM")
    found = looked(world, name)
    assert (found.pool.path, found.pool.volumes, found.pool.autostart) == (str(place), 1, True)
    assert found.use == PoolUse((), (f"{world.pool}-vm",))
    with pytest.raises(Conflict, match="in use"):
        plan_delete(REAL, type(found)(found.pool, PoolUse(("web",), ()), found.xml))
    job = world.run(plan_delete(REAL, found))
    assert (job.state, job.problem) == (JobState.DONE, None), job.log
    assert name not in listed(world) and (place / "disk.qcow2").read_bytes() == images.qcow2()


def test_a_pool_that_cannot_be_started_is_not_left_behind(world) -> None:
    spec = pool_spec(f"{world.pool}-fs", "fs", str(world.folder.parent / f"{world.pool}-fs"), "/dev/no-such-device")
    job = world.run(plan_create(REAL, spec)[0])
    assert job.state is JobState.FAILED, job.log
    assert spec.name not in listed(world)


def test_a_transient_pool_is_forgotten_by_being_stopped(world) -> None:
    name, place = f"{world.pool}-passing", world.folder.parent / f"{world.pool}-passing"
    place.mkdir()
    world.daemon.virsh("pool-create-as", name, "dir", "--target", str(place))
    found = looked(world, name)
    assert not found.pool.persistent and "forgets it" in stop_notes(found.pool)[0]
    plan = plan_delete(REAL, found)
    assert [step.op for step in plan.steps] == ["pool.stop"]
    job = world.run(plan)
    assert (job.state, job.problem) == (JobState.DONE, None), job.log
    assert name not in listed(world) and place.is_dir()
