"""The line that shows which consoles are open, and which of them printed unseen. UI thread.

May import limen_widgets, fleet and model.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from typing import TYPE_CHECKING

from limen_tui.model.units import clean
from limen_tui.tui.console.panel import ConsoleLines

if TYPE_CHECKING:
    from limen_tui.tui.console.desk import OpenConsole, Place

LONGEST = 24
"""Cells of a name on the strip."""
LOOK = 0.25
"""Seconds between looks at those in the background."""


class ConsoleStrip(ConsoleLines):
    """Names in the order of opening; the one on show stands out."""

    def show_consoles(
        self, consoles: Sequence[OpenConsole], here: Place, *, head: str, name_of: Callable[[OpenConsole], str],
        tail: str = "",
    ) -> None:  # fmt: skip
        """Repaints when it says something else. Names come from outside."""
        pieces: list[tuple[str, str]] = [(" ", ""), (head, "console--dim")]
        for each in consoles:
            name = clean(name_of(each))
            name = name if len(name) <= LONGEST else name[: LONGEST - 1] + "…"
            pieces += [(" ", ""), (f" {name} ", "console--here" if each.place == here else "")]
            if each.unseen:
                pieces.append(("● new", "console--warn"))
        self.show_lines([(*pieces, (f"   {clean(tail)}", "console--dim"))])
