"""What becomes of each disk when a VM is deleted."""

from __future__ import annotations

import pytest

from limen_tui.errors import Conflict
from limen_tui.fleet.deleting import describe, plan_delete
from limen_tui.model.deletion import PROTECTED, Survey, fate_of
from limen_tui.model.storage import Volume
from limen_tui.model.verbs.definitions import Leftovers
from limen_tui.model.vm import Disk, VMKey

VOLUME = Volume("p", "web1.qcow2", "/pool/web1.qcow2", allocation=1 << 30, capacity=20 << 30)


def disk(source="/pool/web1.qcow2", device="disk") -> Disk:
    return Disk("vda", source, "virtio", device, "qcow2")


def test_only_what_nobody_else_needs_may_go() -> None:
    assert fate_of(disk(), VOLUME, users=(), above=()).goes
    for fate in (
        fate_of(disk(), VOLUME, users=("db1",), above=()), fate_of(disk(), VOLUME, users=(), above=("clone.qcow2",)),
        fate_of(disk(), None, users=(), above=()), fate_of(disk(), Volume("", "x", "/x"), users=(), above=()),
        fate_of(disk("/pool/debian.iso", "cdrom"), VOLUME, users=(), above=()),
        fate_of(disk(""), None, users=(), above=()),
    ):  # fmt: skip
        assert not fate.goes
        assert fate.stays
    assert fate_of(disk("/pool/web1-seed.iso", "cdrom"), VOLUME, users=(), above=()).goes


def survey(**more) -> Survey:
    shared = fate_of(disk("/pool/base.qcow2"), VOLUME, users=("x",), above=())
    fates = (fate_of(disk(), VOLUME, users=(), above=()), shared)
    return Survey(VMKey("h", "u1"), "web1", "kvm1", "<domain/>", disks=fates, **more)


def test_a_person_can_let_a_disk_stay_and_cannot_take_what_must() -> None:
    assert [fate.goes for fate in survey().choose({"vda": False}).disks] == [False, False]
    assert [fate.goes for fate in survey().choose({"vda": True}).disks] == [True, False]


def test_the_plan_deletes_what_goes_and_nothing_else() -> None:
    found = survey(running=True, leftovers=Leftovers(("s1",), (), True, "/nvram", True))
    trash = plan_delete(found, purge=False, now=0.0, who="ann")
    assert [step.op for step in trash.steps] == ["vm.stop", "keep.trash", "vm.undefine"]
    assert trash.steps[1].args["volumes"] == [["p", "web1.qcow2"]]
    assert trash.steps[2].args["keep_nvram"]
    purge = plan_delete(found, purge=True, now=0.0, who="ann")
    assert [step.op for step in purge.steps] == ["vm.stop", "vm.undefine", "volume.delete", "vm.sweep"]
    assert len(found.notes) == 3
    kinds = [kind for kind, _ in describe(found, purge=True)]
    assert kinds == ["goes", "goes", "goes", "stays"]
    assert [kind for kind, _ in describe(found, purge=False)] == ["goes", "kept", "kept", "stays"]


def test_what_the_hypervisor_has_lost_is_cleaned_up_without_it() -> None:
    plan = plan_delete(survey(gone=True), purge=True, now=0.0, who="ann")
    assert [step.op for step in plan.steps] == ["volume.delete"]


def test_a_protected_vm_refuses() -> None:
    with pytest.raises(Conflict):
        plan_delete(survey(tags=("web", PROTECTED)), purge=False, now=0.0, who="ann")
