"""Limits and sizes as people type them."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from limen_tui.errors import InputError
from limen_tui.model.resize.typed import (
    count_of,
    disk_limits_of,
    disk_limits_typed,
    named_sizes,
    nic_limits_of,
    nic_limits_typed,
)
from limen_tui.model.verbs.devices import DiskLimits, NicLimits

MIB = 1 << 20
sizes = st.just(0) | st.integers(1, 1 << 30).map(lambda count: count * 1024)
counts = st.integers(0, 10**9)


def test_what_is_typed_is_read() -> None:
    assert disk_limits_of("read:50M, write:20M/s iops:500") == DiskLimits(
        read_bytes=50 * MIB, write_bytes=20 * MIB, total_iops=500
    )
    assert nic_limits_of("in:10M;OUT:5M") == NicLimits(10240, 5120)
    for nothing in ("", "none", "0", " - "):
        assert disk_limits_of(nothing) == DiskLimits()
        assert nic_limits_of(nothing) == NicLimits()
    assert named_sizes(["vda=1G", "vdb=2G"]) == {"vda": 1 << 30, "vdb": 2 << 30}
    assert count_of(" 4 ") == 4


@given(st.builds(DiskLimits, sizes, sizes, sizes, counts, counts, counts))
def test_disk_limits_are_written_as_they_are_read(limits: DiskLimits) -> None:
    assert disk_limits_of(disk_limits_typed(limits)) == limits


@given(st.builds(NicLimits, st.integers(0, 1 << 30), st.integers(0, 1 << 30)))
def test_rates_are_written_as_they_are_read(limits: NicLimits) -> None:
    assert nic_limits_of(nic_limits_typed(limits)) == limits


@pytest.mark.parametrize("text", ["read", "read:", "read:x", "read:-1", "speed:1M", "read:1M,read:2M", "iops:0",
                                  "iops:1e9", "iops:99999999999999999999", "]]>", "read:1", "read:1e99"])  # fmt: skip
def test_what_is_no_limit_says_so(text: str) -> None:
    with pytest.raises(InputError):
        disk_limits_of(text)


@given(st.text())
def test_any_text_is_read_or_refused(text: str) -> None:
    for read in (disk_limits_of, nic_limits_of, count_of, lambda word: named_sizes([word])):
        try:
            read(text)
        except InputError as error:
            assert error.title.isprintable()
