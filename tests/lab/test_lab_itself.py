"""The lab does what it says, with the ssh client and virsh as witnesses: what else is tested here rests on it."""

from __future__ import annotations

import socket
import subprocess
import time

import pytest

from tests.lab.conftest import RunningLab
from tests.lab.limen_lab.shell import wait_for


def ssh(lab: RunningLab, target: str, *words: str) -> subprocess.CompletedProcess[str]:
    return subprocess.run(
        ["ssh", "-F", str(lab.ssh_config), "-o", "BatchMode=yes", "-o", "ConnectTimeout=3", target, *words],
        capture_output=True, text=True, timeout=30, check=False,
    )  # fmt: skip


def test_every_host_has_its_own_libvirt_and_coming_up_twice_changes_nothing(lab: RunningLab) -> None:
    before = lab.status()
    lab.command("up", "5")
    assert lab.status() == before
    assert [row["up"] for row in before] == [True] * 5
    names = {lab.virsh(number, "hostname") for number in range(1, 6)}
    assert len(names) == 5


def test_ways_in(lab: RunningLab) -> None:
    names = {number: lab.lab.host(number).name for number in range(1, 6)}
    assert ssh(lab, names[1], "hostname").stdout.strip() == names[1]
    assert ssh(lab, names[2], "true").returncode == 255, "host 2 takes no key"
    assert ssh(lab, names[3], "hostname").stdout.strip() == names[3]
    with pytest.raises(OSError, match=r".*"):
        socket.create_connection((lab.lab.host(3).address, 22), timeout=2)
    assert ssh(lab, names[5], "hostname").stdout.strip() == names[5], "by its certificate"


def test_cut_heal_slow(lab: RunningLab) -> None:
    address = (lab.lab.host(1).address, 22)
    lab.cut(1)
    with pytest.raises(OSError, match=r".*"):
        socket.create_connection(address, timeout=1)
    lab.heal(1)
    socket.create_connection(address, timeout=30).close()
    lab.slow(1, 100)
    began = time.monotonic()
    socket.create_connection(address, timeout=30).close()
    took = time.monotonic() - began
    lab.heal(1)
    assert took >= 0.19, "100 ms each way"


def test_daemons_and_disks(lab: RunningLab) -> None:
    lab.daemon(4, "stop", "libvirtd")
    assert "failed" in lab.virsh(4, "list", check=False) or lab.virsh(4, "list", check=False) == ""
    lab.daemon(4, "start", "libvirtd")
    wait_for(lambda: lab.virsh(4, "hostname", check=False), 60, "libvirtd on host 4")
    lab.command("fill", "4", "3")
    assert "3.00 MiB" in lab.virsh(4, "pool-info", "small")
