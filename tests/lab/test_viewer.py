"""The viewer in a window: what it is started with leads to the guest's screen, and holds no password."""

from __future__ import annotations

import json
import sys
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest

from limen_tui.errors import LimenError
from limen_tui.fleet.fleet import Fleet
from limen_tui.model.host import HostState
from limen_tui.model.vm import VMKey
from limen_tui.tui.guestscreen.viewer import Viewer, open_viewer
from tests.lab.conftest import RunningLab
from tests.lab.fixtures import RealLibvirt
from tests.lab.remote_world import World, make_world
from tests.lab.test_guest_screen import VNC, guest, local_fleet
from tests.unit.hypervisor.libvirt_daemon import wait_for

STAND_IN = """#!{python}
import json, os, socket, sys
host, port = sys.argv[1].removeprefix("vnc://").rsplit(":", 1)
with socket.create_connection((host, int(port)), 20) as stream:
    heard = stream.recv(12, socket.MSG_WAITALL)
    stream.sendall(b"RFB 003.008\\n")
    count = stream.recv(1)[0]
    kinds = list(stream.recv(count, socket.MSG_WAITALL))
made = {{"argv": sys.argv, "environ": dict(os.environ), "heard": heard.decode(), "kinds": kinds}}
open({file!r} + ".new", "w").write(json.dumps(made))
os.rename({file!r} + ".new", {file!r})
"""


@pytest.fixture
def record(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """Where a stand-in for remote-viewer says what it was given and what it heard."""
    file = tmp_path / "heard.json"
    program = tmp_path / "bin" / "remote-viewer"
    program.parent.mkdir()
    program.write_text(STAND_IN.format(python=sys.executable, file=str(file)))
    program.chmod(0o700)
    monkeypatch.setenv("DISPLAY", ":0")
    monkeypatch.setenv("PATH", f"{program.parent}:/usr/bin:/bin:/usr/sbin:/sbin")
    return file


def viewed(fleet: Fleet, key: VMKey, record: Path) -> dict[str, Any]:
    told: list[Viewer | LimenError] = []
    open_viewer(fleet, key, told.append)
    wait_for(lambda: (fleet.poll(), bool(told) and record.exists())[1], 30, f"the viewer's record: {told}")
    assert isinstance(told[0], Viewer)
    assert told[0].started.endswith("remote-viewer")
    heard: dict[str, Any] = json.loads(record.read_text())
    return heard


@pytest.fixture
def world(lab: RunningLab, tmp_path: Path) -> Iterator[World]:
    made = make_world(lab, tmp_path, (1,))
    made.fleet.links = made.remoting
    made.wait_state(1, HostState.UP)
    yield made
    made.fleet.close()


def test_over_ssh_the_viewer_gets_an_address_that_answers_as_the_guest(
    world: World, lab: RunningLab, record: Path
) -> None:
    key = VMKey("h1", lab.vm(1, "viewed", "--disk", "none"))
    try:
        heard = viewed(world.fleet, key, record)
        assert heard["heard"] == "RFB 003.008\n"
        assert heard["kinds"] == [1], "no password is asked for"
        assert len(heard["argv"]) == 2
        assert heard["argv"][1].startswith("vnc://127.0.0.1:")
    finally:
        lab.virsh(1, "destroy", "viewed")
        lab.virsh(1, "undefine", "viewed")


def test_the_viewer_is_not_told_a_password(real_libvirt: RealLibvirt, record: Path) -> None:
    with local_fleet(real_libvirt) as fleet, guest(real_libvirt, "secretive", VNC.format(" passwd='s3cr3t'")) as key:
        heard = viewed(fleet, key, record)
        assert heard["heard"] == "RFB 003.008\n"
        assert "s3cr3t" not in json.dumps([heard["argv"], heard["environ"]])
