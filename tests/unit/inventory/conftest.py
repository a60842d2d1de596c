"""A real database in a folder of its own, and snapshots to keep in it."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from pathlib import Path

import pytest

from limen_tui.inventory import Inventory, open_inventory
from limen_tui.model.host import Host, HostSnapshot, HostState
from limen_tui.model.lifecycle import VMState
from limen_tui.model.vm import VM, Disk, Nic, VMFacts, VMKey, VMLoad

Snap = Callable[..., HostSnapshot]


def make_vm(host_id: str, uuid: str, name: str = "web", state: VMState = VMState.RUNNING) -> VM:
    facts = VMFacts(
        2, 4, 1024, 2048, tags=("a", "b"), nics=(Nic("52:54:00:00:00:01"),), disks=(Disk("vda", "/x.qcow2"),)
    )
    load = VMLoad(12.34, mem_assigned_kib=1024, mem_used_kib=512)
    return VM(VMKey(host_id, uuid), name, "kvm1", state, "booted", facts, load, ("10.0.0.1",), 900.0, True)


@pytest.fixture
def snap() -> Snap:
    def make(*vms: VM, at: float = 1000.0, state: HostState = HostState.UP, host_id: str = "h1") -> HostSnapshot:
        host = Host(host_id, "kvm1", "qemu:///system")
        return HostSnapshot(host, 1, state, 900, at, vms={vm.key.uuid: vm for vm in vms})

    return make


@pytest.fixture
def path(tmp_path: Path) -> Path:
    return tmp_path / "data" / "limen" / "inventory.db"


@pytest.fixture
def inventory(path: Path) -> Iterator[Inventory]:
    opened = open_inventory(path)
    yield opened
    opened.close()


@pytest.fixture
def vm() -> Callable[..., VM]:
    return make_vm
