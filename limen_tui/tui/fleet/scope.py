"""The line above the table: which VMs are shown, in which order, how many marked. UI thread."""

from __future__ import annotations

from dataclasses import dataclass
from typing import ClassVar

from limen_tui.model.host import HostSnapshot
from limen_tui.tui.fleet import fmt
from limen_tui.tui.fleet.fit import Item, fit
from limen_tui.tui.fleet.lines import Lines

DIM, STRONG, ACCENT, WARN = "scope--label", "scope--value", "scope--accent", "scope--warn"


@dataclass(frozen=True, slots=True)
class ScopeState:
    """What the line says."""

    host: HostSnapshot | None = None
    shown: int = 0
    total: int = 0
    filter_text: str = ""
    grouping: str = ""
    marked: int = 0
    hidden: int = 0
    """Of the marked ones, those that a filter or a folded group hides: keys act on them, too."""
    range_begun: bool = False
    sorted_by: tuple[str, bool] = ("", False)


class ScopeLine(Lines):
    """One line; what matters least goes first where it is narrow."""

    COMPONENT_CLASSES: ClassVar[set[str]] = {DIM, STRONG, ACCENT, WARN}
    DEFAULT_CSS = """
    ScopeLine {
        height: 1;
        & > .scope--label { color: $text-muted; }
        & > .scope--value { text-style: bold; }
        & > .scope--accent { color: $text-accent; text-style: bold; }
        & > .scope--warn { color: $text-warning; text-style: bold; }
    }
    """

    def __init__(self, *, id: str | None = None) -> None:
        super().__init__(id=id)
        self._state = ScopeState()

    def show_state(self, state: ScopeState) -> None:
        """Repaints when it says something else."""
        self._state = state
        self._redraw()

    def on_resize(self) -> None:
        """Fit again."""
        self._redraw()

    def _redraw(self) -> None:
        width = self.size.width - 2
        if width > 0:
            self.show_lines([((" ", ""), *fit(scope_items(self._state), width))])


def scope_items(state: ScopeState) -> list[Item]:
    """The parts of the line with their importance."""
    where = fmt.clean(state.host.host.name) if state.host is not None else "All hosts"
    filtered = state.shown != state.total
    number = f"{state.shown:,} of {state.total:,}" if filtered else f"{state.total:,}"
    things = " VM" if state.total == 1 else " VMs"
    items = [Item(0, (((where, STRONG), ("  ", ""), (number, ACCENT if filtered else STRONG), (things, DIM)),))]
    if state.marked:
        marked = (f"● {state.marked:,} marked", ACCENT)
        hidden = (f", {state.hidden:,} of them hidden", WARN)
        items.append(Item(1, ((marked, hidden), (marked,)) if state.hidden else ((marked,),)))
    if state.range_begun:
        items.append(Item(2, ((("range begun", ACCENT), (" v ends it", DIM)),)))
    if state.filter_text:
        text = fmt.clean(state.filter_text)
        items.append(Item(3, ((("/", DIM), (text, ACCENT)),)))
    if state.grouping:
        items.append(Item(5, ((("by ", DIM), (state.grouping, "")),)))
    title, down = state.sorted_by
    if title:
        items.append(Item(6, ((("sorted by ", DIM), (f"{' '.join(title.split())} {'▼' if down else '▲'}", "")),)))
    return items
