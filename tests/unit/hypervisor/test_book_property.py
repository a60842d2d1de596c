"""Book and RateMeter against a model that knows the truth: whatever order samples of all, samples of some, events and
changes on the host come in, what a sample has is shown as it is, and after one of all VMs everything is."""

from __future__ import annotations

from dataclasses import dataclass, replace

import libvirt
import pytest
from hypothesis import settings
from hypothesis import strategies as st
from hypothesis.stateful import RuleBasedStateMachine, precondition, rule

from limen_tui.hypervisor.book import Book
from limen_tui.hypervisor.serving import HOLD
from limen_tui.hypervisor.states import state_of
from limen_tui.model.host import Host
from limen_tui.model.lifecycle import VMState
from limen_tui.model.samples import RawSample, RawVM
from limen_tui.model.stats import RUNNING_STATES, SHORTEST, RateMeter

OFF, PAUSED = libvirt.VIR_DOMAIN_SHUTOFF, libvirt.VIR_DOMAIN_PAUSED
STATES = [libvirt.VIR_DOMAIN_RUNNING, PAUSED, OFF, libvirt.VIR_DOMAIN_CRASHED, libvirt.VIR_DOMAIN_PMSUSPENDED]
UUIDS = ["a", "b", "c", "d", "e"]


@dataclass(frozen=True)
class Real:
    """A VM as it is on the host."""

    name: str
    state: int
    cpu: int = 0
    vcpus: int = 1


class Turns(RuleBasedStateMachine):
    """``real`` is the host; ``there`` is what the sampler has handles of; ``read`` is when each VM was read last."""

    def __init__(self) -> None:
        super().__init__()
        self.host = Host("h", "host", "test:///default")
        self.book, self.meter = Book(self.host), RateMeter()
        self.now = 1000.0
        self.real: dict[str, Real] = {}
        self.there: set[str] = set()
        self.read: dict[str, tuple[float, Real]] = {}
        self.cpu: dict[str, float | None] = {}
        self.holds: dict[str, float] = {}
        self.whole_first = True

    # -- the host ----------------------------------------------------------------------------------

    @rule(uuid=st.sampled_from(UUIDS), state=st.sampled_from(STATES), name=st.sampled_from("xyz"))
    def define(self, uuid, state, name) -> None:
        self.real[uuid] = Real(name, state)

    @rule(uuid=st.sampled_from(UUIDS))
    def undefine(self, uuid) -> None:
        self.real.pop(uuid, None)

    @rule(uuid=st.sampled_from(UUIDS), state=st.sampled_from(STATES), vcpus=st.integers(1, 4), told=st.booleans())
    def change(self, uuid, state, vcpus, told) -> None:
        if uuid in self.real:
            begins = self.real[uuid].state == OFF
            self.real[uuid] = replace(
                self.real[uuid], state=state, vcpus=vcpus, cpu=0 if begins else self.real[uuid].cpu
            )
            if told:
                self.event(uuid)

    @rule(seconds=st.sampled_from([0.01, 0.2, 2.0]), share=st.floats(0, 1))
    def time_goes_on(self, seconds, share) -> None:
        self.now += seconds
        for uuid, vm in self.real.items():
            if vm.state in RUNNING_STATES:
                self.real[uuid] = replace(vm, cpu=vm.cpu + int(seconds * share * vm.vcpus * 1e9))

    # -- what is learned of it ---------------------------------------------------------------------

    @rule(uuid=st.sampled_from(UUIDS))
    def event(self, uuid) -> None:
        if uuid in self.real:
            self.book.set_state(uuid, self.real[uuid].state, 0, mono=self.now, wall=self.now)
            if self.holds.get(uuid, 0.0) <= self.now and (vm := self.book.views().get(uuid)):
                assert vm.state is state_of(self.real[uuid].state, 0, saved=None)

    @rule(uuid=st.sampled_from(UUIDS))
    def stop_that_may_be_a_restart(self, uuid) -> None:
        if uuid in self.real and uuid in self.book.entries:
            self.real[uuid] = replace(self.real[uuid], state=OFF)
            self.holds[uuid] = self.now + HOLD
            self.book.hold(uuid, self.now + HOLD)

    @precondition(lambda self: not self.whole_first)
    @rule(asked=st.sets(st.sampled_from(UUIDS)))
    def sample_of_some(self, asked) -> None:
        asked &= self.there
        answered = asked & self.real.keys()
        self.there -= asked - answered
        self.take(answered, self.there - answered)

    @rule()
    def sample_of_all(self) -> None:
        self.time_goes_on(HOLD, 0.5)
        self.whole_first = False
        self.there = set(self.real)
        self.take(self.there, set())
        assert self.book.views().keys() == self.real.keys()
        assert self.meter._raw.keys() == self.meter._loads.keys() == self.real.keys()

    def take(self, answered, others) -> None:
        vms = tuple(
            RawVM(uuid, vm.name, vm.state, cpu_time_ns=vm.cpu if vm.state != OFF else None, vcpus=vm.vcpus)
            for uuid, vm in self.real.items() if uuid in answered
        )  # fmt: skip
        sample = RawSample(self.now, self.now, vms, others=frozenset(others))
        self.book.apply(sample, self.meter.update(sample))
        for uuid in self.read.keys() - answered - others:
            del self.read[uuid], self.cpu[uuid]
        for uuid in answered:
            self.cpu[uuid] = self.expected_cpu(uuid)
        shown = self.book.views()
        assert shown.keys() == answered | others
        for uuid in answered:
            self.compare(shown[uuid], uuid)
        self.book.apply(sample, self.meter.update(sample))
        assert self.book.views() is shown, "nothing changed"
        for uuid in others:
            assert shown[uuid].load.cpu_pct == pytest.approx(self.cpu[uuid])

    def expected_cpu(self, uuid) -> float | None:
        vm, (at, before) = self.real[uuid], self.read.get(uuid, (self.now, None))
        if before is not None and self.now - at < SHORTEST:
            return self.cpu[uuid]
        self.read[uuid] = self.now, vm
        if vm.state not in RUNNING_STATES:
            return 0.0 if vm.state == PAUSED else None
        if before is None or before.state not in RUNNING_STATES or vm.cpu < before.cpu:
            return None
        return min(100.0, (vm.cpu - before.cpu) * 1e-7 / (self.now - at) / vm.vcpus)

    def compare(self, vm, uuid) -> None:
        real = self.real[uuid]
        assert (vm.key.uuid, vm.name, vm.host_name) == (uuid, real.name, self.host.name)
        assert vm.load.cpu_pct == pytest.approx(self.cpu[uuid])
        if self.holds.get(uuid, 0.0) <= self.now:
            assert vm.state is state_of(real.state, 0, saved=None)
            assert (vm.started_at is not None) is (real.state not in {OFF, libvirt.VIR_DOMAIN_CRASHED})
        if vm.state is not VMState.STOPPED and real.state not in {OFF, libvirt.VIR_DOMAIN_CRASHED}:
            assert vm.facts.vcpus == real.vcpus

    # -- the link, and the one who looks -----------------------------------------------------------

    @rule(stuck=st.booleans())
    def connects_again(self, stuck) -> None:
        """``stuck``: the thread was, and another takes over with a copy, which the first may still write to."""
        if stuck:
            old, self.book = self.book, self.book.copy()
            shown = {uuid: self.looks(vm) for uuid, vm in old.views().items()}
            old.apply(RawSample(self.now, 0.0, tuple(RawVM(uuid, "late", PAUSED) for uuid in old.entries)), {})
            old.views()
            assert {uuid: self.looks(vm) for uuid, vm in self.book.views().items()} == shown
        self.meter, self.whole_first, self.there = RateMeter(), True, set()
        self.read.clear()
        self.cpu.clear()

    @rule(name=st.sampled_from(["host", "other"]))
    def rename(self, name) -> None:
        self.host = replace(self.host, name=name)
        self.book.rename(self.host)
        assert {vm.host_name for vm in self.book.views().values()} <= {name}

    @staticmethod
    def looks(vm) -> tuple[object, ...]:
        return vm.name, vm.host_name, vm.state, vm.facts, vm.load, vm.started_at


Turns.TestCase.settings = settings(max_examples=150, stateful_step_count=40, deadline=None)
TestTurns = Turns.TestCase
