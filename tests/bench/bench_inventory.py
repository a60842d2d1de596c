"""Ratios of the inventory: ``python tests/bench/bench_inventory.py``. 10,000 VMs on 40 hosts, in a temporary folder."""

from __future__ import annotations

import dataclasses
import sqlite3
import tempfile
import time
from collections.abc import Callable
from pathlib import Path

from limen_tui.inventory import Inventory, open_inventory
from limen_tui.model.host import Host, HostSnapshot, HostState
from limen_tui.model.lifecycle import VMState
from limen_tui.model.vm import VM, Disk, Nic, VMFacts, VMKey, VMLoad

HOSTS, EACH = 40, 250


def snapshot(number: int) -> HostSnapshot:
    """One host as it might be."""
    host = Host(f"host{number:02d}", f"kvm{number}", "qemu:///system")
    vms = {}
    for index in range(EACH):
        uuid = f"{number:08d}-0000-4000-8000-{index:012d}"
        facts = VMFacts(
            2, 4, 2**20, 2**21, "x86_64", "pc-q35-7.2", "kvm", tags=("web",),
            nics=(Nic(f"52:54:00:00:{number:02x}:{index:02x}", source="default", model="virtio"),),
            disks=(Disk("vda", f"/var/lib/libvirt/images/{uuid}.qcow2", "virtio", "disk", "qcow2"),),
        )  # fmt: skip
        load = VMLoad(12.3, mem_assigned_kib=2**20, mem_used_kib=2**19)
        vms[uuid] = VM(VMKey(host.id, uuid), f"vm-{index}", host.name, VMState.RUNNING, "booted", facts, load,
                       ("192.168.122.9",), 900.0, True)  # fmt: skip
    return HostSnapshot(host, 1, HostState.UP, 900.0, 1000.0, vms=vms)


def best(call: Callable[[], object], times: int = 7) -> float:
    """Seconds of the fastest of ``times`` calls."""
    found = []
    for _ in range(times):
        start = time.perf_counter()
        call()
        found.append(time.perf_counter() - start)
    return min(found)


def remember(inventory: Inventory, snapshots: list[HostSnapshot]) -> float:
    """Seconds to keep all of ``snapshots``."""
    start = time.perf_counter()
    for future in [inventory.remember(each) for each in snapshots]:
        future.result(60)
    return time.perf_counter() - start


def main() -> None:
    """Print the table."""
    with tempfile.TemporaryDirectory() as folder:
        path = Path(folder) / "limen" / "inventory.db"
        inventory = open_inventory(path)
        snapshots = [snapshot(number) for number in range(HOSTS)]
        first = remember(inventory, snapshots)
        again = remember(inventory, [dataclasses.replace(each, sampled_at=1030.0) for each in snapshots])
        connection = sqlite3.connect(path)
        plain = best(lambda: connection.execute("SELECT * FROM vms").fetchall())
        connection.close()
        load = best(inventory.last_seen)

        def read_facts() -> int:
            return sum(vm.facts.vcpus_max for _, vms in inventory.last_seen().values() for vm in vms)

        full = best(read_facts)
        inventory.close()
        opened = best(lambda: open_inventory(path).close())
    print(f"plain fetchall of {HOSTS * EACH} rows   {plain * 1000:7.1f} ms   1.0")
    for name, value in (("last_seen", load), ("last_seen and every fact", full), ("open and check", opened),
                        ("remember, first time", first), ("remember, only loads changed", again)):  # fmt: skip
        print(f"{name:<32} {value * 1000:7.1f} ms {value / plain:5.1f}")


if __name__ == "__main__":
    main()
