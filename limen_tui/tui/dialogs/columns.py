"""Chooses the columns of a table and their order. May import textual, limen_widgets. UI thread."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, replace
from typing import Any, ClassVar

from limen_widgets.line_table import Column, LineTable
from textual.app import ComposeResult
from textual.binding import Binding, BindingType
from textual.containers import Horizontal
from textual.widgets import Button, Label

from limen_tui.tui.dialogs.base import Dialog


@dataclass(frozen=True, slots=True)
class _Choice:
    id: str
    title: str
    help: str
    on: bool
    fixed: bool


class ColumnsDialog(Dialog[tuple[str, ...] | None]):
    """Space shows or hides a column, ``K`` and ``J`` move it. Dismisses with the ids in their order."""

    BINDINGS: ClassVar[list[BindingType]] = [
        Binding("space", "toggle_column", "Show or hide", show=False, priority=True),
        Binding("J,shift+down", "shift(1)", "Later", show=False),
        Binding("K,shift+up", "shift(-1)", "Earlier", show=False),
        Binding("d", "defaults", "Default", show=False),
    ]
    DEFAULT_CSS = "ColumnsDialog LineTable { height: auto; background: $surface; }"

    def __init__(self, table: LineTable[Any]) -> None:
        super().__init__("Columns")
        self._all = table.all_columns
        self._choices = self._ordered(table.visible_columns)

    def _ordered(self, shown: Sequence[str]) -> list[_Choice]:
        by_id = {column.id: column for column in self._all}
        ids = [*shown, *(name for name in by_id if name not in shown)]
        return [
            _Choice(c.id, " ".join(c.title.split()) or c.id, c.header_help, c.id in shown, c.sticky)
            for c in (by_id[name] for name in ids)
        ]

    def body(self) -> ComposeResult:
        """The list and the buttons."""
        columns: Sequence[Column[_Choice]] = (
            Column("on", "", lambda c: "●" if c.on else "○", width=1, highlight=False),
            Column("title", "Column", lambda c: c.title, min_width=8, max_width=24, highlight=False),
            Column("help", "", lambda c: ((c.help, "dim"),), min_width=4, max_width=60, flex=1, priority=6,
                   highlight=False),
        )  # fmt: skip
        table: LineTable[_Choice] = LineTable(columns, lambda choice: choice.id, id="choices", markable=False)
        yield table
        yield Label("Space shows or hides, K and J move, d default", classes="dialog--note", markup=False)
        with Horizontal(classes="dialog--buttons"):
            yield Button("OK", id="ok", variant="primary")
            yield Button("Cancel", id="cancel")

    def on_mount(self) -> None:
        """The list has the keyboard."""
        super().on_mount()
        self._fill()
        self.set_focus(self.query_one(LineTable))

    def on_resize(self) -> None:
        """Keep the buttons in sight."""
        self.query_one(LineTable).styles.height = max(2, min(len(self._choices) + 1, self.size.height - 6))

    def _fill(self) -> None:
        self.query_one(LineTable).set_rows(tuple(self._choices))

    def _place(self) -> int | None:
        key = self.query_one(LineTable).cursor_key
        return next((place for place, choice in enumerate(self._choices) if choice.id == key), None)

    def action_toggle_column(self) -> None:
        """Show or hide the column under the cursor; the first stays."""
        if isinstance(self.focused, Button):
            self.focused.press()
            return
        place = self._place()
        if place is not None and not self._choices[place].fixed:
            self._choices[place] = replace(self._choices[place], on=not self._choices[place].on)
            self._fill()

    def action_shift(self, by: int) -> None:
        """Move the column under the cursor; sticky ones stay first."""
        place = self._place()
        if place is None or not 0 <= place + by < len(self._choices):
            return
        if self._choices[place].fixed or self._choices[place + by].fixed:
            return
        self._choices.insert(place + by, self._choices.pop(place))
        self._fill()

    def action_defaults(self) -> None:
        """As it was made."""
        self._choices = self._ordered([column.id for column in self._all if column.default])
        self._fill()

    def on_line_table_row_activated(self) -> None:
        """Enter in the list is OK."""
        self._accept()

    def on_button_pressed(self, event: Button.Pressed) -> None:
        """OK or Cancel."""
        if event.button.id == "ok":
            self._accept()
        else:
            self.action_cancel()

    def _accept(self) -> None:
        self.dismiss(tuple(choice.id for choice in self._choices if choice.on))
