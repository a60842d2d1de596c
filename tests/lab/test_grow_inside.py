"""A disk grows under a running guest, and the file system in it after it: virsh outside and df inside are witnesses."""

from __future__ import annotations

import base64
import subprocess
import sys
from collections.abc import Iterator
from pathlib import Path

import pytest

from limen_tui.model.xml.devices import disk_xml, with_device
from tests.lab.fixtures import RealLibvirt
from tests.unit.hypervisor.libvirt_daemon import wait_for

pytestmark = pytest.mark.lab
NAME = POOL = "lab-grow-inside"
MIB = 1 << 20


class Guest:
    """The guest with an ext4 straight on its disk."""

    def __init__(self, libvirt: RealLibvirt, home: Path) -> None:
        self.libvirt, self.home = libvirt, home

    def limen(self, *words: str) -> str:
        """The command line; all that it says. It ends well."""
        environment = {f"XDG_{name}_HOME": str(self.home / name.lower()) for name in ("CONFIG", "DATA", "STATE")}
        ran = subprocess.run(
            [sys.executable, "-m", "limen_tui", "-c", self.libvirt.uri, *words], capture_output=True, text=True,
            check=False, timeout=120, env={"PATH": "/usr/bin:/bin:/usr/sbin:/sbin", **environment},
        )  # fmt: skip
        assert ran.returncode == 0, ran.stdout + ran.stderr
        return ran.stdout + ran.stderr

    def inside(self, *words: str) -> str:
        """What a program says in the guest, asked by virsh."""
        pid = self.libvirt.agent(NAME, "guest-exec", path=words[0], arg=list(words[1:]), **{"capture-output": True})
        ended = wait_for(
            lambda: (said := self.libvirt.agent(NAME, "guest-exec-status", **pid))["exited"] and said, 60, words[0]
        )
        assert ended["exitcode"] == 0, ended
        return base64.b64decode(ended.get("out-data", "")).decode()

    def df(self) -> int:
        """MiB of the file system, by the guest's own word."""
        return int(self.inside("df", "-m", "/mnt").splitlines()[-1].split()[1])

    def capacity(self) -> int:
        return int(self.libvirt.virsh("domblkinfo", NAME, "vda").split("Capacity:")[1].split()[0])


@pytest.fixture
def guest(real_libvirt: RealLibvirt, tmp_path: Path) -> Iterator[Guest]:
    folder = real_libvirt.daemon.folder / POOL
    folder.mkdir(exist_ok=True)
    real_libvirt.virsh("pool-create-as", POOL, "dir", "--target", str(folder))
    real_libvirt.virsh("vol-create-as", POOL, "a.raw", "32M", "--format", "raw")
    # with room for the tables of a larger one, as installers leave it
    subprocess.run(["mkfs.ext4", "-q", "-F", "-E", "resize=64M", str(folder / "a.raw")], check=True)
    real_libvirt.define_guest(NAME)
    xml = real_libvirt.virsh("dumpxml", NAME)
    real_libvirt.virsh("undefine", NAME)
    disk = disk_xml(source=str(folder / "a.raw"), target="vda", bus="virtio", format="raw")
    real_libvirt.daemon.define(with_device(xml, disk), start=True)
    real_libvirt.wait_booted(NAME)
    made = Guest(real_libvirt, tmp_path)
    made.inside("mount", "-t", "ext4", "/dev/vda", "/mnt")
    yield made
    real_libvirt.remove_guest(NAME)
    real_libvirt.virsh("vol-delete", "a.raw", POOL)
    real_libvirt.virsh("pool-destroy", POOL)


def test_the_file_system_fills_its_grown_disk(guest: Guest) -> None:
    before = guest.df()
    said = guest.limen("resize", NAME, "--disk", "vda=64M", "--yes")
    assert "in the guest: grow /mnt (ext4 on vda)" in said
    assert guest.capacity() == 64 * MIB
    assert guest.df() > before + 24
    said = guest.limen("resize", NAME, "--disk", "vda=80M", "--no-grow-inside", "--yes")
    assert "in the guest" not in said
    assert guest.capacity() == 80 * MIB
    assert guest.df() < 64


def test_what_cannot_grow_is_told_and_the_disk_grows_all_the_same(guest: Guest) -> None:
    guest.inside("umount", "/mnt")
    said = guest.limen("resize", NAME, "--disk", "vda=48M", "--yes")
    assert "vda is not grown: no file system on it is mounted" in said
    assert guest.capacity() == 48 * MIB


def test_a_guest_without_the_program_says_what_to_install_and_type(guest: Guest) -> None:
    guest.inside("mv", "/sbin/resize2fs", "/sbin/elsewhere")
    said = guest.limen("resize", NAME, "--disk", "vda=48M", "--yes")
    assert "the guest has no resize2fs" in said
    assert "e2fsprogs" in said and "resize2fs /dev/vda" in said
    assert guest.capacity() == 48 * MIB
