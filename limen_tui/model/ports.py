"""The Protocols at which the layers meet. Pure: it names shapes, it does nothing.

``fleet`` drives hosts through :class:`HostPort` and keeps what it learns through :class:`InventoryPort`;
real libvirt and the simulated fleet both implement the former and pass the same contract tests.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Mapping, Sequence
from concurrent.futures import Future
from dataclasses import dataclass
from enum import IntEnum
from typing import TYPE_CHECKING, Protocol, TypeAlias, TypeVar

from limen_tui.model.samples import ALL_GROUPS, StatsGroup

if TYPE_CHECKING:  # only named in signatures: to load them all would keep the first paint waiting
    from limen_tui.errors import LimenError
    from limen_tui.model.events import AuditEntry, HostEvent
    from limen_tui.model.host import Host, HostSnapshot
    from limen_tui.model.jobs import Job, Step
    from limen_tui.model.keepsakes import Definition, Trashed
    from limen_tui.model.lifecycle import Verb
    from limen_tui.model.minutes import MinuteStore
    from limen_tui.model.network import Network
    from limen_tui.model.storage import Pool
    from limen_tui.model.verbs.agent import AgentVerbs
    from limen_tui.model.verbs.consoles import ConsoleVerbs
    from limen_tui.model.verbs.definitions import DefinitionVerbs
    from limen_tui.model.verbs.devices import DeviceVerbs
    from limen_tui.model.verbs.lineage import LineageVerbs
    from limen_tui.model.verbs.pools import PoolVerbs
    from limen_tui.model.verbs.screens import ScreenVerbs
    from limen_tui.model.verbs.storage import StorageVerbs
    from limen_tui.model.vm import VM

T = TypeVar("T")


class Priority(IntEnum):
    """Order in a session's mailbox: what a person asked for goes first."""

    USER = 0
    EVENT = 1
    TICK = 2
    BACKGROUND = 3


@dataclass(frozen=True, slots=True)
class Watch:
    """What to sample, how often. VMs in ``visible`` have figures for each vCPU; drivers without bulk figures are asked
    for those alone."""

    interval: float = 2.0
    """Seconds between ticks."""
    groups: frozenset[StatsGroup] = ALL_GROUPS
    visible: frozenset[str] = frozenset()
    """UUIDs of the rows on screen."""
    close: frozenset[str] = frozenset()
    """UUIDs of the VMs looked at closely: the figures of each of their devices are wanted."""
    turns: int = 1
    """More than one in a large fleet: that many ticks share the VMs that are neither ``visible`` nor ``close``."""


class Clock(Protocol):
    """Time, so that tests can hold it still."""

    def wall(self) -> float:
        """Unix time in seconds."""

    def mono(self) -> float:
        """Monotonic seconds."""


class HostVerbs(Protocol):
    """What can be asked of a connected host. Every call may block; runs on a thread of that host's session.

    All raise :class:`~limen_tui.errors.LimenError` subclasses only: ``NotFound`` for a VM that is gone,
    ``Conflict`` for a state that forbids it, ``NotSupported``, ``ReadOnlyError``, ``StepFailed``,
    ``ConnectError`` when the link broke (the act may or may not have happened).
    """

    @property
    def definitions(self) -> DefinitionVerbs:
        """Definitions of VMs."""

    @property
    def devices(self) -> DeviceVerbs:
        """CPUs, memory and devices of VMs."""

    @property
    def lineage(self) -> LineageVerbs:
        """Snapshots and backing chains of VMs."""

    @property
    def pool_definitions(self) -> PoolVerbs:
        """Definitions of storage pools."""

    @property
    def screens(self) -> ScreenVerbs:
        """Screens of VMs."""

    @property
    def storage(self) -> StorageVerbs:
        """Volumes of storage pools."""

    @property
    def consoles(self) -> ConsoleVerbs:
        """Serial consoles."""

    def lifecycle(self, verb: Verb, uuid: str) -> None:
        """Ask the hypervisor for ``verb``; returns when it is accepted, not when the guest obeyed."""

    def set_autostart(self, uuid: str, on: bool) -> None:
        """Start the VM with its host, or not (virDomainSetAutostart)."""

    def set_tags(self, uuid: str, tags: Sequence[str]) -> None:
        """Keep ``tags`` in the VM's own libvirt metadata (virDomainSetMetadata)."""

    def describe(self, uuid: str, title: str, description: str) -> None:
        """Set title and description (virDomainSetMetadata); an empty one is taken away. Raises ``InputError``."""

    @property
    def agent(self) -> AgentVerbs:
        """The guest agents of its VMs."""

    def xml(self, uuid: str, *, inactive: bool = False) -> str:
        """The definition as libvirt prints it, without secrets (virDomainGetXMLDesc)."""

    def pools(self) -> tuple[Pool, ...]:
        """Storage pools with their fill (virConnectListAllStoragePools)."""

    def networks(self) -> tuple[Network, ...]:
        """Virtual networks with their leases (virConnectListAllNetworks)."""


class HostPort(Protocol):
    """One host, seen from the fleet. All methods are safe on any thread and return at once."""

    @property
    def snapshot(self) -> HostSnapshot:
        """The latest snapshot: a slot that always holds the newest, never a queue."""

    def start(self) -> None:
        """Begin connecting in the background."""

    def watch(self, watch: Watch) -> None:
        """Change what is sampled and how often, from the next tick on."""

    def refresh(self) -> None:
        """Sample now; while down, try to connect now instead of waiting out the backoff."""

    def submit(self, call: Callable[[HostVerbs], T], *, priority: Priority = Priority.USER) -> Future[T]:
        """Run ``call`` on a thread of the session; a person's acts may run beside one another.

        The future fails with ``ConnectError`` at once when the host is not up. Cancelling it works
        until the call starts.
        """

    def rename(self, host: Host) -> None:
        """Take over a changed name, group or colour; the URI must be the same."""

    def close(self) -> None:
        """Ask the session to end. Never waits: a thread stuck in a hung host is left behind (daemon)."""

    def join(self, timeout: float) -> bool:
        """Wait up to ``timeout`` seconds for it to have ended; whether it has."""


EventSink: TypeAlias = "Callable[[HostEvent], None]"
"""Called on session threads; must only enqueue."""

class Transport(Protocol):
    """Turns a host into the URI that libvirt is to open: the host's own, or one through a bridge."""

    def __call__(self, host: Host) -> tuple[str, Callable[[], None]]:
        """The URI, and what ends the bridge once the connection is closed.

        Runs on the session thread before each attempt to connect, and may block. Raises ``LimenError``.
        The second part must not block: it is called after the connection broke, too.
        """


Connector: TypeAlias = "Callable[[Host, EventSink], HostPort]"
"""Makes the port for a host, real or simulated; connects nothing yet."""


class JournalPort(Protocol):
    """The journal of jobs. Writes are queued; whoever is about to act waits for the future first."""

    def begin(self, job: Job) -> Future[None]:
        """Keep a new job with its whole plan."""

    def step(self, job_id: str, place: int, step: Step) -> Future[None]:
        """Keep how far a step is."""

    def state(self, job: Job) -> Future[None]:
        """Keep a job's state, end and problem."""

    def claim(self, job: Job, owner: str) -> Future[None]:
        """Take a job over from the owner that ``job`` names; fails with ``InventoryError`` when another was faster."""

    def jobs(self, *, limit: int = 100, unfinished: bool = False) -> tuple[Job, ...]:
        """Newest first; with ``unfinished`` those alone that are not over, however old."""


class KeepsakesPort(Protocol):
    """Deleted VMs that can be restored, and definitions as they were."""

    def put_in_trash(self, item: Trashed) -> Future[None]:
        """Keep a deleted VM; the same VM again replaces what was kept of it."""

    def take_from_trash(self, host_id: str, uuid: str) -> Future[None]:
        """Keep it no longer: it was restored, or purged."""

    def trash(self) -> tuple[Trashed, ...]:
        """Newest first."""

    def keep_definition(self, item: Definition) -> Future[None]:
        """Keep a definition unless it is the last one kept of that VM."""

    def definitions(self, host_id: str, uuid: str) -> tuple[Definition, ...]:
        """Of one VM, newest first."""

    def last_definitions(self) -> tuple[Definition, ...]:
        """The newest of every VM."""


class InventoryPort(Protocol):
    """What Limen remembers between runs.

    Reads run on the caller's thread and are for start-up, the command line and worker threads; writes
    are queued to the one writer thread and return at once (a future that fails with InventoryError).
    """

    @property
    def journal(self) -> JournalPort:
        """What jobs did, and what they left unfinished."""

    @property
    def keepsakes(self) -> KeepsakesPort:
        """Trash and history of definitions."""

    def hosts(self) -> tuple[Host, ...]:
        """Saved hosts in their order."""

    def save_host(self, host: Host, *, new: bool = False) -> Future[None]:
        """Insert or update by id.

        Fails with ``Conflict`` when another host took the name meanwhile, and for a ``new`` one when its id or URI
        is there already: another Limen may have written since the hosts were read.
        """

    def remove_host(self, host_id: str, *, forget: bool) -> Future[None]:
        """Remove a host; with ``forget`` also its VMs as last seen."""

    def last_seen(self, host_ids: Iterable[str] | None = None) -> Mapping[str, tuple[float, tuple[VM, ...]]]:
        """By host id: Unix time of the last sample, and its VMs marked stale."""

    def remember(self, snapshot: HostSnapshot) -> Future[None]:
        """Keep a host's VMs as last seen: facts, state, addresses, first and last seen."""

    def setting(self, key: str, default: T) -> T:
        """A value the user changed in the app (JSON types)."""

    def set_setting(self, key: str, value: object) -> Future[None]:
        """Remember a value the user changed in the app."""

    def audit(self, entry: AuditEntry) -> Future[None]:
        """Append an act to the audit log."""

    def audit_entries(self, *, limit: int = 500, search: str = "", before: int | None = None) -> tuple[AuditEntry, ...]:
        """Newest first; ``search`` matches any text column; ``before`` pages by id."""

    def event(self, event: HostEvent) -> Future[None]:
        """Append one of the hosts' own events to the kept timeline."""

    def events(self, *, limit: int = 500, search: str = "") -> tuple[HostEvent, ...]:
        """Newest first."""

    @property
    def problem(self) -> LimenError | None:
        """Why the last write was not kept (a full disk); ``None`` when all is well."""

    @property
    def unlogged(self) -> LimenError | None:
        """Why an act of this run is missing in the audit log; ``None`` when none is."""

    @property
    def minutes(self) -> MinuteStore:
        """A day of every VM's load."""

    def close(self, timeout: float = 2.0) -> None:
        """Write what is queued and close."""
