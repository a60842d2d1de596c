"""A table of many live rows that paints only what changed."""

from limen_widgets.line_table.column import Column
from limen_widgets.line_table.table import LineTable

__all__ = ["Column", "LineTable"]
