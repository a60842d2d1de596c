"""Ticks in which VMs take turns, against a virConnect whose clock and answers are told."""

from __future__ import annotations

import libvirt
import pytest

from limen_tui.errors import LimenError
from limen_tui.hypervisor.features import Features
from limen_tui.hypervisor.sampler import COUNT_EVERY, Sampler
from limen_tui.model.ports import Watch
from limen_tui.model.samples import USUAL_GROUPS
from limen_tui.model.stats import RateMeter
from tests.unit.fleet.scripted import FakeClock

VCPU = libvirt.VIR_DOMAIN_STATS_VCPU
IN_TURNS = Watch(groups=USUAL_GROUPS, turns=3)


class Dom:
    def __init__(self, uuid: str) -> None:
        self.uuid = uuid

    def UUIDString(self) -> str:
        return self.uuid

    def name(self) -> str:
        return self.uuid


class Refusal(libvirt.libvirtError):
    def __init__(self, code: int) -> None:
        super().__init__("refused")
        self.code = code

    def get_error_code(self) -> int:
        return self.code

    def get_error_message(self) -> str:
        return "refused"


class World:
    """A virConnect and the Connection around it. Each call takes a while."""

    alive = True

    def __init__(self, count: int = 9) -> None:
        self.raw, self.features, self.clock = self, Features(events=True), FakeClock()
        self.vcpus = dict.fromkeys([f"u{number}" for number in range(count)], 1)
        self.of: list[int] = []
        """How many each bulk call was asked for; 0 is all."""
        self.line = 0.0
        """Seconds that the figures of one VM are on their way."""
        self.refuse_some = self.fails = False

    def heard(self):
        """Nobody minds how late it answers."""

    def _answer(self, uuids, stats):
        if self.fails:
            raise Refusal(libvirt.VIR_ERR_OPERATION_FAILED)
        figures = {"state.state": 1, "state.reason": 1, "cpu.time": int(self.clock.now * 5e8), "balloon.current": 1}
        self.clock.now += 0.05 + 0.05 * (not self.of[-1]) + self.line * len(uuids)
        return [
            (Dom(uuid), figures | ({"vcpu.current": self.vcpus[uuid], "vcpu.maximum": 4} if stats & VCPU else {}))
            for uuid in uuids if uuid in self.vcpus
        ]  # fmt: skip

    def getAllDomainStats(self, stats, _flags):
        self.of.append(0)
        return self._answer(self.vcpus, stats)

    def domainListGetStats(self, doms, stats, _flags):
        assert doms, "libvirt refuses an empty list"
        if self.refuse_some:
            raise Refusal(libvirt.VIR_ERR_NO_SUPPORT)
        self.of.append(len(doms))
        return self._answer([dom.uuid for dom in doms], stats)

    def getCPUStats(self, _which):
        self.clock.now += 0.1
        return {"idle": 1}

    def getMemoryStats(self, _which):
        self.clock.now += 0.1
        return {"total": 2, "free": 1}


@pytest.fixture
def world():
    return World()


def ticks(sampler: Sampler, world: World, seconds: float, interval: float):
    until = world.clock.now + seconds
    while world.clock.now < until:
        yield sampler.sample(IN_TURNS)
        world.clock.now += interval


@pytest.mark.parametrize("interval", [1.0, 1.9, 2.0, 2.5, 3.0, 5.0])
def test_vcpus_plugged_in_elsewhere_are_counted_of_all_wherever_the_ticks_fall(world, interval):
    sampler = Sampler(world, world.clock, local=False)
    for _ in ticks(sampler, world, 10 * COUNT_EVERY, interval):
        pass
    world.vcpus = dict.fromkeys(world.vcpus, 2)
    shown = {}
    for sample in ticks(sampler, world, COUNT_EVERY + 4 * (interval + 1), interval):
        shown |= {vm.uuid: vm.vcpus for vm in sample.vms}
    assert set(shown.values()) == {2}
    assert len(shown) == 9


def test_all_are_asked_once_in_a_while_and_a_third_in_between(world):
    sampler = Sampler(world, world.clock, local=False)
    for _ in ticks(sampler, world, 10 * COUNT_EVERY, 1.9):
        pass
    assert set(world.of) == {0, 3}
    assert world.of.count(0) <= 11


def test_one_that_does_not_answer_in_its_turn_is_gone_and_others_stay(world):
    sampler = Sampler(world, world.clock, local=False)
    sampler.sample(IN_TURNS)
    del world.vcpus["u4"]
    gone_at = None
    for number in range(3):
        sample = sampler.sample(IN_TURNS)
        if gone_at is None and "u4" not in sample.uuids:
            gone_at = number
        assert sample.uuids >= world.vcpus.keys()
    assert gone_at is not None
    assert set(sampler.domains) == set(world.vcpus)
    assert 0 not in world.of[1:]


def test_what_happened_to_one_is_asked_at_the_next_tick_only(world):
    sampler = Sampler(world, world.clock, local=False)
    sampler.sample(IN_TURNS)
    sampler.ask("u0")
    sampler.ask("u1")
    sampler.ask("u2")
    sampler.ask("unknown")
    assert {"u0", "u1", "u2"} <= {vm.uuid for vm in sampler.sample(IN_TURNS).vms}
    assert len(sampler.sample(IN_TURNS).vms) == 3
    sampler.whole()
    assert len(sampler.sample(IN_TURNS).vms) == 9


def test_a_driver_that_answers_for_all_only_is_asked_for_all(world):
    world.refuse_some = True
    sampler = Sampler(world, world.clock, local=False)
    for _ in range(4):
        sample = sampler.sample(IN_TURNS)
        assert (len(sample.vms), sample.others) == (9, frozenset())
    assert not world.features.some
    assert world.features.bulk


def test_without_events_all_are_asked(world):
    world.features.events = False
    sampler = Sampler(world, world.clock, local=False)
    assert [len(sampler.sample(IN_TURNS).vms) for _ in range(4)] == [9] * 4


def test_a_long_answer_makes_no_spike_beside_short_ones(world):
    world.line = 0.2
    sampler, meter = Sampler(world, world.clock, local=False), RateMeter()
    seen = set()
    for sample in ticks(sampler, world, 3 * COUNT_EVERY, 2.0):
        loads = meter.update(sample)
        seen |= {None if load.cpu_pct is None else round(load.cpu_pct, 3) for load in loads.values()}
    assert set(world.of) == {0, 3}
    assert seen == {None, 50.0}


@pytest.mark.parametrize("count", [0, 1, 2])
def test_no_tick_passes_over_a_host_that_fails_for_want_of_vms_whose_turn_it_is(count):
    world = World(count)
    sampler = Sampler(world, world.clock, local=False)
    sampler.sample(IN_TURNS)
    world.fails = True
    for _ in range(3):
        with pytest.raises(LimenError):
            sampler.sample(IN_TURNS)
