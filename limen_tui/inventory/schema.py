"""The database's schema as a list of migrations. Runs once per start, under the opening lock.

``PRAGMA user_version`` counts the migrations that were applied. A migration that was released is never edited:
append the next one.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from typing import Final

from limen_tui.inventory.database import Database

Migration = Callable[[Database], None]

_V1: Final = (
    """CREATE TABLE hosts (
        id TEXT PRIMARY KEY, name TEXT NOT NULL, uri TEXT NOT NULL, grp TEXT NOT NULL, colour TEXT NOT NULL,
        position INTEGER NOT NULL, enabled INTEGER NOT NULL, read_only INTEGER NOT NULL, insecure INTEGER NOT NULL
    )""",
    # Not tied to hosts: a host removed without "forget" keeps what was seen, and finds it again when re-added.
    """CREATE TABLE samples (
        host_id TEXT PRIMARY KEY, host_name TEXT NOT NULL, at REAL NOT NULL, loads TEXT NOT NULL
    )""",
    """CREATE TABLE vms (
        host_id TEXT NOT NULL REFERENCES samples(host_id) ON DELETE CASCADE, uuid TEXT NOT NULL, name TEXT NOT NULL,
        state TEXT NOT NULL, reason TEXT NOT NULL, facts TEXT NOT NULL, ips TEXT NOT NULL, started_at REAL,
        started_exact INTEGER NOT NULL, first_seen REAL NOT NULL, last_seen REAL NOT NULL, gone_at REAL,
        PRIMARY KEY (host_id, uuid)
    ) WITHOUT ROWID""",
    "CREATE TABLE settings (key TEXT PRIMARY KEY, value TEXT NOT NULL)",
    """CREATE TABLE audit (
        id INTEGER PRIMARY KEY AUTOINCREMENT, at REAL NOT NULL, who TEXT NOT NULL, origin TEXT NOT NULL,
        action TEXT NOT NULL, host_id TEXT NOT NULL, host_name TEXT NOT NULL, uuid TEXT NOT NULL,
        vm_name TEXT NOT NULL, result TEXT NOT NULL, detail TEXT NOT NULL
    )""",
    """CREATE TABLE events (
        id INTEGER PRIMARY KEY AUTOINCREMENT, at REAL NOT NULL, host_id TEXT NOT NULL, host_name TEXT NOT NULL,
        kind TEXT NOT NULL, text TEXT NOT NULL, uuid TEXT NOT NULL, vm_name TEXT NOT NULL, level TEXT NOT NULL
    )""",
)


def _to_1(database: Database) -> None:
    for statement in _V1:
        database.run(statement)


def _to_2(database: Database) -> None:
    from limen_tui.inventory import journal, keepsakes  # noqa: PLC0415 - only where there is something to migrate

    for statement in (*journal.TABLES, *keepsakes.TABLES):
        database.run(statement)


def _to_3(database: Database) -> None:
    from limen_tui.inventory import samplestore  # noqa: PLC0415 - as above

    for statement in samplestore.TABLES:
        database.run(statement)


MIGRATIONS: Final[tuple[Migration, ...]] = (_to_1, _to_2, _to_3)


def version(database: Database) -> int:
    """How many migrations the database has had."""
    return int(database.run("PRAGMA user_version")[0][0])


def migrate(database: Database, migrations: Sequence[Migration] = MIGRATIONS) -> None:
    """Bring an open database up to date; all of it or nothing."""
    if version(database) >= len(migrations):
        return
    database.run("BEGIN IMMEDIATE")
    try:
        for number in range(version(database), len(migrations)):
            migrations[number](database)
            database.run(f"PRAGMA user_version = {number + 1:d}")
    except BaseException:
        database.run("ROLLBACK")
        raise
    database.run("COMMIT")
