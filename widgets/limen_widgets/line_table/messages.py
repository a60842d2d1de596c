"""What a LineTable tells its parents. All in the past tense; each carries the table as ``control``."""

from __future__ import annotations

from collections.abc import Hashable
from typing import TYPE_CHECKING, Any

from textual.message import Message

if TYPE_CHECKING:
    from limen_widgets.line_table.table import LineTable


class TableMessage(Message):
    """Base of the table's messages."""

    def __init__(self, table: LineTable[Any]) -> None:
        super().__init__()
        self.table = table

    @property
    def control(self) -> LineTable[Any]:
        """The table that sent it."""
        return self.table


class CursorMoved(TableMessage, namespace="line_table"):
    """The cursor is on another row (``row`` is ``None`` on a group's header or an empty table)."""

    def __init__(self, table: LineTable[Any], key: Hashable | None, row: Any) -> None:
        super().__init__(table)
        self.key, self.row = key, row


class RowActivated(TableMessage, namespace="line_table"):
    """Enter, or a second click, on a row."""

    def __init__(self, table: LineTable[Any], key: Hashable, row: Any) -> None:
        super().__init__(table)
        self.key, self.row = key, row


class CursorLost(TableMessage, namespace="line_table"):
    """The row under the cursor is gone; the cursor is on its neighbour now."""

    def __init__(self, table: LineTable[Any], key: Hashable) -> None:
        super().__init__(table)
        self.key = key


class SortChanged(TableMessage, namespace="line_table"):
    """Sorted by another column, or the other way round."""

    def __init__(self, table: LineTable[Any], column_id: str, reverse: bool) -> None:
        super().__init__(table)
        self.column_id, self.reverse = column_id, reverse


class MarksChanged(TableMessage, namespace="line_table"):
    """Other rows are marked; ``dropped`` of them because they are gone."""

    def __init__(self, table: LineTable[Any], marks: frozenset[Hashable], dropped: int = 0) -> None:
        super().__init__(table)
        self.marks, self.dropped = marks, dropped


class ColumnsChanged(TableMessage, namespace="line_table"):
    """Other columns are on show."""

    def __init__(self, table: LineTable[Any], column_ids: tuple[str, ...]) -> None:
        super().__init__(table)
        self.column_ids = column_ids
