"""Lab guests: a small Linux from Debian's packages, defined and started on a host."""

from __future__ import annotations

import argparse
import fcntl
import hashlib
import os
import shutil
import subprocess
from pathlib import Path

from tests.lab.limen_lab import hosts
from tests.lab.limen_lab.accel import accelerator
from tests.lab.limen_lab.plan import GUEST, Lab, uuid_of
from tests.lab.limen_lab.shell import LabError, sh

FILES = ("vmlinuz", "initramfs.cpio", "disk.qcow2", "seed.iso")


def build(lab: Lab) -> Path:
    """The guest's kernel, initramfs, disk and seed in the cache; a second caller waits for the first."""
    lab.cache.mkdir(parents=True, exist_ok=True)
    with (lab.cache / ".lock").open("w") as lock:
        fcntl.flock(lock, fcntl.LOCK_EX)
        digest, stamp = source_digest(), lab.cache / ".built"
        fresh = stamp.exists() and stamp.read_text() == digest
        if not fresh or not all((lab.cache / name).exists() for name in FILES):
            stamp.unlink(missing_ok=True)
            environment = dict(os.environ, LAB_CACHE=str(lab.cache))
            done = subprocess.run(
                [str(GUEST / "build.sh"), "all"],
                env=environment,
                capture_output=True,
                text=True,
                timeout=600,
                check=False,
            )
            if done.returncode:
                raise LabError(f"building the lab guest failed: {done.stderr[-800:]}")
            stamp.write_text(digest)
    return lab.cache


def source_digest() -> str:
    """Of what the guest is made from here: another means that the cached images are old."""
    digest = hashlib.sha256()
    for path in sorted(path for path in GUEST.rglob("*") if path.is_file()):
        digest.update(f"{path.relative_to(GUEST)}\0".encode() + path.read_bytes() + b"\0")
    return digest.hexdigest()


def parser() -> argparse.ArgumentParser:
    """Options of ``lab vm``."""
    made = argparse.ArgumentParser(prog="lab vm", description="Define and start a lab guest.")
    made.add_argument("host", type=int)
    made.add_argument("name")
    made.add_argument("--mem", type=int, default=128, help="MiB")
    made.add_argument("--vcpus", type=int, default=1)
    made.add_argument("--max-vcpus", type=int, default=4)
    made.add_argument("--disk", default="32M", help="size of a blank qcow2; or 'boot': a bootable one; or 'none'")
    made.add_argument("--seed", action="store_true", help="attach the NoCloud seed as a CD-ROM")
    made.add_argument("--append", default="", help="words for the kernel's command line (lab.load=1 burns CPU)")
    made.add_argument("--define", action="store_true", help="only define it")
    return made


def vm(lab: Lab, words: list[str]) -> str:
    """Define, and unless told otherwise start, a guest; returns its UUID."""
    o = parser().parse_args(words)
    cache_, shared, images = build(lab), lab.state / "shared", lab.folder(o.host) / "lib/images"
    for name in FILES:
        if not (shared / name).exists():
            shutil.copy(cache_ / name, shared / name)
    image = images / f"{o.name}.qcow2"
    if o.disk == "boot":
        sh(
            "qemu-img",
            "create",
            "-q",
            "-f",
            "qcow2",
            "-b",
            "/srv/shared/disk.qcow2",
            "-F",
            "qcow2",
            "-u",
            image,
            "256M",
        )
    elif o.disk != "none":
        sh("qemu-img", "create", "-q", "-f", "qcow2", image, o.disk)
    xml = domain_xml(o, uuid_of(f"{lab.name}/{o.host}/{o.name}"), accelerator(cache_, lab.accel))
    sh(*hosts.inside(lab, o.host, "virsh", "-q", "define", "/dev/stdin"), input=xml)
    if not o.define:
        hosts.run(lab, o.host, "virsh", "-q", "start", o.name)
    return uuid_of(f"{lab.name}/{o.host}/{o.name}")


def domain_xml(o: argparse.Namespace, uuid: str, accel: str) -> str:
    """A q35 machine with serial console, agent channel, VNC, balloon and RNG."""
    plain = uuid.replace("-", "")
    mac = "52:54:00:" + ":".join(plain[place : place + 2] for place in (0, 2, 4))
    kernel = "" if o.disk == "boot" else (
        "<kernel>/srv/shared/vmlinuz</kernel><initrd>/srv/shared/initramfs.cpio</initrd>"
        f"<cmdline>console=tty0 console=ttyS0 quiet lab.name={o.name} {o.append}</cmdline>"
    )  # fmt: skip
    disk = "" if o.disk == "none" else (
        "<disk type='file' device='disk'><driver name='qemu' type='qcow2' discard='unmap'/>"
        f"<source file='/var/lib/libvirt/images/{o.name}.qcow2'/><target dev='vda' bus='virtio'/></disk>"
    )  # fmt: skip
    if o.seed:
        disk += ("<disk type='file' device='cdrom'><driver name='qemu' type='raw'/>"
                 "<source file='/srv/shared/seed.iso'/><target dev='sda' bus='scsi'/><readonly/></disk>")  # fmt: skip
    ports = "<controller type='pci' model='pcie-root-port'/>" * 14
    return f"""<domain type='{accel}'><name>{o.name}</name><uuid>{uuid}</uuid>
  <memory unit='MiB'>{o.mem}</memory><vcpu current='{o.vcpus}'>{o.max_vcpus}</vcpu>
  <os><type arch='x86_64' machine='q35'>hvm</type>{kernel}<boot dev='hd'/></os>
  <features><acpi/><apic/></features><on_reboot>restart</on_reboot><on_crash>destroy</on_crash>
  <devices>{disk}<controller type='pci' index='0' model='pcie-root'/>{ports}
    <controller type='virtio-serial'/><controller type='scsi' model='virtio-scsi'/>
    <interface type='network'><mac address='{mac}'/><source network='default'/><model type='virtio'/>
      <rom enabled='no'/></interface>
    <serial type='pty'><target port='0'/></serial><console type='pty'><target type='serial' port='0'/></console>
    <channel type='unix'><target type='virtio' name='org.qemu.guest_agent.0'/></channel>
    <graphics type='vnc' autoport='yes'/><video><model type='vga' vram='4096'/></video>
    <memballoon model='virtio'/>
    <rng model='virtio'><backend model='random'>/dev/urandom</backend></rng>
  </devices></domain>"""
