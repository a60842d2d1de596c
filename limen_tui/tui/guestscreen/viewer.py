"""Opens virt-viewer where there is a display; else says how to get at the screen from elsewhere. UI thread.

What blocks (asking the host, opening a local end of the SSH connection) has a thread of its own.
"""

from __future__ import annotations

import getpass
import os
import shutil
import subprocess
import threading
from collections.abc import Callable, Mapping
from dataclasses import dataclass

from limen_tui.errors import LimenError
from limen_tui.fleet.door import open_door
from limen_tui.fleet.fleet import Fleet
from limen_tui.fleet.screens import open_screen, tunnel_command, where_vnc_is
from limen_tui.model.uri import parse_uri
from limen_tui.model.vm import VMKey


@dataclass(frozen=True, slots=True)
class Viewer:
    """What came of it: a viewer that runs, or lines to read."""

    started: str = ""
    lines: tuple[str, ...] = ()


def has_display(environment: Mapping[str, str] = os.environ) -> bool:
    """Whether a window could be opened."""
    return bool(environment.get("DISPLAY") or environment.get("WAYLAND_DISPLAY"))


def open_viewer(fleet: Fleet, key: VMKey, then: Callable[[Viewer | LimenError], object]) -> None:
    """Start a viewer, or find out how to; ``then`` is told on another thread."""

    def work() -> None:
        try:
            then(_open(fleet, key))
        except LimenError as error:
            then(error)

    threading.Thread(target=work, name="viewer", daemon=True).start()


def _program(uri: str, uuid: str) -> tuple[str | None, list[str]]:
    """The viewer that can show a VM, and its words if it asks libvirt itself.

    remote-viewer takes an address; virt-viewer takes none but a VM of a libvirt, which it reaches only here: elsewhere
    it would ask for keys and passwords of its own.
    """
    program = shutil.which("remote-viewer")
    if program is not None:
        return program, []
    program = shutil.which("virt-viewer") if parse_uri(uri).is_local else None
    return program, [program, "--connect", uri, "--uuid", uuid] if program is not None else []


def _open(fleet: Fleet, key: VMKey) -> Viewer:
    host, vnc = where_vnc_is(fleet, key)
    program, words = _program(host.uri, key.uuid)
    if has_display() and program is not None:
        try:
            words = words or [program, f"vnc://127.0.0.1:{open_door(lambda: open_screen(fleet, key))}"]
            process = subprocess.Popen(
                words, stdin=subprocess.DEVNULL, stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL,
                start_new_session=True,
            )  # fmt: skip
        except OSError as error:
            raise LimenError(f"{program} does not start", error.strerror or "") from error
        # somebody has to wait for it, or it stays as a zombie when its window is closed
        threading.Thread(target=process.wait, name="viewer-ends", daemon=True).start()
        return Viewer(started=program)
    where = vnc.socket or f"{vnc.address or '127.0.0.1'}:{vnc.port}"
    lines = [f"VNC at {where} on {host.name}"]
    command = tunnel_command(host, vnc)
    if command:
        lines += ["From a machine with a display:", f"  {command}", "  remote-viewer vnc://127.0.0.1:5900"]
    elif parse_uri(host.uri).is_local and not vnc.socket:
        user = os.environ.get("SUDO_USER") or getpass.getuser()
        lines += ["From a machine with a display:",
                  f"  ssh -N -L 5900:{where} {user}@{os.uname().nodename}", "  remote-viewer vnc://127.0.0.1:5900"]
    if not has_display():
        lines.append("No display here (DISPLAY, WAYLAND_DISPLAY).")
    elif shutil.which("virt-viewer"):
        lines.append("virt-viewer takes no address: a VM of another host needs remote-viewer here.")
    else:
        lines.append("Neither remote-viewer nor virt-viewer is installed here.")
    return Viewer(lines=tuple(lines))
