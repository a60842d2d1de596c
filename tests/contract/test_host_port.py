"""The contract that every HostPort keeps: simulated, libvirt's test driver, real QEMU."""

from __future__ import annotations

import threading
from dataclasses import replace

import pytest
from lxml import etree

from limen_tui.errors import Conflict, ConnectError, InputError, LimenError, NotFound, ReadOnlyError, StepFailed
from limen_tui.model.events import EventKind
from limen_tui.model.host import HostState
from limen_tui.model.lifecycle import RULES, SAVED, Verb, VMState
from limen_tui.model.ports import Watch
from limen_tui.model.xml.read import facts
from tests.contract.rigs import HOSTILE, LONGEST

NOBODY = "00000000-0000-4000-8000-00000000dead"


def act(rig, verb: Verb, uuid: str) -> None:
    rig.do(lambda verbs: verbs.lifecycle(verb, uuid))


# -- seeing ---------------------------------------------------------------------------------------


def test_nothing_is_connected_before_start(make) -> None:
    rig = make(start=False)
    snapshot = rig.port.snapshot
    assert (snapshot.state, snapshot.host, dict(snapshot.vms)) == (HostState.CONNECTING, rig.host, {})
    assert snapshot.sampled_at is None
    assert rig.sink_events == []


def test_a_connected_host_says_what_it_is(rig) -> None:
    snapshot = rig.port.snapshot
    assert snapshot.info.hypervisor == rig.capabilities.hypervisor
    assert snapshot.info.libvirt_version
    assert snapshot.info.cpus > 0
    assert snapshot.info.memory_kib > 0
    assert not snapshot.info.read_only
    assert (snapshot.problem, snapshot.retry_at) == (None, None)
    # it may be told after the view that shows it
    rig.wait(lambda _: [each for each in list(rig.sink_events)
                        if each.kind is EventKind.HOST and each.host_id == rig.host.id])


def test_snapshots_are_newer_each_time_and_never_change(rig) -> None:
    first = rig.port.snapshot
    kept = dict(first.vms)
    seen = [first, *(rig.ticks() for _ in range(3))]
    revs = [snapshot.rev for snapshot in seen]
    assert revs == sorted(set(revs))
    samples = [snapshot.sampled_at for snapshot in seen]
    assert samples == sorted(set(samples))
    assert dict(seen[0].vms) == kept
    with pytest.raises(TypeError):
        seen[0].vms[NOBODY] = None


def test_every_vm_stands_under_its_own_identity(rig) -> None:
    snapshot = rig.port.snapshot
    for uuid, vm in snapshot.vms.items():
        assert vm.key == (rig.host.id, uuid)
        assert vm.host_name == rig.host.name
        assert not vm.stale
    assert snapshot.running == sum(vm.state.is_active for vm in snapshot.vms.values())


def test_figures_are_known_or_none_and_never_absurd(rig) -> None:
    uuid = rig.a_running_vm
    rig.port.watch(Watch(interval=0.2, visible=frozenset({uuid})))
    load = rig.wait_vm(uuid, lambda vm: vm.load.cpu_pct is not None).load
    assert 0.0 <= load.cpu_pct <= 100.0
    assert load.mem_assigned_kib > 0
    assert (load.mem_used_kib is not None) is rig.capabilities.has_used_memory
    assert rig.vm(rig.a_stopped_vm).load.cpu_pct is None
    if not rig.capabilities.has_figures:
        rig.port.watch(Watch(interval=0.2))
        rig.wait_vm(uuid, lambda vm: vm.load.cpu_pct is None)


def test_watch_changes_the_interval(rig) -> None:
    rig.port.watch(Watch(interval=600.0))
    rig.ticks(0)
    rig.port.watch(Watch(interval=0.2))
    rig.ticks(4)


def test_where_vms_take_turns_those_off_the_screen_are_up_to_date_all_the_same(rig) -> None:
    running, stopped = rig.a_running_vm, rig.a_stopped_vm
    rig.port.watch(Watch(interval=0.2, visible=frozenset({running}), turns=3))
    rig.ticks(3)
    act(rig, Verb.START, stopped)
    rig.wait_vm(stopped, lambda vm: vm.state is VMState.RUNNING)
    if rig.capabilities.has_figures:
        rig.wait_vm(stopped, lambda vm: vm.load.cpu_pct is not None)
        first = rig.vm(stopped).load
        rig.wait_vm(stopped, lambda vm: vm.load is not first)
    act(rig, Verb.FORCE_OFF, stopped)
    rig.wait_vm(stopped, lambda vm: vm.state is VMState.STOPPED and vm.load.cpu_pct is None)
    assert rig.vm(running).state is VMState.RUNNING


def test_refresh_does_not_wait_for_the_tick(rig) -> None:
    rig.port.watch(Watch(interval=600.0))
    for _ in range(3):  # one tick may have been due already, three are not
        before = rig.port.snapshot
        rig.pump()
        rig.port.refresh()
        after = rig.wait(lambda now, before=before: now.load.ticks > before.load.ticks)
        assert after.sampled_at >= before.sampled_at


def test_a_new_name_shows_everywhere_and_old_snapshots_stay(rig) -> None:
    before = rig.port.snapshot
    rig.port.rename(replace(rig.host, name="renamed", group="elsewhere"))
    rig.wait(lambda now: now.vms and {vm.host_name for vm in now.vms.values()} == {"renamed"})
    assert (rig.port.snapshot.host.name, rig.port.snapshot.host.group) == ("renamed", "elsewhere")
    assert before.vms
    assert {vm.host_name for vm in before.vms.values()} == {rig.host.name}


# -- a VM's life ----------------------------------------------------------------------------------


def test_start_and_force_off(rig) -> None:
    uuid = rig.a_stopped_vm
    assert rig.vm(uuid).started_at is None
    act(rig, Verb.START, uuid)
    event = rig.wait_event("started", uuid)
    # the event is told before the view that it leads to
    vm = rig.wait_vm(uuid, lambda vm: vm.state is VMState.RUNNING and vm.started_at and vm.started_exact)
    assert (event.vm_name, event.host_id, event.host_name) == (vm.name, rig.host.id, rig.host.name)
    act(rig, Verb.FORCE_OFF, uuid)
    vm = rig.wait_vm(uuid, lambda vm: vm.state is VMState.STOPPED)
    rig.wait_event("stopped (forced off)", uuid)
    rig.wait_vm(uuid, lambda vm: vm.started_at is None and vm.load.cpu_pct is None)


def test_shutdown_is_asked_for_and_the_guest_decides(rig) -> None:
    uuid = rig.a_running_vm
    act(rig, Verb.SHUTDOWN, uuid)
    if rig.capabilities.obeys_shutdown:
        rig.wait_vm(uuid, lambda vm: vm.state is VMState.STOPPED)
        rig.wait_event("stopped", uuid)
    else:
        rig.ticks(5)
        assert rig.vm(uuid).state in (VMState.RUNNING, VMState.STOPPING)
        act(rig, Verb.FORCE_OFF, uuid)
        rig.wait_vm(uuid, lambda vm: vm.state is VMState.STOPPED)


def test_pause_and_resume(rig) -> None:
    uuid = rig.a_running_vm
    act(rig, Verb.PAUSE, uuid)
    rig.wait_vm(uuid, lambda vm: vm.state is VMState.PAUSED)
    rig.wait_event("paused", uuid)
    rig.wait_vm(uuid, lambda vm: not vm.load.cpu_pct)
    act(rig, Verb.RESUME, uuid)
    rig.wait_vm(uuid, lambda vm: vm.state is VMState.RUNNING)
    rig.wait_event("resumed", uuid)


def test_save_and_start_again(rig) -> None:
    uuid = rig.a_running_vm
    act(rig, Verb.SAVE, uuid)
    vm = rig.wait_vm(uuid, lambda vm: vm.state is VMState.SUSPENDED)
    assert vm.reason == SAVED
    act(rig, Verb.START, uuid)
    rig.wait_vm(uuid, lambda vm: vm.state is VMState.RUNNING)


def test_saved_while_paused_it_comes_back_paused_and_resume_ends_both(rig) -> None:
    uuid = rig.a_running_vm
    for verb in (Verb.START, Verb.RESUME):
        act(rig, Verb.PAUSE, uuid)
        rig.wait_vm(uuid, lambda vm: vm.state is VMState.PAUSED)
        act(rig, Verb.SAVE, uuid)
        rig.wait_vm(uuid, lambda vm: vm.state is VMState.SUSPENDED)
        act(rig, verb, uuid)
        vm = rig.wait_vm(uuid, lambda vm: vm.state in RULES[Verb.START].done)
        if verb is Verb.START and vm.state is VMState.PAUSED:  # libvirt's test driver lets it run
            act(rig, Verb.RESUME, uuid)
        rig.wait_vm(uuid, lambda vm: vm.state is VMState.RUNNING)


def test_reset_leaves_it_running(rig) -> None:
    uuid = rig.a_running_vm
    act(rig, Verb.RESET, uuid)
    assert rig.ticks().vms[uuid].state is VMState.RUNNING


# -- refusals -------------------------------------------------------------------------------------


@pytest.mark.parametrize("verb", [Verb.SHUTDOWN, Verb.REBOOT, Verb.FORCE_OFF, Verb.PAUSE, Verb.RESUME, Verb.SAVE])
def test_what_needs_a_running_vm_conflicts_with_a_stopped_one(rig, verb: Verb) -> None:
    with pytest.raises(StepFailed if verb in rig.capabilities.vague else Conflict) as raised:
        act(rig, verb, rig.a_stopped_vm)
    assert raised.value.title
    assert rig.ticks().vms[rig.a_stopped_vm].state is VMState.STOPPED


def test_a_running_vm_is_not_started_again(rig) -> None:
    with pytest.raises(Conflict):
        act(rig, Verb.START, rig.a_running_vm)


def test_a_vm_that_is_not_there_is_not_found(rig) -> None:
    for call in (
        *(lambda verbs, verb=verb: verbs.lifecycle(verb, NOBODY) for verb in Verb),
        lambda verbs: verbs.xml(NOBODY),
        lambda verbs: verbs.set_tags(NOBODY, ["x"]),
        lambda verbs: verbs.set_autostart(NOBODY, True),
    ):
        with pytest.raises(NotFound):
            rig.do(call)


@pytest.mark.parametrize("uuid", ["", "on", "../../etc/passwd", HOSTILE])
def test_what_is_no_uuid_is_refused_with_an_error_of_ours(rig, uuid: str) -> None:
    with pytest.raises(LimenError):
        act(rig, Verb.START, uuid)


def test_read_only_shows_all_and_changes_nothing(make) -> None:
    rig = make(read_only=True)
    uuid = rig.a_running_vm
    before = rig.vm(uuid).facts
    for call in (
        *(lambda verbs, verb=verb: verbs.lifecycle(verb, uuid) for verb in Verb),
        lambda verbs: verbs.set_tags(uuid, ["x"]),
        lambda verbs: verbs.set_autostart(uuid, not before.autostart),
    ):
        with pytest.raises(ReadOnlyError):
            rig.do(call)
    assert rig.port.snapshot.info.read_only
    after = rig.ticks().vms[uuid]
    assert after.state is VMState.RUNNING
    assert (after.facts.tags, after.facts.autostart) == (before.tags, before.autostart)
    assert rig.do(lambda verbs: verbs.xml(uuid))
    assert len(rig.do(lambda verbs: verbs.pools())) == len(rig.capabilities.pools)


def test_an_error_of_the_caller_belongs_to_the_caller_alone(rig) -> None:
    with pytest.raises(ZeroDivisionError):
        rig.do(lambda verbs: 1 // 0)
    assert rig.do(lambda verbs: 7) == 7
    rig.ticks()


def test_what_was_cancelled_before_it_ran_never_runs(rig) -> None:
    gate, ran = threading.Event(), []

    def call(number: int) -> int:
        assert gate.wait(20)
        ran.append(number)
        return number

    futures = [rig.port.submit(lambda verbs, number=number: call(number)) for number in range(12)]
    assert futures[-1].cancel(), "more than a host does at once: the last one waits"
    gate.set()
    assert [rig.result(future) for future in futures[:-1]] == list(range(11))
    assert sorted(ran) == list(range(11))
    assert futures[-1].cancelled()
    assert rig.do(lambda verbs: 7) == 7, "and the host goes on"
    rig.ticks()


# -- definitions ----------------------------------------------------------------------------------


@pytest.mark.parametrize("inactive", [False, True])
def test_the_xml_is_that_of_the_vm(rig, inactive: bool) -> None:
    vm = rig.wait_vm(rig.a_running_vm, lambda vm: vm.facts.memory_max_kib)
    xml = rig.do(lambda verbs: verbs.xml(vm.key.uuid, inactive=inactive))
    root = etree.fromstring(xml)
    assert (root.tag, root.findtext("name"), root.findtext("uuid")) == ("domain", vm.name, vm.key.uuid)
    read = facts(xml)
    assert (read.vcpus, read.memory_max_kib) == (vm.facts.vcpus, vm.facts.memory_max_kib)


@pytest.mark.parametrize("name", [HOSTILE, LONGEST], ids=["hostile", "longest"])
def test_a_hostile_name_goes_through_untouched(rig, name: str) -> None:
    uuid = next(vm.key.uuid for vm in rig.port.snapshot.vms.values() if vm.name == name)
    assert etree.fromstring(rig.do(lambda verbs: verbs.xml(uuid))).findtext("name") == name
    rig.do(lambda verbs: verbs.set_tags(uuid, [HOSTILE]))
    assert rig.wait_vm(uuid, lambda vm: vm.facts.tags).facts.tags == (HOSTILE,)
    if rig.vm(uuid).state is VMState.RUNNING:
        act(rig, Verb.FORCE_OFF, uuid)
        rig.wait_vm(uuid, lambda vm: vm.state is VMState.STOPPED)
    act(rig, Verb.START, uuid)
    assert rig.wait_event("started", uuid).vm_name == name
    assert rig.wait_vm(uuid, lambda vm: vm.state is VMState.RUNNING).name == name


@pytest.mark.parametrize("which", ["a_running_vm", "a_stopped_vm"])
def test_tags_come_back_without_blanks_and_repeats(rig, which: str) -> None:
    uuid = getattr(rig, which)
    rig.do(lambda verbs: verbs.set_tags(uuid, ["web", "</tag>&", " web ", "  ", "grün"]))
    wanted = ("web", "</tag>&", "grün")
    assert rig.wait_vm(uuid, lambda vm: vm.facts.tags == wanted)
    assert facts(rig.do(lambda verbs: verbs.xml(uuid))).tags == wanted
    with pytest.raises(InputError):
        rig.do(lambda verbs: verbs.set_tags(uuid, ["\x1b[31m"]))
    rig.do(lambda verbs: verbs.set_tags(uuid, []))
    rig.wait_vm(uuid, lambda vm: not vm.facts.tags)


def test_autostart_shows_in_the_facts(rig) -> None:
    uuid = rig.a_stopped_vm
    before = rig.vm(uuid).facts.autostart
    for on in (not before, before):
        rig.do(lambda verbs, on=on: verbs.set_autostart(uuid, on))
        rig.wait_vm(uuid, lambda vm, on=on: vm.facts.autostart is on)


def test_pools_and_networks_are_listed(rig) -> None:
    pools = rig.do(lambda verbs: verbs.pools())
    networks = rig.do(lambda verbs: verbs.networks())
    assert sorted(pool.name for pool in pools) == sorted(rig.capabilities.pools)
    assert sorted(network.name for network in networks) == sorted(rig.capabilities.networks)
    assert len({each.uuid for each in (*pools, *networks)}) == len(pools) + len(networks)
    for pool in pools:
        assert min(pool.capacity, pool.allocation, pool.available) >= 0
        assert pool.kind


# -- ending ---------------------------------------------------------------------------------------


def test_a_host_that_is_not_up_refuses_at_once(make) -> None:
    rig = make(start=False)
    error = rig.port.submit(lambda verbs: 1).exception(0)
    assert isinstance(error, ConnectError)
    assert error.before_sending, "it certainly never left: nobody needs to check whether it happened"


def test_close_ends_it_and_what_was_asked_is_answered(rig) -> None:
    futures = [rig.port.submit(lambda verbs: verbs.pools()) for _ in range(20)]
    rig.port.close()
    rig.port.close()
    assert rig.join()
    for future in futures:
        assert future.done()
        assert future.exception(0) is None or isinstance(future.exception(0), ConnectError)
    late = rig.port.submit(lambda verbs: 1).exception(0)
    assert isinstance(late, ConnectError)
    assert late.before_sending
    rig.port.refresh()
    rig.port.watch(Watch(interval=1.0))
