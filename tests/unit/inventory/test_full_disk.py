"""A disk that fills up under the inventory: said in words, survived, and nothing of what was kept is lost."""

from __future__ import annotations

import os
import sqlite3
import subprocess
from collections.abc import Iterator
from pathlib import Path

import pytest

from limen_tui.errors import InventoryError
from limen_tui.inventory import open_inventory
from limen_tui.model.events import EventKind, HostEvent


@pytest.fixture
def small_disk(tmp_path: Path) -> Iterator[Path]:
    """One megabyte."""
    if os.geteuid() != 0:
        pytest.skip("only root can mount")
    made = subprocess.run(["mount", "-t", "tmpfs", "-o", "size=1m", "none", tmp_path], capture_output=True, check=False)
    if made.returncode:
        pytest.skip(f"no mount here: {made.stderr.decode(errors='replace').strip()}")
    yield tmp_path
    subprocess.run(["umount", tmp_path], check=True)


def _event(number: int, text: str) -> HostEvent:
    return HostEvent(float(number), "h", "kvm1", EventKind.HOST, text)


def fill(folder: Path) -> Path:
    """What takes up all the room."""
    ballast = folder / "ballast"
    with ballast.open("wb", buffering=0) as file:
        try:
            while True:
                file.write(b"x" * 4096)
        except OSError:
            return ballast


def test_a_full_disk_is_told_and_survived(small_disk: Path) -> None:
    path = small_disk / "limen.db"
    inventory = open_inventory(path)
    inventory.event(_event(1, "first")).result(20)
    ballast = fill(small_disk)
    with pytest.raises(InventoryError) as told:
        for number in range(2, 200):
            inventory.event(_event(number, "y" * 8000)).result(20)
    assert "disk is full" in told.value.detail
    assert inventory.problem is not None
    assert inventory.events(limit=1000)[-1].text == "first", "what was kept can still be read"
    ballast.unlink()
    inventory.event(_event(999, "there is room again")).result(20)
    assert inventory.events(limit=1)[0].text == "there is room again"
    assert inventory.problem is None
    inventory.close(20)
    with sqlite3.connect(path) as database:
        assert database.execute("PRAGMA integrity_check").fetchone() == ("ok",)
    database.close()


def test_another_limen_reads_from_a_full_disk(small_disk: Path) -> None:
    path = small_disk / "limen.db"
    inventory = open_inventory(path)
    inventory.event(_event(1, "first")).result(20)
    os.truncate(path.with_name(path.name + ".lock"), 0)  # as of a version that kept nothing there
    fill(small_disk)
    other = open_inventory(path)
    assert other.events()[0].text == "first"
    other.close()
    inventory.close(20)
