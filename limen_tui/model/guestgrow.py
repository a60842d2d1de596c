"""What makes a file system fill its disk again inside a guest, as argument vectors. Pure; safe on any thread.

All that a guest says is outside text: it only ever becomes one word of a command that runs inside that same guest.
"""

from __future__ import annotations

import re
import shlex
from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from typing import Final

from limen_tui.model.units import clean
from limen_tui.model.verbs.agent import GuestDisk

Words = tuple[str, ...]
GROWERS: Final[Mapping[str, str]] = {
    "ext2": "resize2fs", "ext3": "resize2fs", "ext4": "resize2fs", "xfs": "xfs_growfs", "btrfs": "btrfs",
}  # fmt: skip
"""The program that grows a mounted file system, by its kind."""
PACKAGES: Final[Mapping[str, str]] = {
    "growpart": "cloud-guest-utils (or cloud-utils-growpart)", "resize2fs": "e2fsprogs", "xfs_growfs": "xfsprogs",
    "btrfs": "btrfs-progs",
}  # fmt: skip
_PART: Final = re.compile(r"([a-z]{1,8}|(?:nvme\d{1,3}n\d{1,3}|mmcblk\d{1,3})(?=p))p?(\d{1,3})")
_WHOLE: Final = re.compile(r"[a-z]{2,8}|nvme\d{1,3}n\d{1,3}|mmcblk\d{1,3}")


@dataclass(frozen=True, slots=True)
class Inside:
    """What can be done inside the guest once one of its disks has grown."""

    what: str = ""
    """``/ (ext4 on vda1)``."""
    commands: tuple[Words, ...] = ()
    """One after the other; empty where nothing can be done."""
    why_not: str = ""
    hint: str = ""
    """What a person can do about it."""
    whole: str = ""
    """The guest's name of the disk: ``vda``."""

    @property
    def possible(self) -> bool:
        """Whether there is something to run."""
        return bool(self.commands)

    @property
    def typed(self) -> str:
        """The commands as a person types them in the guest."""
        return " && ".join(shlex.join(words) for words in self.commands)


def whole_of(name: str) -> tuple[str, int] | None:
    """Disk and number of partition (0: the disk itself) of a device's name: ``vda3`` -> (``vda``, 3)."""
    if name.startswith(("dm", "md")):
        return None
    if _WHOLE.fullmatch(name):
        return name, 0
    found = _PART.fullmatch(name)
    return (found[1], int(found[2])) if found is not None else None


def partitions_of(disk: str, proc_partitions: str) -> tuple[str, ...]:
    """Names of the partitions of a disk, from the text of /proc/partitions."""
    names = [line.split()[-1] for line in proc_partitions.splitlines() if len(line.split()) == 4]
    return tuple(name for name in names if (found := whole_of(name)) is not None and found[0] == disk and found[1])


def on_disk(disks: Iterable[GuestDisk], target: str) -> tuple[GuestDisk, ...]:
    """File systems that lie on the disk ``target`` of the VM, each once, by its shortest mount point."""
    found: dict[str, GuestDisk] = {}
    for disk in sorted(disks, key=lambda each: len(each.mount)):
        if target in disk.targets:
            found.setdefault(disk.device, disk)
    return tuple(found.values())


def last_of(disks: Iterable[GuestDisk], target: str, starts: Mapping[str, int]) -> GuestDisk | Inside:
    """The file system at the end of a disk, or why there is none that can grow. ``starts``: first sectors of the
    partitions of the guest's disks, by name."""
    found = on_disk(disks, target)
    if not found:
        return Inside(why_not="no file system on it is mounted in the guest",
                      hint="Grow it in the guest, if it has any.")  # fmt: skip
    odd = next((each for each in found if whole_of(each.device) is None), None)
    if odd is not None:
        shown = clean(odd.device)
        if odd.device.startswith(("dm-", "/dev/dm-", "/dev/mapper")):
            return Inside(why_not=f"{clean(odd.mount)} lies on LVM or an encrypted volume ({shown})",
                          hint="In the guest: growpart, then pvresize, then lvextend --resizefs.")  # fmt: skip
        return Inside(why_not=f"{clean(odd.mount)} lies on {shown}, which is no plain disk or partition",
                      hint="Grow it with the guest's own tools.")  # fmt: skip
    ends = {each.device: starts.get(each.device, 0) for each in found}
    last = max(found, key=lambda each: ends[each.device])
    disk, number = whole_of(last.device) or ("", 0)
    behind = [name for name, start in starts.items()
              if (other := whole_of(name)) is not None and other[0] == disk and start > ends[last.device]]  # fmt: skip
    if number and behind:
        return Inside(why_not=f"{clean(last.device)} ({clean(last.mount)}) is not the last partition: "
                      f"{clean(behind[-1])} lies behind it",
                      hint="Move or remove what lies behind it first.")  # fmt: skip
    return last


def commands_for(disk: GuestDisk) -> Inside:
    """What grows this file system, which lies at the end of its disk."""
    found, tool = whole_of(disk.device), GROWERS.get(disk.kind)
    what = f"{clean(disk.mount)} ({clean(disk.kind)} on {clean(disk.device)})"
    if found is None or tool is None or not disk.mount.startswith("/"):
        return Inside(what, why_not=f"{clean(disk.kind) or 'its file system'} is not one that Limen can grow",
                      hint="Grow it with the guest's own tools.")  # fmt: skip
    whole, number = found
    device = f"/dev/{disk.device}"
    grow = {"resize2fs": ("resize2fs", device), "xfs_growfs": ("xfs_growfs", disk.mount),
            "btrfs": ("btrfs", "filesystem", "resize", "max", disk.mount)}[tool]  # fmt: skip
    first = (("growpart", f"/dev/{whole}", str(number)),) if number else ()
    return Inside(what, (*first, grow), whole=whole)


def without(inside: Inside, tool: str) -> Inside:
    """The same where the guest lacks a program."""
    package = PACKAGES.get(tool, tool)
    return Inside(inside.what, why_not=f"the guest has no {tool}",
                  hint=f"Install {package} in the guest, then type there: {inside.typed}")  # fmt: skip
