"""The trash and the history of definitions in SQLite. Imports model and siblings; writes go to the one writer."""

from __future__ import annotations

import json
import zlib
from collections.abc import Callable
from concurrent.futures import Future
from contextlib import AbstractContextManager
from typing import Final

from limen_tui.inventory.codec import dumps
from limen_tui.inventory.database import Database, Row
from limen_tui.inventory.text import get, put
from limen_tui.inventory.writer import Writer
from limen_tui.model.keepsakes import Definition, Trashed

KEEP_PER_VM: Final = 50
"""Definitions kept of one VM."""
TABLES: Final = (
    """CREATE TABLE trash (
        id INTEGER PRIMARY KEY AUTOINCREMENT, at REAL NOT NULL, until REAL NOT NULL, who TEXT NOT NULL,
        host_id TEXT NOT NULL, host_name TEXT NOT NULL, uuid TEXT NOT NULL, name TEXT NOT NULL, xml BLOB NOT NULL,
        volumes TEXT NOT NULL
    )""",
    """CREATE TABLE definitions (
        id INTEGER PRIMARY KEY AUTOINCREMENT, at REAL NOT NULL, host_id TEXT NOT NULL, uuid TEXT NOT NULL,
        name TEXT NOT NULL, author TEXT NOT NULL, xml BLOB NOT NULL
    )""",
    "CREATE INDEX definitions_of ON definitions (host_id, uuid, id)",
)


class Keepsakes:
    """Implements :class:`limen_tui.model.ports.KeepsakesPort`."""

    def __init__(
        self, database: Database, writer: Writer, reading: Callable[[], AbstractContextManager[None]]
    ) -> None:
        self._database = database
        self._writer = writer
        self._reading = reading

    # -- trash ------------------------------------------------------------------------------------

    def put_in_trash(self, item: Trashed) -> Future[None]:
        """Keep a deleted VM; ``id`` is given by the database. The same VM again replaces what was kept of it."""

        def write() -> None:
            self._forget(item.host_id, item.uuid)
            self._database.run(
                """INSERT INTO trash (at, until, who, host_id, host_name, uuid, name, xml, volumes)
                VALUES (?,?,?,?,?,?,?,?,?)""",
                (item.at, item.until, put(item.who), put(item.host_id), put(item.host_name), put(item.uuid),
                 put(item.name), _pack(item.xml), put(dumps([list(each) for each in item.volumes]))),
            )  # fmt: skip

        return self._writer.submit(write)

    def take_from_trash(self, host_id: str, uuid: str) -> Future[None]:
        """Keep it no longer: it was restored, or purged."""
        return self._writer.submit(lambda: self._forget(host_id, uuid))

    def trash(self) -> tuple[Trashed, ...]:
        """Newest first."""
        with self._reading():
            rows = self._database.run(
                "SELECT id, at, until, who, host_id, host_name, uuid, name, xml, volumes FROM trash ORDER BY id DESC"
            )
        return tuple(_trashed(row) for row in rows)

    def _forget(self, host_id: str, uuid: str) -> None:
        self._database.run("DELETE FROM trash WHERE host_id = ? AND uuid = ?", (put(host_id), put(uuid)))

    # -- definitions ------------------------------------------------------------------------------

    def keep_definition(self, item: Definition) -> Future[None]:
        """Keep a definition unless it is the last one kept of that VM; only the newest of each VM are kept."""

        def write() -> None:
            run, of = self._database.run, (put(item.host_id), put(item.uuid))
            last = run("SELECT xml FROM definitions WHERE host_id = ? AND uuid = ? ORDER BY id DESC LIMIT 1", of)
            if last and _unpack(last[0][0]) == item.xml:
                return
            run("INSERT INTO definitions (at, host_id, uuid, name, author, xml) VALUES (?,?,?,?,?,?)",
                (item.at, *of, put(item.name), put(item.author), _pack(item.xml)))  # fmt: skip
            run("""DELETE FROM definitions WHERE host_id = ? AND uuid = ? AND id NOT IN (
                SELECT id FROM definitions WHERE host_id = ? AND uuid = ? ORDER BY id DESC LIMIT ?)""",
                (*of, *of, KEEP_PER_VM))  # fmt: skip

        return self._writer.submit(write)

    def definitions(self, host_id: str, uuid: str) -> tuple[Definition, ...]:
        """Of one VM, newest first."""
        with self._reading():
            rows = self._database.run(
                "SELECT id, at, host_id, uuid, name, author, xml FROM definitions WHERE host_id = ? AND uuid = ? "
                "ORDER BY id DESC", (put(host_id), put(uuid)))  # fmt: skip
        return tuple(_definition(row) for row in rows)

    def last_definitions(self) -> tuple[Definition, ...]:
        """The newest of every VM: what a VM that was lost can be made from again."""
        with self._reading():
            rows = self._database.run(
                "SELECT id, at, host_id, uuid, name, author, xml FROM definitions WHERE id IN "
                "(SELECT max(id) FROM definitions GROUP BY host_id, uuid)"
            )
        return tuple(_definition(row) for row in rows)


def _trashed(row: Row) -> Trashed:
    who, host_id, host_name, uuid, name = map(get, row[3:8])
    volumes = tuple((pool, volume) for pool, volume in json.loads(get(row[9])))
    return Trashed(row[0], row[1], row[2], who, host_id, host_name, uuid, name, _unpack(row[8]), volumes)


def _definition(row: Row) -> Definition:
    host_id, uuid, name, author = map(get, row[2:6])
    return Definition(row[0], row[1], host_id, uuid, name, author, _unpack(row[6]))


def _pack(text: str) -> bytes:
    return zlib.compress(text.encode("utf-8", "surrogatepass"), 6)


def _unpack(data: bytes) -> str:
    return zlib.decompress(data).decode("utf-8", "surrogatepass")
