"""The last minutes of load, for sparklines."""

from __future__ import annotations

import math

from limen_tui.model.history import POINTS, History, Series
from limen_tui.model.lifecycle import VMState
from limen_tui.model.vm import VM, VMKey, VMLoad

KEY = VMKey("h1", "u")


def vm(state: VMState = VMState.RUNNING, key: VMKey = KEY, **load) -> VM:
    return VM(key, "vm", "host", state, load=VMLoad(**load))


def test_points_come_oldest_first_and_the_oldest_make_room() -> None:
    history = History()
    for number in range(POINTS + 5):
        history.add([vm(cpu_pct=float(number))])
        if number == 2:
            assert list(history.series(KEY, Series.CPU)) == [0.0, 1.0, 2.0]
    assert list(history.series(KEY, Series.CPU)) == [float(number) for number in range(5, POINTS + 5)]


def test_series_do_not_run_into_each_other() -> None:
    history = History()
    for _ in range(POINTS + 1):
        history.add([vm(cpu_pct=1.0, mem_assigned_kib=100, mem_used_kib=50, disk_rd_bps=3.0, disk_wr_bps=4.0,
                        net_rx_bps=5.0)])  # fmt: skip
    assert [set(history.series(KEY, series)) for series in Series] == [{1.0}, {50.0}, {7.0}, {5.0}]


def test_what_is_not_known_is_a_gap_and_not_a_zero() -> None:
    history = History()
    history.add([vm()])
    assert all(math.isnan(history.series(KEY, series)[0]) for series in Series)


def test_a_vm_that_stopped_starts_anew() -> None:
    history = History()
    history.add([vm(cpu_pct=9.0)])
    history.add([vm(VMState.STOPPED)])
    assert not history.series(KEY, Series.CPU)
    history.add([vm(cpu_pct=1.0)])
    assert list(history.series(KEY, Series.CPU)) == [1.0]


def test_a_removed_host_is_forgotten_alone() -> None:
    history = History()
    other = VMKey("h2", "u")
    history.add([vm(cpu_pct=1.0), vm(key=other, cpu_pct=2.0)])
    history.forget("h1")
    assert not history.series(KEY, Series.CPU)
    assert list(history.series(other, Series.CPU)) == [2.0]
