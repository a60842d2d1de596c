"""Colours: dark, light, high contrast, and the terminal's own. May import textual. UI thread.

One accent colour; state is a glyph and a word wherever it has a colour.
"""

from __future__ import annotations

from typing import Final

from textual.theme import Theme

PREFIX: Final = "limen-"
LABELS: Final = {
    "dark": "Dark",
    "light": "Light",
    "high-contrast": "High contrast",
    "ansi": "The terminal's own colours",
}


def themes() -> tuple[Theme, ...]:
    """All of them, to be registered with the app."""
    ansi = "ansi_default"
    return (
        Theme(
            f"{PREFIX}dark", primary="#4c8dbf", secondary="#4c8dbf", accent="#6cb2eb", foreground="#d6dde4",
            background="#12171c", surface="#171d24", panel="#1e262f", success="#7fc98f", warning="#e0b35a",
            error="#ef7a74", dark=True,
        ),
        Theme(
            f"{PREFIX}light", primary="#1f6aa5", secondary="#1f6aa5", accent="#14598f", foreground="#1d2329",
            background="#fbfbfa", surface="#f1f2f3", panel="#e4e8eb", success="#1c7a35", warning="#8a5a00",
            error="#b3261e", dark=False,
        ),
        Theme(
            f"{PREFIX}high-contrast", primary="#00a2ff", secondary="#00a2ff", accent="#00d0ff", foreground="#ffffff",
            background="#000000", surface="#000000", panel="#1a1a1a", success="#37ff5f", warning="#ffd500",
            error="#ff6b6b", dark=True, luminosity_spread=0.25, text_alpha=1.0,
        ),
        Theme(
            f"{PREFIX}ansi", ansi=True, primary="ansi_blue", secondary="ansi_cyan", accent="ansi_cyan",
            foreground=ansi, background=ansi, surface=ansi, panel=ansi, boost=ansi, success="ansi_green",
            warning="ansi_yellow", error="ansi_red", dark=True,
            variables={
                "ansi-background": "ansi_black", "ansi-foreground": "ansi_white",
                "border-blurred": ansi, "input-cursor-text-style": "reverse",
                "block-cursor-foreground": ansi, "block-cursor-background": ansi,
                "block-cursor-text-style": "reverse bold",
            },
        ),
    )  # fmt: skip


def theme_name(name: str) -> str:
    """Textual's name for one of ours; ``dark`` for a name we do not know."""
    return PREFIX + (name if name in LABELS else "dark")
