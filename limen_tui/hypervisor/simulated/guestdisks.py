"""What lies on the first disk of simulated guests, and the programs that grow it.

Imports the model; on the simulation's thread.
"""

from __future__ import annotations

from collections.abc import Callable
from typing import Final

from limen_tui.errors import LimenError
from limen_tui.hypervisor.simulated.machine import Machine
from limen_tui.model.verbs.agent import GuestDisk, Ran

GIB: Final = 1 << 30
MIB: Final = 1 << 20
SECTOR: Final = 512
TOOLS: Final = ("growpart", "resize2fs", "xfs_growfs")


class GuestDisks:
    """A small boot partition, a root, and in every second guest a /var behind it. What was grown is remembered."""

    def __init__(self, capacity: Callable[[str, str], int]) -> None:
        self._capacity = capacity
        """Bytes of a disk, by UUID and target. Raises ``LimenError``."""
        self._part: dict[str, int] = {}
        """End of the last partition in bytes, once growpart moved it."""
        self._filled: dict[str, int] = {}
        """Bytes of the last file system, once it was grown."""

    def file_systems(self, machine: Machine) -> tuple[GuestDisk, ...]:
        """As the agent tells them."""
        seed, on = machine.made.seed, _first(machine)
        size = 20 * GIB * (1 + seed % 4)
        root, var = size, 4 * size
        if seed % 2:
            var = self._filled.get(machine.uuid, var)
        else:
            root = self._filled.get(machine.uuid, root)
        data = (GuestDisk("/var", "vda3", "xfs", var, int(4 * size * (0.55 + seed % 42 / 100)), on),)
        return (
            GuestDisk("/", "vda2", "ext4", root, size * (30 + seed % 50) // 100, on),
            *(data if seed % 2 else ()), GuestDisk("/boot/efi", "vda1", "vfat", GIB // 2, GIB // 80, on),
        )  # fmt: skip

    def files(self, machine: Machine) -> dict[str, str]:
        """What the kernel and the folders of programs say."""
        whole, starts = self._whole(machine), self._starts(machine)
        rows = [("vda", whole), *((name, whole - start) for name, start in starts.items())]
        table = "".join(f" 254        {n} {size // 1024:>10} {name}\n" for n, (name, size) in enumerate(rows))
        found = {"/proc/partitions": f"major minor  #blocks  name\n\n{table}",
                 "/sys/class/block/vda/size": f"{whole // SECTOR}\n"}  # fmt: skip
        found |= {f"/sys/class/block/{name}/start": f"{start // SECTOR}\n" for name, start in starts.items()}
        return found | {f"/usr/sbin/{tool}": "\x7fELF" for tool in TOOLS}

    def run(self, machine: Machine, words: tuple[str, ...]) -> Ran | None:
        """What one of the programs that grow answers; ``None`` for any other."""
        name = words[0].rpartition("/")[2]
        if name not in TOOLS or len(words) < 2:
            return None
        whole, starts = self._whole(machine), self._starts(machine)
        last, start = list(starts.items())[-1]
        if name == "growpart":
            if words[1:] != ("/dev/vda", last[-1]):
                return Ran(1, b"", b"FAILED: it is not the last partition\n")
            if self._part.get(machine.uuid) == whole:
                return Ran(1, f"NOCHANGE: partition {last[-1]} could only be grown by 0\n".encode())
            self._part[machine.uuid] = whole
            return Ran(0, f"CHANGED: partition={last[-1]} start={start // SECTOR}\n".encode())
        if words[-1] not in (f"/dev/{last}", "/var" if machine.made.seed % 2 else "/"):
            return Ran(1, b"", f"{name}: {words[-1]} is not to be grown\n".encode())
        if (end := self._part.get(machine.uuid)) is not None:
            self._filled[machine.uuid] = max(GIB, end - start)
        return Ran(0, f"The file system on {words[-1]} is now larger\n".encode())

    def _whole(self, machine: Machine) -> int:
        try:
            return self._capacity(machine.uuid, _first(machine)[0])
        except (LimenError, IndexError):
            return 20 * GIB  # its volume is in no pool of the simulation

    def _starts(self, machine: Machine) -> dict[str, int]:
        root = MIB + GIB // 2
        behind = {"vda3": root + 20 * GIB * (1 + machine.made.seed % 4)} if machine.made.seed % 2 else {}
        return {"vda1": MIB, "vda2": root, **behind}


def _first(machine: Machine) -> tuple[str, ...]:
    return tuple(disk.target for disk in machine.facts.disks if disk.device == "disk")[:1]
