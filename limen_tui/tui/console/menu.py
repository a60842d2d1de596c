"""The keys that work after the escape key of a console, and what they are called. UI thread."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Final

from limen_tui.tui.keymap import GUEST_ESCAPE


@dataclass(frozen=True, slots=True)
class Command:
    """Something the menu can do."""

    id: str
    keys: tuple[str, ...]
    shown: str
    label: str
    stays: bool = False
    """The menu stays open after it."""


COMMANDS: Final = (
    Command("leave", (GUEST_ESCAPE, "q"), "^]", "leave"),
    Command("guest", ("escape", "enter"), "Esc", "back to the guest"),
    Command("send", ("right_square_bracket",), "]", "send ^]"),
    Command("search", ("slash", "s"), "/", "search"),
    Command("next", ("n",), "n", "next find", stays=True),
    Command("previous", ("N", "upper_n"), "N", "find before", stays=True),
    Command("up", ("up", "k"), "↑↓", "scroll", stays=True),
    Command("down", ("down", "j"), "", "", stays=True),
    Command("page-up", ("pageup", "shift+pageup", "b"), "PgUp PgDn", "page", stays=True),
    Command("page-down", ("pagedown", "shift+pagedown", "space"), "", "", stays=True),
    Command("start", ("home", "g"), "", "", stays=True),
    Command("end", ("end", "G", "upper_g"), "", "", stays=True),
    Command("copy", ("y",), "y", "copy"),
    Command("save", ("w",), "w", "save to a file"),
    Command("size", ("z",), "z", "type the size"),
    Command("force", ("f",), "f", "take by force"),
    Command("again", ("r",), "r", "reconnect"),
    Command("lines", ("l",), "l", "other line"),
    Command("switch", ("tab",), "Tab", "next console"),
    Command("switch-back", ("shift+tab",), "", ""),
    Command("close", ("x",), "x", "close"),
)
BY_KEY: Final = {key: command for command in COMMANDS for key in command.keys}


def menu_lines(width: int, *, without: frozenset[str] = frozenset()) -> list[list[tuple[str, str]]]:
    """(key, label) pairs, as many on each line as fit."""
    lines: list[list[tuple[str, str]]] = [[]]
    used = 1
    for command in COMMANDS:
        if not command.label or command.id in without:
            continue
        size = len(command.shown) + len(command.label) + 4
        if used + size > width and lines[-1]:
            lines.append([])
            used = 1
        lines[-1].append((command.shown, command.label))
        used += size
    return lines
