"""The one thread that writes. Imports errors and siblings; :meth:`Writer.submit` is safe on any thread."""

from __future__ import annotations

import contextlib
import queue
import threading
from collections.abc import Callable
from concurrent.futures import Future
from pathlib import Path
from typing import Final

from limen_tui.errors import Conflict, InventoryError
from limen_tui.inventory.database import DB_ERRORS, Database
from limen_tui.inventory.files import unusable

_BATCH: Final = 500
Write = Callable[[], object]
_Item = tuple[Write, "Future[None]"]


class Writer:
    """Runs queued writes; those that wait together share one transaction, each under its own savepoint."""

    def __init__(self, database: Database, path: Path, *, after_failure: Callable[[], None]) -> None:
        self._database = database
        self._path = path
        self._after_failure = after_failure
        self._queue: queue.SimpleQueue[_Item | None] = queue.SimpleQueue()
        self._lock = threading.Lock()
        self._closed = False
        self.problem: InventoryError | None = None
        """Why the last write was not kept, while the file is at fault. Set on the writer's thread."""
        # A daemon: a disk that hangs must not keep the process from ending.
        self._thread = threading.Thread(target=self._run, name="inventory-writer", daemon=True)
        self._thread.start()

    def submit(self, write: Write) -> Future[None]:
        """Queue ``write``; the future fails with ``InventoryError``, or ``Conflict``. Returns at once."""
        future: Future[None] = Future()
        with self._lock:
            if not self._closed:
                self._queue.put((write, future))
                return future
        future.set_exception(InventoryError("The inventory is closed"))
        return future

    def close(self, timeout: float) -> bool:
        """Take no more, write what is queued; whether that was done within ``timeout`` seconds."""
        with self._lock:
            if not self._closed:
                self._closed = True
                self._queue.put(None)
        self._thread.join(timeout)
        return not self._thread.is_alive()

    def _run(self) -> None:
        going = True
        while going:
            batch = [self._queue.get()]
            with contextlib.suppress(queue.Empty):
                while len(batch) < _BATCH:
                    batch.append(self._queue.get_nowait())
            going = None not in batch
            items = [item for item in batch if item is not None and item[1].set_running_or_notify_cancel()]
            if items:
                self._write(items)
        with contextlib.suppress(*DB_ERRORS):
            self._database.close()

    def _write(self, items: list[_Item]) -> None:
        failures: dict[int, InventoryError | Conflict] = {}
        try:
            self._database.connect()
            self._database.run("BEGIN IMMEDIATE")
            for number, (write, _) in enumerate(items):
                failure = self._one(write)
                if failure is not None:
                    failures[number] = failure
            self._database.run("COMMIT")
        except DB_ERRORS as error:
            with contextlib.suppress(*DB_ERRORS):
                self._database.run("ROLLBACK")
            self.problem = unusable(self._path, error)
            failures = dict.fromkeys(range(len(items)), self.problem)
        else:
            if not failures:
                self.problem = None
        if failures:
            self._after_failure()
        for number, (_, future) in enumerate(items):
            if number in failures:
                future.set_exception(failures[number])
            else:
                future.set_result(None)

    def _one(self, write: Write) -> InventoryError | Conflict | None:
        failure: InventoryError | Conflict
        self._database.run("SAVEPOINT one")
        try:
            write()
        except (InventoryError, Conflict) as error:
            failure = error
        except DB_ERRORS as error:
            self.problem = failure = unusable(self._path, error)
        except (ValueError, TypeError, AttributeError, LookupError, ArithmeticError, RecursionError) as error:
            # What came in cannot be stored; the thread and its other writes go on.
            failure = InventoryError("This cannot be kept in the inventory", str(error))
        else:
            self._database.run("RELEASE one")
            return None
        self._database.run("ROLLBACK TO one")
        self._database.run("RELEASE one")
        return failure
