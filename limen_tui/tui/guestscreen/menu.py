"""What can be done to a guest's screen beside typing: keys that a terminal cannot send, and what is done to the view.

May import textual and model. UI thread.
"""

from __future__ import annotations

from typing import Final

from limen_tui.model.rfb.keys import Stroke, named_stroke
from limen_tui.tui.palette.match import Pick

SHOWN_KEY: Final = "^]"
_COMBINATIONS: Final = (
    ("ctrl+alt+delete", "Ctrl+Alt+Del"),
    *((f"ctrl+alt+f{number}", f"Ctrl+Alt+F{number}") for number in range(1, 13)),
    *((f"f{number}", f"F{number}") for number in range(1, 13)),
    ("ctrl+alt+backspace", "Ctrl+Alt+Backspace"), ("alt+tab", "Alt+Tab"), ("alt+f4", "Alt+F4"),
    ("super", "Windows key"), ("menu", "Menu key"), ("print", "Print Screen"), ("pause", "Pause"),
    ("insert", "Insert"), ("ctrl+escape", "Ctrl+Esc"), ("shift+tab", "Shift+Tab"), ("ctrl+c", "Ctrl+C"),
    ("ctrl+]", "Ctrl+]"),
    *((f"alt+print+{letter}", f"SysRq {letter}: {what}") for letter, what in (
        ("s", "sync disks"), ("u", "remount read-only"), ("b", "reboot at once"), ("k", "kill what holds the console"),
        ("w", "show blocked tasks"), ("m", "show memory"),
    )),
)  # fmt: skip
COMMANDS: Final = (
    ("^]", "leave"), ("Esc", "back to the guest"), ("]", "send ^]"), ("d", "Ctrl+Alt+Del"), ("f", "other keys"),
    ("t", "type a text"), ("+ -", "zoom"), ("↑↓←→", "pan"), ("0", "whole"), ("x", "text or pixels"), ("y", "copy text"),
    ("p", "live or pictures"), ("w", "save PNG"), ("V", "viewer"), ("r", "again"),
)  # fmt: skip
"""Keys after the escape key and what they do, in the order in which they are shown."""


def menu_rows(width: int) -> list[list[tuple[str, str]]]:
    """As many on each row as fit."""
    rows: list[list[tuple[str, str]]] = [[]]
    used = 1
    for key, label in COMMANDS:
        size = len(key) + len(label) + 4
        if used + size > width and rows[-1]:
            rows.append([])
            used = 1
        rows[-1].append((key, label))
        used += size
    return rows


def key_picks() -> list[Pick]:
    """Combinations to choose from."""
    return [Pick(name, label, search=label.lower()) for name, label in _COMBINATIONS]


def stroke_for(name: str) -> Stroke:
    """The keys of a pick."""
    if name.startswith("alt+print+"):  # SysRq is Alt and Print held while the letter is pressed
        alt, letter = named_stroke("alt+print"), named_stroke(name.rpartition("+")[2])
        return Stroke(letter.keysym, (*alt.modifiers, alt.keysym))
    return named_stroke(name)
