"""How fast a serial console is, with figures: ``python -m tests.bench.bench_console``.

A guest that prints without end, in a real terminal (pty). Targets: at least 1 MB/s taken in and shown, while a key
reaches the line within 16 ms (p95); an idle console costs nearly nothing. ``echo`` is a real guest over SSH against
virsh, and needs root.
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

from tests.bench import console_echo
from tests.bench.bench_ui import ROOT, percentile, report
from tests.bench.ui_pty import Terminal

KINDS: dict[str, bytes] = {
    "yes": b"y\r\n" * 20_000,
    "log": b"".join(b"[%12.6f] pci 0000:00:%02x.0: [8086:2922] type 00 class 0x0106\r\n" % (n / 7, n % 32)
                    for n in range(900)),
    "colour": b"".join(b"\x1b[0m\x1b[01;34mdir%d\x1b[0m  file%d.txt  \x1b[01;32mprog%d\x1b[0m\r\n" % (n, n, n)
                       for n in range(1200)),
    "full-screen": b"".join(b"\x1b[%d;%dH\x1b[3%dmcpu %d %%\x1b[K" % (n % 40 + 1, n % 90 + 1, n % 8, n)
                            for n in range(3000)),
    "bytes": bytes(range(256)) * 200,
}  # fmt: skip


class Flood:
    """A stream that always has more, and notes when a key arrived."""

    ended = None

    def __init__(self, data: bytes, wake: Callable[[], None], notes: Path) -> None:
        self._data, self._wake = data, wake
        self._notes = notes.open("a", buffering=1)
        self._taken = 0
        self._begun = time.perf_counter()
        wake()

    def take(self, limit: int = 1 << 16) -> bytes:
        at = self._taken % len(self._data)
        data = self._data[at : at + limit]
        before, self._taken = self._taken >> 20, self._taken + len(data)
        if self._taken >> 20 != before:
            self._notes.write(f"bytes {self._taken} {time.perf_counter()}\n")
        return data

    def write(self, data: bytes) -> int:
        now = time.perf_counter()
        self._notes.write(f"key {len(data)} {now}\n")
        return len(data)

    def close(self) -> None:
        """Nothing is behind it."""


def serve(kind: str, notes: Path) -> int:
    """Limen over a simulated fleet whose consoles flood."""
    from limen_tui.fleet.actor import Actor
    from limen_tui.fleet.fleet import Fleet
    from limen_tui.hypervisor.simulated import simulated_fleet
    from limen_tui.hypervisor.simulated.consoles import SimulatedConsoles
    from limen_tui.inventory import open_inventory
    from limen_tui.model.clock import SystemClock
    from limen_tui.settings import Settings
    from limen_tui.tui.run import run

    if kind != "idle":
        data = KINDS[kind]
        SimulatedConsoles.open = lambda self, uuid, *, device, force, wake: Flood(data, wake, notes)  # type: ignore[assignment,misc]
    made = simulated_fleet(7, 2, 40, flaky=0)
    fleet = Fleet(made.hosts, made.connector, open_inventory(None), clock=SystemClock(), actor=Actor("bench", "tui"))
    return run(fleet, Settings())


def flooded(kind: str, presses: int) -> list[bool]:
    """One kind of flood: how much is taken in, and how long a key takes."""
    with tempfile.TemporaryDirectory() as folder:
        notes = Path(folder) / "notes"
        notes.touch()
        os.chdir(ROOT)
        argv = [sys.executable, "-m", "tests.bench.bench_console", "--serve", kind, "--notes", str(notes)]
        terminal = Terminal(argv, columns=120, rows=40)
        try:
            terminal.count(4.0)
            terminal.key(b"c")
            terminal.count(2.0)
            sent = []
            written = 0
            for number in range(presses):
                written += terminal.count(0.05 + number % 7 / 200)
                sent.append(time.perf_counter())
                terminal.key(b"k")
            terminal.count(0.5)
            lines = [line.split() for line in notes.read_text().splitlines()]
        finally:
            terminal.close()
    # keys that came together count each
    came = [float(words[2]) for words in lines if words[0] == "key" for _ in range(int(words[1]))]
    taken = [(int(words[1]), float(words[2])) for words in lines if words[0] == "bytes"]
    if len(came) != len(sent) or len(taken) < 2:
        print(f"{kind}: {len(came)} of {len(sent)} keys came through, {len(taken)} MB taken")
        return [False]
    times = [(after - before) * 1000 for before, after in zip(sent, came, strict=True)]
    rate = (taken[-1][0] - taken[0][0]) / (taken[-1][1] - taken[0][1]) / 1e6
    print(f"{kind + ': taken in and shown':<52}{rate:10.1f} MB/s    {rate / 1.0:5.2f} of 1 MB/s")
    return [
        kind == "bytes" or rate >= 1.0,
        report(f"{kind}: key to the line, median", statistics.median(times), "ms", None),
        report(f"{kind}: key to the line, p95", percentile(times, 0.95), "ms", 16),
        report(f"{kind}: key to the line, worst", max(times), "ms", None),
    ]


def main() -> int:
    """Run all, or serve."""
    parser = argparse.ArgumentParser()
    parser.add_argument("--serve", default="")
    parser.add_argument("--notes", default="")
    parser.add_argument("--quick", action="store_true", help="a tenth of the time, rough figures")
    parser.add_argument("--kinds", nargs="*", default=[*KINDS, "echo"])
    given = parser.parse_args()
    if given.serve:
        return serve(given.serve, Path(given.notes))
    met = [each for kind in given.kinds if kind in KINDS for each in flooded(kind, 20 if given.quick else 150)]
    if "echo" in given.kinds:
        met.append(console_echo.measure())
    return 0 if all(met) else 1


if __name__ == "__main__":
    sys.exit(main())
