"""The guest agents of simulated VMs: those that have one answer, one of them is asleep. Pure."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from typing import Final

from limen_tui.errors import Conflict, InputError, NotFound, NotSupported, ReadOnlyError, StepFailed, Timeout
from limen_tui.hypervisor.simulated.catalogue import STUBBORN
from limen_tui.hypervisor.simulated.guestdisks import GuestDisks
from limen_tui.hypervisor.simulated.machine import Machine
from limen_tui.model.verbs.agent import (
    READ_LIMIT,
    AddressSource,
    AgentVersion,
    GuestInfo,
    GuestNic,
    GuestUser,
    Ran,
)

COMMANDS: Final = (
    "guest-exec", "guest-exec-status", "guest-file-close", "guest-file-open", "guest-file-read",
    "guest-fsfreeze-freeze", "guest-fsfreeze-status", "guest-fsfreeze-thaw", "guest-fstrim", "guest-get-fsinfo",
    "guest-get-host-name", "guest-get-osinfo", "guest-get-time", "guest-get-users", "guest-info",
    "guest-network-get-interfaces", "guest-ping", "guest-set-time", "guest-set-user-password",
)  # fmt: skip


class SimulatedAgents:
    """Implements :class:`limen_tui.model.verbs.agent.AgentVerbs`. Frozen file systems and commands are remembered."""

    def __init__(
        self, machines: Mapping[str, Machine], now: Callable[[], float], disks: GuestDisks, *, read_only: bool
    ) -> None:
        self._machines = machines
        self._disks = disks
        self._now = now
        self._read_only = read_only
        self._frozen: set[str] = set()
        self._ran: dict[tuple[str, int], tuple[float, Ran]] = {}
        self._skews: dict[str, float] = {}

    def addresses(self, uuid: str) -> tuple[GuestNic, ...]:
        """See AgentVerbs."""
        machine = self._machines.get(uuid)
        if machine is None:
            raise NotFound("The VM is gone", uuid)
        if not machine.state.is_active or not machine.facts.nics:
            return ()
        mac, ip = machine.facts.nics[0].mac, machine.ips[0]
        found = [GuestNic(f"vnet{machine.made.seed % 90}", mac, (f"{ip}/16",), AddressSource.LEASE)]
        if machine.facts.has_agent and not self._read_only and machine.name != STUBBORN:
            own = f"fe80::5054:ff:fe{machine.made.seed % 256:02x}:{machine.made.seed:x}/64"
            found.append(GuestNic("eth0", mac, (f"{ip}/16", own), AddressSource.AGENT))
        return tuple(found)

    def guest(self, uuid: str) -> GuestInfo:
        """See AgentVerbs."""
        machine = self._agent(uuid)
        seed, now = machine.made.seed, self._now()
        users = (GuestUser("admin", since=now - 600 - seed % 9000),) if seed % 3 == 0 else ()
        return GuestInfo(
            machine.name, machine.facts.os.title() or "Debian GNU/Linux 12", "6.1.0-18-amd64", machine.facts.arch,
            "UTC", self._skews.get(uuid, (seed % 40 - 20) / 100), users,
            self._disks.file_systems(machine),
        )  # fmt: skip

    def version(self, uuid: str) -> AgentVersion:
        """See AgentVerbs."""
        self._agent(uuid)
        return AgentVersion("9.2.0", COMMANDS)

    def start_command(self, uuid: str, words: tuple[str, ...]) -> int:
        """See AgentVerbs."""
        machine = self._agent(uuid)
        if not words or not words[0].strip():
            raise InputError("No command was typed")
        said = self._disks.run(machine, words) or _answer(machine, words, self._now())
        if said is None:
            raise StepFailed("The guest agent could not do it", f"Guest agent command failed, error was 'Failed to "
                             f"execute child process “{words[0]}” (No such file or directory)'")  # fmt: skip
        pid = 1200 + len(self._ran)
        self._ran[(uuid, pid)] = self._now() + (float(words[1]) if words[0] == "sleep" else 0.2), said
        return pid

    def command_result(self, uuid: str, pid: int) -> Ran | None:
        """See AgentVerbs."""
        self._agent(uuid)
        known = self._ran.get((uuid, pid))
        if known is None:
            raise StepFailed("The guest agent could not do it", "Invalid parameter 'pid'")
        return known[1] if self._now() >= known[0] else None

    def read_file(self, uuid: str, path: str, limit: int = READ_LIMIT) -> tuple[bytes, bool]:
        """See AgentVerbs."""
        machine = self._agent(uuid)
        if not path.strip():
            raise InputError("No file was named")
        files = {
            "/etc/hostname": f"{machine.name}\n",
            "/etc/os-release": f'PRETTY_NAME="{machine.facts.os.title()}"\nID=linux\n',
            "/proc/loadavg": "0.08 0.03 0.01 1/120 4711\n",
        }
        files |= self._disks.files(machine)
        if path not in files:
            raise StepFailed("The guest agent could not do it", f"failed to open file '{path}' (mode: 'r'): No such "
                             "file or directory")  # fmt: skip
        data = files[path].encode()
        return data[:limit], len(data) <= limit

    def freeze(self, uuid: str) -> int:
        """See AgentVerbs."""
        self._agent(uuid)
        if uuid in self._frozen:
            raise Conflict("The file systems are frozen already", hint="Thaw them first.")
        self._frozen.add(uuid)
        return len(self.guest(uuid).disks)

    def thaw(self, uuid: str) -> int:
        """See AgentVerbs."""
        self._agent(uuid)
        if uuid not in self._frozen:
            return 0
        self._frozen.discard(uuid)
        return len(self.guest(uuid).disks)

    def trim(self, uuid: str) -> None:
        """See AgentVerbs."""
        self._agent(uuid)

    def set_password(self, uuid: str, user: str, password: str) -> None:  # noqa: ARG002 - nothing keeps it
        """See AgentVerbs."""
        self._agent(uuid)
        if not user.strip() or any(sign in user for sign in "\0\n:"):
            raise InputError("That cannot be a user's name")

    def sync_time(self, uuid: str) -> None:
        """See AgentVerbs."""
        self._agent(uuid)
        self._skews[uuid] = 0.0

    def _agent(self, uuid: str) -> Machine:
        if self._read_only:
            raise ReadOnlyError("This host is read-only", "The guest is not asked: libvirt counts it as a change.")
        machine = self._machines.get(uuid)
        if machine is None:
            raise NotFound("The VM is gone", uuid)
        if not machine.state.is_active:
            raise Conflict("The VM does not run", "domain is not running", "Start it first.")
        if not machine.facts.has_agent:
            raise NotSupported("The VM has no guest agent", "QEMU guest agent is not configured",
                               "Give the VM a channel named org.qemu.guest_agent.0.")  # fmt: skip
        if machine.name == STUBBORN:
            raise Timeout("The guest agent does not answer", "Guest agent is not responding: QEMU guest agent is not "
                          "connected", "Start the agent inside the guest.")  # fmt: skip
        return machine


def _answer(machine: Machine, words: tuple[str, ...], now: float) -> Ran | None:
    """What a handful of programs say; ``None`` for one that is not there."""
    up = int(now - (machine.started_at or now))
    plain = {
        "hostname": machine.name, "id": "uid=0(root) gid=0(root) groups=0(root)", "true": "", "sleep": "",
        "uname": f"Linux {machine.name} 6.1.0-18-amd64 #1 SMP {machine.facts.arch} GNU/Linux",
        "uptime": f" up {up // 86400} days, {up % 86400 // 3600}:{up % 3600 // 60:02d},  1 user,  load average: 0.08",
    }  # fmt: skip
    name = words[0].rpartition("/")[2]
    if name == "false":
        return Ran(1)
    if name == "echo":
        return Ran(0, (" ".join(words[1:]) + "\n").encode())
    if name == "ls":
        return Ran(2, b"", f"ls: cannot access '{words[-1]}': No such file or directory\n".encode())
    return Ran(0, (plain[name] + "\n").encode() if plain[name] else b"") if name in plain else None
