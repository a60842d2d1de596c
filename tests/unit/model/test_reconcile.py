"""What is out of step, from what a host has and what is known."""

from __future__ import annotations

from dataclasses import replace

from hypothesis import given
from hypothesis import strategies as st

from limen_tui.model.images import ImageKind, catalogue
from limen_tui.model.keepsakes import Definition, Trashed
from limen_tui.model.reconcile import CHOICES, FindingKind, HostState, compare
from limen_tui.model.storage import Volume
from limen_tui.model.vm import Disk
from limen_tui.model.xml.paths import paths_in

POOL = "/pool"


def volume(name: str, **more) -> Volume:
    return Volume("p", name, f"{POOL}/{name}", **more)


HOST = HostState(
    "h", "kvm1", {"u1": "web1"}, {"u1": (Disk("vda", "/pool/web1.qcow2", "virtio", "disk", "qcow2"),)},
    [volume("web1.qcow2", backing_path="/pool/base.qcow2"), volume("base.qcow2")], {"p": POOL},
)  # fmt: skip


def kinds(host=HOST, known=("u1",), last=(), trash=()):
    return [(each.kind, each.name) for each in compare(host, known=set(known), last=last, trash=trash)]


def test_in_step() -> None:
    assert kinds() == []


def test_unknown_and_lost() -> None:
    assert kinds(known=()) == [(FindingKind.UNKNOWN, "web1")]
    kept = Definition(1, 0.0, "h", "u2", "db1", "", "<domain/>")
    assert kinds(known=("u1", "u2"), last=[kept]) == [(FindingKind.LOST, "db1")]
    assert kinds(known=("u1", "u2"), last=[replace(kept, host_id="other")]) == [(FindingKind.LOST, "u2")]


def test_what_is_in_the_trash_is_neither_lost_nor_orphaned() -> None:
    thrown = Trashed(1, 0, 0, "", "h", "kvm1", "u2", "db1", "", (("p", "db1.qcow2"),))
    host = replace(HOST, volumes=[*HOST.volumes, volume("db1.qcow2", backing_path="/pool/base.qcow2")])
    assert kinds(host, ("u1", "u2"), trash=[thrown]) == []
    assert kinds(host, ("u1", "u2")) == [(FindingKind.LOST, "u2"), (FindingKind.ORPHAN, "db1.qcow2")]


def left(name: str, **more) -> Volume:
    """A disk that a VM left behind: it stands on an image."""
    return volume(name, backing_path="/pool/base.qcow2", **more)


def test_disks_of_nobody_largest_first() -> None:
    host = replace(HOST, volumes=[*HOST.volumes, left("a", allocation=1), left("b", allocation=9),
                                  volume("lv", kind="block"), volume("dir", kind="dir")])  # fmt: skip
    assert kinds(host) == [(FindingKind.ORPHAN, name) for name in ("b", "a", "lv")]


def test_images_and_isos_that_no_vm_uses_are_no_orphans() -> None:
    spare = [volume("big.raw", format="raw"), volume("uploaded.qcow2", format="qcow2"), volume("installer.iso"),
             volume("cd", format="iso"), volume("old-seed.iso"), volume("debian-12-genericcloud.qcow2")]  # fmt: skip
    assert kinds(replace(HOST, volumes=[*HOST.volumes, *spare])) == []


def test_what_a_vm_left_behind_is_an_orphan_unless_it_may_come_back() -> None:
    xml = (
        "<domain type='kvm'><name>db1</name><uuid>5b3c1e1e-0000-4000-8000-000000000002</uuid><devices>"
        "<disk type='file' device='disk'><source file='/pool/db1.qcow2'/><target dev='vda' bus='virtio'/></disk>"
        "<disk type='file' device='cdrom'><source file='/pool/cd.iso'/><target dev='sda' bus='sata'/></disk>"
        "<disk type='file' device='disk'><source file='/pool/shared.raw'/><target dev='vdb'/><readonly/></disk>"
        "</devices></domain>"
    )
    host = replace(HOST, volumes=[*HOST.volumes, volume("db1.qcow2"), volume("cd.iso"), volume("shared.raw")])
    kept = Definition(1, 0.0, "h", "u2", "db1", "", xml)
    assert kinds(host, last=[kept]) == [(FindingKind.ORPHAN, "db1.qcow2")]
    assert kinds(host, ("u1", "u2"), last=[kept]) == [(FindingKind.LOST, "db1")]
    assert kinds(host, last=[replace(kept, host_id="other")]) == []
    assert kinds(host, last=[replace(kept, xml="<dom")]) == []


KINDS = st.builds(
    volume, st.text("abc", min_size=1), kind=st.sampled_from(("file", "block", "dir", "network")),
    format=st.sampled_from(("raw", "qcow2", "iso")), backing_path=st.sampled_from(("", "/pool/a", "/pool/base.qcow2")),
)  # fmt: skip


@given(st.lists(KINDS, unique_by=lambda each: each.name))
def test_only_what_storage_calls_a_disk_is_an_orphan(spare) -> None:
    volumes = [*HOST.volumes, *spare]
    called = {each.volume.name: each.kind for each in catalogue("h", "kvm1", volumes, ())}
    assert {called[name] for kind, name in kinds(replace(HOST, volumes=volumes))} <= {ImageKind.DISK}


def test_a_file_that_a_definition_names_for_anything_is_in_use() -> None:
    host = replace(HOST, volumes=[*HOST.volumes, left("state1"), left("state2")])
    assert [name for _, name in kinds(host)] == ["state1", "state2"]
    xml = "<domain><os><kernel> /pool/state1 </kernel><initrd>/pool/state2</initrd></os></domain>"
    assert paths_in(xml) == {"/pool/state1", "/pool/state2"}
    assert kinds(replace(host, named=paths_in(xml))) == []
    # a VM in the trash wants its kernel back too
    assert kinds(host, trash=[Trashed(1, 0, 0, "", "h", "kvm1", "u2", "db1", xml, ())]) == []


def test_a_disk_that_is_missing_is_judged_only_where_pools_can_tell() -> None:
    def disks(source):
        return replace(HOST, disks={"u1": (Disk("vdb", source, "virtio", "disk", "raw"),)}, volumes=[])

    assert kinds(disks("/pool/gone.qcow2")) == [(FindingKind.BROKEN, "web1")]
    for source in ("/elsewhere/x.qcow2", "", "vg/lv", "rbd://host/x", "/dev/vg/lv"):
        assert kinds(disks(source)) == []


@given(st.sets(st.sampled_from("abcdef")), st.sets(st.sampled_from("abcdef")))
def test_known_and_there_are_compared_as_sets(there, known) -> None:
    host = HostState("h", "kvm1", {uuid: uuid for uuid in there}, {}, [], {})
    found = compare(host, known=known, last=(), trash=())
    assert {each.uuid for each in found if each.kind is FindingKind.UNKNOWN} == there - known
    assert {each.uuid for each in found if each.kind is FindingKind.LOST} == known - there
    assert len({each.key for each in found}) == len(found)


def test_every_kind_has_its_choices() -> None:
    assert set(CHOICES) == set(FindingKind)
