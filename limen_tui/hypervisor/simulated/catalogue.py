"""What the simulated VMs are: roles, names, definitions. Pure and made from a seed alone."""

from __future__ import annotations

from dataclasses import dataclass
from random import Random
from typing import Final

from limen_tui.model.vm import Disk, Nic, VMFacts

GIB = 1 << 20
"""In KiB."""


@dataclass(frozen=True, slots=True)
class Role:
    """A kind of machine: its size, and how busy it is."""

    name: str
    os: str
    vcpus: tuple[int, ...]
    memory_gib: tuple[int, ...]
    busy: float
    """Share of its CPUs used on average."""
    swing: float
    """How far the day moves that."""
    disk_mib: float
    """Per second, when fully busy."""
    net_mib: float
    tags: tuple[str, ...] = ()


ROLES: Final = (
    Role("web", "debian 12", (2, 4), (2, 4), 0.25, 0.15, 2, 12, ("prod", "web")),
    Role("db", "rocky 9", (4, 8, 16), (16, 32), 0.35, 0.2, 60, 8, ("prod", "db")),
    Role("cache", "alpine 3.20", (2,), (4, 8), 0.1, 0.05, 0.2, 20, ("prod",)),
    Role("ci-runner", "ubuntu 24.04", (4, 8), (8, 16), 0.5, 0.45, 40, 6, ("ci",)),
    Role("mail", "debian 12", (2,), (4,), 0.06, 0.03, 1, 1, ("prod",)),
    Role("mon", "debian 12", (2, 4), (4, 8), 0.2, 0.05, 8, 4, ("infra",)),
    Role("build", "fedora 41", (8,), (16,), 0.6, 0.4, 80, 3, ("ci", "dev")),
    Role("k8s-node", "flatcar 4081", (8, 16), (32, 64), 0.4, 0.2, 20, 30, ("k8s", "prod")),
    Role("win-app", "win 2k22", (4,), (8, 16), 0.15, 0.1, 5, 2, ("office",)),
    Role("dev", "ubuntu 24.04", (2, 4), (4, 8), 0.08, 0.08, 2, 1, ("dev",)),
    Role("backup", "rocky 9", (2,), (4,), 0.05, 0.3, 120, 40, ("infra",)),
    Role("test", "debian 13", (1, 2), (1, 2), 0.04, 0.04, 0.5, 0.5, ("dev", "test")),
)

STUBBORN, BROKEN, CRASHY = "legacy-erp", "lab-broken", "fw-edge"
"""One that ignores ACPI shutdown, one that cannot start, one that crashes now and then."""


@dataclass(frozen=True, slots=True)
class Made:
    """A VM's identity and definition."""

    uuid: str
    name: str
    role: Role
    facts: VMFacts
    ip: str
    running: bool
    seed: int


def make(random: Random, host: int, number: int, name: str | None = None) -> Made:
    """The ``number``-th VM of the ``host``-th host."""
    role = random.choice(ROLES)
    vcpus, memory = random.choice(role.vcpus), random.choice(role.memory_gib) * GIB
    bits = random.getrandbits(128)
    hexed = f"{bits:032x}"
    uuid = f"{hexed[:8]}-{hexed[8:12]}-4{hexed[13:16]}-a{hexed[17:20]}-{hexed[20:]}"
    name = name or f"{role.name}{number + 1:02}"
    mac = f"52:54:00:{bits >> 16 & 255:02x}:{bits >> 8 & 255:02x}:{bits & 255:02x}"
    root = f"/var/lib/libvirt/images/{name}.qcow2"
    disks = [Disk("vda", root, "virtio", "disk", "qcow2")]
    if role.disk_mib >= 40:
        disks.append(Disk("vdb", f"/var/lib/libvirt/images/{name}-data.qcow2", "virtio", "disk", "qcow2"))
    facts = VMFacts(
        vcpus=vcpus, vcpus_max=vcpus * 2, memory_kib=memory, memory_max_kib=memory * 2, arch="x86_64",
        machine="pc-q35-9.2", kind="kvm", firmware="uefi" if random.random() < 0.6 else "bios", os=role.os,
        description=f"Simulated {role.name}", tags=role.tags, autostart="prod" in role.tags, persistent=True,
        nics=(Nic(mac, "network", "default" if host % 2 else "prod", "virtio", f"vnet{number}"),), disks=tuple(disks),
        graphics="vnc", has_agent=role.os != "win 2k22", has_balloon=True, balloon_period=2,
    )  # fmt: skip
    running = name not in (BROKEN,) and random.random() < 0.8
    return Made(uuid, name, role, facts, f"10.{20 + host}.{number // 250}.{number % 250 + 2}", running, bits & 0xFFFF)
