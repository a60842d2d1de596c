"""LineTable: a table for 10,000 live rows. May import textual and rich. UI thread.

Textual's DataTable repaints itself whole for one changed cell. This one keeps its rows in a plain list, renders a line
only when it is on screen, and on new rows compares what is on screen with what was, cell by cell.
"""

from __future__ import annotations

from collections.abc import Callable, Hashable, Sequence
from typing import Any, ClassVar, Generic, TypeVar

from rich.style import Style
from textual import events
from textual.binding import Binding, BindingType
from textual.geometry import Region, Size
from textual.scroll_view import ScrollView
from textual.strip import Strip
from textual.timer import Timer

from limen_widgets.line_table import messages
from limen_widgets.line_table.column import Column
from limen_widgets.line_table.keys import BINDINGS, TableActions
from limen_widgets.line_table.layout import place
from limen_widgets.line_table.lines import Group, LineModel
from limen_widgets.line_table.painter import GUTTER, HOT_SECONDS, Painter
from limen_widgets.pieces import Cell, Pieces, clean, pieces_of, width_of

R = TypeVar("R")
HEADER = 1
SHED, SHED_EVERY = 800, 0.02
"""Rows freed at a time, and seconds between."""
PREFIX = "line-table--"


class LineTable(TableActions, ScrollView, Generic[R], can_focus=True):
    """Live rows of type ``R``, found again by ``identity(row)``.

    Cells style their pieces with names of component classes without the prefix (``good`` for ``line-table--good``);
    a subclass adds its own to ``COMPONENT_CLASSES``.
    """

    BINDINGS: ClassVar[list[BindingType]] = [Binding(*spec[:3], id=spec[3], show=False) for spec in BINDINGS]
    COMPONENT_CLASSES: ClassVar[set[str]] = {
        f"{PREFIX}{name}"
        for name in (
            "header",
            "sorted",
            "cursor",
            "marked",
            "mark",
            "changed",
            "group",
            "empty",
            "dim",
            "good",
            "warn",
            "bad",
            "accent",
        )
    }
    DEFAULT_CSS = """
    LineTable { height: 1fr; scrollbar-gutter: auto; overflow-x: hidden; }
    LineTable > .line-table--header { text-style: bold; color: $text-muted; background: $surface; }
    LineTable > .line-table--sorted { text-style: bold underline; color: $text; }
    LineTable > .line-table--cursor { background: $primary 45%; color: $text; text-style: bold; }
    LineTable:blur > .line-table--cursor { background: $primary 20%; text-style: none; }
    LineTable > .line-table--marked { background: $warning 20%; }
    LineTable > .line-table--mark { color: $warning; text-style: bold; }
    LineTable > .line-table--changed { text-style: reverse; }
    LineTable > .line-table--group { text-style: bold; background: $boost; }
    LineTable > .line-table--empty { color: $text-muted; }
    LineTable > .line-table--dim { color: $text-disabled; }
    LineTable > .line-table--good { color: $text-success; }
    LineTable > .line-table--warn { color: $text-warning; }
    LineTable > .line-table--bad { color: $text-error; }
    LineTable > .line-table--accent { color: $text-accent; }
    LineTable:ansi > .line-table--cursor { text-style: reverse; background: ansi_default; }
    LineTable:ansi:blur > .line-table--cursor { text-style: underline; }
    LineTable:ansi > .line-table--marked { text-style: bold; background: ansi_default; }
    """

    CursorMoved = messages.CursorMoved
    RowActivated = messages.RowActivated
    CursorLost = messages.CursorLost
    SortChanged = messages.SortChanged
    MarksChanged = messages.MarksChanged
    ColumnsChanged = messages.ColumnsChanged

    def __init__(
        self,
        columns: Sequence[Column[R]],
        identity: Callable[[R], Hashable],
        *,
        id: str | None = None,
        classes: str | None = None,
        group_by: Callable[[R], str] | None = None,
        group_summary: Callable[[str, Sequence[R]], Cell] | None = None,
        empty_text: Cell = "",
        markable: bool = True,
    ) -> None:
        super().__init__(id=id, classes=classes)
        self.markable = markable
        self.all_columns = tuple(columns)
        self._identity = identity
        self._model: LineModel[R] = LineModel(identity)
        self._model.group_by = group_by
        self._painter: Painter[R] = Painter(identity, self._style_of)
        self._painter.columns = tuple(column for column in columns if column.default)
        self._group_summary = group_summary
        self._empty: Pieces = _empty_lines(empty_text)
        self._shift = 0
        self._frozen = False
        self._kept: Sequence[R] | None = None
        self._told: Hashable | None = None
        self._painted: list[Any] = []
        self._range_from: Hashable | None = None
        self._cooling = False
        self._old: list[Any] = []
        self._shedding: Timer | None = None

    # -- rows -------------------------------------------------------------------------------------

    def set_rows(self, rows: Sequence[R]) -> None:
        """Take in all rows, unsorted and unfiltered. Cheap when nothing on screen changed."""
        if self._frozen:
            self._kept = rows
            return
        if rows is self._model.rows:
            return
        cursor = self._model.cursor
        at, before = self._model.index, len(self._model.lines)
        self._let_go(self._model.lines)
        dropped = self._model.set_rows(rows)
        if dropped:
            self.post_message(messages.MarksChanged(self, self._model.marks, dropped))
        if cursor is not None and self._model.cursor != cursor:
            self.post_message(messages.CursorLost(self, cursor))
        if len(self._model.lines) != before:
            self._resize()
        self._follow(at)
        self._repaint_changes()
        self._tell_cursor()

    def _let_go(self, lines: list[Any]) -> None:
        """Free old rows little by little: thousands at one blow would keep a key waiting."""
        if len(lines) > SHED and self.is_attached:
            self._old += lines
            if self._shedding is None:
                self._shedding = self.set_interval(SHED_EVERY, self._shed)

    def _shed(self) -> None:
        del self._old[-SHED:]
        if not self._old and self._shedding is not None:
            self._shedding.stop()
            self._shedding = None

    def set_filter(self, predicate: Callable[[R], bool] | None) -> None:
        """Show only rows for which ``predicate`` holds; marks and cursor stay with their rows."""
        self._model.predicate = predicate
        self._rebuild()

    def set_grouping(
        self, group_by: Callable[[R], str] | None, summary: Callable[[str, Sequence[R]], Cell] | None = None
    ) -> None:
        """Group by what ``group_by`` says of a row; ``summary`` gives the totals in a group's header."""
        self._model.group_by, self._group_summary = group_by, summary
        self._model.folded.clear()
        self._rebuild()

    def set_empty_text(self, text: Cell) -> None:
        """What stands in the middle while there are no lines; ``\\n`` parts lines."""
        pieces = _empty_lines(text)
        if pieces != self._empty:
            self._empty = pieces
            if not self._model.lines:
                self.refresh()

    @property
    def freeze(self) -> bool:
        """While true, new rows are kept back and the display stands still."""
        return self._frozen

    @freeze.setter
    def freeze(self, on: bool) -> None:
        self._frozen = on
        if not on and self._kept is not None:
            kept, self._kept = self._kept, None
            self.set_rows(kept)

    # -- order and columns ------------------------------------------------------------------------

    @property
    def sorting(self) -> tuple[str, bool]:
        """Id of the column sorted by (or empty), and whether from the top."""
        column = self._model.sort_column
        return (column.id if column else "", self._model.reverse)

    def sort(self, column_id: str, reverse: bool | None = None) -> None:
        """Sort by a column; ``None`` takes its own first direction. Unknown ids are ignored."""
        column = next((c for c in self.all_columns if c.id == column_id and c.sort_key is not None), None)
        if column is None:
            return
        self._model.sort_column = column
        self._model.reverse = column.descending_first if reverse is None else reverse
        self._rebuild()
        self.post_message(messages.SortChanged(self, column.id, self._model.reverse))

    @property
    def visible_columns(self) -> tuple[str, ...]:
        """Ids of the chosen columns, also those for which there is no room now."""
        return tuple(column.id for column in self._painter.columns)

    def set_columns(self, ids: Sequence[str]) -> None:
        """Choose columns and their order; unknown ids are left out, and none at all is ignored."""
        by_id = {column.id: column for column in self.all_columns}
        chosen = tuple(by_id[name] for name in dict.fromkeys(ids) if name in by_id)
        if not chosen or chosen == self._painter.columns:
            return
        self._painter.columns = chosen
        self._shift = 0
        self._relayout()
        self.post_message(messages.ColumnsChanged(self, self.visible_columns))

    # -- cursor and marks -------------------------------------------------------------------------

    @property
    def cursor_key(self) -> Hashable | None:
        """Identity of the row under the cursor; ``None`` on a group's header or an empty table."""
        return None if self._model.row is None else self._model.cursor

    @property
    def cursor_row(self) -> R | None:
        """The row under the cursor."""
        return self._model.row

    def move_to(self, key: Hashable) -> bool:
        """Put the cursor on the row of that identity; whether it is on show."""
        index = self._model.index_of(key)
        if index is None:
            return False
        self._go(index)
        return True

    @property
    def marked(self) -> frozenset[Hashable]:
        """Identities of the marked rows, those hidden by a filter included."""
        return self._model.marks

    def set_marks(self, marks: frozenset[Hashable]) -> None:
        """Mark just these rows."""
        if marks != self._model.marks:
            self._model.marks = marks
            self._note_painted()
            self.refresh()
            self.post_message(messages.MarksChanged(self, marks))

    @property
    def row_count(self) -> int:
        """All rows."""
        return len(self._model.rows)

    @property
    def rows_shown(self) -> int:
        """Rows that pass the filter."""
        return self._model.shown

    def visible_keys(self) -> tuple[Hashable, ...]:
        """Identities of the rows on screen now."""
        return tuple(self._identity(line) for line in self._on_screen() if not isinstance(line, Group))

    @property
    def _room(self) -> int:
        """Cells of a line: what the scrollbar leaves."""
        return self.scrollable_content_region.width

    # -- painting ---------------------------------------------------------------------------------

    def render_line(self, y: int) -> Strip:
        """A line of the screen: the header, a row, a group, the empty text or nothing."""
        width = self._room
        if y == 0:
            column_id, reverse = self.sorting
            more = len(self._painter.columns) - len(self._painter.placed) - self._shift
            note = f" ←{self._shift}" * bool(self._shift) + f" +{more}→" * (more > 0)
            return self._painter.header_strip(width, column_id, "▼" if reverse else "▲", note)
        lines = self._model.lines
        if not lines:
            return self._empty_line(y, width)
        index = self._index_at(y)
        if index is None:
            return Strip.blank(width, self.rich_style)
        line = lines[index]
        cursor = index == self._model.index
        if isinstance(line, Group):
            return self._painter.free_strip(self._group_pieces(line), width, line="cursor" if cursor else "group")
        marked = self._identity(line) in self._model.marks
        return self._painter.row_strip(line, width, cursor=cursor, marked=marked)

    def _empty_line(self, y: int, width: int) -> Strip:
        top = max(HEADER, (self.size.height - len(self._empty)) // 2)
        if not top <= y < top + len(self._empty):
            return Strip.blank(width, self.rich_style)
        piece = self._empty[y - top]
        left = max(0, (width - width_of((piece,))) // 2)
        return self._painter.free_strip(((" " * left, ""), piece), width, line="empty")

    def _group_pieces(self, group: Group[R]) -> Pieces:
        head = (("▸ " if group.folded else "▾ ", ""), *pieces_of(group.label or "–"), (f"  {len(group.rows)}", "dim"))
        if self._group_summary is None:
            return head
        return (*head, ("  ", ""), *pieces_of(self._group_summary(group.label, group.rows)))

    def _style_of(self, name: str) -> Style:
        if not name:
            return self.rich_style
        if PREFIX + name not in self._component_styles and PREFIX + name not in self._get_component_classes():
            raise KeyError(name)
        if name in ("cursor", "header", "group", "marked", "empty"):
            return self.get_component_rich_style(PREFIX + name)
        style = self.get_component_rich_style(PREFIX + name, partial=True)
        if self.get_component_styles(PREFIX + name).auto_color:
            # such a colour is black or white by what is behind it, which a partial style does not know
            style += Style(color=self.get_component_rich_style(PREFIX + name).color)
        return style

    def _index_at(self, y: int) -> int | None:
        """The line shown at ``y``. The cursor's line is always shown: out of view, at the edge where it left."""
        found = self._indexes(range(y, y + 1))
        return found[0] if found else None

    def _indexes(self, places: range) -> list[int]:
        """The lines shown at ``places``. Asks Textual for size and offset once: each costs more than a row."""
        height, top, cursor = self.size.height - HEADER, self.scroll_offset.y, self._model.index
        found = range(places.start - HEADER + top, places.stop - HEADER + top)
        indexes = [index for index in found if 0 <= index < len(self._model.lines)]
        if not indexes:
            return indexes
        if cursor >= top + height and places.stop == height + HEADER:
            indexes[-1] = cursor
        elif cursor < top and places.start == HEADER:
            indexes[0] = cursor
        return indexes

    def _on_screen(self) -> list[R | Group[R]]:
        lines = self._model.lines
        return [lines[index] for index in self._indexes(range(HEADER, self.size.height))]

    def _repaint_changes(self) -> None:
        """Compare the lines on screen with those painted last, and refresh the ones that differ."""
        lines = self._on_screen()
        rows = [line for line in lines if not isinstance(line, Group)]
        if self._painter.measure(rows) and self._place():
            self._note_painted()
            self.refresh()
            return
        now = [self._signature(line) for line in lines]
        before, self._painted = self._painted, now
        for place_ in range(max(len(now), len(before))):
            new = now[place_] if place_ < len(now) else None
            old = before[place_] if place_ < len(before) else None
            if new == old:
                continue
            regions = [Region(0, place_ + HEADER, self.size.width, 1)]
            if new is not None and old is not None and new[0] == old[0] and len(new) == len(old) == 4:
                self._painter.note_change(new[0], old[1], new[1])
                if new[2:] == old[2:]:
                    spans = self._painter.changed_spans(old[1], new[1])
                    regions = [Region(x, place_ + HEADER, width, 1) for x, width in spans]
            if regions:
                self.refresh(*regions)
        self._cool_later()

    def _note_painted(self) -> None:
        """What is on screen is about to be painted by other means: compare the next rows with it."""
        self._painted = [self._signature(line) for line in self._on_screen()]

    def _signature(self, line: R | Group[R]) -> tuple[Any, ...]:
        if isinstance(line, Group):
            return ("group", self._group_pieces(line), ("group", line.label) == self._model.cursor)
        key = self._identity(line)
        return (key, self._painter.cells(line), key == self._model.cursor, key in self._model.marks)

    def _cool_later(self) -> None:
        if self._painter.has_hot and not self._cooling and self.is_attached:
            self._cooling = True
            self.set_timer(HOT_SECONDS + 0.05, self._cool)

    def _cool(self) -> None:
        self._cooling = False
        over = set(self._painter.cooled())
        for place_, line in enumerate(self._on_screen()):
            if not isinstance(line, Group) and self._identity(line) in over:
                self.refresh(Region(0, place_ + HEADER, self.size.width, 1))
        self._cool_later()

    # -- keeping together -------------------------------------------------------------------------

    def _rebuild(self) -> None:
        at = self._model.index
        self._model.rebuild()
        self._resize()
        self._follow(at)
        self._painter.measure([line for line in self._on_screen() if not isinstance(line, Group)])
        self._place()
        self._note_painted()
        self.refresh()
        self._tell_cursor()

    def _resize(self) -> None:
        size = Size(self.size.width, len(self._model.lines) + HEADER)
        if size != self.virtual_size:
            self.virtual_size = size

    def _follow(self, was_at: int) -> None:
        """Where the cursor's row left the screen, scroll so that it is on the line it was on.

        Scrolled to the top, the table stays there: a person who watches the busiest does not want to be taken to the
        depths with one VM. Its row is then shown at the edge (see ``_index_at``).
        """
        height = self.size.height - HEADER
        top = self.scroll_offset.y
        if height <= 0 or not self._model.lines or top == 0:
            return
        index = self._model.index
        if top <= index < top + height:
            return
        on_screen = was_at - top if 0 <= was_at - top < height else height // 2
        self._scroll_top(index - on_screen)

    def _scroll_top(self, top: int) -> None:
        most = max(0, len(self._model.lines) - (self.size.height - HEADER))
        self.scroll_to(y=max(0, min(top, most)), animate=False, immediate=True, force=True)

    def _go(self, index: int) -> None:
        """Move the cursor to a line and scroll as little as needed."""
        before = self._model.index
        self._model.move(index)
        index = self._model.index
        top, height = self.scroll_offset.y, max(1, self.size.height - HEADER)
        if index < top:
            self._scroll_top(index)
        elif index >= top + height:
            self._scroll_top(index - height + 1)
        for line in (before, index):
            self._refresh_index(line)
        self._note_painted()
        self._tell_cursor()

    def _refresh_index(self, index: int) -> None:
        height = self.size.height - HEADER
        y = max(HEADER, min(index - self.scroll_offset.y, height - 1) + HEADER)
        self.refresh(Region(0, y, self.size.width, 1))

    def _tell_cursor(self) -> None:
        if self._model.cursor != self._told:
            self._told = self._model.cursor
            self.post_message(messages.CursorMoved(self, self.cursor_key, self._model.row))

    def _relayout(self) -> None:
        self._painter.reset()
        self._painter.natural.clear()
        self._painter.measure([line for line in self._on_screen() if not isinstance(line, Group)])
        self._place()
        self._note_painted()
        self.refresh()

    def _place(self) -> bool:
        """Lay the columns out anew; whether anything moved."""
        placed = place(self._painter.columns, self._painter.natural, self._room - GUTTER, self._shift)
        if placed == self._painter.placed:
            return False
        self._painter.placed = placed
        self._painter.restyle()
        return True

    # -- events -----------------------------------------------------------------------------------

    def on_resize(self, _: events.Resize) -> None:
        """Columns and lines for another size."""
        self._resize()
        self._follow(self._model.index)
        self._relayout()

    def notify_style_update(self) -> None:
        """The theme changed, or the focus came or went."""
        super().notify_style_update()
        self._painter.restyle()

    def watch_show_vertical_scrollbar(self) -> None:
        """The room for columns changed."""
        if self._place():
            self._note_painted()
        self.refresh()

    def watch_scroll_y(self, old_value: float, new_value: float) -> None:
        """Other rows are on screen: they may be wider."""
        super().watch_scroll_y(old_value, new_value)
        if round(old_value) != round(new_value):
            if self._painter.measure([line for line in self._on_screen() if not isinstance(line, Group)]):
                self._place()
            self._note_painted()
            self.refresh()

    def on_click(self, event: events.Click) -> None:
        """Select; a second click activates; ctrl marks; the header sorts."""
        event.stop()
        if event.y == 0:
            spot = next((s for s in self._painter.placed if s.x <= event.x - GUTTER < s.x + s.width), None)
            if spot is not None:
                column_id, reverse = self.sorting
                self.sort(spot.column.id, not reverse if column_id == spot.column.id else None)
            return
        index = self._index_at(event.y)
        if index is None:
            return
        self._go(index)
        if event.ctrl and self.markable:
            self.action_toggle_mark()
        elif event.chain == 2:
            self.action_activate()


def _empty_lines(text: Cell) -> Pieces:
    """A piece for each line."""
    if not isinstance(text, str):
        return pieces_of(text)
    return tuple((clean(line), "") for line in text.split("\n")) if text else ()
