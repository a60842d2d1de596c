"""Figures of each device, and the hour of them that is kept."""

from __future__ import annotations

from math import isnan, nan

import pytest
from hypothesis import given
from hypothesis import strategies as st

from limen_tui.model.closeup import KEPT, POINTS, CloseSeries, CloseUps
from limen_tui.model.detailmeter import DetailMeter
from limen_tui.model.minutes import Gathered, pack, unpack
from limen_tui.model.samples import RawDisk, RawNic, RawSample, RawVM
from limen_tui.model.vm import VMKey, VMLoad


def sample(mono: float, *vms: RawVM) -> RawSample:
    return RawSample(mono, 1000 + mono, vms)


def vm(uuid: str = "u", disks: tuple[RawDisk, ...] = (), nics: tuple[RawNic, ...] = (), **more: int) -> RawVM:
    return RawVM(uuid, uuid, more.pop("state", 1), disks=disks, nics=nics, **more)  # type: ignore[arg-type]


def test_each_device_has_its_own_rates_and_latency() -> None:
    meter = DetailMeter()
    meter.update(sample(0, vm(disks=(RawDisk("vda", 0, 0, 0, 0, 0, 0), RawDisk("vdb", 5, 5, 5, 5)))), {"u"})
    made = meter.update(
        sample(2, vm(disks=(RawDisk("vdb", 105, 5, 6, 5), RawDisk("vda", 4000, 0, 4, 0, 8_000_000, 0)),
                     nics=(RawNic("vnet0", 1, 2, 3, 4, 5, 6),))), {"u"})["u"]  # fmt: skip
    by_name = {disk.name: disk for disk in made.disks}
    assert by_name["vda"].rd_bps == 2000 and by_name["vda"].rd_iops == 2 and by_name["vda"].rd_ms == 2.0
    assert by_name["vda"].wr_bps == 0 and by_name["vda"].wr_ms is None, "no request, no latency"
    assert by_name["vdb"].rd_bps == 50 and by_name["vdb"].rd_ms is None
    assert made.nics[0].rx_bps is None, "seen for the first time"


def test_only_those_looked_at_closely_cost_anything() -> None:
    meter = DetailMeter()
    assert meter.update(sample(0, vm("a"), vm("b")), frozenset()) == {}
    assert set(meter.update(sample(1, vm("a"), vm("b")), {"a", "gone"})) == {"a"}
    assert set(meter._before) == {"a"}
    meter.update(sample(2, vm("a")), frozenset())
    assert not meter._before


def test_a_restart_makes_no_spike_and_a_repeated_sample_no_gap() -> None:
    meter = DetailMeter()
    nic = (RawNic("n", 1000, 1000, 10, 10, 0, 0),)
    meter.update(sample(0, vm(nics=nic)), {"u"})
    first = meter.update(sample(1, vm(nics=(RawNic("n", 3000, 1000, 10, 10, 1, 0),))), {"u"})["u"]
    assert first.nics[0].rx_bps == 2000 and first.nics[0].rx_drops == 1
    assert meter.update(sample(1.01, vm(nics=nic)), {"u"})["u"] is first
    again = meter.update(sample(2, vm(nics=(RawNic("n", 5, 5, 1, 1, 0, 0),))), {"u"})["u"]
    assert again.nics[0].rx_bps is None


def test_the_hour_is_bounded_and_gaps_are_gaps() -> None:
    series = CloseSeries()
    for second in range(POINTS + 1000):
        series.add(second, VMLoad(float(second % 100), (1.0,) if second > POINTS else ()), None)
    points = series.points("cpu")
    assert POINTS <= len(points) < POINTS + 400
    assert points[-1] == (POINTS + 999, float((POINTS + 999) % 100))
    late = series.points("cpu.0")
    assert isnan(late[0][1]) and late[-1][1] == 1.0 and len(late) == len(points)
    series.add(5, VMLoad(1.0), None)
    assert series.points("cpu")[-1][0] == POINTS + 999, "an older one is left out"
    assert series.points("no.such") == []


def test_few_vms_are_kept() -> None:
    ups = CloseUps()
    for number in range(KEPT + 2):
        ups.of(VMKey("h", str(number))).add(1, VMLoad(1.0), None)
    assert len(ups._kept) == KEPT
    assert ups.of(VMKey("h", "0")).names == (), "the first gave way"
    ups.forget("h")
    assert not ups._kept


known = st.none() | st.floats(0, 1e10, allow_nan=False)


@given(st.lists(st.tuples(st.none() | st.floats(0, 100), known, known), min_size=1, max_size=9))
def test_a_packed_minute_comes_back_within_its_precision(loads: list[tuple[float | None, float | None, float]]) -> None:
    gathered = []
    for cpu, disk, net in loads:
        gathered.append(Gathered())
        gathered[-1].add(VMLoad(cpu, disk_wr_bps=disk, net_rx_bps=net))
    data = pack(gathered)
    assert len(data) == 6 * len(loads)
    for place, (cpu, disk, net) in enumerate(loads):
        point = unpack(data, place, 60.0)
        assert point is not None and point.at == 60.0
        assert point.cpu == pytest.approx(nan if cpu is None else cpu, abs=0.26, nan_ok=True)
        for found, put in ((point.disk, disk), (point.net, net)):
            assert found == pytest.approx(nan if put is None else put, rel=1e-3, abs=1.0, nan_ok=True)


@given(st.binary(max_size=40), st.integers(-3, 9))
def test_bytes_of_others_are_no_minute_or_figures(data: bytes, place: int) -> None:
    point = unpack(data, place, 0.0)
    assert point is None or point.at == 0.0
