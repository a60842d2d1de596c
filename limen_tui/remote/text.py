"""Text that servers send before they are trusted: cut to size and made inert. Any thread."""

from __future__ import annotations

from limen_tui.model.units import clean

LONGEST_LINE = 200
MOST_LINES = 20


def inert(text: str) -> str:
    """``text`` without control characters, at most 20 lines of 200 characters: a banner may be hostile or huge."""
    lines = text[: LONGEST_LINE * MOST_LINES * 2].splitlines()
    kept = [clean(line)[:LONGEST_LINE].rstrip() for line in lines[:MOST_LINES]]
    if len(lines) > MOST_LINES or len(text) > LONGEST_LINE * MOST_LINES * 2:
        kept.append("…")
    return "\n".join(kept).strip()
