"""What the command line prints: tables, JSON, errors. Outside text is made inert. Main thread."""

from __future__ import annotations

import json
import sys
import unicodedata
from collections.abc import Sequence
from typing import Any

from limen_tui.errors import LimenError
from limen_tui.model.units import clean


def width(text: str) -> int:
    """Terminal cells of ``text``."""
    return sum(0 if unicodedata.combining(c) else 2 if unicodedata.east_asian_width(c) in "WF" else 1 for c in text)


def table(head: Sequence[str], rows: Sequence[Sequence[str]], *, right: frozenset[int] = frozenset()) -> None:
    """Columns with two blanks between; the head only when a person reads along."""
    shown = [[clean(cell) for cell in row] for row in rows]
    if sys.stdout.isatty():
        shown.insert(0, list(head))
    widths = [max((width(row[place]) for row in shown), default=0) for place in range(len(head))]
    for row in shown:
        cells = []
        for place, cell in enumerate(row):
            pad = " " * (widths[place] - width(cell))
            cells.append(pad + cell if place in right else cell + pad)
        print("  ".join(cells).rstrip())


def as_json(value: Any) -> None:
    """Indented JSON; lone surrogates of names that are not UTF-8 stay as escapes."""
    print(json.dumps(value, indent=2, ensure_ascii=True, default=str))


def complain(error: LimenError) -> None:
    """One line of what, one of what to do, on standard error; before them what was noted besides."""
    for note in getattr(error, "__notes__", ()):
        say(f"limen: {' '.join(note.split())}")
    say(f"limen: {' '.join(str(error).split())}")
    if error.hint:
        say(f"       {' '.join(error.hint.split())}")


def say(text: str) -> None:
    """A line on standard error."""
    print("\n".join(clean(line) for line in text.splitlines()) or "", file=sys.stderr)
