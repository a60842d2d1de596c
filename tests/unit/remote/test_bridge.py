"""Where a bridge's socket lies: for its owner only, and swept away when its process was killed."""

from __future__ import annotations

import os
import subprocess
from pathlib import Path

import pytest

from limen_tui.errors import InputError
from limen_tui.remote.bridge import Bridge, socket_path, sweep
from limen_tui.remote.sockets import Channel, Way


async def no_channel() -> Channel:
    raise OSError("nobody there")


async def test_the_socket_is_its_owners_alone_and_goes_with_the_bridge(tmp_path: Path) -> None:
    os.umask(0)
    try:
        path = socket_path(tmp_path / "run", "a-host-whose-id-is-quite-long-" * 9)
        bridge = Bridge(path)
        await bridge.open(None, Way("netcat", "/x", no_channel))  # type: ignore[arg-type] # only forwarding needs one
    finally:
        os.umask(0o022)
    assert path.parent.stat().st_mode & 0o777 == 0o700
    assert path.stat().st_mode & 0o777 == 0o600
    assert len(path.name) < 40, "the whole may have 107 bytes"
    await bridge.close()
    assert not path.exists()


def test_a_folder_with_too_long_a_name_is_refused_before_a_socket_is_tried(tmp_path: Path) -> None:
    long = tmp_path / ("long" * 20)
    with pytest.raises(InputError, match="too long") as caught:
        socket_path(long, "host")
    assert "XDG_RUNTIME_DIR" in caught.value.hint
    assert not long.exists()


def test_what_a_killed_process_left_is_swept_and_a_living_one_keeps_its_own(tmp_path: Path) -> None:
    gone = subprocess.Popen(["true"])
    gone.wait()
    left, mine, odd = (tmp_path / f"ssh-{name}" for name in (gone.pid, os.getpid(), "../x".replace("/", "")))
    for folder in (left, mine, odd):
        folder.mkdir()
        (folder / "sock").touch()
    sweep(tmp_path)
    assert not left.exists()
    assert (mine / "sock").exists()
    assert (odd / "sock").exists()
