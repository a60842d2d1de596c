"""What grows inside a guest, and what does not and why."""

from __future__ import annotations

import pytest

from limen_tui.model.guestgrow import Inside, commands_for, last_of, partitions_of, whole_of, without
from limen_tui.model.verbs.agent import GuestDisk

TABLE = """major minor  #blocks  name

 254        0   20971520 vda
 254        1     524288 vda1
 254        2   10485760 vda2
 259        0   20971520 nvme0n1
 259        1     524288 nvme0n1p1
 253        0    1048576 dm-0
"""


def disk(device: str, mount: str = "/", kind: str = "ext4", target: str = "vda") -> GuestDisk:
    return GuestDisk(mount, device, kind, targets=(target,))


@pytest.mark.parametrize(
    ("name", "whole"),
    [("vda", ("vda", 0)), ("vda12", ("vda", 12)), ("nvme0n1", ("nvme0n1", 0)), ("nvme0n1p3", ("nvme0n1", 3)),
     ("mmcblk0p1", ("mmcblk0", 1)), ("mmcblk0", ("mmcblk0", 0)), ("dm-0", None), ("", None), ("../sda", None),
     ("sda1; reboot", None), (r"\\?\Volume{1}", None), ("sdaa1", ("sdaa", 1))],
)  # fmt: skip
def test_names_of_devices(name, whole) -> None:
    assert whole_of(name) == whole


def test_partitions_are_those_of_the_disk() -> None:
    assert partitions_of("vda", TABLE) == ("vda1", "vda2")
    assert partitions_of("nvme0n1", TABLE) == ("nvme0n1p1",)
    assert partitions_of("vdb", "]]>\n$(reboot) 1 2 vdb1 5\n") == ()


def test_the_last_partition_grows_and_its_file_system_after_it() -> None:
    found = last_of([disk("vda1", "/boot"), disk("vda2")], "vda", {"vda1": 2048, "vda2": 99999})
    assert isinstance(found, GuestDisk)
    inside = commands_for(found)
    assert inside.commands == (("growpart", "/dev/vda", "2"), ("resize2fs", "/dev/vda2"))
    assert inside.typed == "growpart /dev/vda 2 && resize2fs /dev/vda2"
    assert commands_for(disk("vdb", "/srv/a b", "xfs")).typed == "xfs_growfs '/srv/a b'"
    assert commands_for(disk("nvme0n1p1", "/", "btrfs")).commands == (
        ("growpart", "/dev/nvme0n1", "1"), ("btrfs", "filesystem", "resize", "max", "/"),
    )  # fmt: skip


@pytest.mark.parametrize(
    ("disks", "starts", "why"),
    [
        ([], {}, "no file system"),
        ([disk("vda1", target="sdb")], {}, "no file system"),
        ([disk("dm-0")], {}, "LVM"),
        ([disk("md0")], {"vda1": 1}, "no plain disk"),
        ([disk("vda1")], {"vda1": 2048, "vda5": 99999}, "not the last"),
        ([disk(r"\\?\Volume{1}", "C:\\", "NTFS")], {}, "no plain disk"),
    ],
)
def test_why_not(disks, starts, why) -> None:
    found = last_of(disks, "vda", starts)
    assert isinstance(found, Inside)
    assert why in found.why_not and found.hint and not found.possible


def test_other_file_systems_and_missing_programs_say_so() -> None:
    assert "ntfs" in commands_for(disk("vda1", "/c", "ntfs")).why_not
    assert not commands_for(disk("vda", "C:\\", "ext4")).possible
    missing = without(commands_for(disk("vda")), "resize2fs")
    assert "no resize2fs" in missing.why_not
    assert "e2fsprogs" in missing.hint and "resize2fs /dev/vda" in missing.hint


def test_a_file_system_that_is_mounted_twice_is_taken_once_by_its_shortest_place() -> None:
    found = last_of([disk("vda", "/var/lib/x", "btrfs"), disk("vda", "/", "btrfs")], "vda", {})
    assert isinstance(found, GuestDisk) and found.mount == "/"
