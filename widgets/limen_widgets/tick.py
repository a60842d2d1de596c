"""A checkbox whose state shows without colour, too. May import textual only. UI thread."""

from __future__ import annotations

from textual.content import Content
from textual.style import Style
from textual.widgets import Checkbox


class Tick(Checkbox):
    """``[x] label`` and ``[ ] label``: in one row, the same in every theme and in none."""

    DEFAULT_CSS = """
    Tick { height: 1; width: auto; min-width: 5; border: none; padding: 0; background: transparent; }
    Tick:focus { border: none; }
    """

    @property
    def _button(self) -> Content:
        style = Style(bold=self.value)
        return Content.assemble(("[", style), ("x" if self.value else " ", style), ("]", style))
