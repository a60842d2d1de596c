"""The guest's screen, with figures: ``python -m tests.bench.bench_screen``. Needs root, libvirtd and QEMU.

A real guest's text console under a private libvirtd, in Limen on a real terminal (pty). Targets: the first picture
300 ms after the key, a typed key visible within 100 ms, under 3 % of a core while nothing but the cursor blinks. And
the codec alone: 1024x768 pixels of text and of noise by ZRLE, read as text, and made smaller for 120x40 cells.
"""

from __future__ import annotations

import argparse
import os
import statistics
import sys
import tempfile
import time
from collections.abc import Callable
from pathlib import Path

from limen_widgets.pixels import Window
from limen_widgets.pixels.scale import Scaler

from limen_tui.hypervisor.simulated import font
from limen_tui.model.rfb.client import RfbClient
from limen_tui.model.rfb.frame import Still
from limen_tui.model.rfb.reading import ScreenReader
from tests.bench.ui_pty import Terminal
from tests.lab.limen_lab import guests
from tests.lab.limen_lab.accel import accelerator
from tests.lab.limen_lab.plan import Lab
from tests.unit.hypervisor.libvirt_daemon import Daemon
from tests.unit.model.rfb.encoder import ZrleEncoder, hello, some_pixels, update

ROOT = Path(__file__).resolve().parents[2]
WIDE, HIGH = 1024, 768


def milliseconds(call: Callable[[], object], times: int = 7) -> float:
    """The median of some calls."""
    taken = []
    for _ in range(times):
        began = time.perf_counter()
        call()
        taken.append((time.perf_counter() - began) * 1000)
    return statistics.median(taken)


def text_pixels() -> list[list[bytes]]:
    """A full screen of text in cells of eight by sixteen."""
    rows = []
    for y in range(HIGH):
        line = [font.rows(chr(33 + (x * 7 + y // 16) % 90))[y % 16] for x in range(WIDE // 8)]
        rows.append([b"\xaa" * 3 if dots >> bit & 1 else b"\0\0\0" for dots in line for bit in range(7, -1, -1)])
    return rows


def codec() -> None:
    """Decoding, reading and scaling, without a host."""
    for name, pixels, kind in (("text", text_pixels(), "packed"), ("4 colours", some_pixels(WIDE, HIGH, 4), "packed"),
                               ("noise", some_pixels(WIDE, HIGH, 200), "runs")):  # fmt: skip
        taken = []
        for _ in range(3):
            client = RfbClient()
            client.feed(hello(WIDE, HIGH))
            data = update(ZrleEncoder().rect(0, 0, pixels, kind))
            began = time.perf_counter()
            client.feed(data)
            taken.append((time.perf_counter() - began) * 1000)
        assert client.frame is not None
        still = client.frame.still()
        print(f"  {name}, {len(data) / 1000:.0f} kB: decoded in {statistics.median(taken):.0f} ms", end="")
        first = milliseconds(lambda still=still: ScreenReader().read(still), 3)
        reader = ScreenReader()
        reader.read(still)
        again = milliseconds(lambda reader=reader, still=still: reader.read(changed(still)), 3)
        print(f", read as text in {first:.0f} ms, a line of it again in {again:.1f} ms", end="")
        scaler = Scaler(Window(WIDE, HIGH, 120, 74))
        high = scaler.window.shown[1]
        scaled = milliseconds(lambda s=scaler, h=high, d=still.data: [s.row(d, y) for y in range(h)])
        print(f", scaled in {scaled:.0f} ms")


def changed(still: Still) -> Still:
    """With another line of text at the bottom."""
    at = WIDE * (HIGH - 8) * 3
    return Still(WIDE, HIGH, still.data[:at] + os.urandom(3) * WIDE + still.data[at + WIDE * 3 :])


def guest_xml(lab: Lab, images: Path) -> str:
    """The tiny guest at the login of its VGA console."""
    return f"""<domain type='{accelerator(images, lab.accel)}'><name>bench</name><memory unit='MiB'>128</memory>
      <vcpu>1</vcpu><os><type arch='x86_64' machine='q35'>hvm</type>
      <kernel>{images}/vmlinuz</kernel><initrd>{images}/initramfs.cpio</initrd>
      <cmdline>console=ttyS0 console=tty0 quiet lab.name=bench lab.noagent</cmdline></os>
      <features><acpi/><apic/></features><devices><serial type='null'/>
      <graphics type='vnc' autoport='yes' listen='127.0.0.1'/><video><model type='vga'/></video></devices></domain>"""


def app(seconds: float) -> None:
    """Limen itself, over the private libvirtd."""
    lab = Lab.here()
    images = guests.build(lab)
    with tempfile.TemporaryDirectory() as folder:
        daemon = Daemon(Path(folder) / "libvirt")
        try:
            daemon.define(guest_xml(lab, images), start=True)
            homes = dict.fromkeys([f"XDG_{kind}" for kind in ("DATA_HOME", "CONFIG_HOME", "RUNTIME_DIR")], folder)
            argv = [sys.executable, "-m", "limen_tui", "-c", daemon.uri()]
            terminal = Terminal(argv, columns=120, rows=40, environ=homes)
            try:
                measure(terminal, seconds)
            finally:
                terminal.close()
        finally:
            daemon.close()


def measure(terminal: Terminal, seconds: float) -> None:
    """First picture, keys, idle."""
    if terminal.until(b"running", 30) is None:
        raise SystemExit("the VM is not shown as running")
    terminal.drain(1.0, 20)
    pause(15)  # for the guest to boot, and for Limen to have made ready what it needs later
    terminal.key(b"w")
    first = terminal.until(b"bench login:", 20)
    print(f"  first picture, the first time: {show(first)}")
    for _ in range(3):
        terminal.key(b"\x1d\x1d")
        terminal.drain(0.3, 2)
        terminal.key(b"\x1b")
        terminal.drain(0.8, 3)
        terminal.key(b"w")
        print(f"  first picture, again: {show(terminal.until(b'bench login:', 20))}")
        terminal.drain(0.5, 2)
    before = terminal.cpu_seconds()
    written = terminal.count(seconds)
    used = (terminal.cpu_seconds() - before) / seconds
    print(f"  idle for {seconds:.0f} s: {used * 100:.1f} % of a core, {written / seconds:.0f} bytes/s written")
    taken = []
    for place in range(40):
        letter = "abcdefghij"[place % 10]
        terminal.drain(0.05, 1)
        terminal.key(letter.encode())
        found = terminal.until(letter.encode(), 3)
        if found is not None:
            taken.append(found * 1000)
        terminal.key(b"\x7f")
        pause(0.11)
    taken.sort()
    print(f"  key to visible, {len(taken)} keys: median {statistics.median(taken):.0f} ms, "
          f"p95 {taken[int(len(taken) * 0.95) - 1]:.0f} ms")  # fmt: skip


def pause(seconds: float) -> None:
    """Let time pass."""
    time.sleep(seconds)


def show(seconds: float | None) -> str:
    """Milliseconds, or that it never came."""
    return "never" if seconds is None else f"{seconds * 1000:.0f} ms"


def main() -> None:
    """Both parts."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--seconds", type=float, default=20.0, help="of idling")
    parser.add_argument("--codec", action="store_true", help="only the codec")
    options = parser.parse_args()
    print(f"the codec, {WIDE}x{HIGH}:")
    codec()
    if not options.codec:
        print("the app, 120x40, a real guest's console of 720x400:")
        app(options.seconds)


if __name__ == "__main__":
    main()
