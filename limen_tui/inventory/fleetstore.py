"""VMs as last seen: writing only what changed, reading all quickly. Imports model and siblings.

``write`` runs on the writer thread only and holds its memory of what the database has; ``read`` runs on any
thread that has a connection.
"""

from __future__ import annotations

import json
from collections import deque
from collections.abc import Collection, Iterable
from itertools import repeat
from operator import itemgetter
from typing import Any, Final

from limen_tui.inventory.codec import STATES, StoredVM, dump_facts, dump_load, dumps
from limen_tui.inventory.database import Database, Row
from limen_tui.inventory.text import get, put
from limen_tui.model.host import HostSnapshot, HostState
from limen_tui.model.lifecycle import VMState
from limen_tui.model.vm import NO_LOAD, VM, VMKey

LastSeen = dict[str, tuple[float, tuple[VM, ...]]]

_HEARD: Final = frozenset({HostState.UP, HostState.STALE})
_SAMPLE: Final = """INSERT INTO samples (host_id, host_name, at, loads) VALUES (?, ?, ?, ?)
    ON CONFLICT (host_id) DO UPDATE SET host_name = excluded.host_name, at = excluded.at, loads = excluded.loads"""
_VM: Final = """INSERT INTO vms (host_id, uuid, name, state, reason, facts, ips, started_at, started_exact,
        first_seen, last_seen, gone_at) VALUES (?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, NULL)
    ON CONFLICT (host_id, uuid) DO UPDATE SET name = excluded.name, state = excluded.state, reason = excluded.reason,
        facts = excluded.facts, ips = excluded.ips, started_at = excluded.started_at,
        started_exact = excluded.started_exact, last_seen = excluded.last_seen, gone_at = NULL"""
_OF_HOST: Final = """SELECT uuid, name, state, reason, facts, ips, started_at, started_exact
    FROM vms WHERE gone_at IS NULL AND host_id = ? ORDER BY uuid"""


class FleetStore:
    """The tables ``samples`` and ``vms``."""

    def __init__(self, database: Database) -> None:
        self._database = database
        self._known: dict[str, dict[str, tuple[Any, ...]]] = {}
        self._version: int | None = None
        self.rows_written = 0
        """VM rows inserted, changed or marked gone; a test counts them."""

    def forget_known(self) -> None:
        """Compare with nothing the next time: the database may not have what was written last."""
        self._known.clear()

    def write(self, snapshot: HostSnapshot, now: float) -> None:
        """Bring the tables in line with a snapshot of a host that answered; others change nothing."""
        at = snapshot.sampled_at
        if at is None or snapshot.state not in _HEARD:
            return
        self._notice_others()
        host = put(snapshot.host.id)
        rows = self._database.run("SELECT at FROM samples WHERE host_id = ?", (host,))
        before = rows[0][0] if rows else None
        if before is not None and at < before <= now:
            return  # Another Limen has newer news. (Later than now means that the clock was set back.)
        loads = {vm.key.uuid: dump_load(vm.load) for vm in snapshot.vms.values() if vm.load is not NO_LOAD}
        self._database.run(_SAMPLE, (host, put(snapshot.host.name), at, put(dumps(loads))))
        known = self._known.pop(snapshot.host.id, None)
        seen: dict[str, tuple[Any, ...]] = {}
        for vm in snapshot.vms.values():
            # Facts are the same object from tick to tick, so comparing is cheap and encoding rare.
            mark = (vm.facts, vm.name, vm.state, vm.reason, vm.ips, vm.started_at, vm.started_exact)
            seen[vm.key.uuid] = mark
            if known is None or known.get(vm.key.uuid) != mark:
                self._put(host, vm, at)
        self._mark_gone(host, seen, known, at, before)
        self._known[snapshot.host.id] = seen

    def _put(self, host: str | bytes, vm: VM, at: float) -> None:
        self.rows_written += 1
        self._database.run(_VM, (
            host, put(vm.key.uuid), put(vm.name), vm.state.value, put(vm.reason), put(dump_facts(vm.facts)),
            put(dumps(vm.ips)) if vm.ips else "", vm.started_at, int(vm.started_exact), at, at,
        ))  # fmt: skip

    def _mark_gone(
        self, host: str | bytes, seen: Collection[str], known: Collection[str] | None, at: float, before: float | None
    ) -> None:
        if known is None:
            rows = self._database.run("SELECT uuid FROM vms WHERE host_id = ? AND gone_at IS NULL", (host,))
            known = [get(row[0]) for row in rows]
        for uuid in known:
            if uuid not in seen:
                self.rows_written += 1
                # A present VM was last seen with its host's latest sample; only now must that be written down.
                self._database.run(
                    "UPDATE vms SET gone_at = ?, last_seen = ? WHERE host_id = ? AND uuid = ?",
                    (at, at if before is None else before, host, put(uuid)),
                )

    def _notice_others(self) -> None:
        """Forget what is known when another process has written since."""
        version = int(self._database.run("PRAGMA data_version")[0][0])
        if version != self._version:
            self._version = version
            self._known.clear()

    def forget_host(self, host_id: str) -> None:
        """Delete all that was seen of a host."""
        self._known.pop(host_id, None)
        self._database.run("DELETE FROM samples WHERE host_id = ?", (put(host_id),))

    def read(self, host_ids: Collection[str] | None) -> LastSeen:
        """Every host's last sample and present VMs, marked stale."""
        rows = self._database.run("SELECT host_id, host_name, at, loads FROM samples")
        result: LastSeen = {}
        for raw_id, name, at, loads in rows:
            host_id = get(raw_id)
            if host_ids is None or host_id in host_ids:
                found = self._database.run(_OF_HOST, (raw_id,))
                result[host_id] = (at, _vms(found, host_id, get(name), _loads(get(loads))))
        return result


def _loads(text: str) -> dict[str, list[Any]]:
    try:
        value = json.loads(text)
    except ValueError:
        return {}
    return value if isinstance(value, dict) else {}


_FIELDS: Final = tuple(
    getattr(StoredVM, name).__set__ for name in ("key", "name", "host_name", "state", "stale", "row", "raw_load")
)
"""Set what is set in a VM from the database; the rest of it is decoded when it is looked at."""


def _vms(rows: list[Row], host_id: str, host_name: str, loads: dict[str, list[Any]]) -> tuple[VM, ...]:
    """This is on the way to the first paint, for thousands of rows: one field of all after the other, as such loops
    have no line of Python in them."""
    uuids, names, states = _texts(rows, 0), _texts(rows, 1), map(itemgetter(2), rows)
    vms = tuple(map(object.__new__, repeat(StoredVM, len(rows))))
    fields: tuple[Iterable[Any], ...] = (
        map(tuple.__new__, repeat(VMKey), zip(repeat(host_id), uuids, strict=False)), names, repeat(host_name),
        map(STATES.get, states, repeat(VMState.UNKNOWN)), repeat(True), rows, map(loads.get, uuids),
    )  # fmt: skip
    for set_field, values in zip(_FIELDS, fields, strict=True):
        deque(map(set_field, vms, values), maxlen=0)
    return vms


def _texts(rows: list[Row], place: int) -> list[str]:
    found = list(map(itemgetter(place), rows))
    return found if {*map(type, found)} <= {str} else list(map(get, found))
