"""VMs are created on a real host over SSH: virsh and the pool's folder tell what is there, the guest who it is."""

from __future__ import annotations

import json
import shutil
import threading
from collections.abc import Callable, Iterator
from dataclasses import dataclass, replace
from pathlib import Path
from uuid import uuid4

import pytest

from limen_tui.fleet.consoles import Phase
from limen_tui.fleet.creating import Ground, Prepared, look, prepare
from limen_tui.jobs.context import Context
from limen_tui.jobs.ops import registry
from limen_tui.model.host import HostState
from limen_tui.model.jobs import Args, Job, JobState
from limen_tui.model.spec import CloudImage, CloudInit, CopyOf, DiskSpec, ImportDisk, NicSpec, VMSpec
from limen_tui.model.vm import VMKey
from tests.lab.conftest import RunningLab
from tests.lab.limen_lab import faults, guests
from tests.lab.remote_world import World, make_world
from tests.lab.test_console import Line
from tests.unit.hypervisor.libvirt_daemon import wait_for

POOL = "made"
FOLDER = "/var/lib/libvirt/made"
BASE = "base.qcow2"
MIB = 1 << 20
SECONDS = 100.0


@dataclass
class Maker:
    """A person who creates VMs on host 1."""

    world: World
    lab: RunningLab

    def look(self, copy_of: str = "") -> Ground:
        snapshot = self.world.host(1)
        found = self.world.do(lambda: self.world.fleet.call("h1", lambda v: look(v, snapshot, copy_of=copy_of)))
        assert isinstance(found, Ground)
        return found

    def prepared(self, spec: VMSpec, ground: Ground | None = None) -> Prepared:
        return prepare(spec, ground or self.look(), self.world.host(1))

    def begun(self, spec: VMSpec, ground: Ground | None = None) -> Job:
        made = self.prepared(spec, ground)
        assert made.plan is not None, made.findings
        return self.world.fleet.jobs.start(made.plan, made.attachments)

    def ended(self, job: Job, seconds: float = SECONDS) -> Job:
        self.world.wait(lambda: not self.job(job).state.is_active, seconds, f"the end of {job.plan.title}")
        return self.job(job)

    def job(self, job: Job) -> Job:
        return self.world.fleet.jobs.job(job.id)

    def create(self, spec: VMSpec, ground: Ground | None = None) -> Job:
        return self.ended(self.begun(spec, ground))

    # -- witnesses --

    def vms(self) -> set[str]:
        return set(self.lab.virsh(1, "list", "--all", "--name").split())

    def files(self, folder: str = FOLDER) -> set[str]:
        return set(self.lab.run(1, "ls", "-A", folder).split())

    def everything(self) -> tuple[set[str], set[str], set[str]]:
        """What a job that failed must have left as it was."""
        return self.vms(), self.files(), set(self.lab.run(1, "ls", "-A", "/var/lib/libvirt/qemu/nvram").split())

    def guest_name(self, name: str) -> str:
        """The host name that the guest itself says it has."""

        def asked() -> str:
            words = self.lab.virsh(1, "qemu-agent-command", name, '{"execute":"guest-get-host-name"}', check=False)
            return str(json.loads(words)["return"]["host-name"]) if words.startswith("{") else ""

        return str(wait_for(asked, SECONDS, f"the agent of {name}"))


@pytest.fixture(scope="module")
def images(lab: RunningLab) -> Iterator[None]:
    """A pool with a bootable base image on host 1; the other files of it are of each test."""
    built = guests.build(lab.lab)
    shutil.copy(built / "disk.qcow2", lab.lab.state / "shared/disk.qcow2")
    lab.run(1, "sh", "-ec", f"mkdir -p {FOLDER} /var/lib/libvirt/qemu/nvram; cp /srv/shared/disk.qcow2 {FOLDER}/{BASE}")
    lab.virsh(1, "pool-create-as", POOL, "dir", "--target", FOLDER)
    yield
    lab.virsh(1, "pool-destroy", POOL)


@pytest.fixture
def maker(lab: RunningLab, images: None, tmp_path: Path) -> Iterator[Maker]:
    made = Maker(make_world(lab, tmp_path, [1]), lab)
    made.world.wait_state(1, HostState.UP)
    yield made
    made.world.fleet.close()
    for name in made.vms():
        lab.virsh(1, "destroy", name, check=False)
        lab.virsh(1, "undefine", name, "--nvram", check=False)
    lab.run(1, "sh", "-ec", f"cd {FOLDER}; ls -A | grep -vx {BASE} | xargs -r rm -rf")
    lab.virsh(1, "pool-refresh", POOL)


def cloud(name: str = "", **change: object) -> VMSpec:
    """A small emulated VM, as guests here do not run under KVM."""
    spec = VMSpec(
        name or f"vm-{uuid4().hex[:6]}", kind="qemu", memory_kib=192 * 1024, source=CloudImage(POOL, BASE),
        disks=(DiskSpec(POOL),), nics=(NicSpec(source="default"),), cloud_init=CloudInit(user="lab"),
    )  # fmt: skip
    return replace(spec, **change)  # type: ignore[arg-type]


def test_a_cloud_vm_boots_takes_its_seed_and_answers_on_its_serial_line(maker: Maker) -> None:
    name = f"seeded-{uuid4().hex[:6]}"
    job = maker.create(cloud(name))
    assert job.state is JobState.DONE, job.problem
    assert maker.files() == {BASE, f"{name}.qcow2", f"{name}-seed.iso"}
    assert "running" in maker.lab.virsh(1, "domstate", name)
    info = json.loads(maker.lab.run(1, "qemu-img", "info", "-U", "--output=json", f"{FOLDER}/{name}.qcow2"))
    assert (info["backing-filename"], info["backing-filename-format"]) == (f"{FOLDER}/{BASE}", "qcow2")
    assert maker.guest_name(name) == name, "the guest took its host name from the seed"
    uuid = maker.lab.virsh(1, "domuuid", name).strip()
    line = Line(maker.world.fleet, VMKey("h1", uuid))
    line.until_phase(Phase.OPEN)
    assert line.console.write(b"\r")
    line.said(f"{name} login:".encode())
    line.console.close()


def test_several_at_once_over_one_link(maker: Maker) -> None:
    ground = maker.look()
    jobs = [maker.begun(cloud(f"many{n}", start=False), ground) for n in range(6)]
    assert [maker.ended(job).state for job in jobs] == [JobState.DONE] * 6
    assert maker.vms() >= {f"many{n}" for n in range(6)}


@pytest.mark.parametrize(("firmware", "tpm"), [("uefi", False), ("uefi-secure", True)])
def test_uefi_and_a_tpm(maker: Maker, firmware: str, tpm: bool) -> None:
    before = maker.everything()
    spec = cloud(firmware=firmware, tpm=tpm, name=firmware)
    job = maker.create(spec)
    assert job.state is JobState.DONE, job.problem
    assert "running" in maker.lab.virsh(1, "domstate", firmware)
    assert any(firmware in name for name in maker.everything()[2]), "it has an NVRAM file"
    # and all of it goes where the start fails: the same again, on a bridge that is not there
    maker.lab.virsh(1, "destroy", firmware)
    maker.lab.virsh(1, "undefine", firmware, "--nvram")
    maker.lab.run(1, "sh", "-ec", f"cd {FOLDER}; rm -f {firmware}*")
    maker.lab.virsh(1, "pool-refresh", POOL)
    job = maker.create(replace(spec, kind="kvm", cpu_mode="maximum", nics=(NicSpec("bridge", "nosuchbridge"),)))
    assert job.state is JobState.FAILED
    assert maker.everything() == before


def test_a_copy_of_a_cloud_vm_has_a_disk_of_its_own_and_no_seed(maker: Maker) -> None:
    assert maker.create(cloud("first", start=False)).state is JobState.DONE
    uuid = maker.lab.virsh(1, "domuuid", "first").strip()
    job = maker.create(VMSpec("second", source=CopyOf(uuid), start=False), maker.look(uuid))
    assert job.state is JobState.DONE, job.problem
    disks = maker.lab.virsh(1, "domblklist", "second")
    assert f"{FOLDER}/second.qcow2" in disks
    assert "seed" not in disks
    assert maker.files() == {BASE, "first.qcow2", "first-seed.iso", "second.qcow2"}


# -- what goes wrong: nothing is left behind ---------------------------------------------------------------


def _inactive_pool(maker: Maker) -> Callable[[], object]:
    maker.lab.virsh(1, "pool-destroy", POOL)
    return lambda: maker.lab.virsh(1, "pool-create-as", POOL, "dir", "--target", FOLDER)


def _read_only_folder(maker: Maker) -> Callable[[], object]:
    maker.lab.run(1, "sh", "-ec", f"mount --bind {FOLDER} {FOLDER}; mount -o remount,ro,bind {FOLDER}")
    return lambda: maker.lab.run(1, "umount", FOLDER)


def _no_base(maker: Maker) -> Callable[[], object]:
    maker.lab.run(1, "mv", f"{FOLDER}/{BASE}", "/var/lib/libvirt/away")
    return lambda: maker.lab.run(1, "mv", "/var/lib/libvirt/away", f"{FOLDER}/{BASE}")


def _no_network(maker: Maker) -> Callable[[], object]:
    maker.lab.virsh(1, "net-destroy", "default")
    return lambda: maker.lab.virsh(1, "net-start", "default")


@pytest.mark.parametrize(
    ("fault", "words"),
    [(_inactive_pool, "not active"), (_read_only_folder, "Read-only"), (_no_base, BASE), (_no_network, "network")],
)
def test_what_goes_between_the_look_and_the_job_leaves_nothing(
    maker: Maker, fault: Callable[[Maker], Callable[[], object]], words: str
) -> None:
    before = maker.everything()
    ground = maker.look()
    mend = fault(maker)
    try:
        job = maker.create(cloud(), ground)
    finally:
        mend()
    assert job.state is JobState.FAILED
    assert job.problem is not None
    assert words.lower() in f"{job.problem.title} {job.problem.detail}".lower(), job.problem
    assert job.problem.hint
    assert maker.everything() == before


def test_a_full_disk_puts_everything_back_and_says_so(maker: Maker, lab: RunningLab) -> None:
    faults.fill(lab.lab, 1, 0)
    before, files = maker.everything(), maker.files("/var/lib/libvirt/small")
    spec = cloud(disks=(DiskSpec("small", capacity=128 * MIB),))
    job = maker.create(spec)
    assert job.state is JobState.FAILED, (job.state, job.problem, job.log)
    assert job.problem is not None
    assert "full" in job.problem.title or "room" in job.problem.title, job.problem
    assert maker.everything() == before
    assert maker.files("/var/lib/libvirt/small") == files


def _truncated(maker: Maker) -> None:
    maker.lab.run(1, "sh", "-ec", f"head -c 4000000 {FOLDER}/{BASE} > {FOLDER}/bad.qcow2")


def _not_an_image(maker: Maker) -> None:
    maker.lab.run(1, "sh", "-ec", f"cp /etc/passwd {FOLDER}/bad.qcow2")


def _backed_outside(maker: Maker) -> None:
    maker.lab.run(1, "qemu-img", "create", "-q", "-u", "-f", "qcow2", "-F", "raw", "-b", "/etc/shadow",
                  f"{FOLDER}/bad.qcow2", "64M")  # fmt: skip


def _data_outside(maker: Maker) -> None:
    made = f"qemu-img create -q -f qcow2 -o data_file=/tmp/outside.raw {FOLDER}/bad.qcow2 64M"
    maker.lab.run(1, "sh", "-ec", made)


@pytest.mark.parametrize("bad", [_truncated, _not_an_image, _backed_outside, _data_outside])
@pytest.mark.parametrize("use", ["base", "import"])
def test_a_bad_image_is_refused(maker: Maker, bad: Callable[[Maker], None], use: str) -> None:
    bad(maker)
    maker.lab.virsh(1, "pool-refresh", POOL)
    before = maker.everything()
    source = CloudImage(POOL, "bad.qcow2") if use == "base" else ImportDisk(POOL, "bad.qcow2")
    disks = (DiskSpec(POOL, capacity=128 * MIB),) if use == "base" else ()
    spec = cloud(source=source, disks=disks, cloud_init=None)
    made = maker.prepared(spec)
    if made.plan is not None:
        job = maker.create(spec)
        assert job.state is JobState.FAILED, (made.findings, job.problem)
        assert job.problem is not None
        assert "bad.qcow2" in f"{job.problem.title} {job.problem.detail}"
    assert maker.everything() == before


def test_kvm_works_or_is_told_not_to_and_leaves_nothing(maker: Maker) -> None:
    works = guests.accelerator(guests.build(maker.lab.lab)) == "kvm"
    before = maker.everything()
    spec = cloud(kind="kvm")
    made = maker.prepared(spec)
    if made.plan is None:
        assert "no KVM" in " ".join(finding.text for finding in made.findings)
    else:
        job = maker.create(spec)
        if works:  # a machine with KVM: then it has to run
            assert job.state is JobState.DONE, job.problem
            return
        assert job.state is JobState.FAILED
        assert job.problem is not None
        assert "KVM" in job.problem.title
        assert "qemu" in job.problem.hint
    assert maker.everything() == before


def test_a_base_of_a_base_outside_the_pools_is_refused(maker: Maker) -> None:
    maker.lab.run(1, "sh", "-ec", (
        f"cd {FOLDER}; qemu-img create -q -u -f qcow2 -F raw -b /etc/shadow deep.qcow2 64M; "
        f"qemu-img create -q -u -f qcow2 -F qcow2 -b {FOLDER}/deep.qcow2 bad.qcow2 64M"
    ))  # fmt: skip
    maker.lab.virsh(1, "pool-refresh", POOL)
    before = maker.everything()
    for spec in (
        cloud(source=CloudImage(POOL, "bad.qcow2"), disks=(DiskSpec(POOL, capacity=128 * MIB),)),
        cloud(source=ImportDisk(POOL, "bad.qcow2"), disks=(), cloud_init=None),
    ):
        job = maker.create(spec)
        assert job.state is JobState.FAILED
        assert job.problem is not None
        assert "deep.qcow2" in job.problem.detail
    assert maker.everything() == before


# -- the link, and others ----------------------------------------------------------------------------------


@pytest.mark.parametrize("how", ["reject", "drop"])
def test_a_host_that_is_lost_midway_is_waited_for(
    maker: Maker, lab: RunningLab, monkeypatch: pytest.MonkeyPatch, how: str
) -> None:
    ground, cut, define = maker.look(), threading.Event(), registry.operation("vm.define")

    def do(context: Context, args: Args) -> object:
        assert cut.wait(100)  # none may be through before the link is cut
        return define.do(context, args)

    monkeypatch.setitem(registry._registry, "vm.define", replace(define, do=do))
    jobs = [maker.begun(cloud(f"lost{n}", start=False), ground) for n in range(8)]
    maker.world.wait(lambda: any(maker.job(job).steps_done for job in jobs), what="a first step")
    lab.cut(1, how)
    try:
        with maker.world.losing(1, 60):
            faults.end_sessions(lab.lab, 1)
            cut.set()
    finally:
        lab.heal(1)
    ends = [maker.ended(job, 90) for job in jobs]
    assert [end.state for end in ends] == [JobState.DONE] * 8, [end.problem for end in ends]
    assert maker.vms() >= {f"lost{n}" for n in range(8)}
    assert maker.files() == {BASE} | {f"lost{n}{end}" for n in range(8) for end in (".qcow2", "-seed.iso")}


def test_two_people_race_for_one_name(maker: Maker, lab: RunningLab, tmp_path: Path) -> None:
    other = Maker(make_world(lab, tmp_path / "other", [1]), lab)
    other.world.wait_state(1, HostState.UP)
    ours, theirs = maker.look(), other.look()
    jobs = [(maker, maker.begun(cloud("raced", start=False), ours)),
            (other, other.begun(cloud("raced", start=False), theirs))]  # fmt: skip
    states = sorted(who.ended(job).state.value for who, job in jobs)
    other.world.fleet.close()
    assert states in (["done", "failed"], ["failed", "failed"])
    expected = {BASE, "raced.qcow2", "raced-seed.iso"} if "done" in states else {BASE}
    assert maker.files() == expected
    assert ("raced" in maker.vms()) is ("done" in states)
