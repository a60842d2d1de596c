"""A libvirtd of our own in private mount and PID namespaces, and a tiny QEMU guest for it. Needs root.

Killing the namespace's first process takes the daemon and every QEMU in it along; it dies with the test run.
"""

from __future__ import annotations

import contextlib
import os
import shutil
import signal
import socket
import subprocess
import time
from pathlib import Path

FIRST_PORT, PORTS = 5900, 100
"""VNC ports of each test process: daemons that do not know of each other would take the same one at the same time."""
_INIT = """
set -e
mount -t tmpfs -o mode=755 tmpfs /run
mkdir -p /run/libvirt /run/lock
for at in etc:/etc/libvirt lib:/var/lib/libvirt log:/var/log/libvirt cache:/var/cache/libvirt; do
    mkdir -p "${at#*:}" && mount --bind "$1/${at%%:*}" "${at#*:}"
done
mkdir -p /var/log/libvirt/qemu
touch "$1/ready"
while :; do sleep 3600 & wait $! || true; done
"""
_SERVE = """
while :; do
    libvirtd -f "$1" -p "$2"
    [ $? -eq 139 ] || break
done </dev/null >/dev/null 2>&1 &
"""
"""libvirtd 9.0 now and then crashes when a client that has callbacks is killed; systemd would start it again, too."""


def wait_for(condition, seconds: float = 20.0, what: str = "it"):
    """Poll ``condition`` until it gives something true, which is returned."""
    until = time.monotonic() + seconds
    while not (found := condition()):
        if time.monotonic() > until:
            raise AssertionError(f"waited {seconds} s in vain for {what}")
        time.sleep(0.01)
    return found


class Daemon:
    """One private libvirtd; ``socket`` is where it listens."""

    def __init__(self, folder: Path) -> None:
        self.folder = folder
        self.socket = folder / "sock" / "libvirt-sock"
        for name in ("etc", "lib", "log", "cache", "sock"):
            (folder / name).mkdir(parents=True)
        folder.chmod(0o755)
        shutil.copytree("/etc/libvirt", folder / "etc", symlinks=True, dirs_exist_ok=True)
        for own in ("qemu", "storage", "secrets"):  # the machine's own VMs, networks and pools are not ours
            shutil.rmtree(folder / "etc" / own, ignore_errors=True)
        (folder / "etc/qemu").mkdir()
        first = FIRST_PORT + PORTS * int(os.environ.get("PYTEST_XDIST_WORKER", "gw0")[2:])
        (folder / "etc/qemu.conf").write_text(
            'security_driver = "none"\nmax_core = 0\nuser = "root"\ngroup = "root"\n'
            f"remote_display_port_min = {first}\nremote_display_port_max = {first + PORTS - 1}\n"
        )
        self._conf = folder / "libvirtd.conf"
        self._conf.write_text(
            f'unix_sock_dir = "{folder}/sock"\nunix_sock_rw_perms = "0777"\nauth_unix_rw = "none"\n'
            f'auth_unix_ro = "none"\nmax_client_requests = 50\nlog_outputs = "2:file:{folder}/libvirtd.log"\n'
        )
        self._pidfile = folder / "libvirtd.pid"
        with (folder / "init.log").open("wb") as log:
            self._outer = self._unshare(log)
        wait_for(lambda: (folder / "ready").exists() or self._outer.poll() is not None, 60.0, what="the namespace")
        assert self._outer.poll() is None, f"no namespace: {(folder / 'init.log').read_text()}"
        children = Path(f"/proc/{self._outer.pid}/task/{self._outer.pid}/children")
        self.init = int(wait_for(lambda: children.read_text().split())[0])
        self.run("virtlogd", "-d", "-p", str(folder / "virtlogd.pid"))
        self.start()

    def _unshare(self, log) -> subprocess.Popen[bytes]:
        return subprocess.Popen(
            ["setpriv", "--pdeathsig", "KILL", "unshare", "--mount", "--pid", "--fork", "--kill-child", "--mount-proc",
             "--propagation", "private", "bash", "-c", _INIT, "init", str(self.folder)],
            stdin=subprocess.DEVNULL, stdout=subprocess.DEVNULL, stderr=log,
        )

    def run(self, *command: str, **more) -> subprocess.CompletedProcess[str]:
        """Run a command inside."""
        return subprocess.run(
            ["nsenter", "-t", str(self.init), "-m", "-p", "--", *command],
            check=True, text=True, capture_output=True, timeout=60, **more,
        )

    def start(self) -> None:
        """Start libvirtd and wait until it listens."""
        self._pidfile.unlink(missing_ok=True)
        self.run("sh", "-c", _SERVE, "serve", str(self._conf), str(self._pidfile))
        # the socket is there before anybody listens on it
        wait_for(lambda: self._pidfile.exists() and listens(self.socket), 60.0, what="libvirtd")

    def signal(self, number: int) -> None:
        """Send libvirtd a signal."""
        self.run("kill", f"-{int(number)}", self._pidfile.read_text().strip())

    def stop(self) -> None:
        """Stop libvirtd; its QEMUs go on."""
        pid = self._pidfile.read_text().strip()
        self.signal(signal.SIGKILL)
        wait_for(lambda: not self._alive(pid), 60.0, what="the end of libvirtd")
        for each in self.socket.parent.iterdir():
            each.unlink()

    def _alive(self, pid: str) -> bool:
        stat = self.run("sh", "-c", f"cat /proc/{pid}/stat 2>/dev/null || true").stdout
        return bool(stat) and stat.rpartition(")")[2].split()[0] != "Z"

    def uri(self, driver: str = "qemu", path: str = "/system") -> str:
        """The URI of one of its drivers."""
        return f"{driver}+unix://{path}?socket={self.socket}"

    def virsh(self, *args: str, uri: str | None = None) -> str:
        """What virsh, the witness, says."""
        return subprocess.run(
            ["virsh", "-q", "-c", uri or self.uri(), *args], check=True, text=True, capture_output=True, timeout=60
        ).stdout.strip()

    def define(self, xml: str, *, start: bool = False) -> None:
        """Define a VM, and start it."""
        path = self.folder / "vm.xml"
        path.write_text(xml)
        self.virsh("define", str(path))
        if start:
            self.virsh("start", xml.partition("<name>")[2].partition("</name>")[0])

    def close(self) -> None:
        """End everything inside."""
        with contextlib.suppress(ProcessLookupError):
            os.kill(self.init, signal.SIGKILL)
        self._outer.kill()
        self._outer.wait(60)


def listens(path: Path) -> bool:
    """Whether a call to the Unix socket at ``path`` is taken."""
    with socket.socket(socket.AF_UNIX) as call:
        try:
            call.connect(str(path))
        except OSError:
            return False
    return True


def node_xml(count: int, *, active: int | None = None) -> str:
    """A definition file for libvirt's test driver with ``count`` VMs, ``active`` of them running (all if None)."""
    doms = []
    for n in range(count):
        on = active is None or n < active
        state = "1" if on else "5"
        mac = f"52:54:00:{n >> 16 & 255:02x}:{n >> 8 & 255:02x}:{n & 255:02x}"
        doms.append(
            f'<domain type="test"><name>vm{n:05}</name><uuid>00000000-0000-4000-8000-{n:012x}</uuid>'
            f"<memory>1048576</memory><vcpu>2</vcpu><os><type>hvm</type></os><devices><interface type='network'>"
            f"<mac address='{mac}'/><source network='default'/></interface></devices>"
            f'<test:runstate xmlns:test="http://libvirt.org/schemas/domain/test/1.0">{state}</test:runstate></domain>'
        )
    return f"<node>{''.join(doms)}</node>"


def small_guest(name: str, *, kvm: bool = False, extra: str = "", devices: str = "") -> str:
    """A QEMU VM that boots nothing: enough for lifecycle, figures and devices. With a balloon, its statistics off."""
    return f"""<domain type='{"kvm" if kvm else "qemu"}'><name>{name}</name>
  <memory unit='MiB'>64</memory><currentMemory unit='MiB'>48</currentMemory><vcpu current='1'>2</vcpu>
  <os><type arch='x86_64' machine='q35'>hvm</type></os><features><acpi/><apic/></features>{extra}
  <devices><memballoon model='virtio'/><serial type='null'/>{devices}</devices></domain>"""
