"""The seam to Peewee: a typed, small face of its SQLite connections, one per thread. Any thread."""

from __future__ import annotations

import contextlib
import sqlite3
from collections.abc import Iterator, Sequence
from pathlib import Path
from typing import Any, Final

from peewee import PeeweeException, SqliteDatabase

DB_ERRORS: Final = (PeeweeException, sqlite3.Error)
"""What any call here may raise."""

Row = tuple[Any, ...]
_PRAGMAS: Final = {"busy_timeout": 5000, "journal_mode": "wal", "synchronous": "normal", "foreign_keys": 1}


class Database:
    """SQLite through Peewee. Nothing connects by itself; transactions are the caller's."""

    def __init__(self, path: Path) -> None:
        self._peewee: Any = SqliteDatabase(str(path), pragmas=_PRAGMAS, autoconnect=False, timeout=5)

    def connect(self) -> None:
        """Open this thread's connection unless it is open."""
        self._peewee.connect(reuse_if_open=True)

    def close(self) -> None:
        """Close this thread's connection."""
        self._peewee.close()

    @contextlib.contextmanager
    def connected(self) -> Iterator[None]:
        """A connection of this thread for the length of a block."""
        self.connect()
        try:
            yield
        finally:
            self.close()

    def run(self, sql: str, values: Sequence[Any] = ()) -> list[Row]:
        """Execute one statement on this thread's connection; its rows, if it has any."""
        rows: list[Row] = self._peewee.connection().execute(sql, values).fetchall()
        return rows
