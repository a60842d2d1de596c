"""A host as configured, and as last heard from. Pure values."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from enum import StrEnum
from types import MappingProxyType
from typing import TYPE_CHECKING

from limen_tui.errors import LimenError
from limen_tui.model.vm import VM

if TYPE_CHECKING:
    from limen_tui.model.detail import VMDetail


class HostState(StrEnum):
    """How the session with a host stands."""

    CONNECTING = "connecting"
    UP = "up"
    STALE = "stale"
    """Connected, but it has not answered for a while; figures are old."""
    DOWN = "down"
    NEEDS_AUTH = "needs-auth"
    DISABLED = "disabled"


@dataclass(frozen=True, slots=True)
class Host:
    """A host the user looks after. ``id`` never changes; name and URI may."""

    id: str
    name: str
    uri: str
    group: str = ""
    colour: str = ""
    position: int = 0
    enabled: bool = True
    read_only: bool = False
    insecure: bool = False
    """Whether the user allowed ``no_verify`` for it; then it is flagged wherever it is shown."""
    saved: bool = True
    """False for hosts given by ``-c`` for one run."""


@dataclass(frozen=True, slots=True)
class Problem:
    """An error as a value: what a panel shows of a ``LimenError``."""

    title: str
    detail: str = ""
    hint: str = ""


def problem_of(error: BaseException) -> Problem:
    """An exception as a value to show."""
    if isinstance(error, LimenError):
        return Problem(error.title, error.detail, error.hint)
    return Problem(type(error).__name__, str(error), "This is a defect in Limen: please report it.")


@dataclass(frozen=True, slots=True)
class HostInfo:
    """What a host says of itself on connecting."""

    hostname: str = ""
    hypervisor: str = ""
    """The driver: ``QEMU``, ``TEST``, ``LXC`` ..."""
    libvirt_version: str = ""
    hypervisor_version: str = ""
    arch: str = ""
    cpu_model: str = ""
    cpus: int = 0
    """Logical CPUs."""
    memory_kib: int = 0
    read_only: bool = False
    kvm: bool | None = None
    """Whether ``kvm`` domains are offered; ``None`` when not asked or not applicable."""
    transport: str = ""
    """How it is reached: ``local``, ``ssh``, ``tls``, ``tcp``."""


@dataclass(frozen=True, slots=True)
class HostLoad:
    """Live figures of one host. ``None`` means the driver does not say."""

    cpu_pct: float | None = None
    mem_used_kib: int | None = None
    load1: float | None = None
    """One-minute load average; known on the local host only, libvirt has no call for it."""
    tick_ms: float | None = None
    """How long the last bulk sample took, in milliseconds."""
    rpcs: int = 0
    """libvirt calls made since connecting by ticks; a test counts them."""
    ticks: int = 0


NO_DETAILS: Mapping[str, VMDetail] = MappingProxyType({})
NO_VMS: Mapping[str, VM] = MappingProxyType({})


@dataclass(frozen=True, slots=True, eq=False)
class HostSnapshot:
    """Everything known of a host at one moment. Immutable; ``rev`` grows with each new one."""

    host: Host
    rev: int = 0
    state: HostState = HostState.CONNECTING
    since: float = 0.0
    """Unix time of the change to this state."""
    sampled_at: float | None = None
    """Unix time of the last good sample, also one from the inventory."""
    problem: Problem | None = None
    retry_at: float | None = None
    """Unix time of the next attempt, while down."""
    info: HostInfo = field(default_factory=HostInfo)
    load: HostLoad = field(default_factory=HostLoad)
    vms: Mapping[str, VM] = field(default_factory=lambda: NO_VMS)
    """By UUID."""
    details: Mapping[str, VMDetail] = field(default_factory=lambda: NO_DETAILS)
    """Figures of each device, by UUID, of the VMs looked at closely."""

    @property
    def running(self) -> int:
        """VMs that hold CPU and memory now."""
        return sum([vm.state.is_active for vm in self.vms.values()])
