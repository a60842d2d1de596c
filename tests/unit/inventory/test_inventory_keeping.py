"""What is written comes back, and only what changed is written."""

from __future__ import annotations

import dataclasses
import json
import sqlite3
import string

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from limen_tui.errors import InventoryError
from limen_tui.inventory import codec, open_inventory
from limen_tui.model.events import AuditEntry, EventKind, HostEvent
from limen_tui.model.host import Host, HostSnapshot, HostState
from limen_tui.model.lifecycle import VMState
from limen_tui.model.vm import VM, Disk, Nic, VMFacts, VMKey

HOSTILE = st.text(
    st.one_of(st.characters(exclude_categories=()), st.sampled_from("\x00\x1b[]\ud83d\ude00\udc80\u202e'\"%_!")),
    max_size=40,
)


def entry(**changes):
    base = AuditEntry(1.0, "ann", "tui 10.0.0.7", "vm.start", "h1", "kvm1", "u1", "web", "ok", "")
    return dataclasses.replace(base, **changes)


def test_every_fact_has_its_place_in_the_database():
    assert set(codec.FACTS) == {field.name for field in dataclasses.fields(VMFacts)}
    assert set(codec.NIC) == {field.name for field in dataclasses.fields(Nic)}
    assert set(codec.DISK) == {field.name for field in dataclasses.fields(Disk)}


def test_a_vm_comes_back_stale_with_facts_and_load(inventory, snap, vm):
    kept = vm("h1", "u1")
    inventory.remember(snap(kept)).result(10)
    at, (found,) = inventory.last_seen()["h1"]
    assert at == 1000.0
    assert found.stale and found.key == kept.key and found.host_name == "kvm1"
    assert (found.facts, found.ips, found.started_at, found.started_exact) == (kept.facts, kept.ips, 900.0, True)
    assert (found.load.cpu_pct, found.load.mem_pct) == (12.3, 50.0)
    assert codec.FACTS[0] == "vcpus" and found.vcpus == 2
    assert found.facts is found.facts
    changed = dataclasses.replace(found, stale=False)
    assert changed.facts == kept.facts and changed.vcpus == 2 and not changed.stale
    assert dataclasses.replace(found, facts=VMFacts(vcpus=7)).vcpus == 7


def test_only_what_changed_is_written(inventory, snap, vm):
    one, two = vm("h1", "u1"), vm("h1", "u2")
    inventory.remember(snap(one, two)).result(10)
    assert inventory.rows_written == 2
    inventory.remember(snap(one, dataclasses.replace(two, load=codec.NO_LOAD), at=1030)).result(10)
    assert inventory.rows_written == 2
    inventory.remember(snap(one, dataclasses.replace(two, state=VMState.PAUSED), at=1060)).result(10)
    assert inventory.rows_written == 3
    at, found = inventory.last_seen(["h1"])["h1"]
    assert at == 1060 and [each.state for each in found] == [VMState.RUNNING, VMState.PAUSED]


def test_a_vm_that_vanished_is_kept_as_gone_and_may_return(inventory, snap, vm):
    one, two = vm("h1", "u1"), vm("h1", "u2")
    inventory.remember(snap(one, two)).result(10)
    inventory.remember(snap(one, at=1030)).result(10)
    assert [each.key.uuid for each in inventory.last_seen()["h1"][1]] == ["u1"]
    with inventory._database.connected():
        rows = inventory._database.run("SELECT first_seen, last_seen, gone_at FROM vms WHERE uuid = 'u2'")
    assert rows == [(1000.0, 1000.0, 1030.0)]
    inventory.remember(snap(one, two, at=1060)).result(10)
    assert len(inventory.last_seen()["h1"][1]) == 2


@pytest.mark.parametrize("state", [HostState.DOWN, HostState.CONNECTING, HostState.NEEDS_AUTH])
def test_a_host_that_does_not_answer_changes_nothing(inventory, snap, vm, state):
    inventory.remember(snap(vm("h1", "u1"))).result(10)
    inventory.remember(snap(at=2000, state=state)).result(10)
    assert inventory.last_seen()["h1"][0] == 1000.0
    assert len(inventory.last_seen()["h1"][1]) == 1


def test_hosts_are_kept_in_order_and_removed(inventory, snap, vm):
    one = Host("h1", "b", "qemu:///system", "lab", "red", 1, False, True, True)
    two = Host("h2", "a", "qemu+ssh://root@kvm2/system")
    for host in (one, two):
        inventory.save_host(host).result(10)
    assert inventory.hosts() == (two, one)
    inventory.save_host(dataclasses.replace(one, name="c")).result(10)
    assert inventory.hosts()[1].name == "c"
    inventory.remember(snap(vm("h1", "u1"))).result(10)
    inventory.remove_host("h1", forget=False).result(10)
    assert inventory.hosts() == (two,) and "h1" in inventory.last_seen()
    inventory.remove_host("h1", forget=True).result(10)
    assert "h1" not in inventory.last_seen()


def test_a_password_never_reaches_the_disk(inventory, path):
    with pytest.raises(InventoryError, match="password"):
        inventory.save_host(Host("h1", "x", "qemu+ssh://root:hunter2@kvm1/system")).result(10)
    inventory.audit(entry(detail="cannot open qemu+ssh://root:hunter2@kvm1/system")).result(10)
    inventory.event(HostEvent(1, "h1", "k", EventKind.HOST, "tcp://u:hunter2@k/ refused")).result(10)
    assert "root:***@kvm1" in inventory.audit_entries()[0].detail
    inventory.close(20)
    for file in path.parent.iterdir():
        assert b"hunter2" not in file.read_bytes()


def test_settings_are_read_from_memory_and_survive(inventory, path):
    saved = inventory.set_setting("columns", {"vms": ["name"]})
    assert inventory.setting("columns", {}) == {"vms": ["name"]}
    saved.result(10)
    with pytest.raises(InventoryError):
        inventory.set_setting("bad", object()).result(10)
    inventory.close(20)
    connection = sqlite3.connect(path)
    with connection:
        connection.execute("INSERT INTO settings VALUES ('broken', 'not json')")
    connection.close()
    again = open_inventory(path)
    assert again.setting("broken", "default") == "default"
    assert again.setting("columns", {}) == {"vms": ["name"]}
    assert again.setting("columns", 5) == 5
    again.close()


def test_audit_is_searched_and_paged(inventory):
    for number in range(5):
        inventory.audit(entry(vm_name=f"100%_{number}", at=float(number))).result(10)
    found = inventory.audit_entries(limit=2)
    assert [each.vm_name for each in found] == ["100%_4", "100%_3"]
    assert [each.vm_name for each in inventory.audit_entries(before=found[-1].id)] == ["100%_2", "100%_1", "100%_0"]
    assert len(inventory.audit_entries(search="0%_3")) == 1
    assert not inventory.audit_entries(search="0_%")
    assert dataclasses.replace(found[0], id=0) == entry(vm_name="100%_4", at=4.0)


def test_events_keep_the_newest(path):
    inventory = open_inventory(path, keep_events=3)
    for number in range(10):
        inventory.event(HostEvent(number, "h1", "kvm1", EventKind.LIFECYCLE, f"event {number}", "u1", "web"))
    inventory.close(10)
    inventory = open_inventory(path)
    assert [event.at for event in inventory.events()][:3] == [9, 8, 7]
    assert len(inventory.events()) <= 6
    newest = HostEvent(9, "h1", "kvm1", EventKind.LIFECYCLE, "event 9", "u1", "web")
    assert inventory.events(search="EVENT 9")[0] == newest
    inventory.close(20)


@settings(max_examples=60, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(texts=st.tuples(*[HOSTILE] * 6))
def test_hostile_text_comes_back_as_it_was(inventory, texts):
    name, title, source, tag, uuid, host_id = texts
    facts = VMFacts(title=title, tags=(tag,), disks=(Disk("vda", source),))
    kept = VM(VMKey(host_id, uuid), name, title, VMState.RUNNING, source, facts, ips=(tag,))
    host = Host(host_id, name, "qemu:///system", title)
    inventory.save_host(host).result(10)
    inventory.remember(HostSnapshot(host, 1, HostState.UP, 1, 1.0, vms={uuid: kept})).result(10)
    assert host in inventory.hosts()
    _, (found,) = inventory.last_seen([host_id])[host_id]
    assert (found.key, found.name, found.reason, found.facts, found.ips) == (kept.key, name, source, facts, (tag,))
    inventory.remove_host(host_id, forget=True).result(10)
    assert host_id not in inventory.last_seen()


def test_an_impossible_value_fails_alone(inventory, snap, vm):
    bad = dataclasses.replace(vm("h1", "u1"), facts=VMFacts(vcpus=object()))
    wrong = inventory.remember(snap(bad))
    good = inventory.audit(entry())
    with pytest.raises(InventoryError):
        wrong.result(10)
    good.result(10)
    assert len(inventory.audit_entries()) == 1


def test_facts_of_another_version_are_read_as_far_as_known():
    assert codec.load_facts(json.dumps([4])) == VMFacts(vcpus=4)
    assert codec.load_facts("junk" + string.punctuation) == VMFacts()
    assert "levitating" not in codec.STATES


def test_demo_keeps_nothing():
    inventory = open_inventory(None)
    inventory.audit(entry()).result(10)
    place = inventory.path
    assert len(inventory.audit_entries()) == 1
    inventory.close(20)
    assert not place.parent.exists()
    with pytest.raises(InventoryError):
        inventory.audit(entry()).result(10)
