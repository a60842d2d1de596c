"""Whether the terminal is asked if it shows pictures. Pure: it is on the way to the first paint."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Final

HINTS: Final = ("kitty", "ghostty", "wezterm", "konsole")


def asked_for(setting: str, environ: Mapping[str, str]) -> bool:
    """Whether the terminal is asked for pictures: by ``[screen] graphics``, and where its name gives hope.

    A multiplexer passes neither the question nor a picture on, and another terminal might show the question.
    """
    if setting != "auto":
        return setting == "kitty"
    if any(environ.get(name) for name in ("TMUX", "STY", "NO_COLOR")):
        return False
    names = f"{environ.get('TERM', '')} {environ.get('TERM_PROGRAM', '')}".lower()
    return bool(environ.get("KITTY_WINDOW_ID")) or any(hint in names for hint in HINTS)
