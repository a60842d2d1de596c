"""Sort keys of the VM table: natural order for names, unknown last or first as figures need. Pure."""

from __future__ import annotations

from functools import lru_cache
from ipaddress import ip_address
from typing import Final

from limen_tui.model.lifecycle import VMState
from limen_tui.model.vm import VM

_STATE_ORDER: Final = {
    state: place
    for place, state in enumerate((
        VMState.CRASHED, VMState.ERROR, VMState.STARTING, VMState.STOPPING, VMState.SAVING, VMState.MIGRATING,
        VMState.PENDING, VMState.PAUSED, VMState.SUSPENDED, VMState.RUNNING, VMState.STOPPED, VMState.TERMINATED,
        VMState.UNKNOWN,
    ))
}  # fmt: skip

def pair(first: float | None, second: float | None) -> float | None:
    """The sum of two rates; ``None``, which sorts last, when neither is known."""
    return None if first is None and second is None else (first or 0.0) + (second or 0.0)


def state(vm: VM) -> tuple[int, bool]:
    """What needs a person first."""
    return _STATE_ORDER[vm.state], vm.stale


def address(vm: VM) -> tuple[int, int] | None:
    """By the number of the first address, IPv4 first."""
    return _address(vm.ips[0]) if vm.ips else None


@lru_cache(maxsize=65536)
def _address(text: str) -> tuple[int, int] | None:
    try:
        value = ip_address(text)
    except ValueError:
        return None
    return value.version, int(value)


def memory(vm: VM) -> float | None:
    """By what is used, or given where the guest does not say."""
    return vm.load.mem_used_kib or vm.load.mem_assigned_kib or vm.facts.memory_kib or None


def uptime(vm: VM, now: float) -> float | None:
    """Seconds since its start."""
    return now - vm.started_at if vm.started_at is not None and vm.state.is_active else None


def iops(vm: VM) -> float | None:
    """Disk requests per second, both ways."""
    return pair(vm.load.disk_rd_iops, vm.load.disk_wr_iops)
