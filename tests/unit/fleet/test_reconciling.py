"""Reconcile and Storage agree, over the whole fleet, about what is a VM's disk and what is an image."""

from __future__ import annotations

import pytest

from limen_tui.fleet.actor import Actor
from limen_tui.fleet.fleet import Fleet
from limen_tui.fleet.images import images_of, look
from limen_tui.fleet.known import Known
from limen_tui.fleet.reconciling import mismatches, scan_host, settle
from limen_tui.hypervisor.simulated import simulated_fleet
from limen_tui.inventory import open_inventory
from limen_tui.model.images import ImageKind
from limen_tui.model.reconcile import FindingKind, Mismatch
from limen_tui.model.xml.volume import volume_xml

SPARE = (("big.raw", "raw"), ("uploaded.qcow2", "qcow2"), ("rescue.iso", "raw"))


@pytest.fixture
def world():
    sim = simulated_fleet(7, 3, 24, manual=True, flaky=0)
    fleet = Fleet(sim.hosts, sim.connector, open_inventory(None), clock=sim.clock, actor=Actor("ann", "test"))
    fleet.start()
    for _ in range(48):
        sim.advance(0.25)
        fleet.poll()
    yield fleet, sim
    fleet.close()


def test_only_disks_of_nobody_are_orphans_on_every_host(world) -> None:
    fleet, sim = world

    def call(host_id, do):
        future = fleet.call(host_id, do)
        sim.advance(0)
        return future.result(20)

    base = f"/var/lib/libvirt/images/{SPARE[1][0]}"
    scans, called = [], {}
    for snapshot in fleet.view.hosts:
        id_ = snapshot.host.id
        for name, kind in SPARE:
            xml = volume_xml(name, 1 << 30, kind)
            call(id_, lambda verbs, xml=xml: verbs.storage.create("default", xml))
        xml = volume_xml("left.qcow2", 1 << 30, "qcow2", backing_path=base, backing_format="qcow2")
        call(id_, lambda verbs, xml=xml: verbs.storage.create("default", xml))
        scans.append(call(id_, lambda verbs, snapshot=snapshot: scan_host(verbs, snapshot)))
        for image in images_of(snapshot, call(id_, look)):
            called[id_, f"{image.volume.pool}/{image.volume.name}"] = image
    orphans = {
        (each.host_id, each.id) for each in mismatches(fleet.inventory, scans) if each.kind is FindingKind.ORPHAN
    }
    assert orphans == {key for key, image in called.items() if image.kind is ImageKind.DISK and not image.keep_reason}
    assert {id_ for _, id_ in orphans} >= {"default/left.qcow2", "vg0/scratch"}
    assert len({host for host, id_ in orphans if id_ == "default/left.qcow2"}) == len(sim.hosts)


def test_what_a_person_chooses_is_known_and_written_down(world) -> None:
    fleet, _ = world
    host = fleet.view.hosts[0].host
    lost = Mismatch(FindingKind.LOST, host.id, host.name, "web", "", "u-1", "u-1")
    disk = Mismatch(FindingKind.ORPHAN, host.id, host.name, "default/x.raw", "", "default/x.raw")
    Known(fleet.inventory).keep(host.id, {"u-1"})
    settle(fleet, lost, "forget")
    assert Known(fleet.inventory).of(host.id) == set()
    settle(fleet, lost, "adopt")
    assert Known(fleet.inventory).of(host.id) == {"u-1"}
    settle(fleet, disk, "ignore")
    assert disk.key in Known(fleet.inventory).ignored
    fleet.inventory.set_setting("the writer has come so far", 1).result(10)
    kept = [(e.who, e.action, e.host_name, e.vm_name, e.uuid, e.detail) for e in fleet.inventory.audit_entries()]
    assert kept == [
        ("ann", "reconcile.ignore", host.name, "", "", "default/x.raw"),
        ("ann", "reconcile.adopt", host.name, "web", "u-1", ""),
        ("ann", "reconcile.forget", host.name, "web", "u-1", ""),
    ]
