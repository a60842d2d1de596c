"""Of a large fleet, every VM is asked in its turn, and those on show at every tick."""

from __future__ import annotations

from hypothesis import given
from hypothesis import strategies as st

from limen_tui.model.ports import Watch
from limen_tui.model.turns import whose_turn

NAMES = st.lists(st.text("abcdef", max_size=3), unique=True, max_size=12)


@given(NAMES, st.integers(1, 5), st.integers(0, 1000), st.data())
def test_all_have_a_turn_and_those_on_show_have_every(
    names: list[str], turns: int, tick: int, data: st.DataObject
) -> None:
    shown = frozenset(data.draw(st.lists(st.sampled_from(names)))) if names else frozenset()
    watch = Watch(visible=shown, close=frozenset({"not on this host"}), turns=turns)
    rounds = [whose_turn(names, watch, tick + each) for each in range(turns)]
    assert set().union(*rounds) == set(names)
    for due in rounds:
        assert shown <= due
        assert len(due - shown) <= -(-len(names) // turns)
