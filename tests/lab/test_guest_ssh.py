"""``o`` against a real sshd that only the VM's host can reach: found by its lease, through the host, its key checked.

A network namespace on the host's bridge stands for the guest: it has the address of the VM's card and an sshd. The VM
itself boots nothing and never says a word.
"""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path

import pytest

from tests.lab.conftest import RunningLab
from tests.lab.limen_lab.plan import uuid_of
from tests.lab.test_console import Pty
from tests.unit.hypervisor.libvirt_daemon import wait_for

NAME = "ssh-into"
MAC = "52:54:00:5e:11:07"
ADDRESS, HOST_ADDRESS = "192.168.122.251", "192.168.122.1"
STAND_IN = f"""set -e
cd "$(dirname "$0")"
ssh-keygen -q -t ed25519 -N '' -f key; ssh-keygen -q -t ed25519 -N '' -f other
cat > config <<X
Port 22
HostKey $PWD/key
AuthorizedKeysFile $PWD/authorized
PermitRootLogin yes
StrictModes no
UsePAM no
PidFile none
X
ip link add sshin0 type veth peer name sshin1 address {MAC}
ip link set sshin0 master virbr0 up
setsid unshare -n sh -c 'echo $$ > pid.new; mv pid.new pid
  until ip link show sshin1 >/dev/null 2>&1; do sleep 0.02; done
  ip addr add {ADDRESS}/24 dev sshin1; ip link set sshin1 up; ip link set lo up
  exec /usr/sbin/sshd -D -e -f config' >log 2>&1 </dev/null &
until [ -s pid ]; do sleep 0.02; done
ip link set sshin1 netns "$(cat pid)"
"""
LEASE = f"""
import socket, struct
MAC, WANTED = bytes.fromhex("{MAC.replace(":", "")}"), socket.inet_aton("{ADDRESS}")
line = socket.socket(socket.AF_INET, socket.SOCK_DGRAM)
line.setsockopt(socket.SOL_SOCKET, socket.SO_BROADCAST, 1)
line.setsockopt(socket.SOL_SOCKET, socket.SO_BINDTODEVICE, b"sshin1")
line.bind(("", 68))
line.settimeout(2)

def ask(kind, *options):
    head = struct.pack("!4BIHH16s16s192x4s", 1, 1, 6, 0, 0x11E0, 0, 0x8000, b"", MAC, bytes.fromhex("63825363"))
    told = b"".join(bytes([number, len(data)]) + data for number, data in ((53, bytes([kind])), (50, WANTED), *options))
    line.sendto(head + told + b"\\xff", ("255.255.255.255", 67))
    reply = line.recv(2048)
    assert reply[16:20] == WANTED, reply[16:20]
    return reply

offer = ask(1)
server = offer.index(b"\\x36\\x04", 240) + 2
ask(3, (54, offer[server : server + 4]))
"""
"""A guest's DHCP client."""


@dataclass
class StandIn:
    """The guest's sshd, as its administrator sees it, and what the person's ssh knows of it."""

    lab: RunningLab
    folder: Path
    known_hosts: Path

    def trust(self, key: str) -> None:
        """``key`` or ``other``: the only key that is known for its address from now on."""
        public = " ".join((self.folder / f"{key}.pub").read_text().split()[:2])
        kept = [line for line in self.known_hosts.read_text().splitlines() if not line.startswith(ADDRESS)]
        self.known_hosts.write_text("\n".join([*kept, f"{ADDRESS} {public}", ""]))

    def logins(self) -> int:
        """How often somebody was let in."""
        return (self.folder / "log").read_text().count("Accepted publickey for root")


@pytest.fixture
def stand_in(lab: RunningLab, tmp_path: Path) -> Iterator[StandIn]:
    folder = Path(lab.run(1, "mktemp", "-d").strip())
    known_hosts = lab.lab.state / "client/known_hosts"
    before = known_hosts.read_text()
    (folder / "authorized").write_text((lab.lab.state / "client/id_lab.pub").read_text())
    (folder / "start").write_text(STAND_IN)
    (folder / "vm.xml").write_text(
        f"<domain type='qemu'><name>{NAME}</name><uuid>{uuid_of(NAME)}</uuid><memory unit='MiB'>32</memory>"
        "<os><type arch='x86_64'>hvm</type></os><devices><interface type='network'>"
        f"<mac address='{MAC}'/><source network='default'/><model type='virtio'/><rom enabled='no'/></interface>"
        "<memballoon model='none'/></devices></domain>"
    )
    lab.run(1, "sh", str(folder / "start"))
    try:
        lab.virsh(1, "create", str(folder / "vm.xml"))
        pid = (folder / "pid").read_text().strip()
        (folder / "lease.py").write_text(LEASE)

        def leased() -> bool:
            lab.run(1, "nsenter", "-t", pid, "-n", "python3", str(folder / "lease.py"), check=False)
            return ADDRESS in lab.virsh(1, "domifaddr", NAME, "--source", "lease")

        wait_for(leased, 60, "the host to have its address")
        yield StandIn(lab, folder, known_hosts)
    finally:
        known_hosts.write_text(before)
        lab.virsh(1, "destroy", NAME, check=False)
        lab.run(1, "sh", "-c", f"kill $(cat {folder}/pid); ip link del sshin0; rm -r {folder}", check=False)


def test_ssh_goes_through_the_host_checks_the_key_and_gives_the_terminal_back(
    stand_in: StandIn, lab: RunningLab, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    for name in ("DATA", "STATE", "CONFIG", "CACHE"):
        monkeypatch.setenv(f"XDG_{name}_HOME", str(tmp_path / name))
    monkeypatch.setenv("TERM", "xterm-256color")
    limen = Pty("-c", lab.uri(1), lab=lab)
    limen.until(NAME.encode())
    limen.type(b"/" + NAME.encode() + b"\r")

    def press_o(then: bytes) -> bytes:
        """What came up to ``then``, from the key on."""
        begun = len(limen.said)
        limen.type(b"o")
        limen.until_after(begun, then)
        return limen.said[begun:]

    def back(begun: int) -> None:
        limen.until_after(begun, b"\x1b[?1049h")
        limen.until_after(begun, b"Quit")

    # nobody has seen its key yet: asked for the user, with the address there, and ssh itself refuses
    asked = press_o(b"Cancel")
    assert ADDRESS.encode() in asked and lab.lab.host(1).name.encode() in asked
    begun = len(limen.said)
    limen.type(b"\r")
    limen.until_after(begun, b"Press Enter")
    assert b"Host key verification failed" in limen.said[begun:] and stand_in.logins() == 0
    limen.type(b"\r")
    back(begun)

    # its key is known: in by way of the host, which is where the connection comes from
    stand_in.trust("key")
    begun = len(limen.said)
    inside = press_o(b"# ")
    assert b"\x1b[?1049l" in inside, "Limen left the screen first"
    limen.type(b"echo inside $((6 * 7)) from ${SSH_CONNECTION%% *}\r")
    limen.until_after(begun, f"inside 42 from {HOST_ADDRESS}".encode())
    assert stand_in.logins() == 1
    limen.type(b"exit\r")
    back(begun)

    # another key than the known one is refused
    stand_in.trust("other")
    begun = len(limen.said)
    refused = press_o(b"Press Enter")
    assert b"HOST IDENTIFICATION HAS CHANGED" in refused and stand_in.logins() == 1
    limen.type(b"\r")
    back(begun)

    # the keys are Limen's again, and the terminal is as it was found
    begun = len(limen.said)
    limen.type(b"?")
    limen.until_after(begun, b"Help")
    begun = len(limen.said)
    limen.type(b"\x1b")
    limen.until_after(begun, b"Quit")
    limen.type(b"q")
    assert limen.ended() == 0
