"""Checksum files as mirrors write them."""

from __future__ import annotations

import pytest

from limen_tui.errors import InputError
from limen_tui.model.checksums import find_checksum, parse_checksum

A, B, LONG = "a" * 64, "b" * 64, "c" * 128


@pytest.mark.parametrize("text", [
    f"{A}  x.qcow2\n{B}  y.qcow2", f"{A} *x.qcow2\n", f"SHA256 (x.qcow2) = {A}\nSHA256 (y.qcow2) = {B}",
    f"-----BEGIN PGP SIGNED MESSAGE-----\nHash: SHA256\n\n# x.qcow2: 5 bytes\nSHA256 (x.qcow2) = {A.upper()}\n",
    f"{A}\n", f"{A}  built-under-another-name.qcow2\n", f"{'d' * 32}  x.qcow2\n{A}  ./x.qcow2\n",
])  # fmt: skip
def test_the_checksum_of_a_file_is_found(text) -> None:
    assert find_checksum(text, "x.qcow2") == ("sha256", A)


def test_the_strongest_wins() -> None:
    assert find_checksum(f"{A}  x\n{LONG}  x\n", "x") == ("sha512", LONG)


@pytest.mark.parametrize("text", ["", "<html>", f"{A}  y\n{B}  z\n", f"{A}  x\n{B}  x\n", f"{'a' * 32}  x\n"])
def test_where_there_is_none_or_two_it_says_so(text) -> None:
    with pytest.raises(InputError):
        find_checksum(text, "x")


@pytest.mark.parametrize("text", ["", "sha256:", "sha256:xyz", "md5:" + "a" * 32, "a" * 40, "a" * 65, f"sha512:{A}"])
def test_what_is_no_checksum_is_refused(text) -> None:
    with pytest.raises(InputError):
        parse_checksum(text)


def test_how_a_checksum_may_be_written() -> None:
    for text in (A, f" {A.upper()} ", f"sha256:{A}", f"SHA-256: {A}"):
        assert parse_checksum(text) == ("sha256", A)
    assert parse_checksum(LONG).algorithm == "sha512"
