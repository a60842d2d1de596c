"""How fast the screen is, with figures: ``python -m tests.bench.bench_ui``. A simulated fleet, a real terminal (pty).

Targets: a key is painted within 16 ms (p95) with 10,000 VMs on 40 hosts at 1 Hz, one of them hung and one flapping;
the whole process takes under 15 % of a core there and under 4 % with 100 VMs, and less than 150 MB; 10,000 cached VMs
are on screen 400 ms after exec; an idle screen writes nothing; a tick with 5 changed rows writes under 2 kB.
"""

from __future__ import annotations

import argparse
import os
import statistics
import subprocess
import sys
import tempfile
import time
from collections.abc import Sequence
from dataclasses import replace
from pathlib import Path

from limen_tui.hypervisor.simulated import simulated_fleet
from limen_tui.inventory import open_inventory
from tests.bench.ui_pty import Terminal

ROOT = Path(__file__).resolve().parents[2]
ENTER_ALT = b"\x1b[?1049h"


# -- measuring ---------------------------------------------------------------------------------------------------------


def start(hosts: int, vms: int, *more: str, inventory: str = "") -> Terminal:
    """The program on a terminal of 160x45."""
    argv = [sys.executable, "-m", "tests.bench.ui_serve", str(hosts), str(vms), "--inventory", inventory, *more]
    os.chdir(ROOT)
    return Terminal(argv)


def key_to_paint(terminal: Terminal, presses: int) -> list[float]:
    """Milliseconds from writing the key's byte to the first output after it. Ticks also write: they can only make a
    figure too small by chance, so presses are spread, and the share of such chances is that of the ticks' output."""
    found: list[float] = []
    for number in range(presses):
        terminal.drain(0.004, 0.5)
        key = b"j" if number // 30 % 2 == 0 else b"k"
        begun = time.perf_counter()
        terminal.key(key)
        if terminal.read(2.0):
            found.append((time.perf_counter() - begun) * 1000)
        until = time.perf_counter() + 0.013 + number % 7 * 0.009
        while (left := until - time.perf_counter()) > 0:
            terminal.read(left)
    return found


def percentile(values: Sequence[float], share: float) -> float:
    """The value below which ``share`` of them lie."""
    ordered = sorted(values)
    return ordered[min(len(ordered) - 1, int(share * len(ordered)))]


def cpu_percent(terminal: Terminal, seconds: float) -> tuple[float, float]:
    """Percent of one core, and bytes written a second, over some time without keys."""
    before, begun = terminal.cpu_seconds(), time.perf_counter()
    count = terminal.count(seconds)
    spent = time.perf_counter() - begun
    return (terminal.cpu_seconds() - before) / spent * 100, count / spent


def report(name: str, value: float, unit: str, target: float | None) -> bool:
    """One line; with a target, the ratio to it. Whether the target is met."""
    met = target is None or value < target
    ratio = "" if target is None else f"  {value / target:5.2f} of {target:g} {unit}  {'ok' if met else 'MISSED'}"
    print(f"{name:<52}{value:10.1f} {unit:<6}{ratio}", flush=True)
    return met


def bench_large(presses: int, seconds: float) -> list[bool]:
    """10,000 VMs on 40 hosts at 1 Hz, one hung, one flapping."""
    machines = bench_simulation(seconds)
    terminal = start(40, 10_000, "--hung", "1", "--flaky", "1")
    try:
        terminal.count(6.0)
        times = key_to_paint(terminal, presses)
        cpu, rate = cpu_percent(terminal, seconds)
        return [
            report("10,000 VMs: key to paint, median", statistics.median(times), "ms", None),
            report("10,000 VMs: key to paint, p95", percentile(times, 0.95), "ms", 16),
            report("10,000 VMs: key to paint, worst", max(times), "ms", None),
            report("10,000 VMs: CPU of the whole process", cpu, "%", None),
            report("10,000 VMs: the same without the simulated machines", cpu - machines, "%", 15),
            report("10,000 VMs: written to the terminal", rate / 1000, "kB/s", None),
            report("10,000 VMs: resident memory", terminal.rss_mb(), "MB", 150),
        ]
    finally:
        terminal.close()


def bench_simulation(seconds: float) -> float:
    """Percent of a core of the parts without a screen; returned is that of the machines, which real hosts have on the
    other end of the line, though libvirt's replies take some time to read. The arithmetic of the rates is Limen's own.
    """
    spent = []
    for option, what in (("--machines", "simulated machines"), ("--alone", "simulated machines and rates")):
        terminal = start(40, 10_000, "--hung", "1", "--flaky", "1", option)
        try:
            terminal.count(6.0)
            cpu, _ = cpu_percent(terminal, seconds)
            report(f"10,000 VMs: CPU of the {what} alone", cpu, "%", None)
            spent.append(cpu)
        finally:
            terminal.close()
    return spent[0]


def bench_usual(seconds: float) -> list[bool]:
    """10,000 VMs with the refresh rates of the settings: hosts on screen often, the others seldom."""
    terminal = start(40, 10_000, "--hung", "1", "--flaky", "1", "--usual")
    try:
        terminal.count(25.0)
        cpu, _ = cpu_percent(terminal, seconds)
        return [report("10,000 VMs, usual refresh rates: CPU", cpu, "%", 15)]
    finally:
        terminal.close()


def bench_small(seconds: float) -> list[bool]:
    """100 VMs on 4 hosts at 1 Hz."""
    terminal = start(4, 100)
    try:
        terminal.count(4.0)
        cpu, rate = cpu_percent(terminal, seconds)
        return [
            report("100 VMs: CPU of the whole process", cpu, "%", 4),
            report("100 VMs: written to the terminal", rate / 1000, "kB/s", None),
            report("100 VMs: resident memory", terminal.rss_mb(), "MB", 150),
        ]
    finally:
        terminal.close()


def bench_first_paint(runs: int) -> list[bool]:
    """From exec of Limen itself to the names of VMs on screen, 10,000 of them cached, before any host is asked."""
    with tempfile.TemporaryDirectory() as folder:
        inventory, config = Path(folder) / "inventory.sqlite3", Path(folder) / "config.toml"
        config.write_text(f'[paths]\ninventory = "{inventory}"\n')
        terminal = start(40, 10_000, inventory=str(inventory))
        terminal.count(12.0)
        terminal.close()
        store = open_inventory(inventory)
        for host in simulated_fleet(7, 40, 0).hosts:
            store.save_host(replace(host, uri=f"qemu+unix:///system?socket={folder}/{host.id}")).result()
        store.close()
        times, bare = [], []
        for number in range(runs + 1):
            begun = time.perf_counter()
            subprocess.run([sys.executable, "-c", "import textual.app, textual.widgets, peewee"], check=True)
            loaded = (time.perf_counter() - begun) * 1000
            terminal = Terminal([sys.executable, "-m", "limen_tui", "--config", str(config)])
            seen = terminal.until(b"running", 20.0)
            painted = (time.perf_counter() - terminal.started) * 1000
            terminal.close()
            if seen is not None and number:  # the first start compiles
                bare.append(loaded)
                times.append(painted)
    paint, imports = statistics.median(times), statistics.median(bare)
    report("Python that loads Textual and Peewee, nothing else", imports, "ms", None)
    report("the first paint beside that", paint / imports, "times", None)
    return [report("10,000 cached VMs: exec to first paint, median", paint, "ms", 400)]


def bench_still(seconds: float) -> list[bool]:
    """Nothing changes: nothing is written."""
    terminal = start(6, 120, "--still")
    try:
        terminal.count(4.0)
        return [report(f"idle for {seconds:.0f} s: written to the terminal", terminal.count(seconds), "B", 1)]
    finally:
        terminal.close()


def bench_few(seconds: float) -> list[bool]:
    """Five rows on screen change each second, nothing else does."""
    terminal = start(6, 120, "--still", "--few", "5")
    try:
        terminal.count(4.0)
        return [report("5 rows change: written for each tick", terminal.count(seconds) / seconds, "B", 2000)]
    finally:
        terminal.close()


def main() -> int:
    """Run all."""
    parser = argparse.ArgumentParser()
    parser.add_argument("--quick", action="store_true", help="a tenth of the time, rough figures")
    given = parser.parse_args()
    scale = 0.2 if given.quick else 1.0
    results = bench_large(int(300 * scale), 20 * scale) + bench_small(15 * scale)
    results += bench_first_paint(max(2, int(5 * scale))) + bench_still(10 * scale)
    results += bench_usual(30 * scale) + bench_few(max(5, 15 * scale))
    return 0 if all(results) else 1


if __name__ == "__main__":
    sys.exit(main())
