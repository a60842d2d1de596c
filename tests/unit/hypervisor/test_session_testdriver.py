"""HostSession over libvirt's in-process test driver."""

from __future__ import annotations

import math
import subprocess
import sys
import threading
from concurrent.futures import CancelledError

import libvirt
import pytest

from limen_tui.errors import Conflict, ConnectError, InputError, NotFound, ReadOnlyError
from limen_tui.hypervisor.connection import open_libvirt
from limen_tui.hypervisor.events import lifecycle
from limen_tui.hypervisor.lane import WIDTH
from limen_tui.model.events import EventKind
from limen_tui.model.host import Host, HostState
from limen_tui.model.lifecycle import Verb, VMState
from limen_tui.model.ports import Priority, Watch
from tests.unit.hypervisor.libvirt_daemon import node_xml, wait_for

URI = "test:///default"


def only(snapshot):
    return next(iter(snapshot.vms.values()))


def test_connects_and_shows_the_vms(watch_host):
    host = watch_host(URI)
    snap = host.up()
    assert snap.info.hypervisor == "TEST"
    assert snap.info.transport == "local"
    assert snap.sampled_at is not None
    vm = host.vm_until("test", lambda vm: vm.facts.nics)
    assert (vm.state, vm.facts.vcpus, vm.host_name) == (VMState.RUNNING, 2, "host")
    assert not vm.stale
    assert host.told("connected").kind is EventKind.HOST


def test_snapshots_grow_by_rev(watch_host):
    host = watch_host(URI)
    first = host.up()
    later = host.until(lambda snap: snap.load.ticks >= 3)
    assert later.rev > first.rev
    assert later.sampled_at > first.sampled_at


def test_unchanged_vms_are_the_same_object(watch_host):
    host = watch_host(URI)
    host.vm_until("test", lambda vm: vm.facts.nics)
    settled = host.now.load.ticks + 2  # what comes after the definition is known by then: autostart, managed save
    vm = only(host.until(lambda snap: snap.load.ticks >= settled))
    assert only(host.until(lambda snap: snap.load.ticks > settled + 1)) is vm


def test_figures_of_visible_rows_only(watch_host, tmp_path):
    file = tmp_path / "node.xml"
    file.write_text(node_xml(3))
    host = watch_host(f"test://{file}")
    host.up()
    seen = host.vm("vm00001").key.uuid
    host.session.watch(Watch(interval=0.1, visible=frozenset({seen})))
    host.vm_until("vm00001", lambda vm: vm.load.cpu_pct is not None)
    assert host.vm("vm00001").load.mem_assigned_kib == 1048576
    assert host.vm("vm00000").load.cpu_pct is None


def test_lifecycle_and_events(watch_host):
    host = watch_host(URI)
    host.up()
    uuid = host.vm("test").key.uuid
    for verb, state, text in (
        (Verb.PAUSE, VMState.PAUSED, "paused"),
        (Verb.RESUME, VMState.RUNNING, "resumed"),
        (Verb.FORCE_OFF, VMState.STOPPED, "stopped (forced off)"),
        (Verb.START, VMState.RUNNING, "started (booted)"),
        (Verb.SAVE, VMState.SUSPENDED, "stopped (saved)"),
        (Verb.START, VMState.RUNNING, "started"),
        (Verb.SHUTDOWN, VMState.STOPPED, "stopped (shut down)"),
    ):
        host.do(lambda verbs, verb=verb: verbs.lifecycle(verb, uuid))
        host.vm_until("test", lambda vm, state=state: vm.state is state)
        assert host.told(text).uuid == uuid
    assert host.vm("test").started_at is None


def test_start_time_is_exact_when_the_start_was_seen(watch_host):
    host = watch_host(URI)
    host.up()
    assert not host.vm("test").started_exact
    uuid = host.vm("test").key.uuid
    host.do(lambda verbs: verbs.lifecycle(Verb.FORCE_OFF, uuid))
    host.vm_until("test", lambda vm: vm.state is VMState.STOPPED)
    host.do(lambda verbs: verbs.lifecycle(Verb.START, uuid))
    host.vm_until("test", lambda vm: vm.started_exact and vm.started_at)


def test_a_stop_and_start_within_a_moment_is_a_restart(watch_host, monkeypatch):
    monkeypatch.setattr("limen_tui.hypervisor.serving.HOLD", 30.0)  # a moment may be long on a busy machine
    host = watch_host(URI)
    host.up()
    uuid = host.vm("test").key.uuid
    states, looking = set(), threading.Event()

    def restart(verbs):
        looking.wait(10)  # it may be over before anyone has looked once
        verbs.lifecycle(Verb.FORCE_OFF, uuid)
        verbs.lifecycle(Verb.START, uuid)

    future = host.session.submit(restart)
    while not future.done():
        states.add(host.vm("test").state)
        looking.set()
    host.told("restarted")
    host.vm_until("test", lambda vm: vm.started_exact)
    assert states == {VMState.RUNNING}
    assert not any(event.text.startswith("stopped") for event in host.events)


def test_a_stop_that_was_shown_is_told_though_a_start_follows(watch_host):
    host = watch_host(URI)
    uuid = only(host.up()).key.uuid
    serving = host.session._worker.serving

    def both() -> None:
        serving.on_event(lifecycle(uuid, "test", libvirt.VIR_DOMAIN_EVENT_STOPPED, 1))
        # as by a tick that ran into the end of the time for which a stop is held back
        serving._book.set_state(uuid, libvirt.VIR_DOMAIN_SHUTOFF, 2, mono=math.inf, wall=0.0)
        serving.on_event(lifecycle(uuid, "test", libvirt.VIR_DOMAIN_EVENT_STARTED, 0))

    host.session._context.mailbox.put(Priority.USER, both)
    host.told("started (booted)")
    texts = [event.text for event in host.events if event.uuid == uuid]
    assert texts[:2] == ["stopped (forced off)", "started (booted)"]
    assert "restarted" not in texts


def test_tags_and_autostart_come_back(watch_host):
    host = watch_host(URI)
    host.up()
    uuid = host.vm("test").key.uuid
    host.do(lambda verbs: verbs.set_tags(uuid, ["web", "</tag>&", "web", " "]))
    assert host.vm_until("test", lambda vm: vm.facts.tags).facts.tags == ("web", "</tag>&")
    host.do(lambda verbs: verbs.set_autostart(uuid, True))
    host.vm_until("test", lambda vm: vm.facts.autostart)
    host.do(lambda verbs: verbs.set_tags(uuid, []))
    host.vm_until("test", lambda vm: not vm.facts.tags)
    with pytest.raises(InputError):
        host.do(lambda verbs: verbs.set_tags(uuid, ["\x1b[31m"]))


def test_verbs_fail_with_our_errors(watch_host):
    host = watch_host(URI)
    host.up()
    uuid = host.vm("test").key.uuid
    with pytest.raises(NotFound):
        host.do(lambda verbs: verbs.lifecycle(Verb.START, "00000000-0000-4000-8000-000000000000"))
    with pytest.raises(InputError):
        host.do(lambda verbs: verbs.xml("not a uuid"))
    with pytest.raises(Conflict):
        host.do(lambda verbs: verbs.lifecycle(Verb.START, uuid))
    assert "<domain" in host.do(lambda verbs: verbs.xml(uuid))


def test_pools_and_networks(watch_host):
    host = watch_host(URI)
    host.up()
    pool, = host.do(lambda verbs: verbs.pools())
    assert (pool.name, pool.kind, pool.active, pool.path) == ("default-pool", "dir", True, "/default-pool")
    assert pool.capacity > 0
    network, = host.do(lambda verbs: verbs.networks())
    assert (network.name, network.forward, network.cidr) == ("default", "nat", "192.168.122.1/24")


@pytest.mark.parametrize("how", ["run", "host"])
def test_read_only_refuses_before_libvirt_is_asked(watch_host, counting, how):
    opener, made = counting
    host = watch_host(URI, open=opener, read_only=how == "run", start=False)
    if how == "host":
        host.session._context.read_only = Host("h", "h", URI, read_only=True).read_only
    host.start()
    assert host.up().info.read_only
    uuid = host.vm("test").key.uuid
    for act in (
        lambda verbs: verbs.lifecycle(Verb.FORCE_OFF, uuid),
        lambda verbs: verbs.set_autostart(uuid, True),
        lambda verbs: verbs.set_tags(uuid, ["x"]),
    ):
        with pytest.raises(ReadOnlyError):
            host.do(act)
    host.until(lambda snap: snap.load.ticks > 1)
    assert "lookupByUUIDString" not in made[0].calls
    assert host.vm("test").state is VMState.RUNNING


def test_a_vm_defined_and_undefined_elsewhere(watch_host, tmp_path):
    # in-process test connections to the same file share nothing: use the session's own connection
    host = watch_host(URI)
    host.up()
    raw = host.session._worker.connection.raw
    name = "[red]\N{RIGHT-TO-LEFT OVERRIDE}" + "x" * 200
    rest = "<memory>4096</memory><os><type>hvm</type></os>"
    dom = raw.defineXML(f"<domain type='test'><name>{name}</name>{rest}</domain>")
    vm = host.vm_until(name, lambda vm: vm.facts.memory_kib == 4096)
    assert vm.state is VMState.STOPPED
    assert host.told("defined (added)").vm_name == name
    dom.undefine()
    host.until(lambda snap: len(snap.vms) == 1)
    host.told("undefined")


def test_submit_fails_at_once_when_the_host_is_not_up(watch_host, tmp_path):
    host = watch_host(f"qemu+unix:///system?socket={tmp_path}/none", start=False)
    assert isinstance(host.session.submit(lambda verbs: 1).exception(0), ConnectError)
    host.start()
    # while it tries again nothing is said of when
    snap = host.until(lambda snap: snap.state is HostState.DOWN and snap.retry_at is not None)
    assert "does not run" in snap.problem.title
    error = host.session.submit(lambda verbs: 1).exception(0)
    assert isinstance(error, ConnectError)
    assert host.told("down").level == "error"


def test_acts_run_beside_the_ticks_and_can_be_cancelled_until_they_start(watch_host):
    host = watch_host(URI)
    host.up()
    begun, gate = threading.Semaphore(0), threading.Event()

    def slow(verbs):
        begun.release()
        gate.wait(20)

    slow_ones = [host.session.submit(slow) for _ in range(WIDTH)]
    one_more = host.session.submit(lambda verbs: 2)
    for _ in slow_ones:
        assert begun.acquire(timeout=20)
    assert one_more.cancel()
    assert not slow_ones[0].cancel()
    ticks = host.now.load.ticks
    host.until(lambda snap: snap.load.ticks > ticks + 1)
    gate.set()
    for future in slow_ones:
        future.result(20)
    with pytest.raises(CancelledError):
        one_more.result(20)


def test_what_an_act_raises_belongs_to_its_future(watch_host):
    host = watch_host(URI)
    host.up()

    def broken(verbs):
        raise ZeroDivisionError

    with pytest.raises(ZeroDivisionError):
        host.do(broken)
    assert host.do(lambda verbs: 7) == 7


def test_rename(watch_host):
    host = watch_host(URI)
    host.up()
    host.session.rename(Host("h", "other", URI, group="lab"))
    host.until(lambda snap: snap.host.name == "other" and only(snap).host_name == "other")
    with pytest.raises(InputError):
        host.session.rename(Host("h", "other", "test:///elsewhere"))


def test_who_asks_to_connect_while_an_attempt_fails_need_not_wait(watch_host, monkeypatch):
    """As the watch does that hears a host speak again: it asks once."""
    for name in ("SHORTEST", "LONGEST"):
        monkeypatch.setattr(f"limen_tui.hypervisor.backoff.{name}", 3600.0)
    tries, trying, go_on = [], threading.Event(), threading.Event()

    def opener(uri, read_only):
        tries.append(uri)
        if len(tries) == 2:
            trying.set()
            go_on.wait(60)
            raise ConnectError("not yet")
        return open_libvirt(uri, read_only)

    host = watch_host(URI, open=opener)
    host.up()
    host.session.refresh()
    ticks = host.now.load.ticks
    host.until(lambda snap: snap.load.ticks > ticks + 1)  # that one was seen to
    host.cut()
    assert len(tries) == 1
    host.session.refresh()
    assert trying.wait(60)
    host.session.refresh()
    go_on.set()
    host.told("not yet")
    host.up()
    assert len(tries) == 3


def test_a_name_given_while_an_attempt_fails_is_not_lost(watch_host):
    tries, trying, go_on = [], threading.Event(), threading.Event()

    def opener(uri, read_only):
        tries.append(uri)
        if len(tries) == 2:
            trying.set()
            go_on.wait(60)
            raise ConnectError("not yet")
        return open_libvirt(uri, read_only)

    host = watch_host(URI, open=opener)
    assert only(host.up()).host_name == "host"
    host.cut()
    host.session.refresh()
    assert trying.wait(60)
    host.session.rename(Host("h", "other", URI))
    go_on.set()
    wait_for(lambda: len(tries) > 2, 60.0, "the next attempt")
    host.until(lambda snap: snap.state is HostState.UP and only(snap).host_name == "other")


def test_close_before_start_and_twice():
    from limen_tui.hypervisor.session import HostSession

    session = HostSession(Host("h", "h", URI), lambda event: None)
    session.close()
    session.close()
    assert session.join(1)
    assert isinstance(session.submit(lambda verbs: 1).exception(0), ConnectError)


def test_many_connections_leave_no_handles(watch_host, counting):
    opener, made = counting
    host = watch_host(URI, open=opener)
    host.up()
    for n in range(5):
        host.cut()
        host.session.refresh()
        host.until(lambda snap, n=n: snap.state is HostState.UP and len(made) == n + 2)
        vm = only(host.now)
        # the driver forgets its state with its last connection, and the one before may still be in use
        verb, after = (
            (Verb.PAUSE, VMState.PAUSED) if vm.state is VMState.RUNNING else (Verb.RESUME, VMState.RUNNING)
        )
        host.do(lambda verbs, uuid=vm.key.uuid, verb=verb: verbs.lifecycle(verb, uuid))
        host.vm_until("test", lambda vm, after=after: vm.state is after)
    # closed for good: the connection's last reference is gone
    wait_for(lambda: all(each._raw._o is None for each in made[:-1]), what="the connections to be given back")


class NoBulk:
    """A driver without the bulk call, as ESX is: libvirt's own refusal, the rest from the test driver."""

    def __init__(self, raw):
        self._raw = raw
        self.asked = 0

    def getAllDomainStats(self, *args):
        self.asked += 1
        error = libvirt.libvirtError("no")
        error.err = (libvirt.VIR_ERR_NO_SUPPORT, 0, "not supported", 2, None, None, None, -1, -1)
        raise error

    def __getattr__(self, name):
        return getattr(self._raw, name)


def test_a_driver_without_the_bulk_call(watch_host, tmp_path):
    file = tmp_path / "node.xml"
    file.write_text(node_xml(5, active=3))
    made = []

    def opener(uri, read_only):
        made.append(NoBulk(open_libvirt(uri, read_only)))
        return made[-1]

    host = watch_host(f"test://{file}", open=opener)
    snap = host.up()
    assert (len(snap.vms), snap.running) == (5, 3)
    uuid = host.vm("vm00000").key.uuid
    host.session.watch(Watch(interval=0.1, visible=frozenset({uuid})))
    host.vm_until("vm00000", lambda vm: vm.load.cpu_pct is not None)
    assert made[0].asked == 1


def test_a_fault_of_ours_costs_the_spell_not_the_host(watch_host):
    well = threading.Event()

    def opener(uri, read_only):
        if not well.is_set():
            raise ZeroDivisionError("oops")
        return open_libvirt(uri, read_only)

    host = watch_host(URI, open=opener)
    assert "oops" in host.until(lambda snap: snap.state is HostState.DOWN).problem.detail
    well.set()
    host.session.refresh()
    host.up()


def test_definitions_are_read_again_after_a_reconnect(watch_host, tmp_path):
    file = tmp_path / "node.xml"
    file.write_text(node_xml(1))
    host = watch_host(f"test://{file}")
    host.vm_until("vm00000", lambda vm: vm.facts.memory_kib == 1048576)
    file.write_text(node_xml(1).replace("1048576", "2097152"))
    host.cut()
    host.session.refresh()
    host.vm_until("vm00000", lambda vm: vm.facts.memory_kib == 2097152 and not vm.stale)


def test_the_process_ends_at_once_with_sessions_open_and_hung(hung_port):
    program = f"""
import sys, time
from limen_tui.hypervisor.session import HostSession
from limen_tui.model.host import Host, HostState
good = HostSession(Host("a", "a", "test:///default"), lambda event: None)
hung = HostSession(Host("b", "b", "qemu+tcp://127.0.0.1:{hung_port}/system"), lambda event: None)
for session in (good, hung):
    session.start()
while good.snapshot.state is not HostState.UP:
    time.sleep(0.01)
hung.close()
print("leaving")
"""
    done = subprocess.run([sys.executable, "-c", program], check=False, capture_output=True, text=True, timeout=60)
    assert (done.returncode, done.stdout, done.stderr) == (0, "leaving\n", "")
