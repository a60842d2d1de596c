"""Whether KVM is worth using on this machine: found by booting the lab guest, because an open /dev/kvm says little.

Nested or broken KVM lets QEMU start and then runs the guest slower than emulation, or not at all.
"""

from __future__ import annotations

import subprocess
import time
from pathlib import Path

KVM_PATIENCE = 8.0
"""Seconds in which the guest must be up under KVM. Emulation needs about three, working KVM under one."""
READY = "lab-ready"
BOOT_ID = Path("/proc/sys/kernel/random/boot_id")


def accelerator(images: Path, wanted: str = "") -> str:
    """``kvm`` where a guest really comes up under it, else ``qemu`` (QEMU's own emulation).

    ``wanted`` overrides. The answer is kept beside the guest's images until the machine boots again.
    """
    if wanted:
        return wanted
    kept = images / "accel"
    boot = BOOT_ID.read_text().strip()
    known = kept.read_text().split() if kept.exists() else []
    if len(known) == 2 and known[0] == boot and known[1] in ("kvm", "qemu"):
        return known[1]
    found = "kvm" if opens() and boots(images, "kvm", KVM_PATIENCE) else "qemu"
    kept.write_text(f"{boot} {found}\n")
    return found


def opens(device: Path = Path("/dev/kvm")) -> bool:
    """Whether the device lets us in at all."""
    try:
        with device.open("r+b"):
            return True
    except OSError:
        return False


def boots(images: Path, accel: str, patience: float) -> bool:
    """Whether the lab guest says on its serial line, within ``patience`` seconds, that it is up."""
    command = ["qemu-system-x86_64", "-accel", "tcg" if accel == "qemu" else accel, "-machine", "q35", "-m", "128",
               "-nodefaults", "-no-user-config", "-display", "none", "-serial", "stdio",
               "-kernel", str(images / "vmlinuz"), "-initrd", str(images / "initramfs.cpio"),
               "-append", "console=ttyS0 quiet lab.noagent"]  # fmt: skip
    log = images / f"probe-{accel}.log"
    with log.open("wb") as out, subprocess.Popen(
        command, stdin=subprocess.DEVNULL, stdout=out, stderr=subprocess.DEVNULL
    ) as qemu:  # fmt: skip
        until = time.monotonic() + patience
        up = False
        while not up and qemu.poll() is None and time.monotonic() < until:
            time.sleep(0.05)
            up = READY in log.read_text(errors="replace")
        qemu.kill()
    log.unlink(missing_ok=True)
    return up
