"""The rows of the tabs of disks and interfaces: what is defined, what runs, what it does now. Pure."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, replace
from typing import Final, TypeVar

from limen_widgets.line_table import Column
from limen_widgets.pieces import Cell

from limen_tui.model.detail import DiskLoad, NicLoad, VMDetail
from limen_tui.model.resize import Situation
from limen_tui.model.resize.devices import disk_limits_text, nic_limits_text
from limen_tui.model.units import UNKNOWN, clean, rate, size
from limen_tui.model.verbs.devices import BlockInfo
from limen_tui.model.vm import VM
from limen_tui.model.xml.devices import DiskDevice, NicDevice, read_disks, read_nics

T = TypeVar("T")
NEXT_BOOT: Final = "from the next boot on"
UNTIL_STOP: Final = "until it stops"


@dataclass(frozen=True, slots=True)
class DiskRow:
    """One disk or drive."""

    disk: DiskDevice
    load: DiskLoad | None = None
    info: BlockInfo | None = None
    place: str = ""
    """Its pool."""
    note: str = ""


@dataclass(frozen=True, slots=True)
class NicRow:
    """One interface."""

    nic: NicDevice
    load: NicLoad | None = None
    note: str = ""


def disk_rows(vm: VM, situation: Situation | None, detail: VMDetail | None) -> tuple[DiskRow, ...]:
    """Of what runs and of the definition; before the host was asked, of what is known of the VM."""
    loads = {load.name: load for load in detail.disks} if detail is not None else {}
    if situation is None:
        return tuple(
            DiskRow(DiskDevice(disk.target, disk.bus, disk.device, source=disk.source, format=disk.format),
                    loads.get(disk.target)) for disk in vm.facts.disks
        )  # fmt: skip
    live = {disk.target: disk for disk in read_disks(situation.live_xml)} if situation.running else {}
    later = {disk.target: disk for disk in read_disks(situation.config_xml)} if situation.persistent else {}
    rows = []
    for target, disk in {**later, **live}.items():
        place = situation.places.get(target)
        rows.append(DiskRow(disk, loads.get(target), situation.disks.get(target), place.pool if place else disk.pool,
                            _note(target in live, target in later, situation)))  # fmt: skip
    return tuple(rows)


def nic_rows(vm: VM, situation: Situation | None, detail: VMDetail | None) -> tuple[NicRow, ...]:
    """As :func:`disk_rows`."""
    loads = {load.name: load for load in detail.nics} if detail is not None else {}
    if situation is None:
        return tuple(
            NicRow(NicDevice(nic.mac, nic.kind, nic.source, nic.model, nic.target), loads.get(nic.target))
            for nic in vm.facts.nics
        )
    live = {nic.mac: nic for nic in read_nics(situation.live_xml)} if situation.running else {}
    later = {nic.mac: nic for nic in read_nics(situation.config_xml)} if situation.persistent else {}
    found = {**later, **live}
    rows = []
    for mac, nic in found.items():
        # a driver that names its only interface otherwise is still meant
        load = loads.get(nic.target) or (next(iter(loads.values())) if len(loads) == len(found) == 1 else None)
        rows.append(NicRow(nic, load, _note(mac in live, mac in later, situation)))
    return tuple(rows)


def _note(live: bool, later: bool, situation: Situation) -> str:
    if not situation.running or (live and later) or not situation.persistent:
        return ""
    return UNTIL_STOP if live else NEXT_BOOT


def disk_columns() -> Sequence[Column[DiskRow]]:
    """Of the tab of disks."""
    return _still(
        Column("target", "Disk", lambda row: clean(row.disk.target), lambda row: row.disk.target, min_width=4,
               max_width=10, sticky=True, priority=0, header_help="Its name for libvirt"),
        Column("kind", "Kind", _kind, min_width=6, max_width=14, priority=2, header_help="Bus, and what it is"),
        Column("size", "Size", lambda row: size(row.info.capacity) if row.info else UNKNOWN, width=9, align="right",
               priority=0, header_help="What the guest sees"),
        Column("used", "On host", lambda row: size(row.info.allocation) if row.info else UNKNOWN, width=9,
               align="right", priority=3, header_help="What it takes on the host"),
        Column("read", "Read", lambda row: rate(row.load.rd_bps if row.load else None), width=11, align="right",
               priority=1, header_help="Bytes read per second"),
        Column("write", "Write", lambda row: rate(row.load.wr_bps if row.load else None), width=11, align="right",
               priority=1, header_help="Bytes written per second"),
        Column("iops", "IOPS", _iops, width=7, align="right", priority=4,
               header_help="Requests per second"),
        Column("source", "Where", lambda row: row.disk.shown_source, min_width=12, max_width=90, flex=1, priority=1,
               header_help="Its file, device or volume"),
        Column("format", "Format", lambda row: clean(row.disk.format), min_width=5, max_width=10, priority=5),
        Column("limits", "Limits", lambda row: disk_limits_text(row.disk.limits), min_width=8, max_width=40,
               priority=6),
        Column("note", "", lambda row: ((row.note, "warn"),), min_width=0, max_width=22, priority=2),
    )  # fmt: skip


def _still(*columns: Column[T]) -> tuple[Column[T], ...]:
    """None of them marks a change: figures come late, and then change with each sample."""
    return tuple(replace(column, highlight=False) for column in columns)


def disk_facts(row: DiskRow) -> list[tuple[str, str]]:
    """Label and value of what the table has no room for."""
    disk, info = row.disk, row.info
    sizes = ""
    if info is not None:
        sizes = f"{size(info.capacity)}, {size(info.allocation)} on the host"
        sizes += f", pool {row.place}" if row.place else ""
    flags = [word for word, on in (("read-only", disk.read_only), ("shared", disk.shareable)) if on]
    more = [f"cache {disk.cache}" if disk.cache else "", f"serial {disk.serial}" if disk.serial else "",
            f"boot order {disk.boot_order}" if disk.boot_order else "", *flags]  # fmt: skip
    return _filled(
        ("Where", disk.shown_source), ("Size", sizes), ("At", "  ".join(filter(None, (disk.bus, disk.address)))),
        ("Limits", disk_limits_text(disk.limits)), ("More", ", ".join(filter(None, more))),
    )


def nic_facts(row: NicRow) -> list[tuple[str, str]]:
    """As :func:`disk_facts`."""
    nic = row.nic
    load = row.load
    packets = ""
    if load is not None and load.rx_pps is not None and load.tx_pps is not None:
        packets = f"{load.rx_pps:.0f} in, {load.tx_pps:.0f} out per second"
    return _filled(
        ("On", f"{nic.kind} {nic.source}"), ("Device", nic.target),
        ("At", "  ".join(filter(None, (nic.model, nic.address)))),
        ("Limits", nic_limits_text(nic.limits)), ("Packets", packets),
        ("Boot order", str(nic.boot_order) if nic.boot_order else ""),
    )


def _filled(*facts: tuple[str, str]) -> list[tuple[str, str]]:
    return [(label, value) for label, value in facts if value]


def _kind(row: DiskRow) -> Cell:
    device = "" if row.disk.device == "disk" else " " + {"cdrom": "CD-ROM"}.get(row.disk.device, row.disk.device)
    return clean(f"{row.disk.bus}{device}")


def _iops(row: DiskRow) -> str:
    load = row.load
    if load is None or load.rd_iops is None or load.wr_iops is None:
        return UNKNOWN
    return f"{load.rd_iops + load.wr_iops:.0f}"


def nic_columns() -> Sequence[Column[NicRow]]:
    """Of the tab of interfaces."""
    return _still(
        Column("mac", "MAC", lambda row: clean(row.nic.mac), lambda row: row.nic.mac, width=17, sticky=True,
               priority=0),
        Column("link", "Link", lambda row: (("● up", "good"),) if row.nic.link_up else (("○ down", "warn"),), width=6,
               priority=1, header_help="Whether its cable is plugged in"),
        Column("source", "On", lambda row: clean(f"{row.nic.kind} {row.nic.source}"), min_width=12, max_width=60,
               flex=1, priority=0, header_help="Network, bridge or device of the host"),
        Column("model", "Model", lambda row: clean(row.nic.model), min_width=6, max_width=10, priority=4),
        Column("rx", "In", lambda row: rate(row.load.rx_bps if row.load else None), width=11, align="right",
               priority=1, header_help="Bytes per second towards the guest"),
        Column("tx", "Out", lambda row: rate(row.load.tx_bps if row.load else None), width=11, align="right",
               priority=1, header_help="Bytes per second from the guest"),
        Column("drops", "Drops", _drops, width=7, align="right", priority=4,
               header_help="Packets dropped per second"),
        Column("target", "Device", lambda row: clean(row.nic.target), min_width=6, max_width=15, priority=5,
               header_help="On the host"),
        Column("limits", "Limits", lambda row: nic_limits_text(row.nic.limits), min_width=8, max_width=34, priority=3),
        Column("note", "", lambda row: ((row.note, "warn"),), min_width=0, max_width=22, priority=2),
    )  # fmt: skip


def _drops(row: NicRow) -> Cell:
    load = row.load
    if load is None or load.rx_drops is None or load.tx_drops is None:
        return UNKNOWN
    drops = load.rx_drops + load.tx_drops
    return ((f"{drops:.0f}", "warn" if drops else ""),)
