"""Which viewer is started with what, by the programs that are installed and the host's address."""

from __future__ import annotations

import json
import sys
import threading
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import replace
from pathlib import Path

import pytest

from limen_tui.errors import LimenError
from limen_tui.fleet.actor import Actor
from limen_tui.fleet.fleet import Fleet
from limen_tui.hypervisor.simulated import simulated_fleet
from limen_tui.inventory import open_inventory
from limen_tui.model.vm import VM
from limen_tui.tui.guestscreen.viewer import Viewer, open_viewer

STAND_IN = """#!{python}
import json, os, sys
open({file!r} + ".new", "w").write(json.dumps(sys.argv))
os.rename({file!r} + ".new", {file!r})
"""
REMOTE, LOCAL = "qemu+ssh://root@kvm.example/system", "qemu:///system"


@pytest.fixture
def programs(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """A folder that is all of PATH, and a display."""
    monkeypatch.setenv("PATH", str(tmp_path))
    monkeypatch.setenv("DISPLAY", ":0")
    return tmp_path


def install(folder: Path, name: str) -> Path:
    """A stand-in for a viewer, and where it says what it was started with."""
    said = folder / f"{name}.json"
    (folder / name).write_text(STAND_IN.format(python=sys.executable, file=str(said)))
    (folder / name).chmod(0o700)
    return said


@contextmanager
def fleet_at(uri: str) -> Iterator[tuple[Fleet, VM]]:
    sim = simulated_fleet(7, 1, 20)
    hosts = [replace(host, uri=uri) for host in sim.hosts]
    fleet = Fleet(hosts, sim.connector, open_inventory(None), clock=sim.clock, actor=Actor("ann", "tui"))
    fleet.start()
    try:
        wait(fleet, lambda: any(vm.state == "running" for vm in fleet.view.vms))
        yield fleet, next(vm for vm in fleet.view.vms if vm.state == "running")
    finally:
        fleet.close()


def wait(fleet: Fleet, condition: Callable[[], object], seconds: float = 60.0) -> None:
    until, pause = time.monotonic() + seconds, threading.Event()
    while not condition():
        assert time.monotonic() < until, "waited in vain"
        fleet.poll()
        pause.wait(0.02)


def viewed(fleet: Fleet, vm: VM) -> Viewer:
    told: list[Viewer | LimenError] = []
    open_viewer(fleet, vm.key, told.append)
    wait(fleet, lambda: told)
    assert isinstance(told[0], Viewer)
    return told[0]


def test_virt_viewer_is_not_given_an_address_for_a_remote_vm(programs: Path) -> None:
    said = install(programs, "virt-viewer")
    with fleet_at(REMOTE) as (fleet, vm):
        viewer = viewed(fleet, vm)
    assert not viewer.started
    assert any(line.strip().startswith("ssh -N -L 5900:") for line in viewer.lines)
    assert "needs remote-viewer" in viewer.lines[-1]
    assert not said.exists()


def test_virt_viewer_asks_the_libvirt_here_for_the_vm(programs: Path) -> None:
    said = install(programs, "virt-viewer")
    with fleet_at(LOCAL) as (fleet, vm):
        assert viewed(fleet, vm).started == str(programs / "virt-viewer")
        wait(fleet, said.exists)
    assert json.loads(said.read_text())[1:] == ["--connect", LOCAL, "--uuid", vm.key.uuid]


@pytest.mark.parametrize("uri", [REMOTE, LOCAL])
def test_remote_viewer_is_preferred_and_gets_an_address(programs: Path, uri: str) -> None:
    said, other = install(programs, "remote-viewer"), install(programs, "virt-viewer")
    with fleet_at(uri) as (fleet, vm):
        assert viewed(fleet, vm).started == str(programs / "remote-viewer")
        wait(fleet, said.exists)
    words = json.loads(said.read_text())[1:]
    assert len(words) == 1
    assert words[0].startswith("vnc://127.0.0.1:")
    assert not other.exists()


def test_without_a_viewer_it_says_so(programs: Path) -> None:
    assert list(programs.iterdir()) == []
    with fleet_at(REMOTE) as (fleet, vm):
        assert viewed(fleet, vm).lines[-1] == "Neither remote-viewer nor virt-viewer is installed here."
