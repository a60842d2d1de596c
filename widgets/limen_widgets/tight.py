"""Partial updates of the screen in as few bytes as they take. May import textual and rich. UI thread.

Textual crops what it repaints on the right only, and says foreground, background and reset anew for each piece. Over a
slow link, and of a table of which five rows change each second, that is most of what is written.
"""

from __future__ import annotations

from functools import lru_cache
from typing import Any

from rich.console import Console
from rich.control import Control
from rich.style import Style
from textual._compositor import ChopsUpdate

Codes = tuple[str, str, str]
"""Of attributes, foreground and background."""


class TightUpdate(ChopsUpdate):
    """What a :class:`ChopsUpdate` writes, cropped on both sides, saying of each style only what differs."""

    def __init__(self, update: ChopsUpdate) -> None:
        super().__init__(update.chops, update.spans, update.chop_ends)

    def render_segments(self, console: Console) -> str:
        """The text for the terminal; it begins and ends without a style in force."""
        out: list[str] = []
        system = console._color_system
        now: Codes = ("", "", "")
        for y, x1, x2 in self.spans:
            at = -1
            for end, (x, strip) in zip(self.chop_ends[y], self.chops[y].items(), strict=False):
                if strip is None or x >= x2 or end <= x1:
                    continue
                left, right = max(x, x1), min(end, x2)
                part = strip if (left, right) == (x, end) else strip.crop(left - x, right - x)
                if left != at:
                    out.append(Control.move_to(left, y).segment.text)
                at = right
                for text, style, _ in part:
                    codes = codes_of(style, system) if style is not None else ("", "", "")
                    if codes != now:
                        out.append(_change(now, codes))
                        now = codes
                    out.append(text)
        if now != ("", "", ""):
            out.append("\x1b[0m")
        return "".join(out)


@lru_cache(maxsize=2048)
def codes_of(style: Style, system: Any) -> Codes:
    """The parameters of SGR for ``style`` in a colour system of rich; empty without colours."""
    attributes = style.without_color._make_ansi_codes(system) if system is not None else ""
    colours = []
    for color, foreground in ((style.color, True), (style.bgcolor, False)):
        codes = () if color is None or system is None else color.downgrade(system).get_ansi_codes(foreground=foreground)
        colours.append(";".join(codes))
    return attributes, colours[0], colours[1]


def _change(now: Codes, then: Codes) -> str:
    if now[0] != then[0]:  # attributes can only be taken back together
        return f"\x1b[{';'.join(['0', *filter(None, then)])}m"
    said = [new or ("39" if place == 1 else "49") for place, (old, new) in enumerate(zip(now, then, strict=True))
            if place and old != new]  # fmt: skip
    return f"\x1b[{';'.join(said)}m"
