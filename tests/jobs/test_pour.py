"""How bytes are cut into pieces, and which of them need not be sent."""

from __future__ import annotations

import itertools

from hypothesis import given, settings
from hypothesis import strategies as st

from limen_tui.jobs.ops.pour import _ZEROS, _even, _without_zeros


@given(st.lists(st.binary(max_size=40), max_size=12), st.lists(st.integers(1, 50), min_size=1, max_size=5))
def test_pieces_are_the_same_bytes_and_as_long_as_wanted(parts, sizes) -> None:
    wanted = itertools.cycle(sizes)
    now = [next(wanted)]

    def size() -> int:
        return now[0]

    got = []
    for piece in _even(iter(parts), size):
        assert len(piece) <= max(sizes)
        got.append(piece)
        now[0] = next(wanted)
    assert b"".join(got) == b"".join(parts)
    assert all(got)


@settings(max_examples=30, deadline=None)
@given(st.integers(0, 3), st.integers(0, 3), st.integers(0, 70_000), st.binary(max_size=9))
def test_only_zeros_are_left_out(before, after, odd, middle) -> None:
    piece = bytes(before * len(_ZEROS)) + middle + bytes(after * len(_ZEROS) + odd)
    start, end = _without_zeros(piece)
    assert 0 <= start <= end <= len(piece)
    assert not piece[:start].strip(b"\0") and not piece[end:].strip(b"\0")
    assert end - start <= len(middle) + 2 * len(_ZEROS)
    if not middle.strip(b"\0"):
        assert not piece[start:end].strip(b"\0")
