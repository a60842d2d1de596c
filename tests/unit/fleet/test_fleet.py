"""The merged view: what was remembered, what is live, what waits for the person."""

from __future__ import annotations

from concurrent.futures import Future
from dataclasses import replace
from pathlib import Path

import pytest

from limen_tui.errors import ConnectError
from limen_tui.model.events import EventKind, HostEvent
from limen_tui.model.host import Host, HostState
from limen_tui.model.lifecycle import VMState
from limen_tui.model.ports import Watch
from limen_tui.model.questions import Answer, Question, QuestionKind
from limen_tui.model.vm import VM, VMFacts, VMKey, VMLoad
from tests.unit.fleet.conftest import World, make_world

S = VMState


def test_nothing_new_makes_no_new_view(world: World) -> None:
    world.ports["h1"].show(web=S.RUNNING)
    world.poll()
    before = world.fleet.view
    assert not world.fleet.poll()
    assert world.fleet.view is before
    world.ports["h2"].show(db=S.RUNNING)
    assert world.fleet.poll()
    assert world.fleet.view.by_host["h1"] is before.by_host["h1"], "a host that did not change is not made anew"


def test_the_last_known_fleet_is_there_before_any_connection_and_marked_stale(tmp_path: Path) -> None:
    first = make_world(tmp_path)
    facts = VMFacts(vcpus=4, memory_kib=1 << 20, os="debian 12")
    first.ports["h1"].show(web=VM(VMKey("h1", "web"), "web", "kvm1", S.RUNNING, facts=facts, ips=("10.0.0.5",)))
    first.poll()
    first.fleet.close()
    second = make_world(tmp_path)
    vm = second.fleet.view.vm(VMKey("h1", "web"))
    assert vm is not None
    assert vm.stale
    assert (vm.facts.os, vm.ips, vm.state) == ("debian 12", ("10.0.0.5",), S.RUNNING)
    assert second.fleet.view.by_host["h1"].state is HostState.CONNECTING
    second.ports["h1"].show(web=S.RUNNING)
    second.poll()
    vm = second.fleet.view.vm(VMKey("h1", "web"))
    assert vm is not None
    assert not vm.stale
    assert vm.facts.os == "debian 12", "remembered facts stand in until the definition was read"
    second.ports["h1"].show()
    second.poll()
    assert second.fleet.view.vm(VMKey("h1", "web")) is None, "a live host has the last word"
    second.fleet.close()


def test_a_host_that_went_silent_keeps_its_vms_without_figures(world: World) -> None:
    load = VMLoad(cpu_pct=50.0)
    world.ports["h1"].show(web=VM(VMKey("h1", "web"), "web", "kvm1", S.RUNNING, load=load))
    world.poll()
    world.ports["h1"].state(HostState.STALE)
    world.poll()
    vm = world.fleet.view.vm(VMKey("h1", "web"))
    assert vm is not None
    assert vm.stale
    assert vm.load.cpu_pct is None
    assert world.fleet.view.totals.hosts_up == 0


def test_a_question_of_a_host_is_its_state_until_it_is_answered(world: World) -> None:
    question = Question("h1", "kvm1", QuestionKind.PASSWORD, "Password of root on kvm1")
    future = world.fleet.questions.ask(question)
    world.poll()
    snapshot = world.fleet.view.by_host["h1"]
    assert snapshot.state is HostState.NEEDS_AUTH
    assert snapshot.problem is not None
    assert snapshot.problem.detail == question.title
    assert world.fleet.questions.answer(question, Answer(("pw",)))
    assert future.result() is not None
    world.poll()
    assert world.fleet.view.by_host["h1"].state is HostState.CONNECTING
    assert not world.fleet.questions.answer(question, None), "it is no longer open"


def test_removing_a_host_withdraws_its_questions_and_ends_its_session(world: World) -> None:
    future: Future[Answer | None] = world.fleet.questions.ask(Question("h1", "kvm1", QuestionKind.PASSWORD, "?"))
    port = world.ports["h1"]
    world.fleet.remove_host("h1").result(20)
    world.poll()
    assert future.result(20) is None
    assert port.closed
    assert [host.id for host in world.fleet.hosts] == ["h2"]
    assert "h1" not in world.fleet.view.by_host


def test_changes_of_the_hosts_are_audited_too(world: World) -> None:
    port = world.ports["h1"]
    world.fleet.save_host(replace(port.host, name="alpha"))
    world.fleet.save_host(replace(port.host, name="alpha", position=7))
    world.fleet.save_host(Host("h3", "kvm3", "test:///default"))
    world.fleet.remove_host("h3")
    world.fleet.inventory.close(20)
    entries = world.fleet.inventory.audit_entries()
    assert [(e.action, e.host_name) for e in reversed(entries)] == [
        ("host.edit", "alpha"), ("host.add", "kvm3"), ("host.remove", "kvm3"),
    ]  # fmt: skip


def test_a_renamed_host_keeps_its_session_and_a_changed_uri_does_not(world: World) -> None:
    port = world.ports["h1"]
    world.fleet.save_host(replace(port.host, name="alpha"))
    world.poll()
    assert world.ports["h1"] is port
    assert world.fleet.view.by_host["h1"].host.name == "alpha"
    world.fleet.save_host(replace(port.host, uri="qemu+ssh://other/system"))
    assert port.closed
    assert world.ports["h1"] is not port
    assert world.ports["h1"].started


def test_a_disabled_host_is_shown_and_not_connected(world: World) -> None:
    world.ports["h1"].show(web=S.RUNNING)
    world.poll()
    world.fleet.save_host(replace(world.ports["h1"].host, enabled=False))
    world.poll()
    assert world.fleet.view.by_host["h1"].state is HostState.DISABLED
    first = world.fleet.view
    assert not world.fleet.poll()
    assert world.fleet.view is first
    future = world.fleet.call("h1", lambda verbs: verbs.pools())
    assert isinstance(future.exception(), ConnectError)


def test_hosts_events_are_kept_for_later_and_acts_are_not_kept_twice(world: World) -> None:
    event = HostEvent(world.clock.now, "h1", "kvm1", EventKind.LIFECYCLE, "started (booted)", "web", "web")
    world.ports["h1"].tell(event)
    assert world.fleet.poll()
    assert list(world.fleet.events) == [event]
    world.fleet.inventory.close(20)
    assert [kept.text for kept in world.fleet.inventory.events()] == ["started (booted)"]


def test_a_watch_is_passed_on_once(world: World) -> None:
    watch = Watch(interval=1.0)
    world.fleet.watch("h1", watch)
    world.fleet.watch("h1", Watch(interval=1.0))
    assert world.ports["h1"].watched == [watch]


def test_totals_count_everything_but_sum_only_hosts_that_answer(world: World) -> None:
    world.ports["h1"].show(a=S.RUNNING, b=S.STOPPED, c=S.CRASHED)
    world.ports["h2"].show(d=S.RUNNING)
    world.ports["h2"].state(HostState.DOWN)
    world.poll()
    totals = world.fleet.view.totals
    assert (totals.hosts, totals.hosts_up, totals.vms, totals.running, totals.troubled) == (2, 1, 4, 2, 1)


@pytest.mark.parametrize("stuck", [False, True])
def test_closing_tells_whether_all_sessions_ended(tmp_path: Path, stuck: bool) -> None:
    world = make_world(tmp_path)
    if stuck:
        world.ports["h1"].join = lambda timeout: False  # type: ignore[method-assign]
    assert world.fleet.close(timeout=0.0) is not stuck


def test_nothing_of_a_host_for_one_run_stays(tmp_path: Path) -> None:
    world = make_world(tmp_path)
    port = world.ports["h1"]
    port.rename(replace(port.host, saved=False))
    port.show(web=S.RUNNING)
    world.poll()
    world.fleet.close()
    assert world.fleet.inventory.last_seen() == {}


def test_a_host_added_later_connects(world: World) -> None:
    world.fleet.save_host(Host("h3", "kvm3", "test:///default"))
    world.poll()
    assert world.ports["h3"].started
    assert "h3" in world.fleet.view.by_host
