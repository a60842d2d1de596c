"""What goes wrong, by command: links, daemons, guests, keys, disks."""

from __future__ import annotations

import subprocess
import sys
from pathlib import Path

from tests.lab.limen_lab import files, hosts, network
from tests.lab.limen_lab.plan import Lab
from tests.lab.limen_lab.shell import LabError, end, record, sh, wait_for

PIDFILES = {"libvirtd": "/run/libvirtd.pid", "virtlogd": "/run/virtlogd.pid", "sshd": "/run/sshd.pid"}
SIGNALS = {"stop": "TERM", "kill": "KILL", "freeze": "STOP", "thaw": "CONT", "crash": "SEGV"}
MARK = ("-m", "comment", "--comment", "lab-cut")


def cut(lab: Lab, number: int, how: str = "drop") -> None:
    """``drop``: silence; ``reject``: connections are reset; ``link``: the cable is out."""
    heal(lab, number)
    if how == "link":
        sh("ip", "link", "set", lab.device("v", number), "down")
    elif how == "drop":
        for chain, side in (("INPUT", "-i"), ("OUTPUT", "-o")):
            hosts.run(lab, number, "iptables", "-w", "-I", chain, side, "eth0", *MARK, "-j", "DROP")
    elif how == "reject":
        hosts.run(lab, number, "iptables", "-w", "-I", "INPUT", "-i", "eth0", "-p", "tcp", *MARK,
                  "-j", "REJECT", "--reject-with", "tcp-reset")  # fmt: skip
    else:
        raise LabError(f"cut {how}: drop, reject or link")


def forget(lab: Lab, number: int) -> int:
    """Nothing more passes of the SSH connections that there are now, without a word; new ones do. How many they were.

    As of a router whose table of connections ran out while a laptop slept. ``heal`` undoes it.
    """
    ports = hosts.run(lab, number, "sh", "-c", "ss -Htn state established '( sport = :22 )' | sed 's/.*://'").split()
    for port in ports:
        for chain, flag in (("INPUT", "--sport"), ("OUTPUT", "--dport")):
            hosts.run(lab, number, "iptables", "-w", "-I", chain, "-p", "tcp", flag, port, *MARK, "-j", "DROP")
    return len(ports)


def heal(lab: Lab, number: int) -> None:
    """Undo ``cut`` and ``forget``."""
    plan = lab.host(number)
    sh("ip", "link", "set", lab.device("v", number), "up")
    for chain in ("INPUT", "OUTPUT"):
        for rule in hosts.run(lab, number, "iptables", "-w", "-S", chain).splitlines():
            if "lab-cut" in rule:
                hosts.run(lab, number, "iptables", "-w", "-D", *rule.split()[1:])
    if not plan.behind:  # lost with the link
        sh("ip", "-n", plan.name, "route", "replace", "default", "via", lab.gateway)


def slow(lab: Lab, number: int, milliseconds: float) -> None:
    """Each direction so much later; 0 takes the relay away."""
    _relay(lab, number, milliseconds, 0, 0)


def lossy(lab: Lab, number: int, percent: float, stall_seconds: float = 0.0, milliseconds: float = 5.0) -> None:
    """So many frames lost in each direction, and silence of so many seconds in every ten; 0 and 0 take the relay away.

    The kernels at both ends send again what was lost, as they do over a bad radio link.
    """
    if not 0 <= percent < 100 or not 0 <= stall_seconds < 10:
        raise LabError("lossy: a percentage below 100 and up to 10 seconds")
    _relay(lab, number, milliseconds if percent or stall_seconds else 0, percent, stall_seconds)


def _relay(lab: Lab, number: int, milliseconds: float, loss: float, stall: float) -> None:
    """A relay between cable and bridge; none with 0 milliseconds."""
    folder, cable, relay, peer = lab.folder(number), *(lab.device(kind, number) for kind in "vde")
    bridge = network.bridge_of(lab, lab.host(number))
    end(folder / "slow.pid")
    sh("ip", "link", "del", relay, check=False)
    if not milliseconds:
        sh("ip", "link", "set", cable, "master", bridge)
        return
    sh("ip", "link", "add", relay, "type", "veth", "peer", "name", peer)
    sh("ip", "link", "set", cable, "nomaster")
    sh("ip", "link", "set", peer, "master", bridge, "up")
    sh("ip", "link", "set", relay, "up")
    for device in (cable, relay):  # this machine must not answer on these itself
        sh("ip", "addr", "flush", "dev", device)
    with (folder / "logs/slow.log").open("a") as log:
        process = subprocess.Popen(
            [sys.executable, str(Path(__file__).with_name("netdelay.py")), cable, relay, str(milliseconds), str(loss),
             str(stall)],
            stdin=subprocess.DEVNULL, stdout=subprocess.DEVNULL, stderr=log, start_new_session=True,
        )  # fmt: skip
    record(folder / "slow.pid", process.pid)
    process.returncode = 0


def daemon(lab: Lab, number: int, verb: str, name: str) -> None:
    """start, stop, kill, freeze, thaw or crash libvirtd, virtlogd or sshd. libvirtd comes back after a crash."""
    if name not in PIDFILES:
        raise LabError(f"{name}: {', '.join(PIDFILES)}")
    if verb == "start":
        start = {"libvirtd": ["sh", f"{lab.folder(number)}/libvirtd.sh"], "virtlogd": ["virtlogd", "-d"],
                 "sshd": ["/usr/sbin/sshd", "-f", f"{lab.folder(number)}/ssh/sshd_config"]}[name]  # fmt: skip
        hosts.run(lab, number, *start)
        if name == "sshd":  # it goes into the background before it listens
            wait_for(lambda: hosts.run(lab, number, "ss", "-Hltn", "sport", "=", ":22"), 30, "sshd to listen")
        return
    pid = hosts.run(lab, number, "cat", PIDFILES[name])
    hosts.run(lab, number, "kill", f"-{SIGNALS[verb]}", pid)
    if verb in ("stop", "kill"):
        wait_for(lambda: not hosts.run(lab, number, "sh", "-c", f"ls -d /proc/{pid} 2>/dev/null || true"), 60,
                 f"the end of {name}")  # fmt: skip


def end_sessions(lab: Lab, number: int) -> None:
    """Kill the SSH connections of a host, not its sshd: as a firewall does that forgets them."""
    hosts.run(lab, number, "pkill", "-KILL", "-f", "^sshd(-session)?: (root|limen|pw|nolibvirt)", check=False)


def qemu(lab: Lab, number: int, verb: str, domain: str) -> None:
    """kill, freeze or thaw the QEMU process of a VM."""
    pid = hosts.run(lab, number, "cat", f"/run/libvirt/qemu/{domain}.pid")
    hosts.run(lab, number, "kill", f"-{SIGNALS[verb]}", pid)


def rotate_host_key(lab: Lab, number: int) -> None:
    """A new host key. known_hosts is left as it is: now it does not match."""
    folder, plan = lab.folder(number), lab.host(number)
    for path in (folder / "ssh").glob("host*"):
        path.unlink()
    files.host_key(folder, plan, lab.state / "client")
    daemon(lab, number, "stop", "sshd")
    daemon(lab, number, "start", "sshd")


def fill(lab: Lab, number: int, leave_mib: int) -> None:
    """A pool ``small`` of 64 MiB, filled up but for ``leave_mib``."""
    place = "/var/lib/libvirt/small"
    hosts.run(lab, number, "sh", "-ec", (
        f"mkdir -p {place}; mountpoint -q {place} || mount -t tmpfs -o size=64m tmpfs {place}; "
        f"virsh -q pool-info small >/dev/null 2>&1 || virsh -q pool-define-as small dir --target {place} >/dev/null; "
        f"virsh -q pool-start small >/dev/null 2>&1 || true; rm -f {place}/.fill; "
        f"dd if=/dev/zero of={place}/.fill bs=1M count={64 - leave_mib} status=none 2>/dev/null || true; "
        "virsh -q pool-refresh small >/dev/null"
    ))  # fmt: skip
