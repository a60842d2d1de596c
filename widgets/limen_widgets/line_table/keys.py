"""What the keys of a LineTable do. Mixed into the table; the keymap may change every key by its id. UI thread."""

from __future__ import annotations

from collections.abc import Hashable
from typing import TYPE_CHECKING, Any

from limen_widgets.line_table import messages
from limen_widgets.line_table.layout import most_shift
from limen_widgets.line_table.lines import Group

if TYPE_CHECKING:
    from limen_widgets.line_table.lines import LineModel
    from limen_widgets.line_table.table import LineTable

BINDINGS = (
    ("down,j", "move(1)", "Down", "table.down"),
    ("up,k", "move(-1)", "Up", "table.up"),
    ("g,home", "top", "Top", "table.top"),
    ("G,end", "bottom", "Bottom", "table.bottom"),
    ("pagedown,ctrl+f", "page(1)", "Page down", "table.page-down"),
    ("pageup,ctrl+b", "page(-1)", "Page up", "table.page-up"),
    ("enter", "activate", "Open", "table.activate"),
    ("space", "toggle_mark", "Mark", "table.mark"),
    ("v", "mark_range", "Mark a range", "table.mark-range"),
    ("asterisk", "invert_marks", "Invert marks", "table.invert-marks"),
    ("ctrl+a", "mark_all", "Mark all shown", "table.mark-all"),
    ("shift+right", "sort_next(1)", "Sort by the next column", "table.sort-next"),
    ("shift+left", "sort_next(-1)", "Sort by the column before", "table.sort-previous"),
    ("O", "flip", "Sort the other way", "table.flip"),
    ("right", "shift_columns(1)", "Columns further right", "table.columns-right"),
    ("left", "shift_columns(-1)", "Columns back", "table.columns-left"),
)
"""(keys, action, words, id)."""
MARKING = frozenset({"toggle_mark", "mark_range", "invert_marks", "mark_all"})
"""Actions of a table whose rows can be marked."""


class TableActions:
    """Actions of the table; ``self`` is the LineTable."""

    if TYPE_CHECKING:
        markable: bool
        _model: LineModel[Any]
        _range_from: Hashable | None
        _shift: int

    def check_action(self, action: str, parameters: tuple[object, ...]) -> bool | None:  # noqa: ARG002
        """Where nothing is done with marks there are none: they would look as if keys were meant for them."""
        return self.markable or action not in MARKING

    def action_move(self: LineTable[Any], by: int) -> None:  # type: ignore[misc]
        """Up or down."""
        self._go(self._model.index + by)

    def action_top(self: LineTable[Any]) -> None:  # type: ignore[misc]
        """To the first line."""
        self._go(0)

    def action_bottom(self: LineTable[Any]) -> None:  # type: ignore[misc]
        """To the last line."""
        self._go(len(self._model.lines) - 1)

    def action_page(self: LineTable[Any], by: int) -> None:  # type: ignore[misc]
        """A screenful up or down."""
        self._go(self._model.index + by * max(1, self.size.height - 2))

    def action_activate(self: LineTable[Any]) -> None:  # type: ignore[misc]
        """Open the row, or fold the group, under the cursor."""
        line = self._model.lines[self._model.index] if self._model.lines else None
        if isinstance(line, Group):
            self._model.folded ^= {line.label}
            self._rebuild()
        elif line is not None:
            self.post_message(messages.RowActivated(self, self._identity(line), line))

    def action_toggle_mark(self: LineTable[Any]) -> None:  # type: ignore[misc]
        """Mark or unmark the row (a group: all of its rows), and go on to the next line."""
        line = self._model.lines[self._model.index] if self._model.lines else None
        if line is None:
            return
        keys = frozenset(map(self._identity, line.rows if isinstance(line, Group) else (line,)))
        self.set_marks(self._model.marks - keys if keys <= self._model.marks else self._model.marks | keys)
        self._go(self._model.index + 1)

    def action_mark_range(self: LineTable[Any]) -> None:  # type: ignore[misc]
        """First press: the range begins here. Second: mark all from there to here."""
        start = None if self._range_from is None else self._model.index_of(self._range_from)
        if start is None:
            self._range_from = self._model.cursor
            self.post_message(messages.MarksChanged(self, self._model.marks))
            return
        self._range_from = None
        marks = self._model.marks | self._model.keys_between(start, self._model.index)
        if marks == self._model.marks:
            self.post_message(messages.MarksChanged(self, marks))
        self.set_marks(marks)

    def action_invert_marks(self: LineTable[Any]) -> None:  # type: ignore[misc]
        """Mark what is shown and not marked, and the other way round."""
        self.set_marks(self._model.marks ^ self._model.all_keys())

    def action_mark_all(self: LineTable[Any]) -> None:  # type: ignore[misc]
        """Mark all rows on show, not those that a filter hides."""
        self.set_marks(self._model.marks | self._model.all_keys())

    def action_clear_marks(self: LineTable[Any]) -> None:  # type: ignore[misc]
        """Unmark everything and forget a range that was begun."""
        if self._range_from is not None and not self._model.marks:
            self.post_message(messages.MarksChanged(self, self._model.marks))
        self._range_from = None
        self.set_marks(frozenset())

    @property
    def range_begun(self: LineTable[Any]) -> bool:  # type: ignore[misc]
        """Whether a range was begun whose other end is still to come."""
        return self._range_from is not None

    @property
    def marks_hidden(self: LineTable[Any]) -> int:  # type: ignore[misc]
        """Marked rows that a filter or a folded group hides."""
        return len(self._model.marks - self._model.all_keys()) if self._model.marks else 0

    def action_sort_next(self: LineTable[Any], by: int) -> None:  # type: ignore[misc]
        """Sort by the column beside the one sorted by."""
        able = [spot.column for spot in self._painter.placed if spot.column.sort_key is not None]
        if not able:
            return
        ids = [column.id for column in able]
        current, _ = self.sorting
        at = (ids.index(current) + by) % len(ids) if current in ids else 0
        self.sort(ids[at])

    def action_flip(self: LineTable[Any]) -> None:  # type: ignore[misc]
        """Sort the other way round."""
        column_id, reverse = self.sorting
        if column_id:
            self.sort(column_id, not reverse)

    def action_shift_columns(self: LineTable[Any], by: int) -> None:  # type: ignore[misc]
        """Bring columns that had no room into view; sticky ones stay."""
        fits = len(self._painter.placed) == len(self._painter.columns)
        wanted = max(0, min(self._shift + by, most_shift(self._painter.columns)))
        if wanted != self._shift and not (by > 0 and fits and self._shift == 0):
            self._shift = wanted
            self._place()
            self.refresh()

    def next_to(self: LineTable[Any], key: Hashable, by: int) -> Hashable | None:  # type: ignore[misc]
        """Identity of the row so many rows below (above, when negative) that of ``key``; ``None`` beyond the ends."""
        keys = [self._identity(line) for line in self._model.lines if not isinstance(line, Group)]
        place = keys.index(key) + by if key in keys else -1
        return keys[place] if 0 <= place < len(keys) else None
