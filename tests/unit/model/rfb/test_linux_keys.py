"""Keys of an American keyboard, and what has none."""

from __future__ import annotations

import string

from limen_tui.model.rfb.keys import CTRL_ALT_DELETE, Stroke, stroke_of, strokes_of_text
from limen_tui.model.rfb.linuxkeys import keysym_of, linux_keys


def test_every_printable_character_has_its_own_keys_and_comes_back() -> None:
    text = string.printable.strip() + " "
    strokes, lost = strokes_of_text(text)
    assert lost == 0
    keys = [linux_keys(stroke) for stroke in strokes]
    assert len(set(keys)) == len(text)
    assert "".join(chr(keysym_of(each)) for each in keys) == text


def test_known_numbers() -> None:
    assert linux_keys(CTRL_ALT_DELETE) == (29, 56, 111)
    named = {"f1": (59,), "f10": (68,), "f11": (87,), "f13": (183,), "A": (42, 30), "ctrl+c": (29, 46), "up": (103,)}
    for name, wanted in named.items():
        stroke = stroke_of(name)
        assert stroke is not None
        assert linux_keys(stroke) == wanted


def test_what_has_no_key_is_not_pressed() -> None:
    assert linux_keys(Stroke(0xE9)) == ()
