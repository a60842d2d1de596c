"""The parts of a session that need no libvirt connection."""

from __future__ import annotations

import random
import threading

import libvirt
import pytest
from hypothesis import given
from hypothesis import strategies as st

from limen_tui.hypervisor.agenda import Agenda
from limen_tui.hypervisor.backoff import Backoff
from limen_tui.hypervisor.book import Book
from limen_tui.hypervisor.events import lifecycle
from limen_tui.hypervisor.lane import Lane
from limen_tui.hypervisor.mailbox import Mailbox
from limen_tui.hypervisor.pidfile import _process_started_at, qemu_started_at
from limen_tui.hypervisor.states import REASONS, reason_of, state_of
from limen_tui.hypervisor.statsparse import raw_host, raw_vm
from limen_tui.hypervisor.uri import is_local, transport
from limen_tui.model.host import Host
from limen_tui.model.lifecycle import SAVED, VMState
from limen_tui.model.ports import Priority
from limen_tui.model.samples import RawSample, RawVM
from limen_tui.model.vm import Nic, VMFacts, VMLoad
from tests.unit.hypervisor.libvirt_daemon import wait_for

RUNNING, SHUTOFF = libvirt.VIR_DOMAIN_RUNNING, libvirt.VIR_DOMAIN_SHUTOFF


def test_the_mailbox_serves_the_urgent_first_and_equals_in_order():
    box, done = Mailbox(), []
    for priority, name in ((3, "b1"), (2, "t1"), (0, "u1"), (1, "e1"), (0, "u2"), (3, "b2")):
        box.put(Priority(priority), lambda name=name: done.append(name))
    assert box.take(0, at_most=Priority.EVENT).priority is Priority.USER
    box.put(Priority.USER, lambda: done.append("u3"))
    while letter := box.take(0):
        letter.do()
    assert done == ["u2", "u3", "e1", "t1", "b1", "b2"]
    box.put(Priority.BACKGROUND, lambda: None)
    assert box.take(0, at_most=Priority.TICK) is None
    assert len(box.drain()) == 1


def test_a_closed_mailbox_wakes_who_waits():
    box = Mailbox()
    waiting = threading.Thread(target=box.take, args=(None,))
    waiting.start()
    box.put(Priority.USER, lambda: None)
    waiting.join(10)
    again = threading.Thread(target=box.take, args=(None,))
    again.start()
    assert box.close() == []
    again.join(10)
    assert not again.is_alive()
    assert not box.put(Priority.USER, lambda: None)


def test_the_agenda_has_each_task_once():
    agenda = Agenda()
    agenda.at("tick", Priority.TICK, 5.0)
    agenda.by("tick", Priority.TICK, 9.0)
    assert agenda.wait(1.0) == 4.0
    agenda.by("tick", Priority.TICK, 2.0)
    agenda.at("marks", Priority.BACKGROUND, 1.0)
    agenda.at("states", Priority.EVENT, 3.0)
    assert agenda.next_due(0.5) is None
    assert agenda.next_due(1.0) == ("marks", Priority.BACKGROUND)
    assert agenda.next_due(4.0) == ("states", Priority.EVENT)
    agenda.done("states")
    assert agenda.next_due(4.0) == ("tick", Priority.TICK)
    agenda.done("tick")
    agenda.done("marks")
    assert agenda.wait(4.0) is None


@given(st.integers())
def test_backoff_stays_within_one_and_sixty_seconds(seed):
    backoff = Backoff(random.Random(seed))
    waits = [backoff.next() for _ in range(12)]
    assert all(1 <= wait <= 60 for wait in waits)
    assert waits[0] < 2
    assert waits[-1] >= 45
    backoff.reset()
    assert backoff.next() < 2


def test_a_lane_runs_a_few_at_once_and_ends_when_idle():
    lane, together, done = Lane("t", width=3, idle=0.05), threading.Barrier(3, timeout=20), []
    for _ in range(3):
        lane.put(Priority.USER, lambda: done.append(together.wait()))
    wait_for(lambda: len(done) == 3)
    assert len(lane._threads) <= 3
    wait_for(lambda: not lane._threads)
    lane.put(Priority.USER, lambda: done.append("again"))
    wait_for(lambda: len(done) == 4)
    assert lane.close() == []
    assert lane.join(10)


@given(st.integers(-1, 20), st.integers(-1, 20), st.sampled_from([None, True, False]))
def test_every_state_and_reason_has_a_state(state, reason, saved):
    found = state_of(state, reason, saved=saved)
    said = reason_of(state, reason, saved=saved)
    assert isinstance(found, VMState)
    off = state == SHUTOFF
    assert (said == SAVED) == (off and found is VMState.SUSPENDED)


@pytest.mark.parametrize(
    ("state", "reason", "saved", "shown"),
    [
        (RUNNING, libvirt.VIR_DOMAIN_RUNNING_BOOTED, False, VMState.RUNNING),
        (libvirt.VIR_DOMAIN_BLOCKED, 0, False, VMState.RUNNING),
        (libvirt.VIR_DOMAIN_PAUSED, libvirt.VIR_DOMAIN_PAUSED_USER, False, VMState.PAUSED),
        (libvirt.VIR_DOMAIN_PAUSED, libvirt.VIR_DOMAIN_PAUSED_SAVE, False, VMState.SAVING),
        (libvirt.VIR_DOMAIN_PAUSED, libvirt.VIR_DOMAIN_PAUSED_POSTCOPY, False, VMState.MIGRATING),
        # restored after it was saved while paused
        (libvirt.VIR_DOMAIN_PAUSED, libvirt.VIR_DOMAIN_PAUSED_MIGRATION, False, VMState.PAUSED),
        (SHUTOFF, libvirt.VIR_DOMAIN_SHUTOFF_CRASHED, False, VMState.CRASHED),
        (SHUTOFF, libvirt.VIR_DOMAIN_SHUTOFF_UNKNOWN, True, VMState.SUSPENDED),
        (SHUTOFF, libvirt.VIR_DOMAIN_SHUTOFF_SAVED, None, VMState.SUSPENDED),
        # virsh save to a file of one's own: start would boot it
        (SHUTOFF, libvirt.VIR_DOMAIN_SHUTOFF_SAVED, False, VMState.STOPPED),
        (libvirt.VIR_DOMAIN_PMSUSPENDED, 0, False, VMState.SUSPENDED),
        (99, 0, False, VMState.UNKNOWN),
    ],
)
def test_states(state, reason, saved, shown):
    assert state_of(state, reason, saved=saved) is shown


def test_xen_says_no_state_of_what_runs():
    assert state_of(0, 0, no_state=VMState.RUNNING) is VMState.RUNNING
    assert REASONS[libvirt.VIR_DOMAIN_PAUSED, libvirt.VIR_DOMAIN_PAUSED_IOERROR] == "I/O error"


@given(st.integers(-1, 30), st.integers(-1, 30))
def test_every_lifecycle_event_has_words(event, detail):
    happening = lifecycle("u", "n", event, detail)
    assert happening.text
    assert happening.text.isprintable()


def test_figures_with_holes():
    params = {
        "state.state": 1, "cpu.time": 5, "vcpu.current": 2, "vcpu.maximum": 4, "vcpu.0.time": 1, "vcpu.2.time": 3,
        "vcpu.2.delay": 7, "block.count": 1, "block.0.name": "vda", "block.0.rd.bytes": 9, "net.count": 2,
        "net.0.name": "vnet0", "net.1.rx.bytes": 4,
    }
    vm = raw_vm("u", "n", params)
    assert vm.vcpu_time_ns == (1, None, 3)
    assert vm.vcpu_delay_ns == (None, None, 7)
    assert vm.disks[0].rd_bytes == 9
    assert vm.disks[0].wr_bytes is None
    assert [nic.name for nic in vm.nics] == ["vnet0", ""]
    assert raw_vm("u", "n", {}).cpu_time_ns is None


def test_host_figures():
    host = raw_host({"user": 1, "kernel": 2, "idle": 3, "iowait": 4}, {"total": 100, "free": 20, "cached": 30}, 0.5)
    assert (host.cpu_busy_ns, host.cpu_total_ns, host.mem_used_kib, host.load1) == (3, 10, 50, 0.5)
    assert host.mem_total_kib == 100
    assert raw_host(None, {}, None).mem_used_kib is None
    assert raw_host(None, {}, None).mem_total_kib is None


@pytest.mark.parametrize(
    ("uri", "local", "how"),
    [
        ("qemu:///system", True, "local"),
        ("qemu+unix:///system", True, "unix"),
        ("qemu+unix:///system?socket=/run/bridge", False, "unix"),
        ("qemu://kvm1/system", False, "tls"),
        ("qemu+tcp://kvm1/system", False, "tcp"),
        ("test:///default", True, "local"),
        ("qemu+ssh://u@kvm1/system", False, "ssh"),
    ],
)
def test_local_uris(uri, local, how):
    assert is_local(uri) is local
    assert transport(uri) == how


@pytest.mark.parametrize("name", ["../../etc/passwd", "a/b", "", ".", "..", "no such vm", "nul\0"])
def test_pid_files_of_odd_names_are_not_looked_for(name):
    assert qemu_started_at(name) is None


def test_the_start_of_a_process():
    import os
    import time

    assert 0 < _process_started_at(os.getpid()) <= time.time() + 1


def sample(mono, *vms):
    return RawSample(mono, 1000 + mono, vms)


def test_the_book_follows_samples():
    book = Book(Host("h", "host", "test:///default"))
    book.apply(sample(1, RawVM("a", "A", RUNNING), RawVM("b", "B", SHUTOFF)), {})
    first = book.views()
    assert first["a"].started_at == 1001
    assert first["b"].started_at is None
    book.apply(sample(2, RawVM("a", "A", RUNNING), RawVM("b", "B", SHUTOFF)), {})
    assert not book.dirty
    assert book.views()["a"] is first["a"]
    book.apply(sample(3, RawVM("a", "renamed", RUNNING)), {"a": VMLoad(cpu_pct=5)})
    after = book.views()
    assert list(after) == ["a"]
    assert after["a"].name == "renamed"
    assert after["a"].load.cpu_pct == 5
    with pytest.raises(TypeError):
        after["x"] = first["a"]


def test_a_held_stop_is_not_shown_until_it_is_sure():
    book = Book(Host("h", "host", "test:///default"))
    book.apply(sample(1, RawVM("a", "A", RUNNING)), {})
    book.hold("a", 2.0)
    book.set_state("a", SHUTOFF, 1, mono=1.5, wall=0)
    assert book.views()["a"].state is VMState.RUNNING
    book.set_state("a", SHUTOFF, 1, mono=2.5, wall=0)
    assert book.views()["a"].state is VMState.STOPPED


def test_addresses_go_with_the_run():
    book = Book(Host("h", "host", "test:///default"))
    book.apply(sample(1, RawVM("a", "A", RUNNING)), {})
    book.set_facts("a", VMFacts(nics=(Nic("52:54:00:00:00:01"), Nic("52:54:00:00:00:02"))))
    book.set_addresses({"52:54:00:00:00:02": ("10.0.0.2", "fe80::2"), "52:54:00:00:00:01": ("10.0.0.1",)})
    assert book.views()["a"].ips == ("10.0.0.1", "10.0.0.2", "fe80::2")
    book.set_state("a", SHUTOFF, 1, mono=2, wall=0)
    assert book.views()["a"].ips == ()


def test_marks_go_into_facts():
    book = Book(Host("h", "host", "test:///default"))
    book.apply(sample(1, RawVM("a", "A", SHUTOFF)), {})
    book.set_marks(autostart={"a"}, transient={"a"}, saved={"a"})
    vm = book.views()["a"]
    assert (vm.facts.autostart, vm.facts.persistent, vm.state, vm.reason) == (True, False, VMState.SUSPENDED, SAVED)


def test_another_run_that_nobody_saw_begin():
    book = Book(Host("h", "host", "test:///default"))
    book.apply(sample(1, RawVM("a", "A", RUNNING)), {})
    assert book.set_run("a", 7, wall=1001)
    assert not book.set_run("a", 7, wall=1002)
    assert book.views()["a"].started_at == 1001
    # while the link was down it was started again
    assert book.set_run("a", 9, wall=1500)
    assert (book.views()["a"].started_at, book.views()["a"].started_exact) == (1500, False)
    book.started("a", 1600, exact=True)
    assert book.set_run("a", 10, wall=1601)
    assert (book.views()["a"].started_at, book.views()["a"].started_exact) == (1600, True)
    assert not book.set_run("a", -1, wall=1700)
