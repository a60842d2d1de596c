"""What lies in the pools of a simulated host at the beginning. Pure."""

from __future__ import annotations

from collections.abc import Collection, Iterator
from typing import Final

from limen_tui.hypervisor.simulated.machine import Machine
from limen_tui.model.storage import Volume

MIB: Final = 1 << 20
GIB: Final = 1 << 30
DAY: Final = 86400.0
IMAGES: Final = "/var/lib/libvirt/images"
BASES: Final = {
    "debian 12": ("debian-12-generic-amd64.qcow2", 3 * GIB, 424 * MIB),
    "rocky 9": ("Rocky-9-GenericCloud-Base.latest.x86_64.qcow2", 10 * GIB, 619 * MIB),
    "alpine 3.20": ("nocloud_alpine-3.20.3-x86_64-bios-cloudinit-r0.qcow2", GIB // 5, 132 * MIB),
    "ubuntu 24.04": ("noble-server-cloudimg-amd64.img", 7 * GIB // 2, 598 * MIB),
    "fedora 41": ("Fedora-Cloud-Base-Generic-41-1.4.x86_64.qcow2", 5 * GIB, 469 * MIB),
}
"""By a VM's system: name of its base image, virtual size, size of the file."""
ISOS: Final = (
    ("debian-12.9.0-amd64-netinst.iso", 632 * MIB), ("Rocky-9.5-x86_64-minimal.iso", 1777 * MIB),
    ("virtio-win-0.1.266.iso", 708 * MIB), ("win-server-2022-eval.iso", 4806 * MIB),
)  # fmt: skip


def stock(machines: Collection[Machine], now: float) -> Iterator[Volume]:
    """Disks of the VMs, half of them on top of base images; the base images; ISOs; logical volumes."""
    bases = {os: _base(os, now) for os in sorted({m.made.role.os for m in machines} | {"debian 12"}) if os in BASES}
    yield from bases.values()
    for machine in machines:
        for place, disk in enumerate(machine.facts.disks):
            folder, _, name = disk.source.rpartition("/")
            if folder != IMAGES:
                continue
            seed = machine.made.seed
            capacity = (20, 32, 40, 64, 100)[(seed + place) % 5] * GIB
            base = bases.get(machine.made.role.os) if place == 0 and seed % 2 else None
            taken = capacity * (15 + seed % 60) // 100 // MIB * MIB
            yield Volume(
                "default", name, disk.source, "file", "qcow2", capacity, taken, taken, base.path if base else "",
                base.format if base else "", now - seed % 7000,
            )  # fmt: skip
    for name, length in ISOS:
        yield Volume("iso", name, f"/srv/iso/{name}", "file", "iso", length, length, length, modified_at=now - 90 * DAY)
    for name, gib in (("pgdata", 200), ("scratch", 500), ("win-app-d", 120), ("backup", 1000)):
        yield Volume("vg0", name, f"/dev/vg0/{name}", "block", "raw", gib * GIB, gib * GIB, gib * GIB)


def _base(os: str, now: float) -> Volume:
    name, capacity, length = BASES[os]
    return Volume("default", name, f"{IMAGES}/{name}", "file", "qcow2", capacity, length, length,
                  modified_at=now - 30 * DAY)  # fmt: skip
