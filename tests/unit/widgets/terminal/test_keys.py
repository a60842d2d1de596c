"""Keys and pasted text as bytes."""

from __future__ import annotations

import pytest
from limen_widgets.terminal.keys import encode_key, encode_paste


@pytest.mark.parametrize(("key", "character", "wanted"), [
    ("a", "a", b"a"), ("upper_a", "A", b"A"), ("enter", "\r", b"\r"), ("tab", "\t", b"\t"), ("escape", "\x1b", b"\x1b"),
    ("backspace", "\x7f", b"\x7f"), ("space", " ", b" "), ("ctrl+c", "\x03", b"\x03"), ("ctrl+q", "\x11", b"\x11"),
    ("ctrl+z", "\x1a", b"\x1a"), ("ctrl+at", "\x00", b"\x00"), ("ctrl+backslash", "\x1c", b"\x1c"),
    ("ctrl+right_square_bracket", "\x1d", b"\x1d"), ("shift+tab", None, b"\x1b[Z"), ("up", None, b"\x1b[A"),
    ("left", None, b"\x1b[D"), ("home", None, b"\x1b[H"), ("end", None, b"\x1b[F"), ("delete", None, b"\x1b[3~"),
    ("insert", None, b"\x1b[2~"), ("pageup", None, b"\x1b[5~"), ("f1", None, b"\x1bOP"), ("f5", None, b"\x1b[15~"),
    ("f12", None, b"\x1b[24~"), ("shift+f5", None, b"\x1b[15;2~"), ("ctrl+right", None, b"\x1b[1;5C"),
    ("alt+left", None, b"\x1b[1;3D"), ("ctrl+shift+up", None, b"\x1b[1;6A"), ("ctrl+delete", None, b"\x1b[3;5~"),
    ("alt+b", None, b"\x1bb"), ("alt+enter", None, b"\x1b\r"), ("plus", "+", b"+"), ("+", "+", b"+"),
    ("exclamation_mark", "!", b"!"), ("é", "é", "é".encode()), ("unknown_thing", None, b""),
])  # fmt: skip
def test_a_key_as_a_terminal_sends_it(key: str, character: str | None, wanted: bytes) -> None:
    assert encode_key(key, character) == wanted


def test_cursor_keys_as_a_full_screen_program_asks_for_them() -> None:
    assert [encode_key(key, None, application=True) for key in ("up", "end", "ctrl+up", "pageup")] == [
        b"\x1bOA", b"\x1bOF", b"\x1b[1;5A", b"\x1b[5~",
    ]  # fmt: skip


def test_pasted_text_can_neither_press_keys_nor_end_its_brackets() -> None:
    text = "one\ntwo\r\nthree\t\x1b[201~rm -rf\x03\x00\u009b"
    assert encode_paste(text, bracketed=False) == b"one\rtwo\rthree\t[201~rm -rf"
    assert encode_paste(text, bracketed=True) == b"\x1b[200~one\rtwo\rthree\t[201~rm -rf\x1b[201~"
