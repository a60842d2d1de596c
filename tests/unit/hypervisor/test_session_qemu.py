"""HostSession against real QEMU in a private libvirtd, with virsh as the witness."""

from __future__ import annotations

import os
import signal

import libvirt
import pytest

from limen_tui.hypervisor.connection import open_libvirt
from limen_tui.model.lifecycle import SAVED, Verb, VMState
from limen_tui.model.ports import Watch
from limen_tui.model.samples import USUAL_GROUPS
from tests.unit.hypervisor.libvirt_daemon import small_guest, wait_for

pytestmark = pytest.mark.lab
NIC = "<interface type='user'><mac address='52:54:00:AA:00:01'/></interface>"


@pytest.fixture(scope="module")
def guests(daemon):
    daemon.define(small_guest("on", devices=NIC), start=True)
    daemon.define(small_guest("off"))
    return daemon


@pytest.fixture
def host(watch_host, guests):
    made = watch_host(guests.uri())
    made.up()
    return made


def test_facts_and_figures(host, guests):
    snap = host.now
    assert (snap.info.hypervisor, snap.info.arch, snap.info.transport) == ("QEMU", "x86_64", "unix")
    assert snap.info.hypervisor_version
    vm = host.vm_until("on", lambda vm: vm.load.cpu_pct is not None and vm.load.rss_kib)
    assert vm.state is VMState.RUNNING
    assert vm.load.mem_assigned_kib
    vm = host.vm_until("on", lambda vm: vm.facts.nics)
    assert vm.facts.nics[0].mac == "52:54:00:aa:00:01"
    assert vm.facts.has_balloon
    assert host.until(lambda snap: snap.load.mem_used_kib).load.mem_used_kib > 0
    total = next(line.split() for line in guests.virsh("nodememstats").splitlines() if line.startswith("total"))
    assert host.now.info.memory_kib == int(total[2])


def test_balloon_statistics_are_switched_on_once_a_run(host, guests):
    guests.define(small_guest("ballooned"), start=True)
    assert host.told("switched on memory statistics").vm_name
    host.vm_until("ballooned", lambda vm: vm.facts.has_balloon)
    wait_for(lambda: "period='5'" in guests.virsh("dumpxml", "ballooned"))
    assert "period=" not in guests.virsh("dumpxml", "--inactive", "ballooned")
    guests.virsh("destroy", "ballooned")
    guests.virsh("undefine", "ballooned")
    host.until(lambda snap: len(snap.vms) == 2)


def test_balloon_statistics_of_a_vm_that_was_started_paused(host, guests):
    guests.virsh("start", "off", "--paused")
    host.vm_until("off", lambda vm: vm.state is VMState.PAUSED and vm.facts.machine)
    guests.virsh("resume", "off")
    wait_for(lambda: any(each.vm_name == "off" and "switched on" in each.text for each in list(host.events)),
             what="memory statistics")
    guests.virsh("destroy", "off")
    host.vm_until("off", lambda vm: vm.state is VMState.STOPPED)


def test_read_only_changes_nothing(watch_host, guests):
    guests.define(small_guest("watched"), start=True)
    host = watch_host(guests.uri(), read_only=True)
    host.vm_until("watched", lambda vm: vm.facts.has_balloon)
    host.until(lambda snap: snap.load.ticks > 3)
    assert "period=" not in guests.virsh("dumpxml", "watched")
    guests.virsh("destroy", "watched")
    guests.virsh("undefine", "watched")
    host.until(lambda snap: len(snap.vms) == 2)


def test_lifecycle(host, guests):
    uuid = host.vm("off").key.uuid
    for verb, state, witness in (
        (Verb.START, VMState.RUNNING, "running"),
        (Verb.PAUSE, VMState.PAUSED, "paused"),
        (Verb.RESUME, VMState.RUNNING, "running"),
        (Verb.RESET, VMState.RUNNING, "running"),
        (Verb.SAVE, VMState.SUSPENDED, "shut off"),
        (Verb.START, VMState.RUNNING, "running"),
        (Verb.FORCE_OFF, VMState.STOPPED, "shut off"),
    ):
        host.do(lambda verbs, verb=verb: verbs.lifecycle(verb, uuid))
        vm = host.vm_until("off", lambda vm, state=state: vm.state is state)
        assert guests.virsh("domstate", "off") == witness
        if state is VMState.SUSPENDED:
            assert vm.reason == SAVED


def test_a_managed_save_made_and_removed_elsewhere(host, guests):
    guests.virsh("start", "off")
    host.vm_until("off", lambda vm: vm.state is VMState.RUNNING)
    guests.virsh("managedsave", "off")
    host.vm_until("off", lambda vm: vm.state is VMState.SUSPENDED)
    uuid = host.vm("off").key.uuid
    host.do(lambda verbs: verbs.lifecycle(Verb.RESUME, uuid))
    host.vm_until("off", lambda vm: vm.state is VMState.RUNNING)
    guests.virsh("destroy", "off")
    host.vm_until("off", lambda vm: vm.state is VMState.STOPPED)


def test_qemu_killed_from_outside_is_a_crash(host, guests):
    guests.virsh("start", "off")
    host.vm_until("off", lambda vm: vm.state is VMState.RUNNING)
    guests.run("sh", "-c", "kill -9 $(cat /run/libvirt/qemu/off.pid)")
    vm = host.vm_until("off", lambda vm: vm.state is VMState.CRASHED)
    assert vm.reason == "crashed"
    assert host.told("stopped (failed)").level == "error"


def test_tags_and_hot_plug(host, guests):
    uuid = host.vm("on").key.uuid
    host.do(lambda verbs: verbs.set_tags(uuid, ["db"]))
    host.vm_until("on", lambda vm: vm.facts.tags == ("db",))
    assert "urn:limen:vm:1" in guests.virsh("dumpxml", "--inactive", "on")
    before = len(host.vm("on").facts.nics)
    path = guests.folder / "disk.img"
    with path.open("wb") as disk:
        os.truncate(disk.fileno(), 1 << 20)
    guests.virsh("attach-disk", "on", str(path), "sdb", "--targetbus", "usb")
    host.vm_until("on", lambda vm: vm.facts.disks)
    assert len(host.vm("on").facts.nics) == before
    host.told("device added")


def test_the_daemon_restarts_and_vms_go_on(host, guests):
    guests.stop()
    host.until(lambda snap: snap.state != "up")
    guests.start()
    host.up()
    vm = host.vm_until("on", lambda vm: vm.state is VMState.RUNNING and not vm.stale)
    assert vm.started_at
    uuid = vm.key.uuid
    host.do(lambda verbs: verbs.lifecycle(Verb.PAUSE, uuid))
    host.told("paused")
    host.do(lambda verbs: verbs.lifecycle(Verb.RESUME, uuid))
    host.vm_until("on", lambda vm: vm.state is VMState.RUNNING)


def test_a_vm_renamed_elsewhere_keeps_its_identity(host, guests):
    uuid = host.vm("off").key.uuid
    guests.virsh("domrename", "off", "new[bold]")
    assert host.vm_until("new[bold]", lambda vm: True).key.uuid == uuid
    guests.virsh("domrename", "new[bold]", "off")
    host.vm_until("off", lambda vm: True)


def test_a_frozen_qemu_does_not_hold_up_its_host_for_long(watch_host, guests):
    # libvirt waits for ever for its monitor; whoever asks next with NOWAIT passes it by
    host = watch_host(guests.uri(), stale_after=0.3, give_up_after=1.0)
    host.vm_until("on", lambda vm: vm.facts.has_balloon)
    guests.run("sh", "-c", "kill -STOP $(cat /run/libvirt/qemu/on.pid)")
    try:
        host.until(lambda snap: snap.state == "stale")
        back = host.up()
        ticks = back.load.ticks
        host.until(lambda snap: snap.load.ticks > ticks + 3)
        assert host.vm("on").facts.has_balloon
        off = host.vm("off").key.uuid
        host.session._stale_after = 60.0  # figures that are a little late on a busy machine refuse an act, too
        host.up()
        host.do(lambda verbs: verbs.set_tags(off, ["still", "alive"]))
        host.vm_until("off", lambda vm: vm.facts.tags == ("still", "alive"))
    finally:
        guests.run("sh", "-c", f"kill -{int(signal.SIGCONT)} $(cat /run/libvirt/qemu/on.pid)")
    host.vm_until("on", lambda vm: vm.state is VMState.RUNNING and not vm.stale)
    wait_for(lambda: not any(thread.is_alive() for thread in host.session._left))


class Flags:
    """Stands before a virConnect and keeps which groups each bulk call asked for, and of which VMs (none: of all)."""

    def __init__(self, raw) -> None:
        self._raw = raw
        self.asked: list[bool] = []
        self.of: list[frozenset[str]] = []

    def getAllDomainStats(self, stats, flags):
        self.asked.append(bool(stats & libvirt.VIR_DOMAIN_STATS_VCPU))
        self.of.append(frozenset())
        return self._raw.getAllDomainStats(stats, flags)

    def domainListGetStats(self, doms, stats, flags):
        self.asked.append(bool(stats & libvirt.VIR_DOMAIN_STATS_VCPU))
        self.of.append(frozenset(dom.name() for dom in doms))
        return self._raw.domainListGetStats(doms, stats, flags)

    def __getattr__(self, name):
        return getattr(self._raw, name)


def test_vcpus_are_counted_now_and_then_and_their_figures_asked_for_only_when_on_show(watch_host, guests):
    made = []

    def opener(uri, read_only):
        made.append(Flags(open_libvirt(uri, read_only)))
        return made[-1]

    guests.define(small_guest("busy").replace("<vcpu current='1'>2</vcpu>", "<vcpu>2</vcpu>"), start=True)
    host = watch_host(guests.uri(), open=opener, watch=Watch(interval=0.1, groups=USUAL_GROUPS))
    host.up()
    vm = host.vm_until("busy", lambda vm: vm.load.cpu_pct is not None and vm.facts.machine)
    assert (vm.facts.vcpus, vm.load.vcpu_pct) == (2, ())
    asked = made[0].asked
    assert asked[0]
    host.until(lambda _: len(asked) > 20 and not any(asked[-10:]))  # all that was new has been looked at
    load = host.vm("busy").load
    assert load.vcpu_pct == ()
    assert load.steal_pct is None
    assert load.cpu_pct is not None
    host.session.watch(Watch(interval=0.1, visible=frozenset({vm.key.uuid})))
    host.vm_until("busy", lambda vm: len(vm.load.vcpu_pct) == 2 and vm.load.steal_pct is not None)
    guests.virsh("destroy", "busy")
    guests.virsh("undefine", "busy")
    host.until(lambda _: host.vm("busy") is None)


def test_a_vcpu_plugged_in_by_limen_counts_at_once(watch_host, guests):
    guests.define(small_guest("grown"), start=True)
    host = watch_host(guests.uri(), watch=Watch(interval=0.1, groups=USUAL_GROUPS))
    host.up()
    vm = host.vm_until("grown", lambda vm: vm.load.cpu_pct is not None and vm.facts.machine)
    assert vm.facts.vcpus == 1
    host.do(lambda verbs: verbs.devices.set_vcpus(vm.key.uuid, 2, live=True, config=False))
    host.vm_until("grown", lambda vm: vm.facts.vcpus == 2, 20.0)  # counted anyway they are after half a minute
    guests.virsh("destroy", "grown")
    guests.virsh("undefine", "grown")
    host.until(lambda _: host.vm("grown") is None)


def test_vms_off_the_screen_are_asked_in_turns_and_whoever_changes_them_is_seen(watch_host, guests):
    made = []

    def opener(uri, read_only):
        made.append(Flags(open_libvirt(uri, read_only)))
        return made[-1]

    host = watch_host(guests.uri(), open=opener, watch=Watch(interval=0.1, groups=USUAL_GROUPS))
    shown = host.vm_until("on", lambda vm: vm.load.cpu_pct is not None and vm.facts.machine).key.uuid
    guests.define(small_guest("third"), start=True)
    host.session.watch(Watch(interval=0.1, groups=USUAL_GROUPS, visible=frozenset({shown}), turns=3))
    host.vm_until("third", lambda vm: vm.load.cpu_pct is not None and vm.facts.machine)
    of = made[0].of
    host.until(lambda _: len(of) > 12 and all(of[-6:]))  # all that was new has been looked at
    rounds = of[-6:]
    assert all("on" in each for each in rounds)
    for name in ("off", "third"):
        assert [name in each for each in rounds].count(True) == 2
    guests.virsh("suspend", "third")
    host.vm_until("third", lambda vm: vm.state is VMState.PAUSED and vm.load.cpu_pct == 0.0)
    guests.virsh("resume", "third")
    host.vm_until("third", lambda vm: vm.state is VMState.RUNNING and vm.load.cpu_pct)
    guests.virsh("destroy", "third")
    host.vm_until("third", lambda vm: vm.state is VMState.STOPPED and vm.load.cpu_pct is None)
    guests.virsh("undefine", "third")
    host.until(lambda _: host.vm("third") is None)
    load = host.now.load
    later = host.until(lambda snap: snap.load.ticks >= load.ticks + 6).load
    assert later.rpcs - load.rpcs == 3 * (later.ticks - load.ticks)
