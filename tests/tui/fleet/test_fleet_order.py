"""Sorting as people expect it: numbers inside names count, addresses by number, unknown figures last."""

from __future__ import annotations

from dataclasses import replace

from hypothesis import given
from hypothesis import strategies as st
from limen_widgets.line_table.lines import natural

from limen_tui.model.lifecycle import VMState
from limen_tui.model.vm import VM, VMKey
from limen_tui.tui.fleet import order

ONE = VM(VMKey("h", "u"), "web", "kvm1", VMState.RUNNING)


def test_numbers_in_names_count_as_numbers() -> None:
    names = ["web10", "Web2", "web", "web1", "db3", "10", "9"]
    assert sorted(names, key=natural) == ["9", "10", "db3", "web", "web1", "Web2", "web10"]


@given(st.lists(st.text(max_size=40), max_size=20))
def test_any_names_can_be_compared(names: list[str]) -> None:
    assert len(sorted(names, key=natural)) == len(names)


def test_a_pair_is_unknown_only_when_both_are() -> None:
    assert order.pair(None, 2.0) == 2.0
    assert order.pair(None, None) is None
    assert order.pair(0.0, None) == 0.0


def test_addresses_sort_by_number_and_what_is_none_has_no_place() -> None:
    ips = [("10.0.0.10",), ("10.0.0.9",), ("fe80::1",)]
    in_order = sorted((replace(ONE, ips=each) for each in ips), key=lambda vm: order.address(vm) or (9, 0))
    assert [vm.ips for vm in in_order] == [("10.0.0.9",), ("10.0.0.10",), ("fe80::1",)]
    assert order.address(replace(ONE, ips=("not an address",))) is None
    assert order.address(ONE) is None


def test_what_needs_a_person_comes_first() -> None:
    states = [VMState.STOPPED, VMState.RUNNING, VMState.CRASHED, VMState.STARTING]
    in_order = sorted((replace(ONE, state=each) for each in states), key=order.state)
    assert [vm.state for vm in in_order] == [VMState.CRASHED, VMState.STARTING, VMState.RUNNING, VMState.STOPPED]


def test_every_state_has_a_place() -> None:
    assert len({order.state(replace(ONE, state=each)) for each in VMState}) == len(VMState)
