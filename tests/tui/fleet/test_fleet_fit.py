"""Bars fit any width: shortened, then thinned out by importance, never wider than they may be."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from limen_tui.tui.fleet.fit import Item, fit
from limen_tui.tui.fleet.lines import clip, line_width
from limen_tui.tui.fleet.tree import counts


def item(rank: int, *texts: str, right: bool = False) -> Item:
    return Item(rank, tuple(((text, ""),) for text in texts), right)


def text_of(line: tuple[tuple[str, str], ...]) -> str:
    return "".join(text for text, _ in line)


def test_everything_is_shown_where_there_is_room() -> None:
    line = fit([item(0, "hosts"), item(1, "VMs"), item(2, "badge", right=True)], 40)
    assert text_of(line) == "hosts   VMs" + " " * 24 + "badge"


def test_shortens_before_it_leaves_out() -> None:
    items = [item(0, "84/120 VMs running", "84/120 VMs"), item(1, "CPU 34 %")]
    assert text_of(fit(items, 22)) == "84/120 VMs   CPU 34 %"
    assert text_of(fit(items, 20)) == "84/120 VMs"


def test_leaves_out_the_least_important_first() -> None:
    items = [item(3, "least"), item(1, "more"), item(2, "middle", right=True)]
    assert text_of(fit(items, 14)) == "more    middle"
    assert text_of(fit(items, 6)) == "more"


texts = st.text(st.sampled_from("aé宽界 ‖●"), min_size=1, max_size=12)


@given(
    st.lists(st.builds(item, st.integers(0, 9), texts, texts, right=st.booleans()), max_size=8),
    st.integers(0, 80),
)
def test_is_never_wider_than_it_may_be(items: list[Item], width: int) -> None:
    assert line_width(fit(items, width)) <= width


@given(st.lists(st.tuples(texts, st.just("")), max_size=6), st.integers(0, 40))
def test_clipping_keeps_what_fits_and_marks_what_does_not(line: list[tuple[str, str]], width: int) -> None:
    shown = clip(line, width)
    assert line_width(shown) <= width
    if line_width(line) <= width:
        assert shown == tuple(line)
    elif width:
        assert text_of(shown).endswith("…")


@pytest.mark.parametrize(
    ("part", "whole", "text"),
    [(3, 7, "   3/7   "), (1234, 2100, "1234/2100"), (9999, 10_000, "9999/10k "), (12_345, 150_000, " 12k/150k")],
)
def test_counts_of_the_tree_have_room(part: int, whole: int, text: str) -> None:
    assert counts(part, whole) == text
