"""The line of keys at the bottom: those that apply now, dimmed where they cannot. May import textual. UI thread."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from typing import ClassVar, Final

from rich.cells import cell_len
from textual import events

from limen_tui.model.actions import ACTIONS, Action
from limen_tui.tui.actionscreen import limen_of
from limen_tui.tui.fleet.fit import Item, fit
from limen_tui.tui.fleet.lines import Line, Lines
from limen_tui.tui.keymap import Keys, first_key

KEY, LABEL, OFF = "keybar--key", "keybar--label", "keybar--off"
FIRST: Final = ("app.help", "app.palette", "app.quit", "view.filter", "vm.start", "vm.shutdown", "vm.open", "vm.menu")
"""What stays longest where it is narrow."""
Reason = Callable[[Action], str | None]


class KeyBar(Lines):
    """Never wraps: what matters least is left out first. Pressing a dimmed key says why."""

    COMPONENT_CLASSES: ClassVar[set[str]] = {KEY, LABEL, OFF}
    DEFAULT_CSS = """
    KeyBar {
        height: 1; background: $panel; color: $foreground;
        & > .keybar--key { color: $text-accent; text-style: bold; }
        & > .keybar--label { color: $foreground; }
        & > .keybar--off { color: $text-disabled; text-style: none; }
    }
    KeyBar:ansi > .keybar--off { text-style: dim; }
    """

    def __init__(self, keys: Keys, *, id: str | None = "keybar") -> None:
        super().__init__(id=id)
        self._keys = keys
        self._told: tuple[tuple[str, str, bool], ...] = ()
        self._drawn: object = None

    def show_actions(self, actions: Sequence[Action], reason: Reason, labels: dict[str, str] | None = None) -> None:
        """Show ``actions`` in this order; ``labels`` replaces that of some."""
        self._told = tuple(
            (action.id, (labels or {}).get(action.id, action.label), reason(action) is not None) for action in actions
        )
        self._redraw()

    def on_click(self, event: events.Click) -> None:
        """As its key."""
        event.stop()
        x, name = 0, ""
        for text, style in self._lines[0] if self._lines else ():
            if style == "":
                name = ""
            elif not name:  # its key comes first
                name = next((told for told, *_ in self._told if first_key(self._keys, told) == text), "")
            if x <= event.x < x + cell_len(text) and name:
                limen_of(self.app).action_act(name)
                return
            x += cell_len(text)

    def on_resize(self) -> None:
        """Fit again."""
        self._redraw()

    def _redraw(self) -> None:
        width = self.size.width - 2
        if width <= 0 or self._drawn == (width, self._told):
            return
        self._drawn = width, self._told
        items = [
            Item(FIRST.index(name) if name in FIRST else len(FIRST) + place, (_item(first_key(self._keys, name), label,
                 off),))
            for place, (name, label, off) in enumerate(self._told)
            if first_key(self._keys, name)
        ]  # fmt: skip
        self.show_lines([((" ", ""), *fit(items, width, gap=2))])


def _item(key: str, label: str, off: bool) -> Line:
    return ((key, OFF if off else KEY), (f" {label}", OFF if off else LABEL))


def bar_actions(*, without_vms: bool = False) -> list[Action]:
    """Actions that have a place in the bar, in their order; ``without_vms`` leaves out those aimed at VMs."""
    shown = [action for action in ACTIONS if action.bar and not (without_vms and action.scope in ("vm", "vms"))]
    return sorted(shown, key=lambda action: action.bar)
