"""How the VM table can be grouped, and the totals in a group's heading. Pure but for cell text."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from typing import Final

from limen_tui.model.vm import VM
from limen_tui.tui.fleet import fmt
from limen_tui.tui.fleet.glyphs import vm_word
from limen_tui.tui.fleet.lines import Line

MODES: Final = ("", "host", "state", "tag")
"""In the order in which one key goes through them; empty is no grouping."""


def group_of(mode: str) -> Callable[[VM], str] | None:
    """What a VM is grouped by."""
    return {"host": _by_host, "state": vm_word, "tag": _by_tag}.get(mode)


def summary_of(mode: str) -> Callable[[str, Sequence[VM]], Line]:
    """The totals in the headings of a grouping; those by state need not say how many run."""
    return _figures if mode == "state" else summary


def summary(label: str, vms: Sequence[VM]) -> Line:
    """Running, vCPUs and memory of a group's VMs that are live."""
    active = [vm for vm in vms if vm.state.is_active]
    if not active:
        return (("none running", "dim"),)
    if all(vm.stale for vm in active):
        return ((f"{len(active):,} running when last seen", "dim"),)
    return ((f"{sum(not vm.stale for vm in active):,} running   ", ""), *_figures(label, vms))


def _figures(_: str, vms: Sequence[VM]) -> Line:
    active = [vm for vm in vms if vm.state.is_active and not vm.stale]
    if not active:
        return ()
    loads = [vm.load for vm in active]
    vcpus = sum(vm.vcpus for vm in active)
    busy = [(load.cpu_pct, vm.vcpus) for load, vm in zip(loads, active, strict=True) if load.cpu_pct is not None]
    weight = sum(count for _, count in busy)
    cpu = sum(share * count for share, count in busy) / weight if weight else None
    used = [load.mem_used_kib for load in loads if load.mem_used_kib is not None]
    given = sum(load.mem_assigned_kib or vm.facts.memory_kib for load, vm in zip(loads, active, strict=True))
    return (
        (f"{vcpus:,} vCPU", ""), (f" {fmt.percent(cpu)}", "dim"),
        ("   " + fmt.memory_pair(sum(used) if used else None, given), ""),
    )  # fmt: skip


def _by_host(vm: VM) -> str:
    return vm.host_name


def _by_tag(vm: VM) -> str:
    return vm.facts.tags[0] if vm.facts.tags else "no tag"
