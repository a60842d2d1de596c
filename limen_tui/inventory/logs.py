"""The audit log, kept for ever, and the hosts' events, of which the newest are kept. Imports model and siblings.

``add_*`` run on the writer thread only; the others on any thread that has a connection.
"""

from __future__ import annotations

from typing import Final

from limen_tui.inventory.database import Database, Row
from limen_tui.inventory.text import get, like, put, scrub
from limen_tui.model.events import AuditEntry, EventKind, HostEvent

_PRUNE_EVERY: Final = 200
_KINDS: Final = {kind.value: kind for kind in EventKind}
_AUDIT_LIST: Final = """SELECT at, who, origin, action, host_id, host_name, uuid, vm_name, result, detail, id FROM audit
    WHERE (? IS NULL OR id < ?) AND (who LIKE ? ESCAPE '!' OR origin LIKE ? ESCAPE '!' OR action LIKE ? ESCAPE '!'
        OR host_name LIKE ? ESCAPE '!' OR host_id LIKE ? ESCAPE '!' OR uuid LIKE ? ESCAPE '!'
        OR vm_name LIKE ? ESCAPE '!' OR result LIKE ? ESCAPE '!' OR detail LIKE ? ESCAPE '!')
    ORDER BY id DESC LIMIT ?"""
_EVENT_LIST: Final = """SELECT at, host_id, host_name, kind, text, uuid, vm_name, level FROM events
    WHERE host_id LIKE ? ESCAPE '!' OR host_name LIKE ? ESCAPE '!' OR kind LIKE ? ESCAPE '!' OR text LIKE ? ESCAPE '!'
        OR uuid LIKE ? ESCAPE '!' OR vm_name LIKE ? ESCAPE '!' OR level LIKE ? ESCAPE '!'
    ORDER BY id DESC LIMIT ?"""


class Logs:
    """The tables ``audit`` and ``events``."""

    def __init__(self, database: Database, *, keep_events: int) -> None:
        self._database = database
        self._keep = keep_events
        self._unpruned = 0

    def add_audit(self, entry: AuditEntry) -> None:
        """Append ``entry``; its id is given by the database."""
        texts = (entry.who, entry.origin, entry.action, entry.host_id, entry.host_name, entry.uuid, entry.vm_name,
                 entry.result, entry.detail)  # fmt: skip
        self._database.run(
            """INSERT INTO audit (at, who, origin, action, host_id, host_name, uuid, vm_name, result, detail)
            VALUES (?, ?, ?, ?, ?, ?, ?, ?, ?, ?)""",
            (entry.at, *(put(scrub(text)) for text in texts)),
        )

    def add_event(self, event: HostEvent) -> None:
        """Append ``event``, and now and then delete all but the newest."""
        texts = (event.host_id, event.host_name, event.kind.value, event.text, event.uuid, event.vm_name, event.level)
        self._database.run(
            """INSERT INTO events (at, host_id, host_name, kind, text, uuid, vm_name, level)
            VALUES (?, ?, ?, ?, ?, ?, ?, ?)""",
            (event.at, *(put(scrub(text)) for text in texts)),
        )
        self._unpruned += 1
        if self._unpruned >= min(_PRUNE_EVERY, self._keep):
            self._unpruned = 0
            self._database.run(
                "DELETE FROM events WHERE id <= (SELECT id FROM events ORDER BY id DESC LIMIT 1 OFFSET ?)",
                (self._keep,),
            )

    def audit_entries(self, limit: int, search: str, before: int | None) -> tuple[AuditEntry, ...]:
        """Newest first."""
        pattern = (like(search),) * 9
        rows = self._database.run(_AUDIT_LIST, (before, before, *pattern, max(0, limit)))
        return tuple(_audit(row) for row in rows)

    def events(self, limit: int, search: str) -> tuple[HostEvent, ...]:
        """Newest first."""
        rows = self._database.run(_EVENT_LIST, ((like(search),) * 7) + (max(0, limit),))
        return tuple(_event(row) for row in rows)


def _audit(row: Row) -> AuditEntry:
    at, *texts, number = row
    who, origin, action, host_id, host_name, uuid, vm_name, result, detail = map(get, texts)
    return AuditEntry(at, who, origin, action, host_id, host_name, uuid, vm_name, result, detail, number)


def _event(row: Row) -> HostEvent:
    host_id, host_name, kind, text, uuid, vm_name, level = map(get, row[1:])
    return HostEvent(row[0], host_id, host_name, _KINDS.get(kind, EventKind.HOST), text, uuid, vm_name, level)
