"""The inventory: what implements :class:`limen_tui.model.ports.InventoryPort`. Imports model and siblings.

Reads run on the caller's thread, on a connection of their own that ends with the read; writes run on one thread.
"""

from __future__ import annotations

import contextlib
import gc
import json
import shutil
from collections.abc import Iterable, Iterator, Mapping
from concurrent.futures import Future
from functools import cached_property
from pathlib import Path
from typing import TYPE_CHECKING, Final, TypeVar

from limen_tui.errors import InventoryError
from limen_tui.inventory.codec import dumps
from limen_tui.inventory.database import DB_ERRORS, Database, Row
from limen_tui.inventory.files import forget, is_damage, leave, opening, prepare, trust, unusable
from limen_tui.inventory.fleetstore import FleetStore
from limen_tui.inventory.schema import MIGRATIONS, migrate
from limen_tui.inventory.text import get, put
from limen_tui.inventory.writer import Writer
from limen_tui.model.clock import SystemClock
from limen_tui.model.host import Host, HostSnapshot, Problem
from limen_tui.model.ports import Clock
from limen_tui.model.vm import VM

if TYPE_CHECKING:
    from limen_tui.inventory.journal import Journal
    from limen_tui.inventory.keepsakes import Keepsakes
    from limen_tui.inventory.logs import Logs
    from limen_tui.inventory.samplestore import SampleStore
    from limen_tui.model.events import AuditEntry, HostEvent

T = TypeVar("T")

KEEP_EVENTS: Final = 20_000
_SETTING: Final = """INSERT INTO settings (key, value) VALUES (?, ?)
    ON CONFLICT (key) DO UPDATE SET value = excluded.value"""
_HOSTS: Final = """SELECT id, name, uri, grp, colour, position, enabled, read_only, insecure
    FROM hosts ORDER BY position, name, id"""


def open_inventory(path: Path | None, *, clock: Clock | None = None, keep_events: int = KEEP_EVENTS) -> Inventory:
    """Open the database at ``path``, making it and its folder; ``None`` is a private one that ends with ``close``.

    A damaged database is set aside, and ``Inventory.notice`` says so. Raises ``InventoryError`` for one of a newer
    Limen (left untouched) and for a place that cannot be written. Blocks; not for the UI thread.
    """
    clock = clock or SystemClock()
    private = _private_folder() if path is None else None
    place = path if path is not None else Path(str(private)) / "inventory.db"
    database = Database(place)
    try:
        with opening(place) as lock:
            notice = prepare(place, len(MIGRATIONS), clock.wall(), lock)
            with database.connected():
                migrate(database)
                settings = database.run("SELECT key, value FROM settings")
            trust(place, lock)
    except (*DB_ERRORS, InventoryError) as error:
        if private is not None:
            shutil.rmtree(private, ignore_errors=True)
        elif is_damage(error) and forget(place):  # once: no start that fails puts trust in it again
            return open_inventory(path, clock=clock, keep_events=keep_events)
        raise error if isinstance(error, InventoryError) else unusable(place, error) from error
    values: dict[str, object] = {}
    for key, value in settings:
        # One setting that somebody edited by hand must not keep Limen from starting.
        with contextlib.suppress(ValueError):
            values[get(key)] = json.loads(get(value))
    return Inventory(database, place, clock, notice, values, keep_events=keep_events, private=private)


def _private_folder() -> Path:
    import tempfile  # noqa: PLC0415 - a dozen milliseconds, for the demo and tests only

    return Path(tempfile.mkdtemp(prefix="limen-"))


class Inventory:
    """What Limen remembers between runs; see :class:`limen_tui.model.ports.InventoryPort`."""

    def __init__(
        self, database: Database, path: Path, clock: Clock, notice: Problem | None, settings: dict[str, object],
        *, keep_events: int, private: Path | None = None,
    ) -> None:  # fmt: skip
        self.path = path
        self.notice = notice
        """What to tell the user about opening: a damaged database was set aside."""
        self._database = database
        self._clock = clock
        self._settings = settings
        self._private = private
        self.unlogged: InventoryError | None = None
        """Why an act of this run is missing in the audit log. Set on the writer's thread, and stays."""
        self._fleet = FleetStore(database)
        self._keep_events = keep_events
        self._writer = Writer(database, path, after_failure=self._forget_known)

    @property
    def problem(self) -> InventoryError | None:
        """Why the last write was not kept (a full disk); ``None`` when all is well. Any thread."""
        return self._writer.problem

    # made at the first use: the first paint does without

    @cached_property
    def _logs(self) -> Logs:
        from limen_tui.inventory.logs import Logs  # noqa: PLC0415

        return Logs(self._database, keep_events=self._keep_events)

    @cached_property
    def minutes(self) -> SampleStore:
        """The thinned history of figures."""
        from limen_tui.inventory.samplestore import SampleStore  # noqa: PLC0415

        return SampleStore(self._database, self._writer, self._reading)

    @cached_property
    def journal(self) -> Journal:
        """What jobs did, and what they left unfinished."""
        from limen_tui.inventory.journal import Journal  # noqa: PLC0415

        return Journal(self._database, self._writer, self._reading)

    @cached_property
    def keepsakes(self) -> Keepsakes:
        """Trash and history of definitions."""
        from limen_tui.inventory.keepsakes import Keepsakes  # noqa: PLC0415

        return Keepsakes(self._database, self._writer, self._reading)

    @property
    def rows_written(self) -> int:
        """VM rows written since opening."""
        return self._fleet.rows_written

    def hosts(self) -> tuple[Host, ...]:
        """Saved hosts in their order."""
        with self._reading():
            rows = self._database.run(_HOSTS)
        return tuple(_host(row) for row in rows)

    def save_host(self, host: Host, *, new: bool = False) -> Future[None]:
        """Insert or update by id; see :func:`limen_tui.inventory.hosttable.write_host` for what is refused."""
        from limen_tui.inventory.hosttable import write_host  # noqa: PLC0415

        return self._writer.submit(lambda: write_host(self._database, host, new=new))

    def remove_host(self, host_id: str, *, forget: bool) -> Future[None]:
        """Remove a host; with ``forget`` also its VMs as last seen."""

        def write() -> None:
            self._database.run("DELETE FROM hosts WHERE id = ?", (put(host_id),))
            if forget:
                self._fleet.forget_host(host_id)
                self.minutes.forget_host(host_id)

        return self._writer.submit(write)

    def last_seen(self, host_ids: Iterable[str] | None = None) -> Mapping[str, tuple[float, tuple[VM, ...]]]:
        """By host id: Unix time of the last sample, and the VMs still there by then, marked stale."""
        wanted = None if host_ids is None else frozenset(host_ids)
        with self._reading(), _no_gc():
            return self._fleet.read(wanted)

    def remember(self, snapshot: HostSnapshot) -> Future[None]:
        """Keep a host's VMs as last seen; a host that has not answered changes nothing."""
        return self._writer.submit(lambda: self._fleet.write(snapshot, self._clock.wall()))

    def setting(self, key: str, default: T) -> T:
        """A value the user changed in the app; from memory. ``default`` also when its type is another."""
        value = self._settings.get(key, default)
        if default is None or isinstance(value, type(default)):
            return value  # type: ignore[return-value]
        return default

    def set_setting(self, key: str, value: object) -> Future[None]:
        """Remember a JSON value; :meth:`setting` has it at once."""
        try:
            text = dumps(value)
        except (ValueError, TypeError) as error:
            failed: Future[None] = Future()
            failed.set_exception(InventoryError("This setting cannot be kept", f"{key}: {error}"))
            return failed
        self._settings[key] = json.loads(text)
        return self._writer.submit(lambda: self._database.run(_SETTING, (put(key), put(text))))

    def audit(self, entry: AuditEntry) -> Future[None]:
        """Append an act to the audit log."""
        future = self._writer.submit(lambda: self._logs.add_audit(entry))
        future.add_done_callback(self._look_at)
        return future

    def _look_at(self, written: Future[None]) -> None:
        """On the writer's thread: remember that an act is missing in the log, whatever can be written later."""
        if not written.cancelled() and isinstance(error := written.exception(), InventoryError):
            self.unlogged = error

    def audit_entries(self, *, limit: int = 500, search: str = "", before: int | None = None) -> tuple[AuditEntry, ...]:
        """Newest first; ``search`` matches any text column; ``before`` pages by id."""
        with self._reading():
            return self._logs.audit_entries(limit, search, before)

    def event(self, event: HostEvent) -> Future[None]:
        """Append one of the hosts' own events; only the newest are kept."""
        return self._writer.submit(lambda: self._logs.add_event(event))

    def events(self, *, limit: int = 500, search: str = "") -> tuple[HostEvent, ...]:
        """Newest first."""
        with self._reading():
            return self._logs.events(limit, search)

    def close(self, timeout: float = 2.0) -> None:
        """Write what is queued and close; gives up waiting after ``timeout`` seconds."""
        self.minutes.flush()
        if not self._writer.close(timeout):
            return
        if self._private is not None:
            shutil.rmtree(self._private, ignore_errors=True)
        else:
            leave(self.path)

    def _forget_known(self) -> None:
        """On the writer's thread: the database may not have what was written last."""
        self._fleet.forget_known()
        self.minutes.forget_known()

    @contextlib.contextmanager
    def _reading(self) -> Iterator[None]:
        try:
            with self._database.connected():
                yield
        except DB_ERRORS as error:
            raise unusable(self.path, error) from error


def _host(row: Row) -> Host:
    identity, name, uri, group, colour = map(get, row[:5])
    enabled, read_only, insecure = map(bool, row[6:])
    return Host(identity, name, uri, group, colour, row[5], enabled, read_only, insecure)


@contextlib.contextmanager
def _no_gc() -> Iterator[None]:
    """Tens of thousands of new objects make the collector run again and again for nothing."""
    was = gc.isenabled()
    gc.disable()
    try:
        yield
    finally:
        if was:
            gc.enable()
