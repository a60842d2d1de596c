"""A running Linux guest is resized by the command line: virsh is the witness outside, the guest's agent inside."""

from __future__ import annotations

import subprocess
import sys
from collections.abc import Iterator
from pathlib import Path

import pytest

from limen_tui.model.xml.devices import disk_xml, with_device
from limen_tui.model.xml.edit import edited, set_memory, set_vcpus
from limen_tui.model.xml.parse import parse
from limen_tui.model.xml.read import facts
from tests.lab.fixtures import RealLibvirt
from tests.unit.hypervisor.libvirt_daemon import wait_for

NAME = "lab-resize"
MIB = 1024
POOL = "lab-resize"


class Guest:
    """The guest, and the command line on its host."""

    def __init__(self, libvirt: RealLibvirt, home: Path) -> None:
        self.libvirt, self.home = libvirt, home

    def limen(self, *words: str, code: int = 0) -> str:
        """As a person types it, in a home of its own."""
        environment = {f"XDG_{name}_HOME": str(self.home / name.lower()) for name in ("CONFIG", "DATA", "STATE")}
        ran = subprocess.run(
            [sys.executable, "-m", "limen_tui", "-c", self.libvirt.uri, *words], capture_output=True, text=True,
            check=False, timeout=100, env={"PATH": "/usr/bin:/bin:/usr/sbin:/sbin", **environment},
        )  # fmt: skip
        assert ran.returncode == code, ran.stdout + ran.stderr
        return ran.stdout + ran.stderr

    def vcpus(self, *options: str) -> int:
        return int(self.libvirt.virsh("vcpucount", NAME, *options))

    def stats(self) -> dict[str, int]:
        lines = self.libvirt.virsh("dommemstat", NAME).split("\n")
        return {name: int(value) for name, value in (line.split() for line in lines if line.strip())}

    def config(self):
        return facts(self.libvirt.virsh("dumpxml", NAME, "--inactive"))

    def capacity(self) -> int:
        return int(self.libvirt.virsh("domblkinfo", NAME, "vda").split("Capacity:")[1].split()[0])


@pytest.fixture
def guest(real_libvirt: RealLibvirt, tmp_path: Path) -> Iterator[Guest]:
    """One of four vCPUs, 192 of 256 MiB, a qcow2 disk of 16 MiB in a pool; booted."""
    folder = real_libvirt.daemon.folder / POOL
    folder.mkdir(exist_ok=True)
    real_libvirt.virsh("pool-create-as", POOL, "dir", "--target", str(folder))
    real_libvirt.virsh("vol-create-as", POOL, "a.qcow2", "16M", "--format", "qcow2")
    real_libvirt.define_guest(NAME, memory_mib=256)
    xml = real_libvirt.virsh("dumpxml", NAME)
    real_libvirt.virsh("undefine", NAME)
    xml = edited(xml, lambda root: set_vcpus(root, 1, 4), lambda root: set_memory(root, 192 * MIB, 256 * MIB))
    xml = with_device(xml, disk_xml(source=str(folder / "a.qcow2"), target="vda", bus="virtio"))
    xml = xml.replace('<memballoon model="virtio">', '<memballoon model="virtio"><stats period="1"/>')
    real_libvirt.daemon.define(xml, start=True)
    real_libvirt.wait_booted(NAME)
    yield Guest(real_libvirt, tmp_path)
    real_libvirt.remove_guest(NAME)
    real_libvirt.virsh("vol-delete", "a.qcow2", POOL)
    real_libvirt.virsh("pool-destroy", POOL)


def test_a_running_guest_is_resized_now_where_it_can_be(guest: Guest) -> None:
    said = guest.limen("resize", NAME, "--vcpus", "2", "--memory", "160M", "--disk", "vda=32M", "--yes")
    assert "at the next boot" not in said
    assert (guest.vcpus("--live", "--active"), guest.vcpus("--config", "--active")) == (2, 2)
    assert guest.capacity() == 32 << 20
    # the balloon moves in the guest's own time
    wait_for(lambda: guest.stats()["actual"] == 160 * MIB, 30, "the guest to give memory back")
    assert guest.config().memory_kib == 160 * MIB
    known = guest.libvirt.agent(NAME, "guest-get-vcpus")
    assert len(known) == 2, "the guest has seen the new vCPU"


def test_what_is_beyond_what_it_was_started_with_waits_for_the_next_boot(guest: Guest) -> None:
    said = guest.limen("resize", NAME, "--memory", "320M", "--yes", code=5)
    assert "--raise" in said
    said = guest.limen("resize", NAME, "--memory", "320M", "--max-vcpus", "5", "--raise", "--yes")
    assert said.count("at the next boot") == 3
    assert guest.stats()["actual"] == 192 * MIB
    config = guest.config()
    assert (config.memory_kib, config.memory_max_kib, config.vcpus, config.vcpus_max) == (320 * MIB, 320 * MIB, 1, 5)
    guest.libvirt.virsh("destroy", NAME)
    guest.libvirt.virsh("start", NAME)
    assert guest.vcpus("--live", "--maximum") == 5
    assert guest.stats()["actual"] == 320 * MIB


def test_a_guest_is_not_given_less_than_it_uses(guest: Guest) -> None:
    used = wait_for(lambda: _used(guest), 30, "the guest's figures")
    assert isinstance(used, int)
    # the command line looks once, and the balloon's figures must have come to it
    said = guest.limen("resize", NAME, "--memory", "8M", "--yes", code=5)
    assert "guest uses" in said, said
    assert guest.stats()["actual"] == 192 * MIB


def _used(guest: Guest) -> int | None:
    stats = guest.stats()
    return stats["available"] - stats["unused"] if "available" in stats and "unused" in stats else None


def test_a_disk_never_shrinks_and_grows_at_rest_too(guest: Guest) -> None:
    assert "never shrinks" in guest.limen("resize", NAME, "--disk", "vda=8M", "--yes", code=5)
    guest.libvirt.virsh("destroy", NAME)
    guest.limen("resize", NAME, "--disk", "vda=48M", "--vcpus", "2", "--yes")
    info = guest.libvirt.virsh("vol-info", "a.qcow2", POOL, "--bytes")
    assert str(48 << 20) in info
    assert guest.config().vcpus == 2


def test_a_plan_alone_changes_nothing(guest: Guest) -> None:
    before = guest.libvirt.virsh("dumpxml", NAME, "--inactive")
    said = guest.limen("resize", NAME, "--vcpus", "2", "--limit-disk", "vda=read:1M", "--dry-run")
    assert '+  <vcpu placement="static" current="2">4</vcpu>' in said
    assert guest.libvirt.virsh("dumpxml", NAME, "--inactive") == before
    live = parse(guest.libvirt.virsh("dumpxml", NAME))
    assert live.find("vcpu").get("current") == "1"
    assert live.find("devices/disk/iotune") is None
