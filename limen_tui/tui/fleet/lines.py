"""A widget of a few lines made of pieces, repainted only where they changed. May import textual, rich. UI thread."""

from __future__ import annotations

from collections.abc import Sequence
from typing import TypeAlias

from limen_widgets.pieces import Piece, Pieces
from rich.cells import cell_len, set_cell_size
from rich.segment import Segment
from rich.style import Style
from textual.geometry import Region
from textual.strip import Strip
from textual.widget import Widget

Line: TypeAlias = Pieces
"""Pieces without control characters; the second of each is a component class, or empty for the widget's own."""


def line_width(line: Sequence[Piece]) -> int:
    """Terminal cells that the pieces take."""
    return sum(cell_len(text) for text, _ in line)


def clip(line: Sequence[Piece], width: int) -> Line:
    """The pieces that fit into ``width`` cells; the one that does not is cut, with an ellipsis."""
    if line_width(line) <= width:
        return tuple(line)
    out: list[Piece] = []
    left = width - 1
    for text, style in line:
        size = cell_len(text)
        if size > left:
            out.append((set_cell_size(text, left) + "…", style))
            return tuple(out) if width > 0 else ()
        out.append((text, style))
        left -= size
    return tuple(out)


def _differs(old: Line, new: Line, width: int) -> tuple[int, int]:
    """From which to which cell two lines of ``width`` cells are not the same."""
    if old == new:
        return 0, 0
    same = next((n for n, (one, two) in enumerate(zip(old, new, strict=False)) if one != two), min(len(old), len(new)))
    start, end = line_width(old[:same]), width
    if line_width(old) == line_width(new):
        end = line_width(new)  # also where that is more than is shown of it
        for one, two in zip(reversed(old[same:]), reversed(new[same:]), strict=False):
            if one != two:
                break
            end -= cell_len(one[0])
    return min(start, width), max(start, min(end, width))


class Lines(Widget):
    """Fixed lines of pieces. ``show_lines`` compares with what is shown and repaints the lines that differ."""

    def __init__(self, *, id: str | None = None, classes: str | None = None) -> None:
        super().__init__(id=id, classes=classes)
        self._lines: tuple[Line, ...] = ()
        self._styles: dict[str, Style] = {}

    @property
    def plain(self) -> str:
        """What is shown, without styles."""
        return "\n".join("".join(text for text, _ in line) for line in self._lines)

    def show_lines(self, lines: Sequence[Line]) -> None:
        """Show ``lines`` from the top; those that did not change cost nothing."""
        new, old = tuple(lines), self._lines
        if new == old:
            return
        self._lines = new
        width = self.size.width
        changed = [
            Region(x, y, end - x, 1)
            for y in range(max(len(new), len(old)))
            for x, end in (_differs(old[y] if y < len(old) else (), new[y] if y < len(new) else (), width),)
            if x < end
        ]
        if width and changed:
            self.refresh(*changed)

    def render_line(self, y: int) -> Strip:
        """One line, padded to the widget's width."""
        width = self.size.width
        if y >= len(self._lines):
            return Strip.blank(width, self._style(""))
        segments = [Segment(text, self._style(style)) for text, style in clip(self._lines[y], width)]
        return Strip(segments).adjust_cell_length(width, self._style(""))

    def notify_style_update(self) -> None:
        """The theme changed, or the focus came or went."""
        super().notify_style_update()
        self._styles.clear()

    def _style(self, name: str) -> Style:
        """Kept: to put one together takes Textual half a millisecond, and each key repaints some lines."""
        made = self._styles.get(name)
        if made is None:
            made = self._styles[name] = self.get_component_rich_style(name) if name else self.rich_style
        return made
