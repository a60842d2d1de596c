"""The columns that config.toml can name are those that the tables have."""

from __future__ import annotations

from collections.abc import Callable, Iterable
from typing import Any

import pytest

from limen_tui.settings.columns import COLUMNS
from limen_tui.tui.events.panel import EventsPanel
from limen_tui.tui.fleet.columns import vm_columns
from limen_tui.tui.hosts.panel import host_columns
from limen_tui.tui.jobs.panel import JobsPanel
from limen_tui.tui.networks.panel import network_columns
from limen_tui.tui.storage.columns import volume_columns
from limen_tui.tui.storage.panel import pool_columns
from limen_tui.tui.top.panel import top_columns


def unused(*_: Any) -> Any:
    """Columns are only made, not shown."""


TABLES: dict[str, Callable[[], Iterable[Any]]] = {
    "vms": lambda: vm_columns(unused, unused, unused, unused),
    "hosts": host_columns,
    "storage": pool_columns,
    "volumes": volume_columns,
    "networks": network_columns,
    "jobs": lambda: JobsPanel.columns(None),  # type: ignore[arg-type]
    "events": lambda: EventsPanel.columns(None),  # type: ignore[arg-type]
    "top": lambda: top_columns(unused),
}


def test_every_view_is_known() -> None:
    assert TABLES.keys() == COLUMNS.keys()


@pytest.mark.parametrize("view", TABLES)
def test_its_columns_are_known(view: str) -> None:
    assert tuple(column.id for column in TABLES[view]()) == COLUMNS[view]
