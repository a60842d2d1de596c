"""What is not well about a VM, from its definition and its guest. Pure."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from typing import TYPE_CHECKING, Final

from limen_tui.model.verbs.agent import GuestInfo
from limen_tui.model.verbs.lineage import SnapshotFact
from limen_tui.model.vm import VM

if TYPE_CHECKING:
    from limen_tui.model.xml.overview import Overview

FULL: Final = 90.0
"""Percent from which a file system is called nearly full."""
UNSAFE: Final = "unsafe"
DISKS: Final = frozenset({"disk", "lun"})


def cautions(vm: VM, overview: Overview | None, info: GuestInfo | None) -> Iterator[str]:
    """Each a short clause; what is not known yet is left out."""
    facts = vm.facts
    if info is not None:
        for disk in info.disks:
            used = disk.used_pct
            if used is not None and used >= FULL:
                yield f"{disk.mount} inside the guest is {used:.0f} % full"
    if overview is not None:
        for part in overview.disks:
            if part.cache == UNSAFE and part.device in DISKS:
                yield f"{part.target} has cache=unsafe: a crash of the host loses what was written"
        medium = overview.boots_from_cdrom
        if medium:
            yield f"boots from the medium in the CD-ROM drive first: {medium}"
        yield from _of_agent(vm, overview)
        for nic in overview.nics:
            if nic.down:
                yield f"the link of {nic.mac} is down"
    if not facts.has_balloon:
        yield "has no memory balloon: what the guest uses is not known"
    if not facts.persistent:
        yield "is transient: its definition is gone when it stops"
    if facts.kind == "qemu":
        yield "is emulated, without KVM: it is slow"


def old_snapshots(snapshots: Sequence[SnapshotFact], now: float, days: float) -> Iterator[str]:
    """One clause for all that are older than ``days`` at Unix time ``now``."""
    old = [snapshot for snapshot in snapshots if snapshot.made_at and snapshot.age_days(now) > days]
    if not old:
        return
    oldest = min(old, key=lambda snapshot: snapshot.made_at)
    age = int(oldest.age_days(now))
    if len(old) == 1:
        yield f"the snapshot {oldest.name} is older than {days:g} days: it is {age}"
    else:
        yield f"{len(old)} snapshots are older than {days:g} days, {oldest.name} is {age}"


def _of_agent(vm: VM, overview: Overview) -> Iterator[str]:
    if not overview.agent_channel:
        yield "has no guest agent: no addresses, no quiet snapshots"
    elif overview.agent_channel == "disconnected" and vm.state.is_active:
        yield "the guest agent is not running inside"
