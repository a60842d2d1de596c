"""What the user changed in the app, kept in the inventory. Reads are from memory. UI thread."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any, Final

from limen_widgets.line_table import LineTable

from limen_tui.model.ports import InventoryPort
from limen_tui.settings import Settings

THEME, VIEW, HOST, TREE, STRIP = "tui.theme", "tui.view", "tui.host", "tui.tree", "tui.strip"
_COLUMNS: Final = "{}.columns"
_SORT: Final = "{}.sort"


class Memory:
    """Settings of the app by name: what was changed in the app wins over config.toml, which wins over the default."""

    def __init__(self, inventory: InventoryPort, settings: Settings) -> None:
        self._inventory = inventory
        self._settings = settings

    @property
    def theme(self) -> str:
        """The name of the theme."""
        return self._inventory.setting(THEME, self._settings.theme)

    def get(self, name: str, default: str) -> str:
        """A remembered text."""
        return self._inventory.setting(name, default)

    def put(self, name: str, value: object) -> None:
        """Remember a JSON value; written by the inventory's thread."""
        if self._inventory.setting(name, None) != value:
            self._inventory.set_setting(name, value)

    def columns(self, view_id: str) -> tuple[str, ...]:
        """Ids of the columns of a view; empty for its own choice."""
        own = _names(self._inventory.setting(_COLUMNS.format(view_id), None))
        return own or tuple(self._settings.columns.get(view_id, ()))

    def apply(self, view_id: str, table: LineTable[Any], sort: tuple[str, bool]) -> None:
        """Give a table its remembered columns and order, ``sort`` when there is none."""
        if columns := self.columns(view_id):
            table.set_columns(columns)
        kept = _names(self._inventory.setting(_SORT.format(view_id), None))
        table.sort(*((kept[0], kept[1] == "down") if len(kept) == 2 else sort))
        if not table.sorting[0]:
            table.sort(*sort)

    def keep_columns(self, view_id: str, ids: Sequence[str]) -> None:
        """Remember the columns of a view."""
        self.put(_COLUMNS.format(view_id), list(ids))

    def keep_sort(self, view_id: str, column_id: str, reverse: bool) -> None:
        """Remember the order of a view."""
        self.put(_SORT.format(view_id), [column_id, "down" if reverse else "up"])


def _names(value: object) -> tuple[str, ...]:
    """Settings can have been edited by hand: anything but a list of texts counts as none."""
    if isinstance(value, list) and all(isinstance(item, str) for item in value):
        return tuple(value)
    return ()
