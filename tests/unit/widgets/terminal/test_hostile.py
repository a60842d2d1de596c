"""Bytes that were made to break a terminal: nothing raises, nothing grows, the end is still read."""

from __future__ import annotations

import random

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from limen_widgets.terminal.emulator import Emulator
from limen_widgets.terminal.scrollback import line_text

END = b"\x18\x1b\\\x1bc\x1b[m\r\nthe end"
BOMBS = {
    "digits": b"\x1b[" + b"9" * 100_000 + b"A",
    "parameters": b"\x1b[" + b"1;" * 50_000 + b"m",
    "huge counts": b"".join(b"\x1b[999999999%c" % final for final in b"@ABCDEFGHIJKLMPSTXZ`abdefghlmnrstu") * 20,
    "private marks": b"".join(b"\x1b[%c1;2;3%c" % (mark, final) for mark in b"?>=<" for final in range(64, 127)),
    "too many": b"".join(b"\x1b[1;2;3;4;5;6;7%c" % final for final in range(64, 127)),
    "unended string": b"\x1b]52;c;" + b"A" * 300_000,
    "unended device string": b"\x1bP" + b"q#0" * 100_000,
    "modes": b"".join(b"\x1b[?%dh" % n for n in range(3000)),
    "saves": b"\x1b7" * 50_000,
    "margins": b"\x1b[5;2r\x1b[0;0r\x1b[9;999r\x1b[?6h\x1b[500;500H\x1bM\x1bD\x1b[3d",
    "tabs": b"\x1b[3g" + b"\t" * 5000 + b"\x1bH",
    "132 columns": b"\x1b[?3h\x1b[?3l" * 500 + b"x" * 500,
    "reverse video": b"\x1b[?5h\x1b[?5l" * 5000,
    "letters E": b"\x1b#8" * 300,
    "controls": bytes(range(32)) * 500,
    "c1": "".join(map(chr, range(0x80, 0xA0))).encode() * 500 + bytes(range(0x80, 0xA0)),
    "bidi": "\u202e\u2066\u200b\ufeff\u2028\x7f".encode() * 1000,
    "broken utf-8": b"\xf0\x9f\xc3(\xff\xfe\xed\xa0\x80" * 2000,
    "alternate": b"\x1b[?1049h\x1b[?47h\x1b[?1049l\x1b[?1047l" * 500,
    "insert mode": b"\x1b[4h" + b"abc\r" * 3000,
    "no wrap": b"\x1b[?7l" + b"w" * 50_000 + "漢".encode() * 1000,
    "everything": random.Random(5).randbytes(200_000),
}
PARTS = [b"\x1b", b"\r\n", b"\x07", b"text ", "漢".encode(), b"1049", b"\x1b[?1049h", b"5", b"999"]
PARTS += [b"%c" % letter for letter in b"[?;rHmhlLP]STM@"]


def check(made: Emulator) -> None:
    screen = made.screen
    assert (screen.columns, screen.lines) == (40, 10)
    assert 0 <= screen.cursor.y < 10 and 0 <= screen.cursor.x <= 40
    assert all(0 <= y < 10 for y in screen.buffer)
    assert all(0 <= x < 40 for cells in screen.buffer.values() for x in cells)
    assert len(screen.mode) <= 80 and len(screen.savepoints) <= 1
    text = "".join(line_text(line) for line in (*made.scrollback.all(), *(screen.line(y) for y in range(10))))
    assert not any(char < " " or "\x7f" <= char <= "\x9f" or char in "\u202e\u2066\u2028" for char in text)


@pytest.mark.parametrize("name", BOMBS)
@pytest.mark.parametrize("piece", [1 << 20, 7])
def test_a_bomb_is_survived(name: str, piece: int) -> None:
    data = BOMBS[name]
    if piece == 7:
        data = data[:20_000]
    made = Emulator(40, 10, answer=lambda _: None)
    for at in range(0, len(data), piece):
        assert made.feed(data[at : at + piece])
        assert made._parser._tail == "" or len(made._parser._tail) <= 300
    check(made)
    assert made.feed(END)
    assert "the end" in made.text()


@settings(max_examples=150, deadline=None)
@given(st.lists(st.sampled_from(PARTS), max_size=60), st.integers(1, 9))
def test_any_mixture_is_survived_in_any_pieces(parts: list[bytes], piece: int) -> None:
    data = b"".join(parts)
    whole, slowly = Emulator(40, 10), Emulator(40, 10)
    whole.feed(data)
    for at in range(0, len(data), piece):
        slowly.feed(data[at : at + piece])
    check(whole)
    assert whole.text() == slowly.text()
    assert (whole.screen.cursor.x, whole.screen.cursor.y) == (slowly.screen.cursor.x, slowly.screen.cursor.y)
