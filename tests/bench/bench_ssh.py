"""Limen's SSH transport against virsh with the ssh client, on two lab hosts, in one run. Needs root (it is the lab).

    PYTHONPATH=. python tests/bench/bench_ssh.py

Prints medians and ratios: connect and first list; a tick over the bridge against the plain socket; upload of a volume.
"""

from __future__ import annotations

import os
import statistics
import subprocess
import tempfile
import time
from collections.abc import Callable
from pathlib import Path

import libvirt

from limen_tui.model.host import Host
from limen_tui.model.questions import NoAsker
from limen_tui.remote.connect import SignIn
from limen_tui.remote.transport import SshTransport
from tests.lab.limen_lab import client, faults, hosts
from tests.lab.limen_lab.plan import Lab

MIB = 1 << 20
UPLOAD_MIB = 96
RTT_MS = 40


def median(work: Callable[[], object], rounds: int) -> float:
    """Seconds of ``work``, the median of ``rounds`` after one that does not count."""
    work()
    times = []
    for _ in range(rounds):
        began = time.perf_counter()
        work()
        times.append(time.perf_counter() - began)
    return statistics.median(times)


def row(what: str, ours: float, theirs: float, against: str, target: str, good: bool) -> None:
    """One line of the result."""
    print(f"{what:<34} {ours * 1000:9.2f} ms   {theirs * 1000:9.2f} ms {against:<14} ratio {ours / theirs:5.2f}   "
          f"target {target:<12} {'ok' if good else 'MISSED'}")  # fmt: skip


def first_list(transport: SshTransport, host: Host) -> None:
    """Connect, list, close: what virsh does."""
    uri, close = transport(host)
    connection = libvirt.open(uri)
    connection.listAllDomains()
    connection.close()
    close()


def virsh(lab: Lab, *words: str) -> None:
    """virsh over the ssh client, with the lab's settings as ~/.ssh."""
    subprocess.run(
        ["unshare", "-m", "sh", "-c", 'mkdir -p ~/.ssh; mount --bind "$0" ~/.ssh; exec "$@"', str(lab.state / "client"),
         "virsh", "-q", "-c", client.uri(lab, 1), *words],
        check=True, stdout=subprocess.DEVNULL, env=dict(os.environ, SSH_AUTH_SOCK=""),
    )  # fmt: skip


def upload(connection: libvirt.virConnect, data: Path) -> None:
    """Fill the volume ``bench`` from a file, as an image upload does."""
    volume = connection.storagePoolLookupByName("default").storageVolLookupByName("bench")
    stream = connection.newStream()
    volume.upload(stream, 0, UPLOAD_MIB * MIB)
    with data.open("rb") as source:
        stream.sendAll(lambda _stream, count, _opaque: source.read(count), None)
    stream.finish()


def main() -> None:
    """Bring two hosts up, measure, take them down."""
    lab = Lab("lmbench", Path("/run/limen-lab-lmbench"), Lab.here().cache)
    hosts.down(lab)
    hosts.up(lab, 1)
    try:
        measure(lab)
    finally:
        hosts.down(lab)


def measure(lab: Lab) -> None:
    """All three comparisons."""
    with tempfile.TemporaryDirectory() as folder:
        transport = SshTransport(SignIn(NoAsker(), config=[str(lab.state / "client/config")]), Path(folder))
        host = Host("h1", "kvm1", client.uri(lab, 1))
        ours = median(lambda: first_list(transport, host), 9)
        theirs = median(lambda: virsh(lab, "list", "--all"), 9)
        row("connect and first list", ours, theirs, "virsh+ssh", "<= 1", ours <= theirs)

        uri, close = transport(host)
        bridged = libvirt.open(uri)
        plain = libvirt.open(f"qemu+tcp://{lab.host(1).address}/system")
        tick = median(bridged.getAllDomainStats, 200)
        direct = median(plain.getAllDomainStats, 200)
        row("a tick on this machine", tick, direct, "plain socket", "(no target)", good=True)
        faults.slow(lab, 1, RTT_MS / 2)
        far, far_direct = median(bridged.getAllDomainStats, 30), median(plain.getAllDomainStats, 30)
        faults.slow(lab, 1, 0)
        most = far_direct + RTT_MS / 1000
        row(f"a tick at {RTT_MS} ms round trip", far, far_direct, "plain socket", "<= + 1 RTT", far <= most)

        hosts.run(lab, 1, "virsh", "-q", "vol-create-as", "default", "bench", f"{UPLOAD_MIB}M")
        data = Path(folder) / "data"
        data.write_bytes(os.urandom(MIB) * UPLOAD_MIB)
        mine = median(lambda: upload(bridged, data), 3)
        client_ = median(lambda: virsh(lab, "vol-upload", "bench", str(data), "default"), 3)
        row(f"upload of {UPLOAD_MIB} MiB", mine, client_, "virsh+ssh", "<= 1.67", mine <= client_ / 0.6)
        print(f"{'':<34} {UPLOAD_MIB / mine:9.0f} MiB/s {UPLOAD_MIB / client_:7.0f} MiB/s")
        plain.close()
        bridged.close()
        close()


if __name__ == "__main__":
    main()
