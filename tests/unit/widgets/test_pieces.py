"""Outside text in cells: inert, measured in terminal cells, cut without half characters."""

from __future__ import annotations

import unicodedata

from hypothesis import given
from hypothesis import strategies as st
from limen_widgets.pieces import clean, fit, pieces_of, width_of
from rich.text import Text


@given(st.text(max_size=60))
def test_cleaned_text_moves_nothing(text: str) -> None:
    for char in clean(text):
        assert unicodedata.category(char) not in {"Cc", "Cf", "Cs", "Zl", "Zp"}


@given(st.text(max_size=60), st.integers(0, 40), st.booleans())
def test_fit_is_exact_whatever_the_text(text: str, width: int, right: bool) -> None:
    assert width_of(fit(pieces_of(text), width, right=right)) == width


def test_markup_means_nothing() -> None:
    assert pieces_of("[red]x[/red]") == (("[red]x[/red]", ""),)
    assert pieces_of("\x1b[31mx") == (("�[31mx", ""),)


def test_rich_text_keeps_its_styles() -> None:
    text = Text("ab")
    text.append("cd", "bold")
    assert pieces_of(text) == (("ab", ""), ("cd", "bold"))
