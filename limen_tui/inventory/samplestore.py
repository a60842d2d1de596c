"""A day of minutes of every VM of saved hosts, packed: one row for each host and minute. Imports model and siblings.

All VMs and not only those that were looked at: what happened last night is asked of a VM that nobody watched. A row
names its VMs by a roster, which is written only when the set of running VMs changed.
"""

from __future__ import annotations

import zlib
from collections.abc import Callable
from contextlib import AbstractContextManager
from typing import Final
from uuid import UUID

from limen_tui.inventory.database import Database
from limen_tui.inventory.text import put
from limen_tui.inventory.writer import Writer
from limen_tui.model.host import HostSnapshot, HostState
from limen_tui.model.minutes import DAY, MINUTE, Gathered, MinutePoint, pack, unpack
from limen_tui.model.vm import VMKey

TABLES: Final = (
    "CREATE TABLE rosters (id INTEGER PRIMARY KEY, host_id TEXT NOT NULL, uuids BLOB NOT NULL)",
    """CREATE TABLE minutes (
        host_id TEXT NOT NULL, minute INTEGER NOT NULL, roster INTEGER NOT NULL, data BLOB NOT NULL,
        PRIMARY KEY (host_id, minute)
    ) WITHOUT ROWID""",
)
EVERY: Final = 10.0
"""Seconds between the samples of a host that count: rates are means over a tick, so six of them tell a minute."""
_LARGEST: Final = 8 << 20
"""Bytes of an unpacked minute: what is larger was not written by us."""


class SampleStore:
    """The tables ``minutes`` and ``rosters``; implements :class:`limen_tui.model.minutes.MinuteStore`."""

    def __init__(
        self, database: Database, writer: Writer, reading: Callable[[], AbstractContextManager[None]]
    ) -> None:
        self._database = database
        self._writer = writer
        self._reading = reading
        self._seen: dict[str, float] = {}
        self._gathered: dict[str, tuple[int, dict[str, Gathered]]] = {}
        self._rosters: dict[str, tuple[bytes, int]] = {}
        self._swept = 0

    # -- writing ----------------------------------------------------------------------------------

    def add(self, snapshot: HostSnapshot) -> None:
        """Take a sample into account, one in ten seconds at most. The work is done on the writer's thread."""
        at, host_id = snapshot.sampled_at, snapshot.host.id
        if at is None or snapshot.state is not HostState.UP or 0 <= at - self._seen.get(host_id, -EVERY) < EVERY:
            return
        self._seen[host_id] = at
        self._writer.submit(lambda: self._gather(snapshot, at))

    def flush(self) -> None:
        """Write the minute that is under way: Limen ends."""
        self._writer.submit(self._write_all)

    def _write_all(self) -> None:
        for host_id in list(self._gathered):
            self._write(host_id)

    def _gather(self, snapshot: HostSnapshot, at: float) -> None:
        host_id, minute = snapshot.host.id, int(at // MINUTE)
        known = self._gathered.get(host_id)
        if known is not None and known[0] != minute:
            self._write(host_id)
            known = None
        if known is None:
            known = self._gathered[host_id] = minute, {}
        for uuid, vm in snapshot.vms.items():
            if vm.state.is_active:
                gathered = known[1].get(uuid)
                if gathered is None:
                    gathered = known[1][uuid] = Gathered()
                gathered.add(vm.load)

    def _write(self, host_id: str) -> None:
        minute, gathered = self._gathered.pop(host_id)
        named = {code: vm for uuid, vm in gathered.items() if (code := _code(uuid)) is not None}
        host = put(host_id)
        if named:
            roster = self._roster(host_id, b"".join(named))
            data = zlib.compress(pack(list(named.values())), 3)
            self._database.run(
                "INSERT INTO minutes (host_id, minute, roster, data) VALUES (?, ?, ?, ?) ON CONFLICT DO NOTHING",
                (host, minute, roster, data),
            )
        oldest = minute - DAY // MINUTE
        self._database.run("DELETE FROM minutes WHERE host_id = ? AND minute < ?", (host, oldest))
        if minute - self._swept >= 60:
            self._swept = minute
            self._sweep(oldest)

    def _roster(self, host_id: str, uuids: bytes) -> int:
        known = self._rosters.get(host_id)
        if known is not None and known[0] == uuids:
            return known[1]
        rows = self._database.run(
            "SELECT id FROM rosters WHERE host_id = ? AND uuids = ? LIMIT 1", (put(host_id), uuids)
        )
        if not rows:
            self._database.run("INSERT INTO rosters (host_id, uuids) VALUES (?, ?)", (put(host_id), uuids))
            rows = self._database.run("SELECT last_insert_rowid()")
        self._rosters[host_id] = uuids, int(rows[0][0])
        return self._rosters[host_id][1]

    def _sweep(self, oldest: int) -> None:
        """What nobody deletes in passing: hosts that were removed, rosters that no minute names."""
        self._database.run("DELETE FROM minutes WHERE minute < ?", (oldest,))
        self._database.run("DELETE FROM rosters WHERE id NOT IN (SELECT roster FROM minutes)")
        self._rosters.clear()

    def forget_host(self, host_id: str) -> None:
        """On the writer's thread: nothing of a host stays."""
        self._gathered.pop(host_id, None)
        self._rosters.pop(host_id, None)
        for table in ("minutes", "rosters"):
            self._database.run(f"DELETE FROM {table} WHERE host_id = ?", (put(host_id),))  # noqa: S608 - of ours

    def forget_known(self) -> None:
        """The database may not have what was written last."""
        self._rosters.clear()

    # -- reading ----------------------------------------------------------------------------------

    def points(self, key: VMKey, since: float) -> tuple[MinutePoint, ...]:
        """Of one VM, oldest first. Raises ``InventoryError``."""
        code = _code(key.uuid)
        if code is None:
            return ()
        host = put(key.host_id)
        with self._reading():
            rosters = self._database.run("SELECT id, uuids FROM rosters WHERE host_id = ?", (host,))
            rows = self._database.run(
                "SELECT minute, roster, data FROM minutes WHERE host_id = ? AND minute >= ? ORDER BY minute",
                (host, int(since // MINUTE)),
            )
        places = {number: place for number, uuids in rosters if (place := _place(uuids, code)) is not None}
        found = []
        for minute, roster, data in rows:
            if roster in places and (point := _point(data, places[roster], float(minute * MINUTE))) is not None:
                found.append(point)
        return tuple(found)


def _code(uuid: str) -> bytes | None:
    try:
        return UUID(uuid).bytes
    except ValueError:
        return None


def _place(uuids: bytes, code: bytes) -> int | None:
    at = -1
    while (at := uuids.find(code, at + 1)) >= 0:
        if at % 16 == 0:
            return at // 16
    return None


def _point(data: bytes, place: int, at: float) -> MinutePoint | None:
    """A row that somebody damaged counts as none."""
    try:
        return unpack(zlib.decompressobj().decompress(data, _LARGEST), place, at)
    except zlib.error:
        return None
