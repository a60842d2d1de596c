"""The files: private, whole after a kill, set aside when damaged, refused when newer or not writable."""

from __future__ import annotations

import errno
import fcntl
import os
import signal
import sqlite3
import stat
import subprocess
import sys
import threading
from pathlib import Path

import pytest

from limen_tui.errors import InventoryError
from limen_tui.inventory import open_inventory
from limen_tui.inventory.database import Database
from limen_tui.inventory.schema import MIGRATIONS, migrate, version
from limen_tui.model.events import AuditEntry

ENTRY = AuditEntry(1.0, "ann", "tui", "vm.start", "h1", "kvm1", "u1", "web", "ok")

WRITER = """
import sys
from pathlib import Path
from limen_tui.inventory import open_inventory
from limen_tui.model.events import AuditEntry
inventory = open_inventory(Path(sys.argv[1]))
count = int(sys.argv[2])
number = 0
while count < 0 or number < count:
    pending = [inventory.audit(AuditEntry(1.0, sys.argv[3], "cli", "vm.start", "h", "k", "u", "v" * 900, "ok"))
               for _ in range(20)]
    for future in pending:
        future.result(30)
    number += 20
    print(number, flush=True)
inventory.close()
"""


def start_writer(path: Path, count: int, name: str) -> subprocess.Popen[str]:
    return subprocess.Popen(
        [sys.executable, "-c", WRITER, str(path), str(count), name], stdout=subprocess.PIPE, text=True
    )


def intact(path: Path) -> bool:
    connection = sqlite3.connect(path)
    try:
        return connection.execute("PRAGMA integrity_check").fetchone()[0] == "ok"
    finally:
        connection.close()


def test_folder_and_files_are_private(inventory, path):
    inventory.audit(ENTRY).result(10)
    assert stat.S_IMODE(path.parent.stat().st_mode) == 0o700
    files = {file.name: stat.S_IMODE(file.stat().st_mode) for file in path.parent.iterdir()}
    assert {"inventory.db", "inventory.db-wal", "inventory.db-shm"} <= set(files)
    assert set(files.values()) == {0o600}


def test_a_file_that_was_open_to_all_is_made_private(path):
    open_inventory(path).close()
    path.chmod(0o644)
    open_inventory(path).close()
    assert stat.S_IMODE(path.stat().st_mode) == 0o600


def test_a_folder_that_is_not_limen_s_own_keeps_its_mode(tmp_path):
    tmp_path.chmod(0o755)
    open_inventory(tmp_path / "mine.db").close()
    assert stat.S_IMODE(tmp_path.stat().st_mode) == 0o755
    assert stat.S_IMODE((tmp_path / "mine.db").stat().st_mode) == 0o600


def test_a_folder_behind_a_link_keeps_its_mode(tmp_path):
    (tmp_path / "shared").mkdir(mode=0o755)
    (tmp_path / "limen").symlink_to(tmp_path / "shared")
    open_inventory(tmp_path / "limen" / "inventory.db").close()
    assert stat.S_IMODE((tmp_path / "shared").stat().st_mode) == 0o755
    assert stat.S_IMODE((tmp_path / "shared" / "inventory.db").stat().st_mode) == 0o600


def test_pragmas(inventory):
    with inventory._database.connected():
        values = [inventory._database.run(f"PRAGMA {name}")[0][0]
                  for name in ("journal_mode", "synchronous", "foreign_keys", "busy_timeout")]  # fmt: skip
    assert values == ["wal", 1, 1, 5000]


def test_not_a_database_is_set_aside(path):
    path.parent.mkdir(parents=True)
    path.write_bytes(b"this is no database" * 1000)
    inventory = open_inventory(path)
    assert inventory.notice is not None and "damaged" in inventory.notice.title
    inventory.audit(ENTRY).result(10)
    inventory.close(20)
    (aside,) = path.parent.glob("inventory.db.damaged-*")
    assert aside.read_bytes().startswith(b"this is no database")
    assert str(aside) in inventory.notice.detail


def test_corrupt_pages_are_found(path):
    inventory = open_inventory(path)
    for _ in range(300):
        inventory.audit(AuditEntry(1.0, "a" * 300, "tui", "x", "h", "k", "u", "v", "ok"))
    inventory.close(10)
    data = bytearray(path.read_bytes())
    data[8192:-4096] = b"\xff" * (len(data) - 8192 - 4096)
    path.write_bytes(data)
    inventory = open_inventory(path)
    assert inventory.notice is not None
    assert inventory.audit_entries() == ()
    inventory.close(20)


def damage_unseen(path: Path, first: int) -> None:
    """Pages from the ``first`` go bad under SQLite, as on a failing disk: nothing about the file tells."""
    found, data = path.stat(), bytearray(path.read_bytes())
    data[first * 4096 :] = b"\xff" * (len(data) - first * 4096)
    path.write_bytes(data)
    os.utime(path, ns=(found.st_atime_ns, found.st_mtime_ns))


def with_entries(path: Path) -> int:
    """An inventory of Limen's own with some audit; how many pages it has."""
    inventory = open_inventory(path)
    for _ in range(300):
        inventory.audit(AuditEntry(1.0, "a" * 300, "tui", "x", "h", "k", "u", "v", "ok"))
    inventory.close(10)
    return path.stat().st_size // 4096


def test_damage_that_keeps_limen_from_starting_is_set_aside_at_once(path):
    with_entries(path)
    damage_unseen(path, 2)
    inventory = open_inventory(path)
    assert inventory.notice is not None
    assert inventory.audit_entries() == ()
    inventory.close(20)


def test_what_limen_left_is_not_looked_through_again_until_it_fails(path):
    damage_unseen(path, with_entries(path) - 20)
    inventory = open_inventory(path)
    assert inventory.notice is None
    with pytest.raises(InventoryError, match="malformed") as failed:
        inventory.audit_entries()
    assert "Start Limen again" in failed.value.hint
    inventory.close(10)
    inventory = open_inventory(path)
    assert inventory.notice is not None
    assert inventory.audit_entries() == ()
    inventory.close(20)


def test_what_somebody_else_wrote_is_looked_through(path):
    open_inventory(path).close(10)
    lock = path.with_name(path.name + ".lock")
    left = lock.read_bytes()
    assert str(path.stat().st_size).encode() in left.split()
    os.utime(path, (1.0, 1.0))
    inventory = open_inventory(path)
    assert inventory.notice is None
    inventory.close(10)
    assert lock.read_bytes() != left
    path.write_bytes(b"x" * path.stat().st_size)
    assert open_inventory(path).notice is not None


def test_a_limen_that_ends_waits_for_none_that_starts(path):
    inventory = open_inventory(path)
    starting = os.open(path.with_name(path.name + ".lock"), os.O_RDWR)
    fcntl.flock(starting, fcntl.LOCK_EX)
    ending = threading.Thread(target=inventory.close, daemon=True)
    ending.start()
    ending.join(10)
    waits = ending.is_alive()
    os.close(starting)
    ending.join(10)
    assert not waits


def test_damage_that_looking_through_does_not_see_is_told_and_not_looked_for_again_and_again(path, monkeypatch):
    open_inventory(path).close(10)
    tries = []

    def met(_database):
        assert len(tries) < 3
        tries.append(1)
        error = sqlite3.DatabaseError("database disk image is malformed")
        error.sqlite_errorcode = sqlite3.SQLITE_CORRUPT
        raise error

    monkeypatch.setattr("limen_tui.inventory.inventory.migrate", met)
    with pytest.raises(InventoryError, match="malformed"):
        open_inventory(path)
    assert len(tries) == 2


def test_a_file_system_without_locks_is_told(path, monkeypatch):
    def refuse(*_):
        raise OSError(errno.ENOLCK, os.strerror(errno.ENOLCK))

    monkeypatch.setattr("fcntl.flock", refuse)
    with pytest.raises(InventoryError, match="locks") as told:
        open_inventory(path)
    assert "XDG_DATA_HOME" in told.value.hint


def test_what_a_killed_limen_left_is_not_looked_through_unless_it_went_into_the_file(path):
    code = WRITER.replace("inventory.close()", "import os; os.kill(os.getpid(), 9)")
    assert subprocess.run([sys.executable, "-c", code, path, "20", "doomed"], check=False).returncode == -signal.SIGKILL
    found = path.stat()
    left = path.with_name(path.name + ".lock").read_bytes().split()
    assert [int(each) for each in left] == [found.st_ino, found.st_size, found.st_mtime_ns]


def test_a_newer_schema_is_refused_and_not_touched(path):
    open_inventory(path).close()
    connection = sqlite3.connect(path)
    connection.execute(f"PRAGMA user_version = {len(MIGRATIONS) + 1}")
    connection.close()
    before = path.read_bytes()
    with pytest.raises(InventoryError, match="newer"):
        open_inventory(path)
    assert path.read_bytes() == before
    assert not list(path.parent.glob("*damaged*"))


def test_a_folder_that_cannot_be_made(tmp_path):
    (tmp_path / "file").write_text("x")
    with pytest.raises(InventoryError) as caught:
        open_inventory(tmp_path / "file" / "limen" / "inventory.db")
    assert caught.value.hint


@pytest.mark.skipif(os.geteuid() != 0, reason="needs root to become somebody else")
def test_a_folder_of_somebody_else(tmp_path):
    place = tmp_path / "limen"
    place.mkdir(0o755)
    code = (
        "import os, sys; from pathlib import Path\n"
        "from limen_tui.inventory import open_inventory; from limen_tui.errors import InventoryError\n"
        "os.chdir(sys.argv[1]); os.seteuid(65534)\n"
        "try: open_inventory(Path('inventory.db').relative_to('.'))\n"
        "except InventoryError as error: print(error.hint)\n"
    )
    done = subprocess.run([sys.executable, "-c", code, str(place)], capture_output=True, text=True, check=True)
    assert "writable" in done.stdout
    assert not list(place.iterdir())


def test_every_version_migrates_to_the_newest(tmp_path):
    for start in range(len(MIGRATIONS) + 1):
        database = Database(tmp_path / f"{start}.db")
        with database.connected():
            migrate(database, MIGRATIONS[:start])
            assert version(database) == start
            migrate(database)
            assert version(database) == len(MIGRATIONS)
            tables = {row[0] for row in database.run("SELECT name FROM sqlite_master WHERE type = 'table'")}
    assert {"hosts", "samples", "vms", "settings", "audit", "events"} <= tables


def test_a_migration_that_fails_changes_nothing(tmp_path):
    def broken(database: Database) -> None:
        database.run("CREATE TABLE half (id)")
        database.run("this is not SQL")

    database = Database(tmp_path / "x.db")
    with database.connected():
        migrate(database)
        with pytest.raises(Exception, match="syntax"):
            migrate(database, (*MIGRATIONS, broken))
        assert version(database) == len(MIGRATIONS)
        assert not database.run("SELECT name FROM sqlite_master WHERE name = 'half'")


def test_two_processes_write_at_once(path):
    writers = [start_writer(path, 200, name) for name in ("one", "two")]
    for writer in writers:
        writer.communicate(timeout=60)
        assert writer.returncode == 0
    inventory = open_inventory(path)
    assert len(inventory.audit_entries(search="one", limit=1000)) == 200
    assert len(inventory.audit_entries(search="two", limit=1000)) == 200
    inventory.close(20)


def test_killed_while_writing(path):
    writer = start_writer(path, -1, "doomed")
    assert writer.stdout is not None
    reported = 0
    while reported < 100:
        reported = int(writer.stdout.readline())
    writer.send_signal(signal.SIGKILL)
    writer.communicate(timeout=30)
    inventory = open_inventory(path)
    assert inventory.notice is None
    assert len(inventory.audit_entries(limit=10_000_000)) >= reported
    inventory.close(20)
    assert intact(path)


def test_another_limen_s_writes_are_noticed(path, snap, vm):
    one, two = open_inventory(path), open_inventory(path)
    here = vm("h1", "u1")
    one.remember(snap(here)).result(10)
    two.remember(snap(at=1010)).result(10)
    assert one.last_seen()["h1"][1] == ()
    one.remember(snap(here, at=1005)).result(10)
    assert one.last_seen()["h1"][0] == 1010
    one.remember(snap(here, at=1020)).result(10)
    assert len(two.last_seen()["h1"][1]) == 1
    one.close()
    two.close()
