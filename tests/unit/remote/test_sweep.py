"""What killed processes left in the runtime folder is removed, also by several Limens that start at once."""

from __future__ import annotations

import os
import shutil
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path

import pytest

from limen_tui.remote import bridge


def leave(base: Path, pid: int, sockets: int = 3) -> Path:
    folder = base / f"ssh-{pid}"
    folder.mkdir()
    for number in range(sockets):
        (folder / f"host-{number}").touch()
    return folder


def test_only_what_no_process_owns_goes(tmp_path: Path) -> None:
    dead, ours = leave(tmp_path, 2**22 + 1), leave(tmp_path, os.getpid())
    bridge.sweep(tmp_path)
    assert not dead.exists()
    assert len(list(ours.iterdir())) == 3


def test_a_folder_that_another_limen_took_away_meanwhile(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    gone, left = leave(tmp_path, 2**22 + 1), leave(tmp_path, 2**22 + 2)
    real = Path.exists

    def taken(path: Path) -> bool:
        shutil.rmtree(gone, ignore_errors=True)  # between the look and the removal
        return real(path)

    monkeypatch.setattr(Path, "exists", taken)
    bridge.sweep(tmp_path)
    assert not real(left)


def test_many_at_once(tmp_path: Path) -> None:
    for pid in range(2**22 + 1, 2**22 + 40):
        leave(tmp_path, pid)
    with ThreadPoolExecutor(4) as pool:
        for done in [pool.submit(bridge.sweep, tmp_path) for _ in range(4)]:
            done.result()
    assert not list(tmp_path.iterdir())
