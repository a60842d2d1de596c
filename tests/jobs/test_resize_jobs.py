"""Resizing and plugging on real libvirt: every step failing or cancelled leaves what was there before.

virsh is the witness of definition and running VM, qemu-img of the disk.
"""

from __future__ import annotations

from dataclasses import replace

import pytest

from limen_tui.errors import StepFailed
from limen_tui.fleet.devicing import attach_disk, attach_nic, detach_disk, new_mac
from limen_tui.fleet.resizing import job_of, look
from limen_tui.jobs.ops import registry
from limen_tui.model.host import HostInfo
from limen_tui.model.jobs import JobState
from limen_tui.model.lifecycle import VMState
from limen_tui.model.resize import Wish, plan_resize
from limen_tui.model.verbs.devices import DiskLimits
from limen_tui.model.vm import VM, VMFacts, VMKey
from limen_tui.model.xml.parse import parse
from tests.jobs.realworld import HOST, MIB

pytestmark = pytest.mark.lab
INFO = HostInfo(cpus=8, memory_kib=8 << 20)
PORTS = "".join(f"<controller type='pci' index='{i}' model='pcie-root-port'/>" for i in range(1, 8))
WISH = Wish(2, 5, 65536, 131072, {"vda": 32 * MIB}, {"vda": DiskLimits(read_bytes=1 << 20)})


@pytest.fixture(params=[True, False], ids=["running", "off"])
def vm(request, world) -> VM:
    """With a qcow2 disk of 16 MiB in the pool, one of four vCPUs, and a VNC password."""
    name = f"{world.pool}-vm"
    world.daemon.virsh("vol-create-as", world.pool, "a.qcow2", "16M", "--format", "qcow2")
    xml = f"""<domain type='qemu'><name>{name}</name><memory unit='KiB'>65536</memory>
        <currentMemory unit='KiB'>32768</currentMemory><vcpu current='1'>4</vcpu>
        <os><type arch='x86_64' machine='q35'>hvm</type></os><devices>
        <controller type='pci' index='0' model='pcie-root'/>{PORTS}<disk type='file' device='disk'>
        <driver name='qemu' type='qcow2'/><source file='{world.folder}/a.qcow2'/><target dev='vda' bus='virtio'/></disk>
        <graphics type='vnc' autoport='yes' listen='127.0.0.1' passwd='opensesm'/></devices></domain>"""
    path = world.folder.parent / f"{name}.xml"
    path.write_text(xml)
    world.daemon.virsh("define", str(path))
    if request.param:
        world.daemon.virsh("start", name)
    uuid = world.daemon.virsh("domuuid", name).strip()
    state = VMState.RUNNING if request.param else VMState.STOPPED
    return VM(VMKey(HOST, uuid), name, "real", state, facts=VMFacts(arch="x86_64", machine="q35", kind="qemu"))


def seen(world, vm) -> tuple[object, ...]:
    """What the witnesses say of the VM's sizes, of its definition and of what runs."""
    found: list[object] = []
    for options in (("--inactive",), ()):
        root = parse(world.daemon.virsh("dumpxml", vm.name, *options, "--security-info"))
        vcpu = root.find("vcpu")
        found.append((
            vcpu.text, vcpu.get("current"), root.findtext("memory"),
            root.findtext("currentMemory") if options else None,  # the live one is the guest's own affair
            root.findtext("devices/disk/iotune/read_bytes_sec"), root.find("devices/graphics").get("passwd"),
            sorted(each.find("target").get("dev") for each in root.iterfind("devices/disk")),
            len(root.findall("devices/interface")),
        ))  # fmt: skip
    world.daemon.virsh("pool-refresh", world.pool)
    found.append(world.daemon.virsh("vol-info", "a.qcow2", world.pool, "--bytes").split("Capacity:")[1].split()[0])
    return tuple(found)


def resize(world, vm, wish=WISH):
    situation = world.hosts.port.submit(lambda verbs: look(verbs, vm, INFO)).result(20)
    return job_of(vm, situation, wish, plan_resize(situation, wish))


def test_a_vm_is_resized_and_keeps_its_password(world, vm) -> None:
    running = vm.state is VMState.RUNNING
    job = world.run(resize(world, vm))
    assert (job.state, job.problem) == (JobState.DONE, None)
    config, live, size = seen(world, vm)
    assert config[:6] == ("5", "2", "131072", "65536", "1048576", "opensesm")
    assert size == str(32 * MIB)
    if running:
        assert live[:3] == ("4", "2", "65536")
        assert live[4] == "1048576"
    again = plan_resize(world.hosts.port.submit(lambda verbs: look(verbs, vm, INFO)).result(20), WISH)
    assert {change.subject for change in again.changes} <= {"memory"}  # no guest is in it to give memory back


@pytest.mark.parametrize("how", ["fails", "cancelled"])
@pytest.mark.parametrize("place", range(3))
def test_a_resize_that_fails_at_a_step_leaves_what_was_there(world, vm, monkeypatch, place, how) -> None:
    plan = resize(world, vm)
    before = seen(world, vm)
    step = plan.steps[min(place, len(plan.steps) - 1)]
    operation = registry.operation(step.op)

    def do(context, args):
        if how == "cancelled":
            context.stop.set()
            context.check()
        raise StepFailed("no", "because")

    monkeypatch.setitem(registry._registry, step.op, replace(operation, do=do))
    job = world.run(plan)
    assert job.state is (JobState.FAILED if how == "fails" else JobState.CANCELLED)
    assert seen(world, vm) == before


def test_a_definition_that_was_changed_meanwhile_is_left_alone(world, vm) -> None:
    plan = resize(world, vm)
    world.daemon.virsh("setvcpus", vm.name, "3", "--config")
    before = seen(world, vm)
    job = world.run(plan)
    assert job.state is JobState.FAILED
    assert "meanwhile" in job.problem.title
    assert seen(world, vm) == before


def test_a_disk_is_made_attached_and_removed(world, vm) -> None:
    before = seen(world, vm)
    situation = world.hosts.port.submit(lambda verbs: look(verbs, vm, INFO)).result(20)
    plan = attach_disk(vm, situation, pool=world.pool, volume="b.qcow2", path=f"{world.folder}/b.qcow2",
                       capacity=8 * MIB)  # fmt: skip
    assert world.run(plan).state is JobState.DONE
    assert seen(world, vm)[0][6] == ["vda", "vdb"]
    assert (world.folder / "b.qcow2").exists()
    situation = world.hosts.port.submit(lambda verbs: look(verbs, vm, INFO)).result(20)
    if vm.state is VMState.RUNNING:
        world.daemon.virsh("destroy", vm.name)  # no guest is in it to let go of a disk
        situation = replace(situation, running=False, live_xml="")
    assert world.run(detach_disk(vm, situation, "vdb")).state is JobState.DONE
    assert seen(world, vm)[0] == before[0]
    assert (world.folder / "b.qcow2").exists()


def test_a_disk_that_cannot_be_attached_is_not_left_in_the_pool(world, vm, monkeypatch) -> None:
    before, files = seen(world, vm), world.files()
    situation = world.hosts.port.submit(lambda verbs: look(verbs, vm, INFO)).result(20)
    plan = attach_disk(vm, situation, pool=world.pool, volume="b.qcow2", path=f"{world.folder}/b.qcow2",
                       capacity=8 * MIB)  # fmt: skip
    xml = plan.steps[1].args["xml"].replace("b.qcow2", "nowhere.qcow2").replace("vdb", "sdq")
    spoilt = replace(plan, steps=(plan.steps[0], replace(plan.steps[1], args={**plan.steps[1].args, "xml": xml})))
    job = world.run(spoilt)
    if vm.state is VMState.RUNNING:
        assert job.state is JobState.FAILED, job
    else:  # at rest libvirt does not look whether the file is there: it is taken out again
        spoilt_target = seen(world, vm)[0][6]
        assert spoilt_target != before[0][6]
        world.daemon.virsh("detach-disk", vm.name, "sdq", "--config")
        world.daemon.virsh("vol-delete", "b.qcow2", world.pool)
    assert (seen(world, vm), world.files()) == (before, files)


def test_an_interface_comes_with_a_mac_of_its_own(world, vm) -> None:
    situation = world.hosts.port.submit(lambda verbs: look(verbs, vm, INFO)).result(20)
    mac = new_mac()
    network = f"n{world.pool}"
    path = world.folder.parent / "net.xml"
    path.write_text(f"<network><name>{network}</name><bridge name='{network}'/></network>")
    world.daemon.virsh("net-create", str(path))
    try:
        job = world.run(attach_nic(vm, situation, network=network, mac=mac))
        assert (job.state, job.problem) == (JobState.DONE, None)
        assert mac in world.daemon.virsh("domiflist", vm.name)
    finally:
        if vm.state is VMState.RUNNING:
            world.daemon.virsh("destroy", vm.name)
        world.daemon.virsh("net-destroy", network)


UNDOABLE = Wish(2, 5, 65536, 131072, {}, {"vda": DiskLimits(read_bytes=1 << 20)})


@pytest.mark.parametrize("point", ["before", "done", "written"])
@pytest.mark.parametrize("place", range(2))
def test_a_resize_that_is_killed_can_be_put_back_or_finished(world, vm, place, point) -> None:
    before = seen(world, vm)
    plan = resize(world, vm, UNDOABLE)
    world.killed(plan, min(place, len(plan.steps) - 1), point)
    (job,) = world.runner.load()
    world.runner.roll_back(job.id)
    assert world.runner.wait(job.id, 60).state is JobState.CANCELLED
    assert seen(world, vm) == before
    plan = resize(world, vm, UNDOABLE)
    world.killed(plan, min(place, len(plan.steps) - 1), point)
    (job,) = [job for job in world.runner.load() if job.is_unfinished]
    world.runner.resume(job.id)
    assert world.runner.wait(job.id, 60).state is JobState.DONE
    assert seen(world, vm)[0][:6] == ("5", "2", "131072", "65536", "1048576", "opensesm")


@pytest.mark.parametrize("point", ["before", "done"])
def test_a_killed_growing_of_a_disk_goes_forward(world, vm, point) -> None:
    world.killed(resize(world, vm, Wish(disks={"vda": 32 * MIB})), 0, point)
    (job,) = world.runner.load()
    world.runner.resume(job.id)
    assert world.runner.wait(job.id, 60).state is JobState.DONE
    assert seen(world, vm)[2] == str(32 * MIB)
