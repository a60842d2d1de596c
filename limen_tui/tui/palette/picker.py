"""A line to type in and a list that narrows: palette, host switcher, menus. May import textual, limen_widgets."""

from __future__ import annotations

from collections.abc import Sequence
from typing import ClassVar

from limen_widgets.line_table import Column, LineTable
from rich.cells import cell_len
from textual.app import ComposeResult
from textual.binding import Binding, BindingType
from textual.widgets import Input, Label

from limen_tui.tui.dialogs.base import Dialog
from limen_tui.tui.palette.match import Matcher, Pick

LABEL, KEY, GAPS = 10, 6, 6
"""Cells of the columns, and of what is between and beside them."""


class Picker(Dialog[str | None]):
    """Dismisses with the id of the pick. One that cannot be used says why and stays."""

    TYPES: ClassVar[bool] = True
    BINDINGS: ClassVar[list[BindingType]] = [
        Binding("down,ctrl+n", "move(1)", "Down", show=False, priority=True),
        Binding("up", "move(-1)", "Up", show=False, priority=True),
        Binding("pagedown", "page(1)", "Page down", show=False, priority=True),
        Binding("pageup", "page(-1)", "Page up", show=False, priority=True),
    ]
    DEFAULT_CSS = """
    Picker { align: center top; }
    Picker > .dialog--box { margin-top: 2; width: 100; }
    Picker #why { height: 1; }
    Picker LineTable { height: auto; background: $surface; }
    Picker LineTable:blur > .line-table--cursor { background: $primary 45%; text-style: bold; }
    Picker:ansi LineTable:blur > .line-table--cursor { text-style: reverse; }
    """

    def __init__(self, title: str, picks: Sequence[Pick], *, placeholder: str = "", start: str = "") -> None:
        super().__init__(title)
        self._matcher = Matcher(picks)
        self._placeholder = placeholder
        self._start = start
        self._lines = min(len(picks), 16)

    def body(self) -> ComposeResult:
        """The line, the list, and why the one under the cursor cannot be used."""
        yield Input(placeholder=self._placeholder, id="query", select_on_focus=False)
        table: LineTable[Pick] = LineTable(
            _columns(), lambda pick: pick.id, id="picks", empty_text="Nothing of that name."
        )
        table.can_focus = False
        yield table
        yield Label("", id="why", classes="dialog--note", markup=False)

    def on_mount(self) -> None:
        """The line has the keyboard."""
        super().on_mount()
        self._show("")
        if self._start:
            self._table.move_to(self._start)
        self.set_focus(self.query_one(Input))

    def on_resize(self) -> None:
        """Fit the list; at the top of small terminals."""
        room = self.size.height - 5
        self.query_one(".dialog--box").styles.margin = (2 if room > self._lines + 3 else 0, 0, 0, 0)
        self._table.styles.height = max(2, min(self._lines + 1, room))
        self.call_after_refresh(self._explain)

    @property
    def _table(self) -> LineTable[Pick]:
        return self.query_one("#picks", LineTable)

    @property
    def shown(self) -> tuple[str, ...]:
        """Ids on screen, best first."""
        return tuple(str(key) for key in self._table.visible_keys())

    def on_input_changed(self, event: Input.Changed) -> None:
        """Narrow."""
        self._show(event.value)

    def on_input_submitted(self, event: Input.Submitted) -> None:
        """Enter; narrows first, should the change not have come yet."""
        event.stop()
        self._show(event.value)
        self._choose()

    def on_line_table_row_activated(self) -> None:
        """A double click."""
        self._choose()

    def action_move(self, by: int) -> None:
        """Up or down in the list."""
        self._table.action_move(by)
        self._explain()

    def action_page(self, by: int) -> None:
        """A screenful up or down."""
        self._table.action_page(by)
        self._explain()

    def _show(self, query: str) -> None:
        found = tuple(self._matcher.match(query))
        table = self._table
        if table.row_count and tuple(pick.id for pick in found) == self._found:
            return
        self._found = tuple(pick.id for pick in found)
        self._widest = max([self._widest, *(cell_len(pick.label) for pick in found[: self._lines])])
        table.set_rows(found)
        table.action_top()
        self._explain()

    _found: tuple[str, ...] = ()
    _widest = LABEL

    def _explain(self) -> None:
        pick = self._table.cursor_row
        told = ""
        if pick is not None:
            told = f"Not now: {pick.reason}" if pick.reason else pick.detail if self._cuts(pick) else ""
        self.query_one("#why", Label).update(told)

    def _cuts(self, pick: Pick) -> bool:
        """Whether the list has no room for all that is said of it."""
        return cell_len(pick.detail) > self._table.size.width - self._widest - KEY - GAPS

    def _choose(self) -> None:
        pick = self._table.cursor_row
        if pick is None:
            return
        if pick.reason:
            self.app.notify(f"{pick.label}: {pick.reason}", severity="warning", markup=False)
            return
        self.dismiss(pick.id)


def _columns() -> Sequence[Column[Pick]]:
    def tone(pick: Pick) -> str:
        return "dim" if pick.reason else ""

    return (
        Column("label", "", lambda pick: ((pick.label, tone(pick)),), min_width=LABEL, max_width=60, flex=1,
               priority=0, highlight=False),
        Column("detail", "", lambda pick: ((pick.reason or pick.detail, "dim"),), min_width=6, max_width=90, flex=8,
               priority=2, highlight=False),
        Column("key", "", lambda pick: ((pick.key, "dim" if pick.reason else "accent"),), width=KEY, align="right",
               priority=1, highlight=False),
    )  # fmt: skip
