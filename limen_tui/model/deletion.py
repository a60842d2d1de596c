"""What deleting a VM would take along, and what it would leave. Pure values and the rules about them."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field, replace
from typing import Final

from limen_tui.model.storage import Volume
from limen_tui.model.verbs.definitions import Leftovers
from limen_tui.model.vm import Disk, VMKey

PROTECTED: Final = "protected"
"""The tag under which a VM refuses to be deleted."""
SEED_ENDINGS: Final = ("-seed.iso", "-cidata.iso")


@dataclass(frozen=True, slots=True)
class DiskFate:
    """One disk of the VM, and what becomes of it."""

    disk: Disk
    volume: Volume | None = None
    """``None``: its file is in no active pool, and Limen does not touch it."""
    stays: str = ""
    """Why it must stay; empty when it may go."""
    goes: bool = False
    """Whether it goes unless a person says otherwise."""


@dataclass(frozen=True, slots=True)
class Survey:
    """A VM as it stands before it is deleted."""

    key: VMKey
    name: str
    host_name: str
    xml: str
    """Inactive, without secrets."""
    running: bool = False
    autostart: bool = False
    gone: bool = False
    """The hypervisor has lost it; ``xml`` is what was kept of it."""
    tags: tuple[str, ...] = ()
    leftovers: Leftovers = field(default_factory=Leftovers)
    disks: tuple[DiskFate, ...] = ()

    @property
    def refusal(self) -> str:
        """Why it may not be deleted; empty when it may."""
        if PROTECTED in self.tags:
            return f"{self.name} is protected: take its tag “{PROTECTED}” away first (T)"
        return ""

    @property
    def sweep(self) -> bool:
        """Whether it has UEFI variables or TPM state."""
        return bool(self.leftovers.nvram) or self.leftovers.tpm

    @property
    def notes(self) -> tuple[str, ...]:
        """What a person should know before."""
        left = self.leftovers
        lines = []
        if self.gone:
            lines.append("The hypervisor does not have it any more: what is left of it is cleaned up.")
        if self.running:
            lines.append("It is running: it is forced off first, unsaved work is lost.")
        if left.snapshots:
            lines.append(f"{_count(left.snapshots, 'snapshot')} will be lost: {', '.join(left.snapshots[:5])}")
        if left.checkpoints:
            lines.append(f"{_count(left.checkpoints, 'backup checkpoint')} will be lost.")
        if left.managed_save:
            lines.append("Its saved memory will be lost.")
        return tuple(lines)

    def choose(self, targets: Mapping[str, bool]) -> Survey:
        """With other disks to go, by target; what must stay stays."""
        disks = tuple(
            replace(fate, goes=targets.get(fate.disk.target, fate.goes) and not fate.stays) for fate in self.disks
        )
        return replace(self, disks=disks)


def _count(names: tuple[str, ...], word: str) -> str:
    return f"{len(names)} {word}{'' if len(names) == 1 else 's'}"


def fate_of(
    disk: Disk, volume: Volume | None, *, users: tuple[str, ...], above: tuple[str, ...]
) -> DiskFate:
    """What becomes of a disk. ``users``: other VMs that have it; ``above``: volumes that are backed by it."""
    if not disk.source:
        return DiskFate(disk, None, "empty")
    if volume is None or not volume.pool:
        return DiskFate(disk, None, "in no storage pool: Limen does not touch it")
    if users:
        return DiskFate(disk, volume, f"{', '.join(users[:3])} {'uses' if len(users) == 1 else 'use'} it too")
    if above:
        return DiskFate(disk, volume, f"it is the base of {', '.join(above[:3])}")
    if disk.device != "disk" and not disk.source.endswith(SEED_ENDINGS):
        return DiskFate(disk, volume, f"a {disk.device} image: it may serve others")
    return DiskFate(disk, volume, goes=True)
