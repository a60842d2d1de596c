"""HostSession against a private libvirtd: many VMs, broken links, hung hosts, restarts."""

from __future__ import annotations

import signal

import pytest

from limen_tui.errors import AuthError, ConnectError, NotSupported
from limen_tui.hypervisor.connection import open_libvirt
from limen_tui.model.host import HostState
from limen_tui.model.lifecycle import Verb, VMState
from limen_tui.model.ports import Watch
from tests.unit.hypervisor.libvirt_daemon import node_xml, wait_for

ALWAYS = {"getAllDomainStats", "getCPUStats", "getMemoryStats"}


def a_world(daemon, count, **options):
    path = daemon.folder / f"world{count}.xml"
    if not path.exists():
        path.write_text(node_xml(count, **options))
    return daemon.uri("test", str(path))


def calls_of_ticks(host, made, ticks=4):
    """What each of a few ticks asked, upkeep left aside."""
    host.until(lambda snap: all(vm.facts.nics for vm in snap.vms.values()))
    # the upkeep after connecting comes last, and with one VM sometimes a tick after all is known of it
    wait_for(lambda: {"listAllDomains", "listAllNetworks"} <= set(made[0].calls), what="the upkeep")
    settled = host.now.load.ticks + 2
    host.until(lambda snap: snap.load.ticks >= settled)
    begin, calls = host.now.load, len(made[0].calls)
    end = host.until(lambda snap: snap.load.ticks >= begin.ticks + ticks)
    return (end.load.rpcs - begin.rpcs) / (end.load.ticks - begin.ticks), made[0].calls[calls:]


@pytest.mark.parametrize("count", [1, 50, 5000])
def test_calls_per_tick_do_not_grow_with_the_vms(watch_host, daemon, counting, count, monkeypatch):
    monkeypatch.setattr("limen_tui.hypervisor.serving.UPKEEP", 3600.0)  # on a busy machine it would come round again
    opener, made = counting
    host = watch_host(a_world(daemon, count), open=opener)
    snap = host.up()
    assert len(snap.vms) == count
    per_tick, calls = calls_of_ticks(host, made)
    assert per_tick <= 3
    asked = [call for call in calls if call in ALWAYS]
    assert len(asked) <= 3 * (calls.count("getAllDomainStats") + 1)
    assert not {call for call in calls if call not in ALWAYS} & {"lookupByUUIDString", "listAllDomains"}


def test_more_vms_than_one_reply_can_hold(watch_host, daemon):
    # over 16,384, libvirt 9's limit for a list and for bulk statistics; older daemons have 4,096 for the latter
    host = watch_host(a_world(daemon, 17_000, active=1000), watch=Watch(interval=1.0))
    snap = host.up()
    assert len(snap.vms) == 17_000
    assert snap.running == 1000
    later = host.until(lambda snap: snap.load.ticks >= 3, 60)
    assert len(later.vms) == 17_000
    # two lists and nine chunks
    assert later.load.rpcs / later.load.ticks <= 14


def test_restart_of_the_daemon(watch_host, daemon):
    host = watch_host(a_world(daemon, 3))
    host.up()
    daemon.stop()
    down = host.until(lambda snap: snap.state is HostState.DOWN)
    assert down.problem.hint
    assert all(vm.stale for vm in down.vms.values())
    assert len(down.vms) == 3
    daemon.start()
    back = host.up()
    assert not any(vm.stale for vm in back.vms.values())
    # events are registered again
    uuid = host.vm("vm00001").key.uuid
    host.do(lambda verbs: verbs.lifecycle(Verb.PAUSE, uuid))
    host.told("paused")
    host.vm_until("vm00001", lambda vm: vm.state is VMState.PAUSED)


def test_a_frozen_daemon_is_stale_and_then_comes_back(watch_host, daemon):
    frozen = watch_host(a_world(daemon, 3), stale_after=0.5)
    healthy = watch_host("test:///default")
    frozen.up()
    healthy.up()
    daemon.signal(signal.SIGSTOP)
    try:
        snap = frozen.until(lambda snap: snap.state is HostState.STALE)
        assert snap.rev > 0
        assert "does not answer" in snap.problem.title
        assert all(vm.stale for vm in snap.vms.values())
        assert isinstance(frozen.session.submit(lambda verbs: 1).exception(0), ConnectError)
        ticks = healthy.now.load.ticks
        healthy.until(lambda snap: snap.load.ticks > ticks + 2)
    finally:
        daemon.signal(signal.SIGCONT)
    back = frozen.up()
    assert not any(vm.stale for vm in back.vms.values())
    assert back.problem is None


def test_keepalive_ends_a_silent_link(watch_host, daemon):
    host = watch_host(a_world(daemon, 3), stale_after=0.5)
    host.up()
    daemon.signal(signal.SIGSTOP)
    try:
        # five seconds twice, libvirt's own keepalive
        snap = host.until(lambda snap: snap.state is HostState.DOWN, 30)
        assert snap.problem.hint
    finally:
        daemon.signal(signal.SIGCONT)
    host.up()


def test_a_hung_host_delays_nobody(watch_host, hung_port):
    hung = watch_host(f"qemu+tcp://127.0.0.1:{hung_port}/system", connect_patience=0.3)
    hung.may_hang = True
    healthy = watch_host("test:///default")
    healthy.up()
    snap = hung.until(lambda snap: snap.state is HostState.DOWN)
    assert "does not answer" in snap.problem.title
    assert isinstance(hung.session.submit(lambda verbs: 1).exception(0), ConnectError)
    ticks = healthy.now.load.ticks
    healthy.until(lambda snap: snap.load.ticks > ticks + 2)
    hung.session.close()
    assert not hung.session.join(0)


def test_asking_again_goes_past_an_attempt_that_hangs(watch_host, hung_port):
    tries = []

    def opener(uri, read_only):
        tries.append(uri)
        return open_libvirt(uri if len(tries) == 1 else "test:///default", read_only)

    host = watch_host(f"qemu+tcp://127.0.0.1:{hung_port}/system", open=opener, connect_patience=0.3)
    host.may_hang = True
    host.until(lambda snap: snap.state is HostState.DOWN)
    host.session.refresh()
    host.up()
    assert host.do(lambda verbs: 5) == 5


def test_few_threads_are_left_behind_by_a_host_that_only_hangs(watch_host, hung_port):
    host = watch_host(f"qemu+tcp://127.0.0.1:{hung_port}/system", connect_patience=0.1, give_up_after=0.2)
    host.may_hang = True
    wait_for(lambda: host.now and len(host.session._left) == 2)
    thread = host.session._thread
    host.until(lambda snap: host.session._context.busy_since is not None
               and host.session._context.clock.mono() - host.session._context.busy_since > 1)
    assert host.session._thread is thread


def test_a_driver_that_is_not_there(daemon):
    with pytest.raises(NotSupported):
        open_libvirt(daemon.uri("bhyve"), False)


def test_sign_in_is_asked_for_not_prompted(watch_host):
    def refuse(uri, read_only):
        raise AuthError("Sign-in is needed", "SASL", "Sign in to this host.")

    host = watch_host("qemu:///system", open=refuse)
    snap = host.until(lambda snap: snap.state is HostState.NEEDS_AUTH)
    assert snap.retry_at is None
    assert isinstance(host.session.submit(lambda verbs: 1).exception(0), AuthError)
    rev = snap.rev
    host.session.refresh()
    host.until(lambda snap: snap.rev > rev + 1 and snap.state is HostState.NEEDS_AUTH)


def test_the_transport_is_ended_after_the_connection(watch_host):
    ended = []
    host = watch_host("qemu+ssh://far/system", transport=lambda host: ("test:///default", lambda: ended.append(host)))
    assert host.up().info.transport == "ssh"
    assert host.now.load.load1 is None
    assert not ended
    host.session.close()
    wait_for(lambda: ended)
