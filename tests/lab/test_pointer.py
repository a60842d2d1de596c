"""The pointer under real QEMU: a click on a cell of the terminal arrives in the guest at the pixel shown there.

The app runs on a pty and gets the mouse as a terminal sends it. Witnesses: the guest's kernel (/dev/input, read on its
serial console) for where, virsh's own screenshot for what is there.
"""

from __future__ import annotations

import re
import struct
import sys
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path

import pytest

from limen_tui.model.rfb.reading import ScreenReader
from limen_tui.model.vm import VMKey
from tests.lab.fixtures import RealLibvirt
from tests.lab.limen_lab.plan import uuid_of
from tests.lab.test_console import Line
from tests.lab.test_guest_screen import local_fleet, witness
from tests.tui.guestscreen.picture_terminal import PictureTerminal

NAME = "pointed-at"
WIDE, HIGH = 720, 400
SYN, KEY, ABS = 0, 1, 3
BUTTONS = {0x110: "left", 0x111: "right", 0x112: "middle"}
MENU = b"\x1d"


def guest_xml(libvirt: RealLibvirt) -> str:
    return f"""<domain type='{libvirt.accel}'><name>{NAME}</name><uuid>{uuid_of(NAME)}</uuid>
      <memory unit='MiB'>128</memory><vcpu>1</vcpu>
      <os><type arch='x86_64' machine='q35'>hvm</type>
        <kernel>{libvirt.images}/vmlinuz</kernel><initrd>{libvirt.images}/initramfs.cpio</initrd>
        <cmdline>console=ttyS0 console=tty0 quiet lab.name={NAME} lab.noagent</cmdline></os>
      <features><acpi/><apic/></features>
      <devices><serial type='pty'/><input type='tablet' bus='virtio'/>
        <graphics type='vnc' autoport='yes' listen='127.0.0.1'/><video><model type='vga'/></video></devices></domain>"""


@dataclass
class Press:
    """A button that went down, at a share of the screen from its upper left corner."""

    button: str
    x: float
    y: float


class Inside:
    """A shell on the guest's serial console that notes what the tablet says."""

    def __init__(self, line: Line) -> None:
        self.line = line
        self.count = 0
        self.line.until(lambda: b"login:" in self.line.got, "the login", 90)
        self.line.console.write(b"root\r")
        self.line.until(lambda: b"assword:" in self.line.got, "the question for a password")
        self.line.console.write(b"lab\r")
        self.line.until(lambda: b"# " in self.line.got, "the shell")
        self.run("stty -echo; export TERM=dumb")
        found = self.run("grep -A5 Tablet /proc/bus/input/devices | grep -o 'event[0-9]*'")
        event = re.search(r"event\d+", found)
        assert event is not None, f"the guest has no tablet: {self.run('cat /proc/bus/input/devices')}"
        self.run(f"cat /dev/input/{event[0]} > /tmp/said & true")

    def run(self, command: str) -> str:
        """What a command says."""
        self.count += 1
        end = f"done-{self.count}-"
        before = len(self.line.got)
        self.line.console.write(f"echo; {command}; echo {end}$?\r".encode())
        self.line.until(lambda: re.search(rf"{end}\d".encode(), self.line.got[before:]), f"the end of {command}")
        return self.line.got[before:].decode(errors="replace")

    def presses(self) -> list[Press]:
        """All so far."""
        text = "".join(re.findall(r"^[0-9a-f]{2,60}\r?$", self.run("xxd -p /tmp/said"), re.MULTILINE))
        data = bytes.fromhex(re.sub(r"\s", "", text))
        assert len(data) % 24 == 0
        made, x, y, down = [], 0, 0, []
        for at in range(0, len(data), 24):
            kind, code, value = struct.unpack_from("<HHi", data, at + 16)
            if kind == ABS:
                x, y = (value, y) if code == 0 else (x, value)
            elif kind == KEY and value == 1:
                down.append(BUTTONS.get(code, hex(code)))
            elif kind == SYN:
                made += [Press(button, x / 32767, y / 32767) for button in down]
                down = []
        return made


@pytest.fixture
def inside(real_libvirt: RealLibvirt) -> Iterator[Inside]:
    real_libvirt.daemon.define(guest_xml(real_libvirt), start=True)
    try:
        with local_fleet(real_libvirt) as fleet:
            line = Line(fleet, VMKey("h1", uuid_of(NAME)))
            try:
                yield Inside(line)
            finally:
                line.console.close()
    finally:
        real_libvirt.remove_guest(NAME)


@contextmanager
def limen(libvirt: RealLibvirt, folder: Path, *, answer: bytes = b"", **environ: str) -> Iterator[PictureTerminal]:
    """Limen on a terminal, with the guest's screen open."""
    homes = {f"XDG_{kind}": str(folder) for kind in ("DATA_HOME", "CONFIG_HOME", "STATE_HOME", "RUNTIME_DIR")}
    terminal = PictureTerminal(
        [sys.executable, "-m", "limen_tui", "-c", libvirt.uri], answer=answer,
        environ={**homes, "HOME": str(folder), "TMUX": "", "STY": "", **environ},
    )  # fmt: skip
    try:
        terminal.wait_text(f"● {NAME}  running")
        terminal.key(b"w")
        terminal.wait_text(f"{NAME} login:")
        terminal.wait_text(" live ")
        yield terminal
    finally:
        terminal.close()


def click(terminal: PictureTerminal, column: int, row: int, button: int = 0) -> None:
    """As a terminal says it: cells from 1."""
    for end in "Mm":
        terminal.key(f"\x1b[<{button};{column + 1};{row + 1}{end}".encode())


def pressed(terminal: PictureTerminal, inside: Inside, count: int) -> Press:
    """The last of so many."""

    def there() -> bool:
        terminal.pump(0.1)
        return len(inside.presses()) >= count

    inside.line.until(there, "the click in the guest", 30)
    assert len(inside.presses()) == count
    return inside.presses()[-1]


def test_a_click_arrives_where_it_was_made(inside: Inside, real_libvirt: RealLibvirt, tmp_path: Path) -> None:
    mice = real_libvirt.virsh("qemu-monitor-command", "--hmp", NAME, "info mice")
    assert re.search(r"\* Mouse #\d+: QEMU Virtio Tablet \(absolute\)", str(mice)), mice
    with limen(real_libvirt, tmp_path, TERM="xterm-kitty", answer=b"\x1b_Gi=31;OK\x1b\\\x1b[?62c") as terminal:
        on_text(terminal, inside, real_libvirt, tmp_path)
        terminal.key(MENU + b"x")
        terminal.wait(lambda: terminal.pictures.shown, "the picture")
        on_picture(terminal, inside)
        by_pixels(terminal, inside)


def on_text(terminal: PictureTerminal, inside: Inside, libvirt: RealLibvirt, folder: Path) -> None:
    """On a letter of what is read: in the guest it is on that letter."""
    read = ScreenReader().read(witness(libvirt, NAME, folder))
    assert read is not None
    lines, word = list(read.plain()), f"{NAME} login:"
    line = next(at for at, text in enumerate(lines) if word in text)
    row = next(at for at, text in enumerate(terminal.screen.display) if word in text)
    for place, (letter, button, name) in enumerate([(0, 0, "left"), (5, 2, "right"), (len(word) - 1, 1, "middle")]):
        column = terminal.screen.display[row].index(word) + letter
        click(terminal, column, row, button)
        found = pressed(terminal, inside, place + 1)
        assert found.button == name
        assert int(found.x * WIDE / 9 + 0.01) == lines[line].index(word) + letter
        assert int(found.y * HIGH / 16 + 0.01) == line


def on_picture(terminal: PictureTerminal, inside: Inside) -> None:
    """On a cell of the terminal's picture: in the guest it is at the pixel that is shown there."""
    (shown,) = terminal.pictures.shown.values()
    assert (shown.keys["w"], shown.keys["h"]) == (str(WIDE), str(HIGH))
    columns, rows = int(shown.keys["c"]), int(shown.keys["r"])
    for place, (column, row) in enumerate([(0, 0), (columns // 3, rows // 2), (columns - 1, rows - 1)]):
        click(terminal, shown.column + column, shown.row + row)
        found = pressed(terminal, inside, 4 + place)
        assert found.button == "left"
        assert abs(found.x - (column + 0.5) / columns) <= 1 / columns
        assert abs(found.y - (row + 0.5) / rows) <= 1 / rows


def by_pixels(terminal: PictureTerminal, inside: Inside) -> None:
    """A terminal that tells the mouse's pixel, of cells of 8 by 20, hits the guest's pixel and not only its cell."""
    terminal.key(b"\x1b[?2048;2$y\x1b[48;40;120;800;960t")
    terminal.wait(lambda: b"\x1b[?1016h" in terminal.raw, "the mouse by pixels")
    (shown,) = terminal.pictures.shown.values()
    wide, high = int(shown.keys["c"]) * 8, int(shown.keys["r"]) * 20
    for place, (x, y) in enumerate([(500, 300), (501, 313), (7, 5), (953, 677)]):
        click(terminal, shown.column * 8 + x, shown.row * 20 + y)
        found = pressed(terminal, inside, 7 + place)
        assert abs(found.x * WIDE - x * WIDE / wide) <= 1.5
        assert abs(found.y * HIGH - y * HIGH / high) <= 1.5
