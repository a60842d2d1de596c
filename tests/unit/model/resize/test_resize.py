"""What can be had now, what at the next boot, what not: the rules of resizing, by example and by property."""

from __future__ import annotations

from dataclasses import replace

import pytest
from hypothesis import given
from hypothesis import strategies as st

from limen_tui.model.resize import Place, Plan, Situation, Wish, plan_resize, sizes_of
from limen_tui.model.verbs.devices import BlockInfo, DiskLimits, NicLimits
from limen_tui.model.xml.parse import parse

GIB = 1 << 30
MAC = "52:54:00:00:00:01"
XML = f"""<domain type='kvm' xmlns:x='urn:x'><name>web</name><uuid>6f3a1f52-58a5-4be0-8b0f-0123456789ab</uuid>
  <metadata><x:keep>this</x:keep></metadata><memory unit='GiB'>4</memory><currentMemory unit='GiB'>2</currentMemory>
  <vcpu placement='static' cpuset='0-7' current='2'>4</vcpu>
  <vcpus><vcpu id='0' enabled='yes' hotpluggable='no'/><vcpu id='1' enabled='yes' hotpluggable='yes'/>
  <vcpu id='2' enabled='no' hotpluggable='yes'/><vcpu id='3' enabled='no' hotpluggable='yes'/></vcpus>
  <os><type>hvm</type></os><devices>
  <disk type='file' device='disk'><driver name='qemu' type='qcow2'/><source file='/p/a'/>
    <target dev='vda' bus='virtio'/>
    <iotune><read_bytes_sec>1000</read_bytes_sec><read_bytes_sec_max>5000</read_bytes_sec_max></iotune></disk>
  <disk type='file' device='cdrom'><target dev='sda' bus='sata'/><readonly/></disk>
  <interface type='network'><mac address='{MAC}'/><source network='n'/></interface>
  <memballoon model='virtio'/></devices></domain>"""
REST = Situation(
    "6f3a1f52-58a5-4be0-8b0f-0123456789ab", "web", running=False, config_xml=XML, host_cpus=8,
    host_memory_kib=16 << 20, most_vcpus=64, disks={"vda": BlockInfo(10 * GIB)},
    places={"vda": Place("default", "a", 100 * GIB, thin=True)},
)  # fmt: skip
RUNNING = replace(REST, running=True, live_xml=XML, used_kib=1 << 20)


def changes(plan: Plan) -> dict[str, str]:
    assert not plan.refusals, plan.refusals
    return {change.subject: change.when for change in plan.changes}


def refusal(plan: Plan):
    (found,) = plan.refusals
    assert not plan.doable
    assert plan.xml_after == plan.xml_before
    return found


def test_nothing_wished_is_nothing_done() -> None:
    for situation in (REST, RUNNING):
        for wish in (Wish(), Wish(2, 4, 2 << 20, 4 << 20, {"vda": 10 * GIB}, {}, {MAC: NicLimits()})):
            plan = plan_resize(situation, wish)
            assert plan.is_empty
            assert plan.xml_after == plan.xml_before


@pytest.mark.parametrize(
    ("wish", "expected"),
    [
        (Wish(vcpus=4), {"vcpus": "now"}),
        (Wish(vcpus=1), {"vcpus": "now"}),
        (Wish(vcpus_max=8), {"vcpus-max": "at the next boot"}),
        (Wish(vcpus=6, vcpus_max=8), {"vcpus": "at the next boot", "vcpus-max": "at the next boot"}),
        (Wish(memory_kib=3 << 20), {"memory": "now"}),
        (Wish(memory_kib=6 << 20, memory_max_kib=6 << 20),
         {"memory": "at the next boot", "memory-max": "at the next boot"}),
        (Wish(vcpus=4, memory_kib=3 << 20, next_boot=True),
         {"vcpus": "at the next boot", "memory": "at the next boot"}),
        (Wish(disks={"vda": 20 * GIB}), {"disk": "now"}),
        (Wish(disk_limits={"vda": DiskLimits(write_iops=5)}), {"disk-limits": "now"}),
        (Wish(nic_limits={MAC: NicLimits(5, 6)}), {"nic-limits": "now"}),
    ],
)  # fmt: skip
def test_what_runs_changes_now_where_it_can(wish, expected) -> None:
    assert changes(plan_resize(RUNNING, wish)) == expected


def test_vcpus_that_were_there_at_boot_stay_until_the_next() -> None:
    live = XML.replace("id='1' enabled='yes' hotpluggable='yes'", "id='1' enabled='yes' hotpluggable='no'")
    plan = plan_resize(replace(RUNNING, live_xml=live), Wish(vcpus=1))
    assert changes(plan) == {"vcpus": "at the next boot"}
    assert "2 of them cannot be unplugged" in plan.changes[0].note


def test_what_waits_for_the_next_boot_can_be_had_now_or_taken_back() -> None:
    waiting = replace(RUNNING, config_xml=XML.replace("current='2'", "current='3'"))
    (now,) = plan_resize(waiting, Wish(vcpus=3)).changes
    assert (now.before, now.after, now.live) == ("2", "3", True)
    (back,) = plan_resize(waiting, Wish(vcpus=2)).changes
    assert (back.before, back.after, back.live, back.config) == ("3", "2", False, True)


@pytest.mark.parametrize(
    ("wish", "why", "offer"),
    [
        (Wish(vcpus=0), "at least one", None),
        (Wish(vcpus=-1), "at least one", None),
        (Wish(vcpus=6), "At most 4", Wish(vcpus=6, vcpus_max=6)),
        (Wish(vcpus_max=1), "has 2 vCPUs", Wish(vcpus=1, vcpus_max=1)),
        (Wish(vcpus_max=65), "allows 64", None),
        (Wish(memory_kib=1), "at least", None),
        (Wish(memory_kib=8 << 20), "At most 4 GiB", Wish(memory_kib=8 << 20, memory_max_kib=8 << 20)),
        (Wish(memory_max_kib=1 << 20), "has 2 GiB", Wish(memory_kib=1 << 20, memory_max_kib=1 << 20)),
        (Wish(memory_kib=1 << 20), "guest uses 1 GiB", None),
        (Wish(disks={"vda": 9 * GIB}), "never shrinks", None),
        (Wish(disks={"vda": 1 << 60}), "more than a disk", None),
        (Wish(disks={"vdz": GIB}), "no disk vdz", None),
        (Wish(disks={"sda": GIB}), "a drive", None),
        (Wish(disk_limits={"vda": DiskLimits(total_bytes=1, read_bytes=1)}), "total", None),
        (Wish(disk_limits={"vdz": DiskLimits(total_bytes=1)}), "no disk", None),
        (Wish(nic_limits={"52:54:00:00:00:09": NicLimits(1)}), "no interface", None),
    ],
)  # fmt: skip
def test_what_cannot_be_is_refused_and_says_why(wish, why, offer) -> None:
    found = refusal(plan_resize(RUNNING, wish))
    assert why in found.why
    assert found.offer == offer
    if offer is not None:
        taken = plan_resize(replace(RUNNING, used_kib=None), offer)
        assert taken.doable
        assert found.offer_label


def test_a_guest_that_tells_nothing_shrinks_with_a_warning() -> None:
    plan = plan_resize(replace(RUNNING, used_kib=None), Wish(memory_kib=1 << 20))
    assert changes(plan) == {"memory": "now"}
    assert any("not known" in warning for warning in plan.warnings)


def test_more_than_the_host_has_is_a_warning() -> None:
    plan = plan_resize(REST, Wish(vcpus=9, vcpus_max=9))
    assert plan.doable
    assert any("host's 8 CPUs" in warning for warning in plan.warnings)
    plan = plan_resize(REST, Wish(memory_kib=20 << 20, memory_max_kib=20 << 20))
    assert plan.doable
    assert any("16 GiB" in warning for warning in plan.warnings)


def test_without_a_balloon_memory_waits_for_the_next_boot() -> None:
    bare = XML.replace("<memballoon model='virtio'/>", "<memballoon model='none'/>")
    plan = plan_resize(replace(RUNNING, config_xml=bare, live_xml=bare), Wish(memory_kib=3 << 20))
    assert changes(plan) == {"memory": "at the next boot"}


def test_a_transient_vm_changes_now_or_not_at_all() -> None:
    transient = replace(RUNNING, config_xml="")
    assert changes(plan_resize(transient, Wish(vcpus=4, memory_kib=3 << 20))) == {"vcpus": "now", "memory": "now"}
    for wish in (Wish(vcpus_max=8), Wish(vcpus=5), Wish(memory_kib=6 << 20)):
        assert "transient" in refusal(plan_resize(transient, wish)).hint


def test_a_topology_keeps_its_shape() -> None:
    shaped = XML.replace("<os>", "<cpu><topology sockets='2' dies='1' cores='1' threads='2'/></cpu><os>")
    situation = replace(REST, config_xml=shaped)
    assert refusal(plan_resize(situation, Wish(vcpus_max=7))).offer == Wish(vcpus_max=8)
    plan = plan_resize(situation, Wish(vcpus_max=8))
    topology = parse(plan.xml_after).find("cpu/topology")
    assert dict(topology.attrib) == {"sockets": "4", "dies": "1", "cores": "1", "threads": "2"}
    cells = XML.replace("<os>", "<cpu><numa><cell id='0' cpus='0-3' memory='4194304'/></numa></cpu><os>")
    assert "NUMA" in refusal(plan_resize(replace(REST, config_xml=cells), Wish(vcpus_max=8))).why
    assert "NUMA" in refusal(plan_resize(replace(REST, config_xml=cells), Wish(memory_max_kib=8 << 20))).why


def test_a_disk_at_rest_grows_where_its_pool_is_known() -> None:
    assert changes(plan_resize(REST, Wish(disks={"vda": 20 * GIB}))) == {"disk": "now"}
    lost = replace(REST, places={})
    assert "no storage pool" in refusal(plan_resize(lost, Wish(disks={"vda": 20 * GIB}))).why
    full = replace(REST, places={"vda": Place("default", "a", GIB, thin=True)})
    assert plan_resize(full, Wish(disks={"vda": 20 * GIB})).warnings
    thick = replace(REST, places={"vda": Place("default", "a", GIB)})
    assert "1 GiB left" in refusal(plan_resize(thick, Wish(disks={"vda": 20 * GIB}))).why


def test_the_definition_keeps_what_is_not_known() -> None:
    plan = plan_resize(REST, Wish(3, 6, 3 << 20, 5 << 20, {}, {"vda": DiskLimits(write_iops=7)}, {MAC: NicLimits(9)}))
    root = parse(plan.xml_after)
    assert root.findtext("metadata/{urn:x}keep") == "this"
    vcpu = root.find("vcpu")
    assert (vcpu.text, dict(vcpu.attrib)) == ("6", {"placement": "static", "cpuset": "0-7", "current": "3"})
    assert [child.tag for child in root.find("devices/disk/iotune")] == ["write_iops_sec"]
    more = plan_resize(REST, Wish(disk_limits={"vda": DiskLimits(read_bytes=2000, write_iops=7)}))
    assert parse(more.xml_after).findtext("devices/disk/iotune/read_bytes_sec_max") == "5000"
    assert dict(root.find("devices/interface/bandwidth/inbound").attrib) == {"average": "9"}


counts = st.integers(-2, 80)
amounts = st.integers(-1, 20 << 20)


@given(
    st.builds(Wish, st.none() | counts, st.none() | counts, st.none() | amounts, st.none() | amounts),
    st.sampled_from([REST, RUNNING, replace(RUNNING, config_xml=""), replace(RUNNING, used_kib=None)]),
)
def test_a_plan_gives_what_was_wished_or_says_no(wish: Wish, situation: Situation) -> None:
    plan = plan_resize(situation, wish)
    shown = situation.config_xml or situation.live_xml
    if plan.refusals:
        assert not plan.doable
        assert plan.xml_after == shown
        return
    after = sizes_of(plan.xml_after)
    wished = (wish.vcpus, wish.vcpus_max, wish.memory_kib, wish.memory_max_kib)
    real = (after.vcpus, after.vcpus_max, after.memory_kib, after.memory_max_kib)
    assert all(ask is None or ask == got for ask, got in zip(wished, real, strict=True))
    assert 1 <= after.vcpus <= after.vcpus_max <= 64
    assert 4096 <= after.memory_kib <= after.memory_max_kib
    for change in plan.changes:
        assert change.live or change.config
        assert change.before != change.after or change.subject.startswith("memory")
    again = plan_resize(replace(situation, config_xml=plan.xml_after), wish) if situation.config_xml else None
    if again is not None and not situation.running:
        assert again.is_empty  # once done, nothing is left to do
