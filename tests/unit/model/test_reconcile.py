"""What is out of step, from what a host has and what is known."""

from __future__ import annotations

from dataclasses import replace

from hypothesis import given
from hypothesis import strategies as st

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
    host = replace(HOST, volumes=[*HOST.volumes, volume("db1.qcow2")])
    assert kinds(host, ("u1", "u2"), trash=[thrown]) == []
    assert kinds(host, ("u1", "u2")) == [(FindingKind.LOST, "u2"), (FindingKind.ORPHAN, "db1.qcow2")]


def test_disks_of_nobody_largest_first_and_images_are_none() -> None:
    host = replace(HOST, volumes=[*HOST.volumes, volume("a", allocation=1), volume("b", allocation=9),
                                  volume("installer.iso"), volume("debian-12-genericcloud.qcow2"),
                                  volume("old-seed.iso"), volume("dir", kind="dir")])  # fmt: skip
    assert kinds(host) == [(FindingKind.ORPHAN, name) for name in ("b", "a", "old-seed.iso")]


def test_a_file_that_a_definition_names_for_anything_is_in_use() -> None:
    host = replace(HOST, volumes=[*HOST.volumes, volume("vmlinuz"), volume("initrd")])
    assert [name for _, name in kinds(host)] == ["vmlinuz", "initrd"]
    xml = "<domain><os><kernel> /pool/vmlinuz </kernel><initrd>/pool/initrd</initrd></os></domain>"
    assert paths_in(xml) == {"/pool/vmlinuz", "/pool/initrd"}
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
