"""Acts: a result per VM, a limit per host, and never a guess about what a broken link hid."""

from __future__ import annotations

from contextlib import closing
from pathlib import Path

import pytest

from limen_tui.errors import Conflict, ConnectError
from limen_tui.fleet import operations
from limen_tui.fleet.acts import AT_IT, Act, Outcome
from limen_tui.inventory import open_inventory
from limen_tui.model.host import HostState
from limen_tui.model.lifecycle import Verb, VMState
from limen_tui.model.vm import VM, VMKey
from tests.unit.fleet.conftest import World, make_world

S = VMState


def key(name: str, host: str = "h1") -> VMKey:
    return VMKey(host, name)


def outcome(act: Act, name: str, host: str = "h1") -> Outcome:
    return act.items[key(name, host)].outcome


def shown(world: World, name: str) -> VMState:
    vm = world.fleet.view.vm(key(name))
    assert vm is not None
    return vm.state


def test_a_start_shows_at_once_and_is_done_when_the_host_says_running(world: World) -> None:
    world.ports["h1"].show(web=S.STOPPED)
    world.poll()
    act = world.fleet.perform(operations.lifecycle(Verb.START), [key("web")])
    world.poll()
    assert shown(world, "web") is S.STARTING
    world.settle()
    assert shown(world, "web") is S.STARTING, "accepted is not yet running"
    world.ports["h1"].show(web=S.RUNNING)
    world.poll()
    assert shown(world, "web") is S.RUNNING
    assert outcome(act, "web") is Outcome.DONE
    assert act.is_finished


def test_a_failed_start_shows_the_truth_again_and_why(world: World) -> None:
    port = world.ports["h1"]
    port.show(web=S.STOPPED)
    world.poll()
    port.failures["web"] = Conflict("No space", "disk full", "free some")
    act = world.fleet.perform(operations.lifecycle(Verb.START), [key("web")])
    world.settle()
    world.poll()
    assert outcome(act, "web") is Outcome.FAILED
    problem = act.items[key("web")].problem
    assert problem is not None
    assert problem.hint == "free some"
    assert shown(world, "web") is S.STOPPED


def test_what_is_under_way_does_not_give_the_reason_of_the_state_before(world: World) -> None:
    off = VM(key("web"), "web", "kvm1", S.STOPPED, "forced off")
    world.ports["h1"].show(web=off)
    world.poll()
    world.fleet.perform(operations.lifecycle(Verb.START), [key("web")])
    world.poll()
    vm = world.fleet.view.vm(key("web"))
    assert vm is not None and (vm.state, vm.reason) == (S.STARTING, "")


def test_one_saved_while_paused_comes_back_paused_and_has_started(world: World) -> None:
    world.ports["h1"].show(web=S.SUSPENDED)
    world.poll()
    act = world.fleet.perform(operations.lifecycle(Verb.START), [key("web")])
    world.settle()
    world.ports["h1"].show(web=S.PAUSED)
    world.poll()
    assert outcome(act, "web") is Outcome.DONE


def test_what_takes_minutes_has_not_failed_because_the_next_sample_is_still_to_come(world: World) -> None:
    port = world.ports["h1"]
    port.show(web=S.RUNNING)
    world.poll()
    act = world.fleet.perform(operations.lifecycle(Verb.SAVE), [key("web")])
    world.clock.now += 300
    port.show(web=S.RUNNING)
    world.settle()
    assert outcome(act, "web") is Outcome.SENT
    port.show(web=S.SUSPENDED)
    world.poll()
    assert outcome(act, "web") is Outcome.DONE


def test_a_start_that_did_not_last_is_told_by_a_sample_from_after_it(world: World) -> None:
    port = world.ports["h1"]
    port.show(web=S.STOPPED)
    world.poll()
    act = world.fleet.perform(operations.lifecycle(Verb.START), [key("web")])
    world.settle()
    world.clock.now += 60
    world.poll()
    assert outcome(act, "web") is Outcome.SENT, "the old sample says nothing"
    port.show(web=S.STOPPED)
    world.poll()
    assert outcome(act, "web") is Outcome.FAILED
    assert shown(world, "web") is S.STOPPED


def test_nothing_is_claimed_of_a_guest_whose_host_does_not_answer(tmp_path: Path) -> None:
    world = make_world(tmp_path, shutdown_timeout=30.0)
    port = world.ports["h1"]
    port.show(web=S.RUNNING)
    world.poll()
    act = world.fleet.perform(operations.lifecycle(Verb.SHUTDOWN), [key("web")])
    world.settle()
    port.show(state=HostState.DOWN)
    world.clock.now += 31
    world.poll()
    assert outcome(act, "web") is Outcome.SENT
    port.show()
    world.poll()
    assert outcome(act, "web") is Outcome.DONE
    world.fleet.close()


def test_an_act_on_what_is_gone_is_over(world: World) -> None:
    act = world.fleet.perform(operations.lifecycle(Verb.START), [key("gone")])
    assert act.items == {} and act.finished_at is not None


def test_what_a_state_forbids_is_refused_and_the_others_go_on(world: World) -> None:
    world.ports["h1"].show(on=S.RUNNING, off=S.STOPPED)
    world.poll()
    act = world.fleet.perform(operations.lifecycle(Verb.START), [key("on"), key("off"), key("gone")])
    world.settle()
    assert outcome(act, "on") is Outcome.REFUSED
    world.poll()
    assert [event.text for event in world.fleet.events if "refused" in event.text] == ["Start: refused (it is running)"]
    assert world.ports["h1"].asked == [(Verb.START, "off")]
    assert key("gone") not in act.items


def test_the_same_uuid_on_two_hosts_are_two_vms(world: World) -> None:
    world.ports["h1"].show(twin=S.RUNNING)
    world.ports["h2"].show(twin=S.RUNNING)
    world.poll()
    world.fleet.perform(operations.lifecycle(Verb.PAUSE), [key("twin", "h2")])
    world.settle()
    assert world.ports["h1"].asked == []
    assert world.ports["h2"].asked == [(Verb.PAUSE, "twin")]


def test_at_most_four_calls_are_with_a_host_at_a_time(world: World) -> None:
    port = world.ports["h1"]
    names = [f"vm{n}" for n in range(10)]
    port.show(**dict.fromkeys(names, S.RUNNING))
    world.poll()
    act = world.fleet.perform(operations.lifecycle(Verb.PAUSE), [key(name) for name in names])
    assert len(port.waiting) == 4
    port.run(1)
    assert len(port.waiting) == 4
    port.run()
    world.poll()
    assert act.count(Outcome.DONE) == 10


def test_cancel_takes_back_what_was_not_sent(world: World) -> None:
    port = world.ports["h1"]
    names = [f"vm{n}" for n in range(6)]
    port.show(**dict.fromkeys(names, S.RUNNING))
    world.poll()
    act = world.fleet.perform(operations.lifecycle(Verb.PAUSE), [key(name) for name in names])
    assert world.fleet.acts.cancel(act) == 6
    port.run()
    world.poll()
    assert port.asked == []
    assert act.count(Outcome.CANCELLED) == 6
    assert act.is_finished


def test_a_guest_that_does_not_shut_down_is_not_forced(tmp_path: Path) -> None:
    world = make_world(tmp_path, shutdown_timeout=30.0)
    world.ports["h1"].show(web=S.RUNNING)
    world.poll()
    act = world.fleet.perform(operations.lifecycle(Verb.SHUTDOWN), [key("web")])
    world.settle()
    assert shown(world, "web") is S.STOPPING
    world.clock.now += 31
    world.poll()
    assert outcome(act, "web") is Outcome.TIMED_OUT
    world.poll()
    assert shown(world, "web") is S.RUNNING
    assert world.ports["h1"].asked == [(Verb.SHUTDOWN, "web")]
    world.fleet.close()


@pytest.mark.parametrize(
    ("verb", "before", "after", "expected"),
    [
        (Verb.START, S.STOPPED, S.RUNNING, Outcome.DONE),
        (Verb.START, S.STOPPED, S.STOPPED, Outcome.FAILED),
        (Verb.FORCE_OFF, S.RUNNING, S.STOPPED, Outcome.DONE),
        (Verb.FORCE_OFF, S.RUNNING, S.RUNNING, Outcome.FAILED),
        (Verb.SHUTDOWN, S.RUNNING, S.STOPPED, Outcome.DONE),
        (Verb.SHUTDOWN, S.RUNNING, S.RUNNING, Outcome.SENT),
        (Verb.REBOOT, S.RUNNING, S.RUNNING, Outcome.FAILED),
    ],
)
def test_a_link_that_breaks_under_an_act_is_settled_by_asking_again(
    world: World, verb: Verb, before: VMState, after: VMState, expected: Outcome
) -> None:
    port = world.ports["h1"]
    port.show(web=before)
    world.poll()
    port.failures["web"] = ConnectError("The link broke")
    act = world.fleet.perform(operations.lifecycle(verb), [key("web")])
    port.run()
    port.state(HostState.DOWN)
    world.poll()
    assert outcome(act, "web") is Outcome.UNKNOWN
    port.state(HostState.UP)
    world.poll()
    assert outcome(act, "web") is Outcome.UNKNOWN, "the old sample says nothing"
    port.show(web=after)
    world.poll()
    if expected is Outcome.FAILED and verb is not Verb.REBOOT:
        assert outcome(act, "web") is Outcome.UNKNOWN, "the host may still be at it"
        world.clock.now += AT_IT
        port.show(web=after)
        world.poll()
    assert outcome(act, "web") is expected


def test_read_only_refuses_everything(tmp_path: Path) -> None:
    world = make_world(tmp_path, read_only=True)
    world.ports["h1"].show(web=S.STOPPED)
    world.poll()
    act = world.fleet.perform(operations.lifecycle(Verb.START), [key("web")])
    world.settle()
    assert outcome(act, "web") is Outcome.REFUSED
    assert world.ports["h1"].asked == []
    assert world.ports["h1"].host.read_only
    world.fleet.close()


def test_every_outcome_is_audited_with_who_and_from_where(world: World) -> None:
    world.ports["h1"].show(on=S.RUNNING, off=S.STOPPED)
    world.poll()
    world.fleet.perform(operations.lifecycle(Verb.PAUSE), [key("on"), key("off")])
    world.settle()
    world.poll()
    world.fleet.inventory.close(20)
    entries = {entry.vm_name: entry for entry in world.fleet.inventory.audit_entries()}
    assert entries["on"].result == "ok"
    assert entries["off"].result == "refused"
    assert (entries["on"].who, entries["on"].origin, entries["on"].action) == ("ann", "tui 10.0.0.7", "vm.pause")
    assert {event.vm_name for event in world.fleet.events} == {"on", "off"}


def test_what_has_no_end_when_limen_ends_is_in_the_audit_as_it_stands(tmp_path: Path) -> None:
    world = make_world(tmp_path, acts_per_host=1)
    world.ports["h1"].show(a=S.RUNNING, b=S.RUNNING, d=S.RUNNING)
    world.ports["h2"].show(c=S.STOPPED)
    world.poll()
    world.fleet.perform(operations.lifecycle(Verb.SHUTDOWN), [key("a")])
    world.settle()  # accepted, and the guest takes its time
    world.fleet.perform(operations.lifecycle(Verb.START), [key("c", "h2")])  # sent, and the host says nothing
    world.fleet.perform(operations.lifecycle(Verb.PAUSE), [key("b"), key("d")])
    world.fleet.close()
    with closing(open_inventory(tmp_path / "inventory.db")) as store:
        kept = {(e.action, e.vm_name): (e.result, e.detail) for e in store.audit_entries()}
    assert kept["vm.shutdown", "a"] == ("sent", "Limen ended meanwhile: the host said yes")
    assert kept["vm.start", "c"] == ("sent", "Limen ended meanwhile: not known whether it happened")
    assert kept["vm.pause", "d"] == ("cancelled", "Limen ended before it was sent")
    assert len(kept) == 4
