"""What people read, and what they type back."""

from __future__ import annotations

import contextlib
import math
import unicodedata

import pytest
from hypothesis import given
from hypothesis import strategies as st

from limen_tui.errors import InputError
from limen_tui.model import units

GIB = 1 << 30


@pytest.mark.parametrize(
    ("count", "text"),
    [(None, "–"), (0, "0 B"), (512, "512 B"), (999, "999 B"), (1000, "1 KiB"), (1024, "1 KiB"), (1536, "1.5 KiB"),
     (20 * GIB, "20 GiB"), (1.5 * GIB, "1.5 GiB"), (1023 * GIB, "1 TiB"), (math.nan, "–"), (math.inf, "–")],
)  # fmt: skip
def test_sizes(count: float | None, text: str) -> None:
    assert units.size(count) == text


@given(st.integers(0, (1 << 63) - 1) | st.floats(0, 2.0**63 - 1025))
def test_a_size_fits_its_cell(count: float) -> None:
    assert len(units.size(count)) <= 8


def test_sizes_in_kib_and_rates() -> None:
    assert units.size(1536, unit="KiB") == units.size(1536 * 1024) == "1.5 MiB"
    assert units.rate(1.5 * (1 << 20)) == "1.5 MiB/s"
    assert units.rate(None) == units.rate(math.nan) == units.UNKNOWN


@pytest.mark.parametrize(
    ("value", "text"),
    [(None, "–"), (0, "0 %"), (0.01, "0 %"), (0.3, "0.3 %"), (9.9, "9.9 %"), (9.96, "10 %"), (87.4, "87 %"),
     (100.0, "100 %"), (math.nan, "–")],
)  # fmt: skip
def test_percent(value: float | None, text: str) -> None:
    assert units.percent(value) == text


@pytest.mark.parametrize(
    ("seconds", "text"),
    [(None, "–"), (-5, "0 s"), (59.9, "59 s"), (60, "1 min"), (3600, "1 h"), (3660, "1 h 1 min"),
     (3 * 86400 + 4 * 3600, "3 d 4 h"), (86400, "1 d"), (math.inf, "–")],
)  # fmt: skip
def test_durations(seconds: float | None, text: str) -> None:
    assert units.duration(seconds) == text


def test_ages() -> None:
    assert units.ago(None, 100.0) == "never"
    assert units.ago(88.0, 100.0) == "12 s ago"
    assert units.ago(200.0, 100.0) == "0 s ago"


@pytest.mark.parametrize(
    ("text", "count"),
    [("20G", 20 * GIB), ("512 MiB", 512 << 20), ("1.5t", 3 << 39), ("4096", 4096), (" 1 k ", 1024), ("2gb", 2 * GIB),
     ("7b", 7)],
)  # fmt: skip
def test_sizes_typed(text: str, count: int) -> None:
    assert units.parse_size(text) == count


@pytest.mark.parametrize("text", ["", "G", "-1G", "1,5G", "1e9", "0", "0.1", "8192P", "9" * 400, "20G\x1b[2J", "nan"])
def test_what_is_no_size_is_refused_without_its_control_characters(text: str) -> None:
    with pytest.raises(InputError) as raised:
        units.parse_size(text)
    assert str(raised.value).isprintable()


@given(st.text(max_size=40) | st.from_regex(r"\d{1,330}(\.\d*)? ?[kmgtpKMGTP]?(i?[bB])?", fullmatch=True))
def test_a_size_is_usable_or_refused(text: str) -> None:
    with contextlib.suppress(InputError):
        assert 0 < units.parse_size(text) < 1 << 63


@given(st.text(max_size=60))
def test_cleaned_text_is_inert_and_as_long(text: str) -> None:
    clean = units.clean(text)
    assert len(clean) == len(text)
    assert not {unicodedata.category(char) for char in clean} & {"Cc", "Cf", "Cs", "Zl", "Zp"}
    assert units.clean(clean) == clean


def test_cleaning_leaves_what_people_write() -> None:
    assert units.clean("web-01 grün 東京 [red]") == "web-01 grün 東京 [red]"
    assert units.clean("a\x1b[31m\u202eb\nc") == "a�[31m�b�c"


def test_sentences_are_joined_with_one_mark_between_them() -> None:
    assert units.paragraph("It failed", "", "Nothing was lost.", "why?") == "It failed. Nothing was lost. why?"
    assert units.paragraph("") == ""
    assert units.listed(["It is taken.", " ", "Too long.", "no"]) == "It is taken; Too long; no"
    assert units.listed(["name: It is taken."]) == "name: It is taken."
    assert units.listed([]) == ""
