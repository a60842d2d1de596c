"""What can be asked of the guest agent of a VM, and where its addresses come from. Pure: it names shapes."""

from __future__ import annotations

from dataclasses import dataclass
from enum import StrEnum
from typing import Final, Protocol

ANSWER: Final = 8
"""Seconds in which an agent must answer a question."""
READ_LIMIT: Final = 256 * 1024
"""Bytes of a file inside the guest that are read at most."""


class AddressSource(StrEnum):
    """Who says that an address is the VM's, the most trusted first."""

    LEASE = "lease"
    AGENT = "agent"
    ARP = "arp"


@dataclass(frozen=True, slots=True)
class GuestNic:
    """Addresses of one interface; all texts come from outside."""

    name: str
    """``vnet3`` by a lease or ARP, ``eth0`` by the agent."""
    mac: str
    addresses: tuple[str, ...]
    """With prefix: ``10.0.0.5/24``."""
    source: AddressSource


@dataclass(frozen=True, slots=True)
class GuestUser:
    """Somebody signed in inside the guest."""

    name: str
    domain: str = ""
    since: float | None = None
    """Unix time."""


@dataclass(frozen=True, slots=True)
class GuestDisk:
    """A file system inside the guest. Bytes; ``None`` where the agent does not say."""

    mount: str
    device: str = ""
    kind: str = ""
    total: int | None = None
    used: int | None = None
    targets: tuple[str, ...] = ()
    """The VM's disks that it lies on, as its definition calls them: ``vda``."""

    @property
    def used_pct(self) -> float | None:
        """0 to 100."""
        return 100.0 * self.used / self.total if self.total and self.used is not None else None


@dataclass(frozen=True, slots=True)
class GuestInfo:
    """What the agent says of the guest. Texts come from outside; empty where it does not say."""

    hostname: str = ""
    os: str = ""
    kernel: str = ""
    machine: str = ""
    timezone: str = ""
    skew: float | None = None
    """Seconds that the guest's clock is ahead of ours."""
    users: tuple[GuestUser, ...] = ()
    disks: tuple[GuestDisk, ...] = ()


@dataclass(frozen=True, slots=True)
class AgentVersion:
    """What the agent says of itself."""

    version: str
    commands: tuple[str, ...]
    """Those that are not switched off."""


@dataclass(frozen=True, slots=True)
class Ran:
    """A command that ended inside the guest."""

    code: int
    """The exit code; the negative number of the signal that ended it."""
    out: bytes = b""
    err: bytes = b""
    cut: bool = False
    """Whether the agent left out some of the output."""


class AgentVerbs(Protocol):
    """Every call may block for some seconds, not more; errors as in :class:`limen_tui.model.ports.HostVerbs`.

    ``Timeout`` when the agent does not answer, ``NotSupported`` when the VM has none or it cannot do this,
    ``Conflict`` when the VM does not run. All but ``addresses`` are refused in read-only: libvirt counts a word with
    the agent as a change.
    """

    def addresses(self, uuid: str) -> tuple[GuestNic, ...]:
        """By lease, by the agent and by ARP, in this order (virDomainInterfaceAddresses)."""

    def guest(self, uuid: str) -> GuestInfo:
        """Names, users, file systems, clock (virDomainGetGuestInfo, virDomainGetTime)."""

    def version(self, uuid: str) -> AgentVersion:
        """The agent's own (guest-info). libvirt marks the VM as tainted by a command of its own making."""

    def start_command(self, uuid: str, words: tuple[str, ...]) -> int:
        """Start a program inside the guest, without a shell (guest-exec); its process number there."""

    def command_result(self, uuid: str, pid: int) -> Ran | None:
        """What came of it; ``None`` while it runs (guest-exec-status)."""

    def read_file(self, uuid: str, path: str, limit: int = READ_LIMIT) -> tuple[bytes, bool]:
        """The begin of a file inside the guest, and whether that is all (guest-file-open, -read, -close)."""

    def freeze(self, uuid: str) -> int:
        """Freeze its file systems; how many (virDomainFSFreeze)."""

    def thaw(self, uuid: str) -> int:
        """Thaw them; how many (virDomainFSThaw)."""

    def trim(self, uuid: str) -> None:
        """Give back unused blocks (virDomainFSTrim)."""

    def set_password(self, uuid: str, user: str, password: str) -> None:
        """Set a user's password inside the guest (virDomainSetUserPassword). It is neither kept nor logged."""

    def sync_time(self, uuid: str) -> None:
        """Set the guest's clock by its hardware clock (virDomainSetTime)."""
