"""One private libvirtd with real QEMU, for every test that wants real VMs. Needs root and Debian's packages.

Use it from a conftest: ``from tests.lab.fixtures import real_libvirt, testdriver_uri``. A machine that cannot
run it fails those tests and says what to install; nothing skips. The daemon lives in namespaces whose first
process dies with the test run, also with one that is killed, and takes daemon and QEMUs along.
"""

from __future__ import annotations

import json
import os
import shutil
import signal
import subprocess
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import pytest

from tests.lab.limen_lab import guests
from tests.lab.limen_lab.accel import accelerator
from tests.lab.limen_lab.plan import Lab, uuid_of
from tests.unit.hypervisor.libvirt_daemon import Daemon, node_xml, wait_for

__all__ = ["RealLibvirt", "real_libvirt", "testdriver_uri"]
NEEDED = {
    "libvirtd": "libvirt-daemon-system", "virtlogd": "libvirt-daemon-system", "virsh": "libvirt-clients",
    "qemu-system-x86_64": "qemu-system-x86", "qemu-img": "qemu-utils", "unshare": "util-linux",
}  # fmt: skip


def check_machine() -> None:
    """Root, and the programs a private libvirtd is made of, or the test fails and says what mends it."""
    if os.geteuid():
        pytest.fail("a private libvirtd needs root (namespaces and mounts): run `make test` as root")
    path = f"{os.environ.get('PATH', '')}:/usr/sbin:/sbin"
    missing = {package for program, package in NEEDED.items() if shutil.which(program, path=path) is None}
    if missing:
        pytest.fail(f"missing packages: apt-get install {' '.join(sorted(missing))} (`make test` does it)")


@dataclass
class RealLibvirt:
    """The daemon as tests use it; ``virsh`` is the witness of what really happened."""

    daemon: Daemon
    images: Path
    accel: str

    @property
    def uri(self) -> str:
        """For Limen and for virsh."""
        return self.daemon.uri()

    def virsh(self, *words: str) -> str:
        """What virsh says. Raises ``CalledProcessError``."""
        return self.daemon.virsh(*words)

    def state(self, name: str) -> str:
        """``running (booted)``: state and reason in libvirt's own words."""
        return self.virsh("domstate", name, "--reason")

    def define_guest(self, name: str, *, start: bool = False, memory_mib: int = 128, append: str = "") -> str:
        """Define the tiny Linux guest under ``name``; returns its UUID. ``append``: words for its kernel."""
        uuid = uuid_of(name)
        xml = f"""<domain type='{self.accel}'><name>{name}</name><uuid>{uuid}</uuid>
          <memory unit='MiB'>{memory_mib}</memory><vcpu>1</vcpu>
          <os><type arch='x86_64' machine='q35'>hvm</type>
            <kernel>{self.images}/vmlinuz</kernel><initrd>{self.images}/initramfs.cpio</initrd>
            <cmdline>console=ttyS0 quiet lab.name={name} {append}</cmdline></os>
          <features><acpi/><apic/></features>
          <devices><memballoon model='virtio'/><controller type='virtio-serial'/>
            <serial type='file'><source path='{self.console(name)}'/></serial>
            <channel type='unix'><target type='virtio' name='org.qemu.guest_agent.0'/></channel>
          </devices></domain>"""
        self.daemon.define(xml, start=start)
        return uuid

    def remove_guest(self, name: str) -> None:
        """Force it off if it runs, and undefine it."""
        if self.virsh("domstate", name) != "shut off":
            self.virsh("destroy", name)
        self.virsh("undefine", name)
        self.console(name).unlink(missing_ok=True)

    def console(self, name: str) -> Path:
        """What the guest said on its serial line, as far as it has started."""
        return self.daemon.folder / f"{name}.console"

    def wait_booted(self, name: str, seconds: float = 90.0) -> None:
        """Wait until the guest's own word on its serial line says that it is up."""
        console = self.console(name)
        wait_for(
            lambda: console.exists() and "lab-ready" in console.read_text(errors="replace"), seconds, f"{name} to boot"
        )

    def agent(self, name: str, command: str, **arguments: object) -> Any:
        """Ask the guest's agent, once it answers; the ``return`` of its reply."""
        words = json.dumps({"execute": command, **({"arguments": arguments} if arguments else {})})

        def asked() -> dict[str, Any] | None:
            try:
                reply = json.loads(self.virsh("qemu-agent-command", name, words))
            except subprocess.CalledProcessError as error:
                if "agent" in error.stderr:  # not connected yet
                    return None
                raise
            return dict(reply)

        return wait_for(asked, 90.0, f"the agent of {name}")["return"]

    def burn(self, name: str) -> None:
        """Make the guest use all of one vCPU until it ends."""
        self.agent(name, "guest-exec", path="/etc/load", arg=["burn"])

    def qemu_pid(self, name: str) -> str:
        """The pid of its QEMU, as seen inside the daemon's namespace."""
        return self.daemon.run("cat", f"/run/libvirt/qemu/{name}.pid").stdout.strip()

    def kill_qemu(self, name: str, number: signal.Signals = signal.SIGKILL) -> None:
        """Signal a QEMU behind libvirt's back."""
        self.daemon.run("kill", f"-{int(number)}", self.qemu_pid(name))

    def stop(self) -> None:
        """Kill libvirtd; its VMs go on."""
        self.daemon.stop()

    def start(self) -> None:
        """Start libvirtd and wait until it listens."""
        self.daemon.start()

    def restart(self) -> None:
        """Both."""
        self.stop()
        self.start()


@pytest.fixture(scope="session")
def real_libvirt(tmp_path_factory: pytest.TempPathFactory) -> Iterator[RealLibvirt]:
    """A private libvirtd with QEMU and the tiny Linux guest; everything in it ends with the session."""
    check_machine()
    lab = Lab.here()
    images = guests.build(lab)
    daemon = Daemon(tmp_path_factory.mktemp("real") / "libvirt")
    yield RealLibvirt(daemon, images, accelerator(images, lab.accel))
    daemon.close()


@pytest.fixture(scope="session")
def testdriver_uri(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Callable[[int], str]]:
    """Call it with a number of VMs: the URI of libvirt's test driver with so many, behind a libvirtd's socket."""
    check_machine()
    daemon = Daemon(tmp_path_factory.mktemp("testdriver") / "libvirt")

    def made(count: int) -> str:
        path = daemon.folder / f"world{count}.xml"
        if not path.exists():
            path.write_text(node_xml(count))
        return daemon.uri("test", str(path))

    yield made
    daemon.close()
