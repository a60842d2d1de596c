"""Keys of an American keyboard by their Linux numbers (input-event-codes.h), as virDomainSendKey takes them. Pure."""

from __future__ import annotations

from typing import Final

from limen_tui.model.rfb.keys import ALT, CTRL, NAMED, SHIFT, SUPER, Stroke

_ROWS: Final = ((2, "1234567890-="), (16, "qwertyuiop[]"), (30, "asdfghjkl;'`"), (43, "\\zxcvbnm,./"), (57, " "))
_SHIFTED: Final = dict(zip('!@#$%^&*()_+{}:"~|<>?', "1234567890-=[];'`\\,./", strict=True))
_NAMED: Final = {
    "escape": 1, "backspace": 14, "tab": 15, "enter": 28, "home": 102, "up": 103, "pageup": 104, "left": 105,
    "right": 106, "end": 107, "down": 108, "pagedown": 109, "insert": 110, "delete": 111, "print": 99, "pause": 119,
    "menu": 127, **{f"f{number}": 58 + number for number in range(1, 11)}, "f11": 87, "f12": 88,
    **{f"f{number}": 170 + number for number in range(13, 25)},
}  # fmt: skip
_PLAIN: Final = {ord(char): first + place for first, row in _ROWS for place, char in enumerate(row)}
_KEYS: Final = {
    **_PLAIN,
    **{ord(chr(sym).upper()): code for sym, code in _PLAIN.items() if chr(sym).isalpha()},
    **{ord(char): _PLAIN[ord(base)] for char, base in _SHIFTED.items()},
    **{NAMED[name]: code for name, code in _NAMED.items()},
    SHIFT: 42, CTRL: 29, ALT: 56, SUPER: 125,
}  # fmt: skip


def linux_keys(stroke: Stroke) -> tuple[int, ...]:
    """The keys to be pressed together; empty for what has no key on an American keyboard."""
    codes = [_KEYS.get(keysym, 0) for keysym in (*stroke.modifiers, stroke.keysym)]
    return tuple(codes) if all(codes) else ()


def keysym_of(keys: tuple[int, ...]) -> int:
    """What the last of the keys writes with the others held, 0 for nothing: the way back, for a simulated guest."""
    shift = _KEYS[SHIFT] in keys[:-1]
    found = [sym for sym, code in _KEYS.items() if code == keys[-1]]
    upper = [sym for sym in found if sym < 128 and (chr(sym).isupper() or chr(sym) in _SHIFTED)]
    return next(iter(upper if shift and upper else found), 0)
