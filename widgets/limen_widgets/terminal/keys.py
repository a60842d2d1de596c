"""Textual's keys as the bytes that a terminal sends for them (xterm's, as Linux guests know them). Pure."""

from __future__ import annotations

import re
from typing import Final

NAMED: Final = {
    "enter": "\r", "tab": "\t", "shift+tab": "\x1b[Z", "escape": "\x1b", "backspace": "\x7f", "space": " ",
    "ctrl+backspace": "\x08", "shift+enter": "\r", "ctrl+space": "\0", "ctrl+at": "\0", "ctrl+@": "\0",
    "ctrl+left_square_bracket": "\x1b", "ctrl+backslash": "\x1c", "ctrl+right_square_bracket": "\x1d",
    "ctrl+circumflex_accent": "\x1e", "ctrl+underscore": "\x1f", "ctrl+slash": "\x1f", "ctrl+tab": "\t",
    "ctrl+enter": "\r", "shift+backspace": "\x7f", "shift+space": " ",
}  # fmt: skip
CURSOR: Final = {"up": "A", "down": "B", "right": "C", "left": "D", "home": "H", "end": "F"}
TILDE: Final = {
    "insert": 2, "delete": 3, "pageup": 5, "pagedown": 6, "f5": 15, "f6": 17, "f7": 18, "f8": 19, "f9": 20,
    "f10": 21, "f11": 23, "f12": 24, "f13": 25, "f14": 26, "f15": 28, "f16": 29, "f17": 31, "f18": 32, "f19": 33,
    "f20": 34,
}  # fmt: skip
SS3: Final = {"f1": "P", "f2": "Q", "f3": "R", "f4": "S"}
MODIFIERS: Final = {"shift": 1, "alt": 2, "ctrl": 4}
_CONTROLS = re.compile(r"[\x00-\x08\x0b-\x1f\x7f-\x9f]")


def encode_key(key: str, character: str | None, *, application: bool = False) -> bytes:
    """The bytes of a key; none for one that a terminal has no bytes for.

    ``key`` and ``character`` are those of Textual's ``events.Key``. ``application``: the program at the other end asked
    for application cursor keys.
    """
    if key in NAMED:
        return NAMED[key].encode()
    *held, base = key.split("+") if key != "+" else ["+"]
    held = [modifier for modifier in held if modifier in MODIFIERS]
    if base in CURSOR or base in SS3 or base in TILDE:
        return _special(base, sum(MODIFIERS[modifier] for modifier in held), application).encode()
    if "alt" in held:
        rest = "+".join([modifier for modifier in held if modifier != "alt"] + [base])
        plain = encode_key(rest, character or (base if len(base) == 1 else None), application=application)
        return b"\x1b" + plain if plain else b""
    if "ctrl" in held and len(base) == 1 and "a" <= base.lower() <= "z":
        return bytes([ord(base.lower()) & 0x1F])
    if character is not None and len(character) == 1 and (character.isprintable() or "ctrl" in held):
        return character.encode("utf-8", "ignore")
    return b""


def _special(base: str, modifiers: int, application: bool) -> str:
    if base in TILDE:
        return f"\x1b[{TILDE[base]};{modifiers + 1}~" if modifiers else f"\x1b[{TILDE[base]}~"
    letter = CURSOR.get(base) or SS3[base]
    if modifiers:
        return f"\x1b[1;{modifiers + 1}{letter}"
    return f"\x1bO{letter}" if application or base in SS3 else f"\x1b[{letter}"


def encode_paste(text: str, *, bracketed: bool) -> bytes:
    """Pasted text: line ends as Enter, control characters left out, so that it can neither end the brackets nor press
    keys."""
    text = _CONTROLS.sub("", text.replace("\r\n", "\r").replace("\n", "\r").replace("\r", "\n")).replace("\n", "\r")
    data = text.encode("utf-8", "ignore")
    return b"\x1b[200~" + data + b"\x1b[201~" if bracketed else data
