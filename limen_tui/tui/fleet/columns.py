"""The columns of the VM table, as data. May import limen_widgets and model. UI thread."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Mapping, Sequence
from dataclasses import replace
from typing import Final

from limen_widgets.line_table import Column
from limen_widgets.line_table.lines import natural
from limen_widgets.pieces import Cell, Pieces, pieces_of

from limen_tui.model.samples import StatsGroup
from limen_tui.model.vm import VM
from limen_tui.model.workspace import workspace_of
from limen_tui.tui.fleet import cells, order

GROUPS: Final[Mapping[str, frozenset[StatsGroup]]] = {
    "cpu": frozenset({StatsGroup.CPU}),
    "cpu-history": frozenset({StatsGroup.CPU}),
    "vcpus": frozenset({StatsGroup.CPU}),
    "steal": frozenset({StatsGroup.VCPU}),
    "memory": frozenset({StatsGroup.BALLOON}),
    "rss": frozenset({StatsGroup.BALLOON}),
    "disk": frozenset({StatsGroup.DISK}),
    "iops": frozenset({StatsGroup.DISK}),
    "net": frozenset({StatsGroup.NET}),
}
"""The groups of figures that a column needs; columns not named need none."""


FILTERED: Final = {
    "cpu": "cpu", "mem": "memory", "used": "memory", "disk": "disk", "iops": "iops", "net": "net", "steal": "steal",
}  # fmt: skip
"""Figures that a filter can compare, with the column that shows them."""


def columns_in(filter_text: str) -> set[str]:
    """Those of which a filter compares the figures: they are wanted though they may not be on show."""
    return {column for word, column in FILTERED.items() if any(word + sign in filter_text for sign in "<>=")}


def groups_for(column_ids: Iterable[str]) -> frozenset[StatsGroup]:
    """Only what the columns on show need to be sampled."""
    return frozenset().union(*(GROUPS.get(column, frozenset()) for column in column_ids))


def vm_columns(
    now: Callable[[], float], history: Callable[[VM], Sequence[float]], group_of: Callable[[VM], str],
    colour_of: Callable[[VM], str],
) -> list[Column[VM]]:  # fmt: skip
    """All columns of the VM table: ``now`` is Unix time, ``history`` a VM's last CPU figures, ``group_of`` and
    ``colour_of`` its host's group and colour.
    """
    columns = [*_identity(colour_of), *_load(), *_place(now), *_optional(history, group_of)]
    return [replace(column, cell=_dimmed(column.cell)) for column in columns]


def _dimmed(cell: Callable[[VM], Cell]) -> Callable[[VM], Cell]:
    """Rows of hosts that do not answer are dim throughout: they are not the live truth."""

    def shown(vm: VM) -> Cell:
        made = cell(vm)
        return tuple((text, "dim") for text, _ in pieces_of(made)) if vm.stale else made

    return shown


def _identity(colour_of: Callable[[VM], str]) -> list[Column[VM]]:
    return [
        Column("name", "Name", cells.name, lambda vm: natural(vm.name), min_width=14, max_width=40, flex=3,
               sticky=True, priority=0, header_help="The VM's name on its host"),
        Column("state", "State", cells.state, order.state, width=11, priority=1,
               header_help="What it does now; ~ is as last seen"),
        Column("host", "Host", lambda vm: cells.host(vm, colour_of(vm)), lambda vm: natural(vm.host_name), min_width=6,
               max_width=16, priority=3, header_help="The host it is on"),
    ]  # fmt: skip


def _load() -> list[Column[VM]]:
    return [
        Column("vcpus", "vCPU", cells.vcpus, lambda vm: vm.vcpus or None, width=4, align="right", priority=6,
               descending_first=True, header_help="vCPUs it has now"),
        Column("cpu", "CPU", cells.cpu, lambda vm: vm.load.cpu_pct, width=12, align="right", highlight=False,
               descending_first=True, priority=1, header_help="Of all its vCPUs"),
        Column("memory", "Memory", cells.memory, order.memory, width=16, align="right", highlight=False,
               descending_first=True, priority=2, header_help="Used in the guest, of what it was given"),
        Column("disk", "Read  Write", cells.disk, lambda vm: order.pair(vm.load.disk_rd_bps, vm.load.disk_wr_bps),
               width=13, align="right", highlight=False, descending_first=True, priority=6,
               header_help="Bytes per second from and to its disks"),
        Column("net", "Recv   Sent", cells.net, lambda vm: order.pair(vm.load.net_rx_bps, vm.load.net_tx_bps),
               width=13, align="right", highlight=False, descending_first=True, priority=5,
               header_help="Bytes per second from and to its networks"),
    ]  # fmt: skip


def _place(now: Callable[[], float]) -> list[Column[VM]]:
    return [
        Column("ip", "IP", cells.ips, order.address, min_width=9, max_width=24, priority=4,
               header_help="Its first address, and how many more"),
        Column("os", "OS", cells.os, lambda vm: vm.facts.os or None, min_width=6, max_width=16, priority=8,
               header_help="From the definition's libosinfo metadata"),
        Column("autostart", "Auto", cells.autostart, lambda vm: not vm.facts.autostart, width=4, priority=9,
               header_help="Starts with its host"),
        Column("uptime", "Uptime", lambda vm: cells.uptime(vm, now()), lambda vm: order.uptime(vm, now()), width=12,
               align="right", highlight=False, descending_first=True, priority=7,
               header_help="Since its start; ≥ when it ran before Limen saw it"),
        Column("tags", "Tags", cells.tags, lambda vm: vm.facts.tags or None, min_width=6, max_width=32, flex=1,
               priority=7, header_help="Kept in the VM's own libvirt metadata"),
    ]  # fmt: skip


def _optional(history: Callable[[VM], Sequence[float]], group_of: Callable[[VM], str]) -> list[Column[VM]]:
    return [
        _text("uuid", "UUID", cells.uuid, lambda vm: vm.key.uuid, most=36, text="libvirt's identity of it on its host"),
        _text("mac", "MAC", cells.mac, lambda vm: vm.facts.nics[0].mac if vm.facts.nics else None,
              most=24, text="Its first MAC address, and how many more"),
        Column("cpu-history", "CPU history", lambda vm: cells.history(vm, history(vm)), lambda vm: vm.load.cpu_pct,
               width=16, highlight=False, default=False, descending_first=True, header_help="CPU % lately"),
        _figure("steal", "Steal", cells.steal, lambda vm: vm.load.steal_pct, width=8, text="vCPUs waiting for a CPU"),
        _figure("iops", "Rd/s   Wr/s", cells.iops, order.iops, width=13, text="Disk requests per second"),
        _figure("rss", "RSS", cells.rss, lambda vm: vm.load.rss_kib, width=9, text="The emulator's memory on the host"),
        _text("reason", "Reason", cells.reason, lambda vm: vm.reason or None, most=20, text="Why it is in its state"),
        _text("description", "Description", cells.description, cells.note_of, most=40, text="Title or first line"),
        _text("machine", "Machine", cells.machine, lambda vm: vm.facts.machine or None, most=20, text="Machine type"),
        _text("kind", "Kind", cells.kind, lambda vm: vm.facts.kind or None, most=8, text="libvirt's domain type"),
        _text("firmware", "Firmware", cells.firmware, lambda vm: vm.facts.firmware or None, most=8, text="BIOS, UEFI"),
        _text("workspace", "Workspace", lambda vm: cells.text(workspace_of(vm.facts.tags)),
              lambda vm: workspace_of(vm.facts.tags) or None, most=20, text="Its tag ws/NAME"),
        _text("group", "Group", lambda vm: cells.text(group_of(vm)), lambda vm: group_of(vm) or None, most=16,
              text="The group of its host"),
        _figure("disks", "Disks", cells.disks, lambda vm: len(vm.facts.disks), width=5, text="How many disks"),
    ]  # fmt: skip


def _text(
    name: str, title: str, cell: Callable[[VM], Pieces], key: Callable[[VM], object], *, most: int, text: str
) -> Column[VM]:
    return Column(name, title, cell, key, min_width=4, max_width=most, default=False, header_help=text)


def _figure(
    name: str, title: str, cell: Callable[[VM], Pieces], key: Callable[[VM], object], *, width: int, text: str
) -> Column[VM]:
    return Column(name, title, cell, key, width=width, align="right", highlight=False, default=False,
                  descending_first=True, header_help=text)  # fmt: skip
