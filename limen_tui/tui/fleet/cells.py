"""What a VM shows in each column: pure functions from a VM to pieces of text. UI thread, once per painted row.

A piece is text and a kind of style (``good``, ``dim`` ...); the table maps kinds to its component classes.
"""

from __future__ import annotations

from collections.abc import Sequence

from limen_tui.model.lifecycle import VMState
from limen_tui.model.vm import VM
from limen_tui.tui.fleet import fmt
from limen_tui.tui.fleet.glyphs import vm_look, vm_word
from limen_tui.tui.fleet.lines import Line

METER_CELLS = 6
SPARK_CELLS = 16
HOT, WARM = 90.0, 75.0


def heat(share: float | None) -> str:
    """The kind of style for a share in percent."""
    if share is None:
        return "dim"
    return "bad" if share >= HOT else "warn" if share >= WARM else "accent"


def name(vm: VM) -> Line:
    """The name, made safe to print."""
    return ((fmt.clean(vm.name), ""),)


def host(vm: VM, colour: str = "") -> Line:
    """Its host's name, in the host's colour where it was given one."""
    return ((fmt.clean(vm.host_name), colour),)


def state(vm: VM) -> Line:
    """Glyph and word."""
    look = vm_look(vm)
    return ((f"{look.glyph} {vm_word(vm)}", look.kind),)


def vcpus(vm: VM) -> Line:
    """How many it has now."""
    return _plain(str(vm.vcpus)) if vm.vcpus else _unknown()


def cpu(vm: VM) -> Line:
    """Meter and figure, of all its vCPUs."""
    value = vm.load.cpu_pct
    if value is None:
        return _unknown() if vm.state is VMState.RUNNING else ()
    return (*fmt.meter(value, METER_CELLS, heat(value)), (f"{value:4.0f} %", ""))


def memory(vm: VM) -> Line:
    """Bar of used of assigned, and both; only the assigned part where the guest does not say."""
    load = vm.load
    assigned = load.mem_assigned_kib or vm.facts.memory_kib
    if not assigned:
        return _unknown()
    share = load.mem_pct
    if share is None or load.mem_used_kib is None:
        return ((fmt.short(assigned, unit="KiB"), "dim"),)
    used, of = fmt.short(load.mem_used_kib, unit="KiB"), fmt.short(assigned, unit="KiB")
    if len(used) + len(of) > 8:  # the bar would touch it, or the column cut it off
        used = fmt.whole(used)
    return (*fmt.meter(share, METER_CELLS, heat(share)), (f"{f'{used}/{of}':>10}", ""))


def disk(vm: VM) -> Line:
    """Read and written per second."""
    return _rates(vm, vm.load.disk_rd_bps, vm.load.disk_wr_bps)


def net(vm: VM) -> Line:
    """Received and sent per second."""
    return _rates(vm, vm.load.net_rx_bps, vm.load.net_tx_bps)


def _rates(vm: VM, first: float | None, second: float | None) -> Line:
    if first is None and second is None and vm.state is not VMState.RUNNING:
        return ()
    return _two(fmt.rate(first), fmt.rate(second), first, second)


def _two(one: str, other: str, first: float | None, second: float | None) -> Line:
    """Two figures under each other's; nothing happening is dim."""
    return ((f"{one:>6} ", "" if first else "dim"), (f"{other:>6}", "" if second else "dim"))


def ips(vm: VM) -> Line:
    """The first address and how many more."""
    if not vm.ips:
        return _unknown() if vm.state is VMState.RUNNING else ()
    more = len(vm.ips) - 1
    return ((fmt.clean(vm.ips[0]), ""), *(((f" +{more}", "dim"),) if more else ()))


def os(vm: VM) -> Line:
    """Operating system as libosinfo's metadata has it."""
    return text(vm.facts.os)


def autostart(vm: VM) -> Line:
    """Starts with its host."""
    return (("yes", ""),) if vm.facts.autostart else ()


def uptime(vm: VM, now: float) -> Line:
    """Since its start; ``≥`` when it was already running when first seen."""
    if not vm.state.is_active:
        return ()
    return ((fmt.uptime(vm, now), ""),) if vm.started_at is not None else _unknown()


def tags(vm: VM) -> Line:
    """Its tags."""
    return tuple((f"#{fmt.clean(tag)} ", "accent") for tag in vm.facts.tags)


def uuid(vm: VM) -> Line:
    """libvirt's identity of it on its host."""
    return _plain(fmt.clean(vm.key.uuid))


def mac(vm: VM) -> Line:
    """The first MAC address and how many more."""
    nics = vm.facts.nics
    if not nics:
        return _unknown()
    return ((fmt.clean(nics[0].mac), ""), *(((f" +{len(nics) - 1}", "dim"),) if len(nics) > 1 else ()))


def steal(vm: VM) -> Line:
    """Time its vCPUs waited for a host CPU."""
    value = vm.load.steal_pct
    return _unknown() if value is None else ((f"{value:.1f} %", "warn" if value >= 10 else ""),)


def iops(vm: VM) -> Line:
    """Disk requests per second, read and written."""
    load = vm.load
    reads, writes = load.disk_rd_iops, load.disk_wr_iops
    if reads is None and writes is None and vm.state is not VMState.RUNNING:
        return ()
    return _two(fmt.count(reads), fmt.count(writes), reads, writes)


def rss(vm: VM) -> Line:
    """Memory of the emulator process on the host."""
    return _unknown() if vm.load.rss_kib is None else _plain(fmt.memory(vm.load.rss_kib))


def reason(vm: VM) -> Line:
    """Why it is in its state, in libvirt's words."""
    return text(vm.reason)


def description(vm: VM) -> Line:
    """The definition's title, or the first line of its description."""
    return text(note_of(vm) or "")


def note_of(vm: VM) -> str | None:
    """The definition's title, or the first line of its description."""
    return vm.facts.title or vm.facts.description.partition("\n")[0] or None


def history(vm: VM, series: Sequence[float]) -> Line:
    """CPU % of the last samples."""
    return ((fmt.spark(series, SPARK_CELLS, 100.0), heat(vm.load.cpu_pct)),) if len(series) else ()


def machine(vm: VM) -> Line:
    """The machine type."""
    return text(vm.facts.machine)


def kind(vm: VM) -> Line:
    """libvirt's domain type."""
    return text(vm.facts.kind)


def firmware(vm: VM) -> Line:
    """BIOS or UEFI."""
    return text(vm.facts.firmware)


def disks(vm: VM) -> Line:
    """How many disks."""
    return _plain(str(len(vm.facts.disks)))


def text(value: str) -> Line:
    """Outside text, ``–`` when empty."""
    return _plain(fmt.clean(value)) if value else _unknown()


def _plain(text: str) -> Line:
    return ((text, ""),)


def _unknown() -> Line:
    return ((fmt.UNKNOWN, "dim"),)
