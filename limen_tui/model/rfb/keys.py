"""From keys as a terminal names them, and from text, to X11 keysyms with the modifiers that make them. Pure.

VNC sends symbols, and the server turns them back into keys of the guest's keyboard, as its ``keymap`` says. Shift has
to be pressed by us for what needs it there: that of an American keyboard is taken.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import Final

SHIFT, CTRL, ALT, SUPER = 0xFFE1, 0xFFE3, 0xFFE9, 0xFFEB
MODIFIERS: Final = {"shift": SHIFT, "ctrl": CTRL, "alt": ALT, "meta": ALT, "super": SUPER}
NAMED: Final = {
    "enter": 0xFF0D, "return": 0xFF0D, "tab": 0xFF09, "escape": 0xFF1B, "backspace": 0xFF08, "delete": 0xFFFF,
    "insert": 0xFF63, "home": 0xFF50, "end": 0xFF57, "pageup": 0xFF55, "pagedown": 0xFF56, "up": 0xFF52,
    "down": 0xFF54, "left": 0xFF51, "right": 0xFF53, "space": 0x20, "print": 0xFF61, "pause": 0xFF13,
    "menu": 0xFF67, "super": SUPER, **{f"f{number}": 0xFFBD + number for number in range(1, 25)},
}  # fmt: skip
_PUNCTUATION: Final = {
    "exclamation_mark": "!", "quotation_mark": '"', "number_sign": "#", "dollar_sign": "$", "percent_sign": "%",
    "ampersand": "&", "apostrophe": "'", "left_parenthesis": "(", "right_parenthesis": ")", "asterisk": "*",
    "plus": "+", "comma": ",", "minus": "-", "full_stop": ".", "slash": "/", "colon": ":", "semicolon": ";",
    "less_than_sign": "<", "equals_sign": "=", "greater_than_sign": ">", "question_mark": "?", "at": "@",
    "left_square_bracket": "[", "backslash": "\\", "right_square_bracket": "]", "circumflex_accent": "^",
    "underscore": "_", "grave_accent": "`", "left_curly_bracket": "{", "vertical_line": "|",
    "right_curly_bracket": "}", "tilde": "~",
}  # fmt: skip
_SHIFTED: Final = frozenset('~!@#$%^&*()_+{}|:"<>?ABCDEFGHIJKLMNOPQRSTUVWXYZ')


@dataclass(frozen=True, slots=True)
class Stroke:
    """A key with the modifiers that are held meanwhile."""

    keysym: int
    modifiers: tuple[int, ...] = ()

    @property
    def events(self) -> tuple[tuple[int, bool], ...]:
        """(keysym, whether down) in order: modifiers, the key, all up again."""
        down = [(sym, True) for sym in (*self.modifiers, self.keysym)]
        return (*down, *((sym, False) for sym, _ in reversed(down)))


CTRL_ALT_DELETE: Final = Stroke(0xFFFF, (CTRL, ALT))


def stroke_of(key: str, character: str | None = None) -> Stroke | None:
    """The stroke of a key as Textual names it (``ctrl+left``, ``A``, ``f5``); ``None`` for what no guest knows."""
    *names, last = key.split("+") if key != "+" else ["+"]
    held = [MODIFIERS[name] for name in names if name in MODIFIERS]
    if len(held) != len(names):
        return None
    if last in NAMED:
        return Stroke(NAMED[last], tuple(held))
    text = _PUNCTUATION.get(last) or (last if len(last) == 1 else "")
    if not text and character is not None and len(character) == 1 and character.isprintable():
        text = character
    if not text:
        return None
    one = _typed(text)
    return None if one is None else Stroke(one.keysym, tuple(dict.fromkeys((*held, *one.modifiers))))


def strokes_of_text(text: str) -> tuple[tuple[Stroke, ...], int]:
    """The strokes that type ``text``, and how many of its characters no key stands for."""
    strokes = []
    lost = 0
    for character in text.replace("\r\n", "\n").replace("\r", "\n"):
        one = Stroke(NAMED["enter"]) if character == "\n" else Stroke(NAMED["tab"]) if character == "\t" else None
        one = one or _typed(character)
        if one is None:
            lost += 1
        else:
            strokes.append(one)
    return tuple(strokes), lost


def named_stroke(words: str) -> Stroke:
    """``ctrl+alt+f1`` from our own menus. Raises ``KeyError`` for what is none."""
    *names, last = words.split("+")
    return Stroke(NAMED.get(last) or ord(last), tuple(MODIFIERS[name] for name in names))


def _typed(character: str) -> Stroke | None:
    if not character.isprintable():
        return None
    code = ord(character)
    keysym = code if code < 0x100 else 0x01000000 + code
    return Stroke(keysym, (SHIFT,) if character in _SHIFTED else ())
