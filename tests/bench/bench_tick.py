"""What a tick of real VMs costs the one who asks: ``python -m tests.bench.bench_tick``.

Runs a private libvirtd with small QEMU guests, so it needs root. The simulated fleet of the other benchmarks leaves out
what it takes to read libvirt's replies; this tells it, and what Limen adds to libvirt's own binding: the ratio.
"""

from __future__ import annotations

import gc
import sys
import tempfile
import time
from collections.abc import Callable
from dataclasses import replace
from pathlib import Path

import libvirt

from limen_tui.fleet.fleet import TURNS
from limen_tui.hypervisor.book import Book
from limen_tui.hypervisor.connection import Connection
from limen_tui.hypervisor.sampler import Sampler
from limen_tui.model.clock import SystemClock
from limen_tui.model.host import Host
from limen_tui.model.ports import Watch
from limen_tui.model.samples import USUAL_GROUPS
from limen_tui.model.stats import RateMeter
from limen_tui.tui.app import YOUNG
from tests.unit.hypervisor.libvirt_daemon import Daemon

GUESTS, TICKS, ROUNDS = 16, 100, 5
GROUPS = (
    libvirt.VIR_DOMAIN_STATS_STATE | libvirt.VIR_DOMAIN_STATS_CPU_TOTAL | libvirt.VIR_DOMAIN_STATS_BALLOON
    | libvirt.VIR_DOMAIN_STATS_INTERFACE | libvirt.VIR_DOMAIN_STATS_BLOCK
)  # fmt: skip
"""What the table of the fleet needs."""


def guest(number: int, disk: Path) -> str:
    """Four vCPUs, a disk, a NIC, a balloon: as most are. Nothing boots."""
    return f"""<domain type='qemu'><name>vm{number}</name><memory unit='MiB'>64</memory><vcpu>4</vcpu>
      <os><type arch='x86_64' machine='q35'>hvm</type></os><features><acpi/></features><devices>
      <disk type='file' device='disk'><driver name='qemu' type='raw'/><source file='{disk}'/><target dev='vda'
        bus='virtio'/><shareable/></disk>
      <interface type='user'><model type='virtio'/></interface><memballoon model='virtio'/></devices></domain>"""


def cpu_of(work: Callable[[], object]) -> float:
    """Seconds of CPU of this process, all threads, for one tick: the best of some rounds."""
    spent = []
    for _ in range(ROUNDS):
        before = time.process_time()
        for _ in range(TICKS):
            work()
            time.sleep(0.002)
        spent.append((time.process_time() - before) / TICKS)
    return min(spent)


def ticks(connection: Connection) -> dict[str, float]:
    """Seconds of CPU of a tick, by who asks."""
    raw, clock, host = connection.raw, SystemClock(), Host("h", "h", "qemu:///system")
    sampler, book = Sampler(connection, clock, local=True), Book(host)
    meter, turn = RateMeter(), 0

    def bare(more: int = 0) -> None:
        for dom, _ in raw.getAllDomainStats(GROUPS | more, libvirt.VIR_CONNECT_GET_ALL_DOMAINS_STATS_NOWAIT):
            dom.UUIDString()

    def ours(watch: Watch) -> None:
        nonlocal turn
        turn += 1
        sample = sampler.sample(watch)
        # a second apart for the meter, whatever the pace here
        book.apply(sample, meter.update(replace(sample, mono=float(turn))))
        book.views()

    return {
        "libvirt's binding alone": cpu_of(bare),
        "the same with each vCPU": cpu_of(lambda: bare(libvirt.VIR_DOMAIN_STATS_VCPU)),
        "Limen": cpu_of(lambda: ours(Watch(groups=USUAL_GROUPS))),
        "Limen, taking turns": cpu_of(lambda: ours(Watch(groups=USUAL_GROUPS, turns=TURNS))),
    }  # fmt: skip


def main() -> int:
    """Measure an empty host and one with guests; what is between is the guests'."""
    gc.freeze()
    gc.set_threshold(YOUNG, 20, 50)
    with tempfile.TemporaryDirectory() as folder:
        disk = Path(folder) / "disk.raw"
        disk.write_bytes(bytes(1 << 20))
        daemon = Daemon(Path(folder) / "libvirt")
        try:
            connection = Connection.open(daemon.uri(), read_only=False)
            connection.features.events = True  # they are not taken here: nothing happens to the guests
            empty = ticks(connection)
            for number in range(GUESTS):
                daemon.define(guest(number, disk), start=True)
            full = ticks(connection)
        finally:
            daemon.close()
    each = {name: (full[name] - empty[name]) / GUESTS for name in full}
    base = each["libvirt's binding alone"]
    for name, seconds in each.items():
        print(f"{name:<26}{seconds * 1e6:8.1f} µs a VM and tick {seconds / base:7.2f} of the binding "
              f"{seconds * 10_000 * 100:7.1f} % of a core for 10,000 VMs at 1 Hz")  # fmt: skip
    return 0


if __name__ == "__main__":
    sys.exit(main())
