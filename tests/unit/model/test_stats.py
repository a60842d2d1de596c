"""Raw samples into rates: exact where the counters are sane, silent where they are not, never absurd."""

from __future__ import annotations

import math
from dataclasses import replace

import pytest
from hypothesis import given
from hypothesis import strategies as st

from limen_tui.model.samples import RawDisk, RawHost, RawNic, RawSample, RawVM
from limen_tui.model.stats import RateMeter, host_load
from limen_tui.model.vm import NO_LOAD, VMLoad

SECOND = 10**9
RUNNING, PAUSED, OFF = 1, 3, 5


def raw(state: int = RUNNING, **figures) -> RawVM:
    return RawVM("u", "vm", state, **figures)


def sample(mono: float, *vms: RawVM, wall: float = 0.0) -> RawSample:
    return RawSample(mono, wall, vms)


def after(before: RawVM, now: RawVM, seconds: float = 2.0) -> VMLoad:
    meter = RateMeter()
    meter.update(sample(100.0, before))
    return meter.update(sample(100.0 + seconds, now))["u"]


def test_rates_of_two_samples() -> None:
    load = after(
        raw(cpu_time_ns=0, vcpus=4, vcpu_time_ns=(0, 0), vcpu_delay_ns=(0, 0),
            disks=(RawDisk("vda", 0, 0, 0, 0), RawDisk("vdb", 10, 10, 10, 10)), nics=(RawNic("vnet0", 5, 5),)),
        raw(cpu_time_ns=4 * SECOND, vcpus=4, vcpu_time_ns=(2 * SECOND, SECOND), vcpu_delay_ns=(SECOND, 0),
            disks=(RawDisk("vda", 2000, 400, 20, 4), RawDisk("vdb", 1010, 10, 10, 10)),
            nics=(RawNic("vnet0", 205, 1005),)),
    )  # fmt: skip
    assert load.cpu_pct == pytest.approx(50.0)
    assert load.vcpu_pct == pytest.approx((100.0, 50.0))
    assert load.steal_pct == pytest.approx(25.0)
    assert (load.disk_rd_bps, load.disk_wr_bps, load.disk_rd_iops, load.disk_wr_iops) == (1500.0, 200.0, 10.0, 2.0)
    assert (load.net_rx_bps, load.net_tx_bps) == (100.0, 500.0)


def test_the_first_sight_of_a_vm_has_no_rates() -> None:
    assert RateMeter().update(sample(1.0, raw(cpu_time_ns=SECOND, vcpus=1)))["u"].cpu_pct is None


@pytest.mark.parametrize("top", [1 << 32, 1 << 64])
def test_a_counter_that_wraps_or_starts_anew_gives_no_figure_for_one_tick(top: int) -> None:
    def at(count: int) -> RawVM:
        return raw(cpu_time_ns=count, vcpus=1, disks=(RawDisk("vda", count, count, count, count),),
                   nics=(RawNic("n", count, count),))  # fmt: skip

    meter = RateMeter()
    meter.update(sample(0.0, at(top - 10)))
    wrapped = meter.update(sample(1.0, at(10)))["u"]
    rates = (wrapped.cpu_pct, wrapped.disk_rd_bps, wrapped.disk_wr_iops, wrapped.net_rx_bps, wrapped.net_tx_bps)
    assert rates == (None,) * 5
    assert meter.update(sample(2.0, at(1010)))["u"].net_rx_bps == 1000.0


def test_a_stepped_clock_does_not_matter() -> None:
    meter = RateMeter()
    meter.update(sample(0.0, raw(cpu_time_ns=0, vcpus=1), wall=1e9))
    load = meter.update(sample(1.0, raw(cpu_time_ns=SECOND // 2, vcpus=1), wall=5.0))["u"]
    assert load.cpu_pct == pytest.approx(50.0)


def test_two_samples_at_one_moment_keep_the_rate_and_the_older_base() -> None:
    meter = RateMeter()
    meter.update(sample(0.0, raw(cpu_time_ns=0, vcpus=1)))
    first = meter.update(sample(1.0, raw(cpu_time_ns=SECOND // 2, vcpus=1)))["u"]
    for mono in (1.0, 1.001):
        assert meter.update(sample(mono, raw(cpu_time_ns=SECOND, vcpus=1)))["u"] is first
    assert meter.update(sample(2.0, raw(cpu_time_ns=SECOND, vcpus=1)))["u"].cpu_pct == pytest.approx(50.0)


def test_time_that_goes_backwards_begins_anew() -> None:
    meter = RateMeter()
    meter.update(sample(10.0, raw(cpu_time_ns=0, vcpus=1)))
    assert meter.update(sample(5.0, raw(cpu_time_ns=SECOND, vcpus=1)))["u"].cpu_pct is None
    assert meter.update(sample(6.0, raw(cpu_time_ns=SECOND, vcpus=1)))["u"].cpu_pct == 0.0


def test_after_a_reset_the_gap_is_not_averaged_over() -> None:
    meter = RateMeter()
    meter.update(sample(0.0, raw(cpu_time_ns=0, vcpus=1)))
    meter.reset()
    assert meter.update(sample(60.0, raw(cpu_time_ns=SECOND, vcpus=1)))["u"].cpu_pct is None


@pytest.mark.parametrize(
    ("before", "now", "cpu"),
    [(PAUSED, RUNNING, None), (OFF, RUNNING, None), (RUNNING, PAUSED, 0.0), (PAUSED, PAUSED, 0.0),
     (RUNNING, OFF, None)],
)  # fmt: skip
def test_what_lies_across_a_pause_or_a_start_is_not_a_rate(before: int, now: int, cpu: float | None) -> None:
    disks = (RawDisk("vda", 0, 0, 0, 0),), (RawDisk("vda", 900, 900, 9, 9),)
    load = after(raw(before, cpu_time_ns=0, vcpus=1, disks=disks[0]),
                 raw(now, cpu_time_ns=SECOND, vcpus=1, disks=disks[1]))  # fmt: skip
    assert load.cpu_pct == cpu
    assert load.disk_rd_bps is None


def test_a_vm_that_was_away_has_no_rates_when_it_is_back() -> None:
    meter = RateMeter()
    meter.update(sample(0.0, raw(cpu_time_ns=0, vcpus=1)))
    assert meter.update(sample(1.0)) == {}
    assert meter.update(sample(2.0, raw(cpu_time_ns=SECOND, vcpus=1)))["u"].cpu_pct is None


def test_vcpus_plugged_in_or_out_between_count_by_what_there_is_now() -> None:
    more = after(raw(cpu_time_ns=0, vcpus=1, vcpu_time_ns=(0,)),
                 raw(cpu_time_ns=2 * SECOND, vcpus=2, vcpu_time_ns=(SECOND, SECOND)))  # fmt: skip
    assert more.cpu_pct == pytest.approx(50.0)
    assert more.vcpu_pct == pytest.approx((50.0, 0.0))
    fewer = after(raw(cpu_time_ns=0, vcpus=4, vcpu_time_ns=(0, 0)),
                  raw(cpu_time_ns=8 * SECOND, vcpus=1, vcpu_time_ns=(SECOND,)))  # fmt: skip
    assert (fewer.cpu_pct, fewer.vcpu_pct) == (100.0, pytest.approx((50.0,)))


def test_a_device_is_compared_with_itself_only() -> None:
    load = after(
        raw(disks=(RawDisk("vda", 1000, 0), RawDisk("vdb", 5, 0)), nics=(RawNic("vnet0", 10, 10),)),
        raw(disks=(RawDisk("vdb", 205, 0), RawDisk("vdc", 10**12, 0)), nics=(RawNic("vnet9", 10**12, 10**12),)),
    )
    assert load.disk_rd_bps == 100.0
    assert load.net_rx_bps is None


def test_a_group_that_was_not_sampled_keeps_no_old_rate() -> None:
    meter = RateMeter()
    for mono in (0.0, 1.0):
        count = int(mono * SECOND)
        load = meter.update(sample(mono, raw(cpu_time_ns=count, vcpus=1, nics=(RawNic("n", count, count),))))["u"]
    assert load.net_rx_bps == SECOND
    load = meter.update(sample(2.0, raw(cpu_time_ns=2 * SECOND, vcpus=1)))["u"]
    assert load.cpu_pct == pytest.approx(100.0)
    assert load.net_rx_bps is load.mem_used_kib is None


@pytest.mark.parametrize(
    ("figures", "used"),
    [
        ({}, None),
        ({"balloon_available_kib": 1000, "balloon_usable_kib": 600, "balloon_unused_kib": 100}, 400),
        ({"balloon_available_kib": 1000, "balloon_unused_kib": 100}, 900),
        ({"balloon_available_kib": 1000}, None),
        ({"balloon_usable_kib": 600}, None),
        ({"balloon_available_kib": 1000, "balloon_usable_kib": 0}, 1000),
        ({"balloon_available_kib": 1000, "balloon_usable_kib": 1500}, 0),
    ],
)
def test_memory_used_is_what_the_guest_cannot_give_back(figures: dict[str, int], used: int | None) -> None:
    meter = RateMeter()
    assert meter.update(sample(0.0, raw(balloon_last_update=7, **figures)))["u"].mem_used_kib == used
    for never in (0, None):
        silent = RateMeter().update(sample(0.0, raw(balloon_last_update=never, **figures)))["u"]
        assert silent.mem_used_kib is None


def test_a_stopped_vm_without_figures_is_one_shared_object() -> None:
    assert RateMeter().update(sample(0.0, raw(OFF)))["u"] == NO_LOAD


def test_a_vm_whose_turn_it_was_not_keeps_its_load_and_then_has_rates_over_its_own_time() -> None:
    meter = RateMeter()

    def at(second: int, *asked: str) -> dict[str, float | None]:
        vms = tuple(RawVM(name, name, RUNNING, cpu_time_ns=second**2 * SECOND // 100, vcpus=1) for name in asked)
        seen = RawSample(float(second), 0.0, vms, others=frozenset("ab").difference(asked))
        return {name: load.cpu_pct for name, load in meter.update(seen).items()}

    at(0, "a", "b")
    rates = [at(1, "a"), at(2, "a"), at(3, "a", "b"), at(4, "b")]
    # the counter is the square of the time in hundredths: over one second a rate is odd, over three it is that many
    assert [rate["a"] for rate in rates] == pytest.approx([1, 3, 5, 5])
    assert [rate["b"] for rate in rates] == [None, None, pytest.approx(3), pytest.approx(7)]


def test_a_vm_that_is_not_there_any_more_is_forgotten() -> None:
    meter = RateMeter()
    vms = tuple(RawVM(name, name, RUNNING, cpu_time_ns=SECOND) for name in "abc")
    meter.update(RawSample(0.0, 0.0, vms))
    assert set(meter.update(RawSample(1.0, 0.0, vms[:1], others=frozenset("b")))) == {"a", "b"}
    assert set(meter.update(RawSample(2.0, 0.0, vms[1:]))) == {"b", "c"}
    meter.reset()
    assert set(meter.update(RawSample(3.0, 0.0, vms[2:]))) == {"c"}


def test_host_figures() -> None:
    load = host_load(RawHost(100, 1000), RawHost(200, 1200, mem_used_kib=5, load1=0.5))
    assert (load.cpu_pct, load.mem_used_kib, load.load1) == (pytest.approx(50.0), 5, 0.5)
    assert host_load(None, RawHost(1, 2)).cpu_pct is None
    assert host_load(RawHost(5, 9), RawHost(5, 9)).cpu_pct is None
    assert host_load(RawHost(9, 9), RawHost(1, 20)).cpu_pct is None
    assert host_load(RawHost(0, 0), RawHost(30, 20)).cpu_pct == 100.0


COUNTS = st.none() | st.integers(0, 1 << 64)
DISKS = st.lists(st.builds(RawDisk, st.sampled_from("abc"), COUNTS, COUNTS, COUNTS, COUNTS), max_size=3).map(tuple)
NICS = st.lists(st.builds(RawNic, st.sampled_from("abc"), COUNTS, COUNTS), max_size=3).map(tuple)
TIMES = st.lists(COUNTS, max_size=4).map(tuple)
VMS = st.builds(
    RawVM, st.sampled_from("uvw"), st.just("vm"), st.integers(0, 8), cpu_time_ns=COUNTS,
    vcpus=st.none() | st.integers(0, 512), vcpu_time_ns=TIMES, vcpu_delay_ns=TIMES, balloon_current_kib=COUNTS,
    balloon_unused_kib=COUNTS, balloon_available_kib=COUNTS, balloon_usable_kib=COUNTS, balloon_last_update=COUNTS,
    disks=DISKS, nics=NICS,
)  # fmt: skip
SAMPLES = st.lists(
    st.builds(
        RawSample, st.floats(-1e6, 1e6), st.floats(-1e12, 1e12),
        st.lists(VMS, max_size=3, unique_by=lambda vm: vm.uuid).map(tuple),
        detail=st.none() | st.just(frozenset("u")), others=st.frozensets(st.sampled_from("uvw")),
    ),
    max_size=5,
)


@given(SAMPLES)
def test_no_sample_makes_an_absurd_figure(samples: list[RawSample]) -> None:
    meter = RateMeter()
    known: set[str] = set()
    for drawn in samples:
        asked = {vm.uuid for vm in drawn.vms}
        each = replace(drawn, others=(drawn.others & known) - asked)
        loads = meter.update(each)
        known = set(loads)
        assert known == each.uuids
        for load in loads.values():
            shares = [load.cpu_pct, load.mem_pct, load.steal_pct, *load.vcpu_pct]
            rates = [load.disk_rd_bps, load.disk_wr_bps, load.disk_rd_iops, load.disk_wr_iops, load.net_rx_bps,
                     load.net_tx_bps, load.mem_used_kib]  # fmt: skip
            assert all(figure is None or (math.isfinite(figure) and figure >= 0) for figure in (*shares, *rates))
            assert all(share is None or share <= 100.0 for share in shares)


HOSTS = st.builds(RawHost, COUNTS, COUNTS)


@given(HOSTS, HOSTS)
def test_no_host_counters_make_an_absurd_figure(before: RawHost, now: RawHost) -> None:
    cpu = host_load(before, now).cpu_pct
    assert cpu is None or 0.0 <= cpu <= 100.0
