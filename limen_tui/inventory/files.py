"""The database's files: private, checked before use, and set aside when damaged. No Limen but errors and model.

Runs on the thread that opens the inventory, under a lock file, so that two Limens starting at once neither
migrate nor set aside the same file twice. The lock file holds the size and time of the database as Limen left it: to
look through one that is still the same would take a start most of its time, once a day of figures is in it.
"""

from __future__ import annotations

import contextlib
import fcntl
import os
import sqlite3
import stat
import time
from collections.abc import Iterator
from pathlib import Path
from typing import Final

from limen_tui.errors import InventoryError
from limen_tui.model.host import Problem

PARTS: Final = ("", "-wal", "-shm")
_DAMAGE: Final = frozenset({sqlite3.SQLITE_CORRUPT, sqlite3.SQLITE_NOTADB})


def unusable(path: Path, error: Exception) -> InventoryError:
    """The error for a database that cannot be opened, read or written, with what to do."""
    hint = "Check that its folder is yours, writable and not full, or set XDG_DATA_HOME to another place."
    if is_damage(error):
        forget(path)
        hint = "Start Limen again: it looks through the whole file, keeps it aside and begins a new one."
    return InventoryError(
        "The inventory cannot be used",
        f"{path}: {error}" + (": the disk is full" if "full" not in str(error) and _is_full(path) else ""), hint,
    )  # fmt: skip


def is_damage(error: BaseException | None) -> bool:
    """Whether what is in the file is at fault. Peewee's errors have SQLite's as their context."""
    while error is not None:
        # The low byte is the primary code; the rest refines it (SQLITE_CORRUPT_INDEX ...).
        if isinstance(error, sqlite3.DatabaseError) and getattr(error, "sqlite_errorcode", 0) & 0xFF in _DAMAGE:
            return True
        error = error.__cause__ or error.__context__
    return False


def _is_full(path: Path) -> bool:
    """SQLite calls it an I/O error where it is the file shared between processes that finds no room."""
    try:
        return os.statvfs(path.parent).f_bavail == 0
    except OSError:
        return False


@contextlib.contextmanager
def opening(path: Path) -> Iterator[int]:
    """Hold the lock of the database at ``path``, its folder made private. Raises ``InventoryError``."""
    try:
        path.parent.mkdir(mode=0o700, parents=True, exist_ok=True)
        # Only a folder of Limen's own: the user may have named a place in /tmp or at home, or put a link in its stead,
        # and chmod follows links.
        found = path.parent.lstat()
        if path.parent.name == "limen" and stat.S_ISDIR(found.st_mode) and found.st_uid == os.geteuid():
            path.parent.chmod(0o700)
        lock = _private(_lock_of(path))
    except OSError as error:
        raise unusable(path, error) from error
    try:
        try:
            fcntl.flock(lock, fcntl.LOCK_EX)
        except OSError as error:  # a file system without locks
            raise unusable(path, error) from error
        yield lock
    finally:
        os.close(lock)


def leave(path: Path) -> None:
    """The database is closed: unless damage was met, the next start need not look through it. Never raises or waits."""
    with contextlib.suppress(OSError):
        lock = os.open(_lock_of(path), os.O_RDWR | os.O_CLOEXEC | os.O_NOFOLLOW)
        try:
            # one that starts now leaves word of its own
            fcntl.flock(lock, fcntl.LOCK_EX | fcntl.LOCK_NB)
            if os.fstat(lock).st_size:
                trust(path, lock)
        finally:
            os.close(lock)


def forget(path: Path) -> bool:
    """The next start is to look through the whole database; whether it would not have. Never raises."""
    lock = _lock_of(path)
    try:
        trusted = lock.stat().st_size > 0
        os.truncate(lock, 0)
    except OSError:
        return False
    return trusted


def trust(path: Path, lock: int) -> None:
    """The database is sound as it is now. Never raises: where the disk is full, the next start looks through it."""
    with contextlib.suppress(OSError):
        os.ftruncate(lock, 0)
        os.pwrite(lock, _state(path), 0)


def _lock_of(path: Path) -> Path:
    return path.with_name(path.name + ".lock")


def _state(path: Path) -> bytes:
    """What differs once anybody has written to the file."""
    found = path.stat()
    return f"{found.st_ino} {found.st_size} {found.st_mtime_ns}\n".encode()


def prepare(path: Path, newest: int, now: float, lock: int) -> Problem | None:
    """Make sure ``path`` is an intact, private database file, new if need be. ``lock`` is what :func:`opening` gave.

    Returns what to tell the user when a damaged one was set aside. Raises ``InventoryError`` when it has a
    schema beyond ``newest`` (it is then left as it was) or cannot be written.
    """
    try:
        damage = _damage(path, newest, same=os.pread(lock, 200, 0) == _state(path)) if path.exists() else ""
        aside = _set_aside(path, now) if damage else None
        # SQLite gives -wal and -shm the mode of the database itself.
        os.close(_private(path))
        for part in PARTS[1:]:
            with contextlib.suppress(FileNotFoundError):
                path.with_name(path.name + part).chmod(0o600)
    except (OSError, sqlite3.Error) as error:
        raise unusable(path, error) from error
    if aside is None:
        return None
    return Problem(
        "The inventory was damaged; a new one was started",
        f"{damage}. The damaged file was kept as {aside}.",
        "Saved hosts and the audit log may still be read from it with: sqlite3 FILE .recover",
    )


def _private(path: Path) -> int:
    descriptor = os.open(path, os.O_RDWR | os.O_CREAT | os.O_CLOEXEC | os.O_NOFOLLOW, 0o600)
    try:
        os.fchmod(descriptor, 0o600)
    except OSError:
        os.close(descriptor)
        raise
    return descriptor


def _damage(path: Path, newest: int, *, same: bool) -> str:
    """What is wrong with the file; empty when nothing is. Opened read-only: a newer schema stays untouched.

    ``same``: it is as Limen left it.
    """
    if path.stat().st_size == 0:
        return ""
    connection = sqlite3.connect(f"{path.absolute().as_uri()}?mode=ro", uri=True, isolation_level=None)
    try:
        connection.execute("PRAGMA busy_timeout = 5000")
        found = connection.execute("PRAGMA user_version").fetchone()[0]
        if found > newest:
            raise InventoryError(
                "The inventory was written by a newer Limen",
                f"{path} has schema {found}; this Limen knows {newest}.",
                "Use the newer Limen, or set XDG_DATA_HOME to start a separate inventory. Nothing was changed.",
            )
        if same:
            return ""
        verdict = str(connection.execute("PRAGMA quick_check(1)").fetchone()[0])
        return "" if verdict == "ok" else verdict
    except sqlite3.DatabaseError as error:
        if is_damage(error):
            return str(error)
        raise
    finally:
        connection.close()


def _set_aside(path: Path, now: float) -> Path:
    stem = f"{path.name}.damaged-{time.strftime('%Y%m%d-%H%M%S', time.gmtime(now))}"
    name, number = stem, 1
    while path.with_name(name).exists():
        number += 1
        name = f"{stem}-{number}"
    # The log goes first: a fresh database must never find the old one's.
    for part in reversed(PARTS):
        with contextlib.suppress(FileNotFoundError):
            path.with_name(path.name + part).rename(path.with_name(name + part))
    return path.with_name(name)
