"""What a verb says of the inventory itself: damaged, or full."""

from __future__ import annotations

import os
import sqlite3
import subprocess
from collections.abc import Iterator
from pathlib import Path

import pytest

from tests.unit.cli.conftest import RUNNING


@pytest.mark.parametrize("words", [("audit",), ("events", "--json"), ("hosts", "add", "test:///x.xml"), ("vms",)])
def test_a_damaged_inventory_is_told_of_by_whichever_verb_meets_it_first(limen, home, words, monkeypatch) -> None:
    monkeypatch.setattr("limen_tui.fleet.compose.local_uri", lambda: (None, ()))  # no hypervisor: an error of its own
    place = home / "data/limen/inventory.db"
    place.parent.mkdir(parents=True)
    place.write_bytes(b"no database at all" * 1000)
    ran = limen(*words)
    assert ran.err.startswith("limen: The inventory was damaged; a new one was started"), ran
    assert ran.code == (3 if words == ("vms",) else 0)
    assert "damaged" not in limen("audit").err
    assert len(list(place.parent.glob("*.damaged-*"))) == 1


def test_a_new_name_is_in_the_audit_with_the_old_one(limen) -> None:
    limen("hosts", "add", "test:///x.xml", "--name", "one")
    for _ in range(2):
        limen("hosts", "rename", "one", "one")
    limen("hosts", "rename", "one", "two")
    kept = [(e["action"], e["host"], e["detail"]) for e in limen("audit", "--json").json]
    assert kept == [("host.edit", "two", "test:///x.xml, was called one"), ("host.add", "one", "test:///x.xml")]


@pytest.fixture
def small_disk(home: Path) -> Iterator[Path]:
    """Room for an inventory and little more."""
    if os.geteuid() != 0:
        pytest.skip("only root can mount")
    place = home / "data"
    place.mkdir()
    made = subprocess.run(["mount", "-t", "tmpfs", "-o", "size=400k", "none", place], capture_output=True, check=False)
    if made.returncode:
        pytest.skip(f"no mount here: {made.stderr.decode(errors='replace').strip()}")
    yield place
    subprocess.run(["umount", place], check=True)


def test_an_act_that_could_not_be_written_down_says_so(limen, small_disk, host_of) -> None:
    uri = host_of("a", {"web": RUNNING})
    assert limen("-c", uri, "vms").code == 0
    room = os.statvfs(small_disk)
    # what SQLite shares between processes needs 32 KiB: that it gets, and next to nothing for the log
    (small_disk / "fill").write_bytes(b"x" * (room.f_bavail * room.f_bsize - 36 * 1024))
    ran = limen("-c", uri, "pause", "web")
    assert (ran.code, ran.out) == (0, "web on local-a: done\n")
    assert "What was done could not be written down" in ran.err and "full" in ran.err
    (small_disk / "fill").unlink()
    with sqlite3.connect(small_disk / "limen/inventory.db") as kept:
        assert kept.execute("PRAGMA integrity_check").fetchone() == ("ok",)
    kept.close()
    assert limen("audit", "--json").json == []


def test_a_disk_that_is_full_from_the_start_is_called_full(limen, small_disk, host_of) -> None:
    uri = host_of("a", {"web": RUNNING})
    assert limen("-c", uri, "vms").code == 0
    with (small_disk / "fill").open("wb", buffering=0) as file, pytest.raises(OSError, match="No space"):
        while True:
            file.write(b"x" * 4096)
    ran = limen("-c", uri, "vms")
    assert ran.code == 7
    assert "the disk is full" in ran.err.splitlines()[0]
