"""Screens of simulated VMs: a text console that is drawn, shown by pictures and by a small VNC server.

Implements ScreenVerbs on the simulation's thread; each open screen has a daemon thread that ends with its reader.
"""

from __future__ import annotations

import contextlib
import socket
import struct
import threading
from collections.abc import Callable, Mapping

from limen_tui.errors import Conflict, NotFound, ReadOnlyError
from limen_tui.hypervisor.simulated.font import HIGH, WIDE, rows
from limen_tui.hypervisor.simulated.machine import Machine
from limen_tui.model.rfb.linuxkeys import keysym_of
from limen_tui.model.rfb.messages import PIXEL_FORMAT
from limen_tui.model.verbs.screens import Graphics, Picture

COLUMNS, LINES = 80, 25
WIDTH, HEIGHT = COLUMNS * WIDE, LINES * HIGH
GREY, BLACK = b"\xaa\xaa\xaa", b"\0\0\0"
ENTER, BACKSPACE = 0xFF0D, 0xFF08


class FakeConsole:
    """A guest at its login prompt: types back what it is told. Any thread, under its lock."""

    def __init__(self, name: str, system: str) -> None:
        self.lock = threading.Lock()
        self.name = "".join(char if " " <= char <= "~" else "?" for char in name)[:40]
        self.lines = [
            f"{system or 'Linux'} {self.name} tty1",
            "",
            "[    0.000000] Linux version 6.1.0-28-amd64 (gcc 12.2.0) #1 SMP",
            "[    1.204511] virtio_blk virtio2: [vda] 41943040 512-byte logical blocks (21.5 GB)",
            "[    1.871902] EXT4-fs (vda1): mounted filesystem with ordered data mode",
            "[    3.440128] systemd[1]: Reached target multi-user.target - Multi-User System.",
            "",
            f"{self.name} login: ",
        ]
        self.rev = 0

    def key(self, keysym: int) -> None:
        """A key was pressed."""
        with self.lock:
            if keysym == ENTER:
                self.lines += [f"{self.name} login: "]
                self.lines = self.lines[-LINES:]
            elif keysym == BACKSPACE:
                prompt = len(self.name) + 8
                self.lines[-1] = self.lines[-1][: max(prompt, len(self.lines[-1]) - 1)]
            elif 32 <= keysym < 127:
                self.lines[-1] = (self.lines[-1] + chr(keysym))[:COLUMNS]
            else:
                return
            self.rev += 1

    def rows(self) -> tuple[str, ...]:
        """What stands on the screen, with an underline where the cursor is."""
        with self.lock:
            return tuple(line.ljust(COLUMNS) for line in (*self.lines[:-1], self.lines[-1] + "_"))


def draw(line: str) -> bytes:
    """One line of text as pixels of three bytes."""
    out = []
    for row in range(HIGH):
        for char in line[:COLUMNS].ljust(COLUMNS):
            dots = rows(char)[row]
            out += [GREY if dots >> bit & 1 else BLACK for bit in range(7, -1, -1)]
            out.append(BLACK)
    return b"".join(out)


def picture(lines: tuple[str, ...]) -> bytes:
    """The whole screen."""
    drawn = [draw(line) for line in lines[:LINES]]
    return b"".join(drawn) + BLACK * (WIDTH * HIGH * (LINES - len(drawn)))


class SimulatedScreens:
    """Implements :class:`limen_tui.model.verbs.screens.ScreenVerbs`."""

    def __init__(self, machines: Mapping[str, Machine], now: Callable[[], float], *, read_only: bool) -> None:
        self._machines = machines
        self._now = now
        self._read_only = read_only
        self._consoles: dict[tuple[str, float | None], FakeConsole] = {}

    def screenshot(self, uuid: str, *, screen: int = 0) -> Picture:  # noqa: ARG002 - there is one
        """See ScreenVerbs."""
        console = self._console(uuid)
        head = f"P6\n{WIDTH} {HEIGHT}\n255\n".encode()
        return Picture("image/x-portable-pixmap", head + picture(console.rows()))

    def graphics(self, uuid: str) -> tuple[Graphics, ...]:
        """See ScreenVerbs."""
        machine = self._machine(uuid)
        if not machine.facts.graphics:
            return ()
        port = 5900 + list(self._machines).index(uuid) if machine.state.is_active else 0
        return (Graphics(machine.facts.graphics, 0, "127.0.0.1", port),)

    def open_graphics(self, uuid: str, *, index: int = 0) -> int:  # noqa: ARG002 - there is one
        """See ScreenVerbs."""
        if self._read_only:
            raise ReadOnlyError("The host is read-only", hint="Start Limen without --read-only, or edit the host.")
        console = self._console(uuid)
        ours, theirs = socket.socketpair()
        threading.Thread(target=_serve, args=(ours, console), name="simulated-screen", daemon=True).start()
        return theirs.detach()

    def send_keys(self, uuid: str, keys: tuple[int, ...], *, hold: int = 0) -> None:  # noqa: ARG002 - no time passes
        """See ScreenVerbs."""
        if self._read_only:
            raise ReadOnlyError("The host is read-only", hint="Start Limen without --read-only, or edit the host.")
        self._console(uuid).key(keysym_of(keys))

    def _machine(self, uuid: str) -> Machine:
        machine = self._machines.get(uuid)
        if machine is None:
            raise NotFound("No such VM", f"no VM has the UUID {uuid}", "It may have been removed meanwhile.")
        return machine

    def _console(self, uuid: str) -> FakeConsole:
        machine = self._machine(uuid)
        if not machine.state.is_active:
            raise Conflict(f"{machine.name} has no screen now", f"it is {machine.state.value}", "Start it first.")
        key = (uuid, machine.started_at)
        if key not in self._consoles:
            self._consoles[key] = FakeConsole(machine.name, machine.facts.os)
        return self._consoles[key]


def _serve(stream: socket.socket, console: FakeConsole) -> None:
    """RFB 3.8 without a password, pixels as they are, in whatever lines differ. Ends when the other side does."""
    with contextlib.suppress(OSError, EOFError), stream, stream.makefile("rb") as reader:
        stream.sendall(b"RFB 003.008\n")
        _exactly(reader.read(12), 12)
        stream.sendall(b"\1\1")
        _exactly(reader.read(1), 1)
        stream.sendall(b"\0\0\0\0")
        _exactly(reader.read(1), 1)
        name = console.name.encode()
        stream.sendall(struct.pack(">HH", WIDTH, HEIGHT) + PIXEL_FORMAT + struct.pack(">I", len(name)) + name)
        shown: tuple[str, ...] = ()
        waits = False
        while kind := reader.read(1):
            if kind == b"\3":
                (incremental,) = _exactly(reader.read(9), 9)[:1]
                shown = shown if incremental else ()
                waits = True
            elif kind == b"\4":
                down, keysym = struct.unpack(">BxxI", _exactly(reader.read(7), 7))
                if down:
                    console.key(keysym)
            elif kind == b"\2":
                (count,) = struct.unpack(">xH", _exactly(reader.read(3), 3))
                _exactly(reader.read(count * 4), count * 4)
            else:
                size = {b"\0": 19, b"\5": 5}.get(kind, 0)
                _exactly(reader.read(size), size)
            if waits and (update := _update(shown, console.rows())):
                stream.sendall(update)
                shown, waits = console.rows(), False


def _exactly(data: bytes, size: int) -> bytes:
    if len(data) < size:
        raise EOFError
    return data


def _update(shown: tuple[str, ...], wanted: tuple[str, ...]) -> bytes:
    """A FramebufferUpdate of the lines that differ, empty for none."""
    lines = [line.ljust(COLUMNS) for line in (*wanted, *[""] * (LINES - len(wanted)))][:LINES]
    before = [*shown, *[" " * COLUMNS] * (LINES - len(shown))] if shown else [""] * LINES
    rects = []
    for place, line in enumerate(lines):
        if line != before[place]:
            pixels = draw(line)
            four = bytearray(len(pixels) // 3 * 4)
            for channel in range(3):
                four[channel::4] = pixels[channel::3]
            rects.append(struct.pack(">HHHHi", 0, place * HIGH, WIDTH, HIGH, 0) + four)
    return struct.pack(">BxH", 0, len(rects)) + b"".join(rects) if rects else b""
