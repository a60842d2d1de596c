"""What of a guest's output reaches the person's own terminal."""

from __future__ import annotations

import random
import re

import pytest

from limen_tui.cli.consolefilter import CLEAR, ConsoleFilter


def passed(data: bytes, piece: int = 1 << 20) -> str:
    made = ConsoleFilter()
    return "".join(made.feed(data[at : at + piece]) for at in range(0, len(data), piece))


KEPT = b"login: \x1b[1;31mred\x1b[0m\r\n\x1b[2J\x1b[10;5Hx\x1b[K\x1b[?25l\x1b[?1049h\x1b[?2004h\x1b7\x1b8"
KEPT += b"\x1bM\x1b(0q\x1b(B\a\b\t"


@pytest.mark.parametrize("piece", [1 << 20, 1, 3])
def test_what_programs_need_passes(piece: int) -> None:
    assert passed(KEPT, piece) == KEPT.decode()


@pytest.mark.parametrize(("data", "wanted"), [
    (b"a\x1b]0;title\x07b", "ab"), (b"a\x1b]52;c;cm0=\x1b\\b", "ab"), (b"a\x1bPq#0\x1b\\b", "ab"),
    (b"a\x1b_G\x1b\\b\x1b^x\x07c\x1bXy\x07d\x1bktitle\x1b\\e", "abcde"),
    (b"a\x1b[c\x1b[>c\x1b[5n\x1b[?6n\x1b[21t\x1b[8;1;1t\x1b[x\x1b[?25$p\x1b[!p\x1b[5ib", "ab"),
    (b"a\x1b[?1000h\x1b[?1006;25h\x1b[?9999hb", "a\x1b[?25hb"), (b"a\x1b[3J\x1b[?3Jb", "ab"), (b"\x1bc", CLEAR),
    (b"a\x1b[20h\x1b[2hb\x1b[4h", "ab\x1b[4h"), ("a\u009b31mb\u0090c".encode(), "a31mbc"), (b"\x05\x00\x01\x7f", ""),
    (b"\xff\xfeok", "\ufffd\ufffdok"), (b"a\x1b\x1b[mb", "a\x1b[mb"), (b"x\x1b[31", "x"),
])  # fmt: skip
def test_what_acts_on_the_terminal_itself_does_not(data: bytes, wanted: str) -> None:
    assert [passed(data), passed(data, 1)] == [wanted, wanted]


def test_questions_for_the_cursor_pass_now_and_then() -> None:
    made = ConsoleFilter()
    assert made.feed(b"\x1b[6n" * 1000).count("\x1b[6n") == 4
    assert made.feed(b"\x1b[6n") == ""
    made.calm()
    assert made.feed(b"\x1b[6n") == "\x1b[6n"


def test_any_bytes_give_nothing_but_known_sequences() -> None:
    known = re.compile(r"\x1b(\[\??[0-9;:]*[@-~]|[78DEHM=>]|[()][0AB]|#8)|[^\x1b\x00-\x06\x0b\x10-\x1f\x7f-\x9f]|\x0b")
    rng = random.Random(3)
    for _ in range(50):
        parts = [rng.randbytes(3), b"\x1b[", b"\x1b]", b"\x1b", b"12;3", b"text"]
        data = b"".join(rng.choices(parts, k=400))
        assert known.sub("", passed(data, 11)) == ""


def test_a_string_without_an_end_does_not_silence_the_guest_for_ever() -> None:
    made = ConsoleFilter()
    made.feed(b"\x1b]0;" + b"x" * 2_000_000)
    assert made.feed(b"hello") == "hello"
