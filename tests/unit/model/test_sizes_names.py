"""Sizes and names as typed, by the tired and the mean."""

from __future__ import annotations

import contextlib

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from limen_tui.errors import InputError
from limen_tui.model.naming import check_name, expand, free_name, hostname_of, name_problem, volume_problem
from limen_tui.model.sizes import disk_bytes, memory_kib, to_text


@pytest.mark.parametrize(
    ("text", "count"),
    [("20G", 20 << 30), ("20 GiB", 20 << 30), ("20gb", 20 << 30), ("1.5T", 3 << 39), ("512MiB", 512 << 20),
     (" 1g ", 1 << 30), ("1048577", (1 << 20) + 512), ("1.0000001G", 1073741824 + 512)],
)  # fmt: skip
def test_sizes_of_disks(text, count):
    assert disk_bytes(text) == count


@pytest.mark.parametrize(
    "text",
    ["", "0", "-1", "1e99", "nan", "inf", "20 apples", "G", "20GG", "1,5G", "²G", "0x10G", "20G;rm", "9" * 400,
     "99999999P", "１G\N{RIGHT-TO-LEFT OVERRIDE}", "1\x00G", "20"],
)  # fmt: skip
def test_what_is_no_size(text):
    for parse in (disk_bytes, memory_kib):
        with pytest.raises(InputError) as caught:
            parse(text)
        assert caught.value.title.isprintable()


def test_memory_is_in_kib():
    assert (memory_kib("2G"), memory_kib("1.5 MiB")) == (2 << 20, 1536)


@settings(deadline=None)
@given(st.integers(1 << 20, 1 << 50))
def test_a_size_reads_back_as_it_was_written(count):
    assert disk_bytes(to_text(count * 512)) == count * 512
    assert memory_kib(to_text(count, unit="KiB")) == count
    assert to_text(20 << 30) == "20G"


@settings(deadline=None)
@given(st.text(max_size=80))
def test_any_text_is_a_size_or_an_input_error(text):
    with contextlib.suppress(InputError):
        assert 1 << 20 <= disk_bytes(text) < 1 << 64


@pytest.mark.parametrize("name", ["web", "web-01", "Käse", "日本", "a b", "x.y_z+1", "ü" * 100, "1"])
def test_names_that_are_fine(name):
    assert check_name(name) == name


@pytest.mark.parametrize(
    "name",
    ["", ".", "..", "../x", "a/b", "a\\b", "-x", ".x", " x", "x ", "x.", "a..b", "a\x00", "a\nb", "a\tb", "a" * 300,
     "ü" * 101, "a\N{RIGHT-TO-LEFT OVERRIDE}b", "$(id)", "${7*7}", "]]>", "{{7*7}}", "a:b", "a*", "a\ud800",
     "u\N{COMBINING DIAERESIS}", "\N{ZERO WIDTH SPACE}", "a'b"],
)  # fmt: skip
def test_names_that_are_not(name):
    assert name_problem(name)
    with pytest.raises(InputError) as caught:
        check_name(name)
    assert str(caught.value).isprintable()


@settings(deadline=None)
@given(st.text())
def test_an_allowed_name_is_a_safe_file_name(name):
    if not name_problem(name):
        assert "/" not in name
        assert name not in (".", "..")
        assert name.isprintable()
        assert len(name.encode()) <= 200
        assert not volume_problem(f"{name}.qcow2")


def test_patterns():
    assert expand("web{1..3}") == ("web1", "web2", "web3")
    assert expand("web{08..10}x") == ("web08x", "web09x", "web10x")
    assert expand("web-{n:02}", 2) == ("web-01", "web-02")
    assert expand("web-{n:2}", 1, start=7) == ("web-07",)
    assert expand("w{n}", 2, start=9) == ("w9", "w10")
    assert expand("web") == ("web",)
    assert expand("web", 3) == ("web-1", "web-2", "web-3")
    assert expand("web{1..3}", 3) == expand("web{1..3}")


@pytest.mark.parametrize(
    ("pattern", "count"),
    [("web{3..1}", 0), ("web{1..3}", 5), ("w{1..9}{n}", 9), ("w{1..999999}", 0), ("w", 501), ("{x}", 1), ("../{n}", 2),
     ("", 2), ("a" * 199 + "{n}", 20)],
)  # fmt: skip
def test_patterns_that_are_none(pattern, count):
    with pytest.raises(InputError):
        expand(pattern, count)


@settings(deadline=None)
@given(st.text())
def test_a_host_name_can_be_made_of_any_name(name):
    host = hostname_of(name)
    assert 1 <= len(host) <= 63
    assert host.replace("-", "a").isalnum()
    assert host.isascii()
    assert host[0] != "-" != host[-1]


def test_a_free_name():
    assert free_name("web", ()) == "web"
    assert free_name("web", ("web", "web-2")) == "web-3"
