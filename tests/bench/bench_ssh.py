"""Limen's SSH transport against virsh with the ssh client, on two lab hosts, in one run. Needs root (it is the lab).

    PYTHONPATH=. python tests/bench/bench_ssh.py

Prints medians and ratios: connect and first list; a tick over the bridge against the plain socket; upload of a volume;
a key's way to the screen while the same process uploads, against one that does not.
"""

from __future__ import annotations

import os
import statistics
import subprocess
import sys
import tempfile
import threading
import time
from collections.abc import Callable
from pathlib import Path

import libvirt

from limen_tui.fleet.actor import Actor
from limen_tui.fleet.fleet import Fleet
from limen_tui.fleet.questions import QuestionDesk
from limen_tui.fleet.remoting import Remoting
from limen_tui.hypervisor.session import session_connector
from limen_tui.inventory import open_inventory
from limen_tui.model.clock import SystemClock
from limen_tui.model.host import Host
from limen_tui.model.questions import NoAsker
from limen_tui.remote.connect import SignIn
from limen_tui.remote.transport import SshTransport
from limen_tui.settings import Settings
from limen_tui.tui.run import run
from tests.bench.bench_ui import key_to_paint, percentile
from tests.bench.ui_pty import Terminal
from tests.lab.limen_lab import client, faults, guests, hosts
from tests.lab.limen_lab.plan import Lab

MIB = 1 << 20
UPLOAD_MIB = 96
RTT_MS = 40
KEYS = 150


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


def serve(folder: str, config: str, uri: str, *, data: str) -> None:
    """The whole TUI on one host; with ``data``, a thread of it uploads that file through the bridge without end."""
    desk, fleets = QuestionDesk(), []

    def reconnect(host_id: str) -> None:
        fleets[0].reconnect(host_id)

    remoting = Remoting(desk, Path(folder), reconnect, ssh_config=[config])
    fleet = Fleet(
        (Host("h1", "kvm1", uri),), session_connector(transport=remoting.transport), open_inventory(None),
        clock=SystemClock(), actor=Actor("bench", "tui"), questions=desk, watchers=(remoting.watch_view,),
    )  # fmt: skip
    fleets.append(fleet)

    def uploads() -> None:
        while (link := remoting.link("h1")) is None:
            time.sleep(0.05)
        connection = libvirt.open(link.uri)
        while True:
            upload(connection, Path(data))
            with Path(folder, "uploaded").open("a") as done:
                done.write(f"{UPLOAD_MIB}\n")

    if data:
        threading.Thread(target=uploads, daemon=True).start()
    run(fleet, Settings())


def key_times(lab: Lab, folder: Path, data: str) -> list[float]:
    """Milliseconds from a key to what it paints, many times, on a terminal of its own."""
    folder.mkdir()
    argv = [sys.executable, "-m", "tests.bench.bench_ssh", "--serve", str(folder), str(lab.state / "client/config"),
            client.uri(lab, 1), data]  # fmt: skip
    terminal = Terminal(argv, columns=120, rows=40)
    try:
        if terminal.until(b"kvm1", 20) is None:
            raise SystemExit("the screen did not come")
        terminal.count(4.0)
        return key_to_paint(terminal, KEYS)
    finally:
        terminal.close()


def measure_keys(lab: Lab, folder: Path, data: Path) -> None:
    """The UI's key latency with and without an upload through its own SSH connection."""
    for number in range(20):
        guests.vm(lab, ["1", f"row{number}", "--define", "--disk", "none"])
    # in turns, so that whatever else the machine does meanwhile meets both alike
    rounds = [(key_times(lab, folder / f"plain{n}", ""), key_times(lab, folder / f"busy{n}", str(data)))
              for n in range(3)]  # fmt: skip
    plain, busy = ([time for pair in rounds for time in pair[place]] for place in (0, 1))
    sent = sum(int(line) for path in folder.glob("busy*/uploaded") for line in path.read_text().split())
    for name, share in (("median", 0.5), ("p95", 0.95)):
        calm, loaded = percentile(plain, share) / 1000, percentile(busy, share) / 1000
        row(f"a key during an upload, {name}", loaded, calm, "no upload", "<= 1.25", loaded <= 1.25 * calm)
    print(f"{'':<34} {sent} MiB sent meanwhile")


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
    """All comparisons."""
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
        measure_keys(lab, Path(folder), data)


if __name__ == "__main__":
    if sys.argv[1:2] == ["--serve"]:
        serve(*sys.argv[2:5], data=sys.argv[5])
    else:
        main()
