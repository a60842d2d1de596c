"""Disks only grow; limits of disks and interfaces change at any time. Pure."""

from __future__ import annotations

from dataclasses import fields
from typing import Final

from limen_tui.errors import NotFound
from limen_tui.model.resize.case import Case, Draft
from limen_tui.model.resize.values import Change, Refusal, Situation
from limen_tui.model.units import clean, size
from limen_tui.model.verbs.devices import DiskLimits, NicLimits
from limen_tui.model.xml.edit import find_disk, find_nic, read_disk_limits, read_nic_limits

_SAID: Final = {
    "total_bytes": "total", "read_bytes": "read", "write_bytes": "write", "total_iops": "total",
    "read_iops": "read", "write_iops": "write",
}  # fmt: skip
MOST_DISK: Final = 1 << 53
"""8 PiB: QEMU allows no more."""


def plan_disks(case: Case, draft: Draft) -> None:
    """New sizes of disks."""
    situation = case.situation
    for target, wanted in case.wish.disks.items():
        known = situation.disks.get(target)
        if known is not None and known.capacity == wanted:
            continue
        why = _why_no_disk(case, target) or _why_not_grown(situation, target, wanted)
        if why is not None or known is None:
            text, hint = why or ("", "")
            draft.refusals.append(Refusal("disk", text, hint, target=target))
            continue
        draft.changes.append(Change(
            "disk", size(known.capacity), size(wanted), live=situation.running, config=not situation.running,
            target=target, note="it cannot be made smaller again",
        ))  # fmt: skip
        place = situation.places.get(target)
        if place is not None and place.free is not None and wanted - known.capacity > place.free:
            draft.warnings.append(
                f"Pool {clean(place.pool)} has {size(place.free)} left: it may be full before {clean(target)} is."
            )


def _why_no_disk(case: Case, target: str) -> tuple[str, str] | None:
    """Why and hint; ``None`` for a disk that can grow."""
    shown = clean(target)
    try:
        disk = find_disk(case.devices_of, target)
    except NotFound:
        return f"There is no disk {shown}", ""
    if disk.get("device", "disk") != "disk":
        return f"{shown} is no disk, but a drive", ""
    if disk.find("readonly") is not None:
        return f"{shown} is read-only", ""
    if target not in case.situation.disks:
        return f"The size of {shown} is not known", "Its storage may be missing."
    return None


def _why_not_grown(situation: Situation, target: str, wanted: int) -> tuple[str, str] | None:
    before, place, shown = situation.disks[target].capacity, situation.places.get(target), clean(target)
    if wanted < before:
        return f"{shown} has {size(before)}: a disk never shrinks", "What lies beyond the end would be lost."
    if wanted > MOST_DISK:
        return f"{size(wanted)} is more than a disk can have", ""
    if wanted % 512:
        return "The size must be a multiple of 512 bytes", ""
    if not situation.running and place is None:
        return f"{shown} lies in no storage pool", "Start the VM: while it runs, any disk can grow."
    if place is not None and place.free is not None and not place.thin and wanted - before > place.free:
        return f"Pool {clean(place.pool)} has only {size(place.free)} left", "Free some room in it."
    return None


def plan_limits(case: Case, draft: Draft) -> None:
    """New limits of disks and interfaces."""
    for target, limits in case.wish.disk_limits.items():
        _limit(case, draft, "disk-limits", target, limits)
    for mac, rates in case.wish.nic_limits.items():
        _limit(case, draft, "nic-limits", mac, rates)


def _limit(case: Case, draft: Draft, subject: str, target: str, wanted: DiskLimits | NicLimits) -> None:
    try:
        before: DiskLimits | NicLimits
        if isinstance(wanted, DiskLimits):
            before = read_disk_limits(find_disk(case.devices_of, target))
        else:
            before = read_nic_limits(find_nic(case.devices_of, target))
    except NotFound as error:
        draft.refusals.append(Refusal(subject, error.title, target=target))
        return
    if isinstance(wanted, DiskLimits) and (why := _clash(wanted)):
        draft.refusals.append(Refusal(subject, why, "Give one or the other.", target=target))
    elif wanted != before:
        draft.changes.append(Change(
            subject, limits_text(before), limits_text(wanted), live=case.situation.running,
            config=case.situation.persistent, target=target,
        ))  # fmt: skip


def _clash(limits: DiskLimits) -> str:
    if limits.total_bytes and (limits.read_bytes or limits.write_bytes):
        return "A total rate goes with no rate for reading or writing"
    if limits.total_iops and (limits.read_iops or limits.write_iops):
        return "A total of requests goes with no limit for reading or writing"
    return ""


def limits_text(limits: DiskLimits | NicLimits) -> str:
    """As a person says them."""
    return disk_limits_text(limits) if isinstance(limits, DiskLimits) else nic_limits_text(limits)


def disk_limits_text(limits: DiskLimits) -> str:
    """``read 10 MiB/s, write 100 IOPS``; ``no limit``."""
    parts = []
    for each in fields(limits):
        value = getattr(limits, each.name)
        if value:
            shown = f"{value} IOPS" if each.name.endswith("iops") else f"{size(value)}/s"
            parts.append(f"{_SAID[each.name]} {shown}")
    return ", ".join(parts) or "no limit"


def nic_limits_text(limits: NicLimits) -> str:
    """``in 1 MiB/s, out 512 KiB/s``; ``no limit``."""
    both = (("in", limits.inbound_kib), ("out", limits.outbound_kib))
    return ", ".join(f"{word} {size(kib, unit='KiB')}/s" for word, kib in both if kib) or "no limit"
