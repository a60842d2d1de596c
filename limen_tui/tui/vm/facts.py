"""Lines of labelled facts, in sections, with the strip's colours. May import textual and model. UI thread."""

from __future__ import annotations

from collections.abc import Sequence
from typing import ClassVar

from textual.app import ComposeResult
from textual.binding import Binding, BindingType
from textual.containers import VerticalScroll

from limen_tui.model.units import clean
from limen_tui.tui.fleet.fit import Item, fit
from limen_tui.tui.fleet.lines import Line, Lines, clip, line_width
from limen_tui.tui.fleet.strip import DIM, KINDS, SPARK, STRONG
from limen_tui.tui.vm.tab import VMTab

LABEL = 16
"""Cells of a label."""
KEY = "foot--key"
WORD = "foot--word"


class FactLines(Lines):
    """As tall as what it says."""

    COMPONENT_CLASSES: ClassVar[set[str]] = {DIM, STRONG, SPARK, *KINDS.values()}
    DEFAULT_CSS = """
    FactLines {
        height: auto; background: $background; color: $foreground;
        & > .strip--label { color: $text-muted; }
        & > .strip--value { text-style: bold; }
        & > .strip--spark { color: $text-accent; }
        & > .strip--good { color: $text-success; }
        & > .strip--accent { color: $text-accent; }
        & > .strip--warn { color: $text-warning; }
        & > .strip--bad { color: $text-error; }
        & > .strip--dim { color: $text-muted; }
    }
    """

    def show_lines(self, lines: Sequence[Line]) -> None:
        """Repaints the lines that changed."""
        if self.styles.height is None or self.styles.height.value != max(1, len(lines)):
            self.styles.height = max(1, len(lines))
        super().show_lines(lines)


class Foot(Lines):
    """The keys of a tab."""

    COMPONENT_CLASSES: ClassVar[set[str]] = {KEY, WORD}
    DEFAULT_CSS = """
    Foot { height: 1; background: $panel; color: $foreground;
        & > .foot--key { color: $text-accent; text-style: bold; }
        & > .foot--word { color: $text-muted; }
    }
    """

    def __init__(self, keys: Sequence[tuple[str, str]]) -> None:
        super().__init__()
        self._keys = tuple(keys)

    def show_keys(self, keys: Sequence[tuple[str, str]]) -> None:
        """Others, the most important first."""
        self._keys = tuple(keys)
        self._redraw()

    def on_resize(self) -> None:
        """Fit again."""
        self._redraw()

    def _redraw(self) -> None:
        items = [Item(n, (((key, KEY), (f" {word}", WORD)),)) for n, (key, word) in enumerate(self._keys)]
        if self.size.width > 2:
            self.show_lines([((" ", ""), *fit(items, self.size.width - 2, gap=2))])


class FactScroll(VerticalScroll, can_focus=False):
    """Fact lines that scroll; the tab around it has the keyboard."""

    def compose(self) -> ComposeResult:
        """The lines."""
        yield FactLines()

    def show_lines(self, lines: Sequence[Line]) -> None:
        """Show others."""
        self.query_one(FactLines).show_lines(lines)

    @property
    def plain(self) -> str:
        """What is shown, without styles."""
        return self.query_one(FactLines).plain


class FactTab(VMTab, can_focus=True):
    """A tab of facts in a ``FactScroll``, with the keys that scroll them."""

    BINDINGS: ClassVar[list[BindingType]] = [
        Binding("j,down", "scroll_by(1)", "Down", show=False),
        Binding("k,up", "scroll_by(-1)", "Up", show=False),
        Binding("pagedown,ctrl+f", "scroll_by(20)", "Page down", show=False),
        Binding("pageup,ctrl+b", "scroll_by(-20)", "Page up", show=False),
        Binding("g,home", "scroll_by(-100000)", "Top", show=False),
        Binding("G,end", "scroll_by(100000)", "End", show=False),
    ]

    def action_scroll_by(self, lines: int) -> None:
        """Up or down."""
        scroll = self.query_one(FactScroll)
        page = max(1, scroll.size.height - 1)
        by = lines if abs(lines) != 20 else page * (1 if lines > 0 else -1)
        scroll.scroll_relative(y=by, animate=False)


def heading(text: str, note: str = "") -> Line:
    """The head of a section."""
    return ((f" {text}", STRONG), (f"  {clean(note)}" if note else "", DIM))


def fact(label: str, value: str, kind: str = "") -> Line:
    """A label and what it is; ``kind`` is one of the strip's."""
    return ((f" {clean(label):<{LABEL}} ", DIM), (clean(value), KINDS.get(kind, "")))


def wrapped(label: str, value: str, width: int, most: int = 8) -> list[Line]:
    """A longer text under its label, at most ``most`` lines of it; its own line breaks are kept."""
    room = max(16, width - LABEL - 3)
    rows: list[str] = []
    for part in value.splitlines():
        left = clean(part.expandtabs(4))
        while len(left) > room:
            cut = left.rfind(" ", room // 2, room + 1)
            cut = room if cut < 0 else cut
            rows.append(left[:cut])
            left = left[cut:].lstrip(" ")
        rows.append(left)
    if len(rows) > most:
        rows = [*rows[: most - 1], f"{rows[most - 1]} … ({len(rows) - most + 1} more lines)"]
    return [fact(label if number == 0 else "", row) for number, row in enumerate(rows)]


def beside(left: Sequence[Line], right: Sequence[Line], at: int) -> list[Line]:
    """Two columns of lines, the right one from cell ``at`` on."""
    out: list[Line] = []
    for number in range(max(len(left), len(right))):
        one = left[number] if number < len(left) else ()
        other = right[number] if number < len(right) else ()
        if not other:
            out.append(one)
            continue
        cut = clip(one, at - 2)
        out.append((*cut, (" " * (at - line_width(cut)), ""), *other))
    return out

