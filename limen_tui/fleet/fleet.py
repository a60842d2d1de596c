"""The fleet: sessions by host, the merged view, acts, events. Driven by one thread that calls ``poll``.

The TUI polls it four times a second from its timer, the command line in a loop. Nothing here waits for a
host, a database or a disk: sessions, acts and the inventory's writer have their own threads.
"""

from __future__ import annotations

from collections import deque
from collections.abc import Callable, Collection, Mapping, Sequence
from concurrent.futures import Future
from dataclasses import replace
from functools import cached_property
from itertools import chain
from queue import Empty, SimpleQueue
from time import perf_counter
from typing import TYPE_CHECKING, TypeVar

from limen_tui.errors import ConnectError
from limen_tui.fleet.actor import Actor
from limen_tui.fleet.merge import HostMerger, Pending
from limen_tui.fleet.questions import QuestionDesk
from limen_tui.fleet.view import FleetView, Totaller
from limen_tui.model.actions import vm_reason
from limen_tui.model.history import History
from limen_tui.model.host import Host, HostSnapshot, HostState
from limen_tui.model.ports import Clock, Connector, HostPort, HostVerbs, InventoryPort, Priority, Watch
from limen_tui.model.vm import VM, VMKey

if TYPE_CHECKING:
    from limen_tui.fleet.acts import Act, ActItem, ActRunner
    from limen_tui.fleet.chronicle import Chronicle
    from limen_tui.fleet.operations import Operation
    from limen_tui.fleet.screens import Links
    from limen_tui.fleet.stages import Tester
    from limen_tui.jobs.runner import JobRunner
    from limen_tui.model.closeup import CloseUps
    from limen_tui.model.events import HostEvent

T = TypeVar("T")
REMEMBER_EVERY = 30.0
"""Seconds between writes of what was last seen of a host."""
EVENTS_KEPT = 2000
MANY = 2000
"""VMs from which the figures of some hosts may wait for the next poll, so that none takes long."""
TURNS = 3
"""Ticks of such a fleet in which each VM that is off the screen is asked once."""
BUDGET = 0.004
"""Seconds of a poll after which figures wait."""
POINT_EVERY = 1.9
"""Seconds between points of the history of a host's VMs, in a large fleet."""
WRITTEN = 2.0
"""Seconds at the end for jobs that are over to be written down."""


class Fleet:
    """Every host and VM that one person looks after."""

    def __init__(
        self,
        hosts: Sequence[Host],
        connect: Connector,
        inventory: InventoryPort,
        *,
        clock: Clock,
        actor: Actor,
        read_only: bool = False,
        questions: QuestionDesk | None = None,
        watchers: Sequence[Callable[[FleetView], None]] = (),
        acts_per_host: int = 4,
        shutdown_timeout: float = 60.0,
    ) -> None:
        self.inventory = inventory
        self.make_tester: Callable[[], Tester] | None = None
        """Makes :attr:`tester`; ``None`` where there are no real hosts."""
        self._tester: Tester | None = None
        self.links: Links | None = None
        """The hosts' SSH links; ``None`` where there are no real hosts."""
        self.read_only = read_only
        self.actor = actor
        self.clock = clock
        self.questions = questions or QuestionDesk()
        self.view = FleetView()
        self.history = History()
        self.events: deque[HostEvent] = deque(maxlen=EVENTS_KEPT)
        """Newest last. ``events_seen`` grows with each, also beyond what is kept."""
        self.events_seen = 0
        self.behind = False
        """Whether the last poll left figures for the next, which should follow soon."""
        self._turn = 0
        self._totaller = Totaller()
        self._pointed: dict[str, float] = {}
        self._rows: dict[str, tuple[HostSnapshot, tuple[VM, ...]]] = {}
        self._connect = connect
        self._watchers = watchers
        self._ports: dict[str, HostPort] = {}
        self._mergers: dict[str, HostMerger] = {}
        self._hosts: dict[str, Host] = {}
        self._queue: SimpleQueue[HostEvent] = SimpleQueue()
        self._sampled: dict[str, float | None] = {}
        self._written: dict[str, float] = {}
        self._watch: dict[str, Watch] = {}
        self._started = False
        self._waiting: dict[str, HostSnapshot] = {}
        """Until the start, what stands in for the hosts' own: their sessions are made then, after the first paint."""
        self._act_limits = acts_per_host, shutdown_timeout
        self._acts: ActRunner | None = None
        self._jobs: JobRunner | None = None
        remembered = inventory.last_seen([host.id for host in hosts])
        for host in hosts:
            self._add(host, *remembered.get(host.id, (None, ())))
        self.poll()

    # -- hosts ------------------------------------------------------------------------------------

    @property
    def hosts(self) -> tuple[Host, ...]:
        """Configured hosts in their order, disabled ones included."""
        return tuple(sorted(self._hosts.values(), key=lambda host: (host.position, host.name)))

    # made at the first use: the first paint does without

    @property
    def acts(self) -> ActRunner:
        """What does operations to VMs, and keeps what came of them."""
        if self._acts is None:
            from limen_tui.fleet.acts import ActRunner  # noqa: PLC0415

            limit, timeout = self._act_limits
            self._acts = ActRunner(
                self._ports, self.clock, limit=limit, shutdown_timeout=timeout, on_final=self._on_final
            )
        return self._acts

    @property
    def acts_rev(self) -> int:
        """Grows with every change of an act."""
        return self._acts.rev if self._acts is not None else 0

    @cached_property
    def closeups(self) -> CloseUps:
        """Every figure of the VMs last looked at closely."""
        from limen_tui.model.closeup import CloseUps  # noqa: PLC0415

        return CloseUps()

    @cached_property
    def chronicle(self) -> Chronicle:
        """What keeps definitions as they change."""
        from limen_tui.fleet.chronicle import Chronicle  # noqa: PLC0415

        return Chronicle(self)

    @property
    def jobs(self) -> JobRunner:
        """What runs jobs."""
        if self._jobs is None:
            from limen_tui.fleet.jobdesk import job_runner  # noqa: PLC0415

            self._jobs = job_runner(self, self.inventory, self.clock, self.actor, self._queue.put)
        return self._jobs

    @property
    def tester(self) -> Tester | None:
        """Tries a host before it is saved; ``None`` where there are no real hosts. Made at the first use."""
        if self._tester is None and self.make_tester is not None:
            self._tester = self.make_tester()
        return self._tester

    @tester.setter
    def tester(self, tester: Tester) -> None:
        self._tester = tester

    def start(self, only: Collection[str] | None = None) -> None:
        """Begin connecting to every enabled host, or to those of these ids; a second time does nothing.

        The others are not asked in this run: they stay as they were last seen.
        """
        if self._started:
            return
        self._started = True
        for host in self.hosts:
            if host.enabled and host.id not in self._ports and (only is None or host.id in only):
                self._waiting.pop(host.id, None)
                self._open_port(host)
        for port in self._ports.values():
            port.start()

    def save_host(self, host: Host) -> Future[None]:
        """Add a host, or take over changed fields; a changed URI reconnects."""
        known = self._hosts.get(host.id)
        self._hosts[host.id] = host
        if known is None or _way(known) != _way(host):
            self._drop_port(host.id)
            seen = self.inventory.last_seen([host.id]).get(host.id, (None, ()))
            self._add(host, *seen)
            if self._started and host.id in self._ports:
                self._ports[host.id].start()
        elif host.id in self._ports:
            self._ports[host.id].rename(host)
        if known is None or replace(known, position=host.position) != host:
            self._audit_host("add" if known is None else "edit", host)
        return self.inventory.save_host(host, new=known is None)

    def remove_host(self, host_id: str, *, forget: bool = False) -> Future[None]:
        """Stop looking after a host; with ``forget`` also drop what was remembered of its VMs."""
        self._drop_port(host_id)
        if (host := self._hosts.pop(host_id, None)) is not None:
            self._audit_host("remove", host)
        return self.inventory.remove_host(host_id, forget=forget)

    def _audit_host(self, what: str, host: Host) -> None:
        from limen_tui.fleet.audited import of_host  # noqa: PLC0415

        self.inventory.audit(of_host(self.actor, self.clock.wall(), what, host))

    def reconnect(self, host_id: str) -> None:
        """Try now, without waiting out the backoff; on a host that is up, sample now."""
        if port := self._ports.get(host_id):
            port.refresh()

    def watch(self, host_id: str, watch: Watch) -> None:
        """Change what is sampled of a host, and how often."""
        if (port := self._ports.get(host_id)) and self._watch.get(host_id) != watch:
            self._watch[host_id] = watch
            port.watch(watch)

    def is_up(self, host_id: str) -> bool:
        """Whether a host can be asked now. Any thread."""
        port = self._ports.get(host_id)
        return port is not None and port.snapshot.state is HostState.UP

    def call(self, host_id: str, call: Callable[[HostVerbs], T], *, priority: Priority = Priority.USER) -> Future[T]:
        """Ask a host something; the future fails with ``ConnectError`` when it is not up."""
        port = self._ports.get(host_id)
        if port is None:
            future: Future[T] = Future()
            error = ConnectError.unsent("The host is disabled or was removed", hint="Enable it under Hosts.")
            future.set_exception(error)
            return future
        return port.submit(call, priority=priority)

    # -- acts -------------------------------------------------------------------------------------

    def perform(self, operation: Operation, keys: Sequence[VMKey]) -> Act:
        """Do ``operation`` to the VMs of ``keys``, which were captured at the key press. Returns at once.

        A VM whose state, host or read-only mode forbids it is refused on its own; the others go on.
        """
        refusals: dict[VMKey, str] = {}
        vms: list[VM] = []
        for key in dict.fromkeys(keys):
            vm = self.view.vm(key)
            if vm is None:
                continue
            vms.append(vm)
            reason = "Limen was started read-only" if self.read_only else None
            reason = reason or vm_reason(operation.action, vm, self.view.host(key.host_id))
            if reason is not None:
                refusals[key] = reason
        return self.acts.run(operation, vms, refusals)

    def _on_final(self, act: Act, item: ActItem) -> None:
        """Any thread: audit and tell. Both only enqueue."""
        from limen_tui.fleet.audited import of_act  # noqa: PLC0415

        entry, event = of_act(self.actor, self.clock.wall(), act, item)
        self.inventory.audit(entry)
        self._queue.put(event)

    # -- polling ----------------------------------------------------------------------------------

    def poll(self) -> bool:
        """Take in what the sessions have; whether there is a new ``view`` or a new event. Never blocks."""
        told = self._drain_events()
        if self._started:
            self.chronicle.tick()
        raw = self._waiting | {host_id: port.snapshot for host_id, port in self._ports.items()}
        pending: Pending = {}
        if self._acts is not None:
            self._acts.settle(raw)
            pending = self._acts.pending_states()
        asks = {question.host_id: question.title for question in reversed(self.questions.pending)}
        merged, changed = self._merge_all(raw, pending, asks)
        if not changed and list(merged) == list(self.view.by_host):
            return told
        hosts = tuple(merged.values())
        vms = tuple(chain.from_iterable([self._rows_of(snapshot) for snapshot in hosts]))
        self.view = FleetView(self.view.rev + 1, hosts, vms, self._totaller.total(hosts), merged)
        for watcher in self._watchers:
            watcher(self.view)
        return True

    def _merge_all(
        self, raw: Mapping[str, HostSnapshot], pending: Pending, asks: Mapping[str, str]
    ) -> tuple[dict[str, HostSnapshot], bool]:
        """Every host's snapshot as to be shown, in order, and whether one is new.

        Of a large fleet, hosts that only have new figures wait once the time is used up; the next poll begins with
        those that waited.
        """
        hosts, new = self.hosts, dict[str, HostSnapshot]()
        changed, large, until = False, len(self.view.vms) >= MANY, perf_counter() + BUDGET
        turn = self._turn % len(hosts) if hosts else 0
        self.behind = False
        for place in (*range(turn, len(hosts)), *range(turn)):
            host = hosts[place]
            snapshot = raw.get(host.id) or HostSnapshot(host, state=HostState.DISABLED)
            old = self.view.by_host.get(host.id)
            if host.id not in raw and old is not None and old.state is HostState.DISABLED and old.host is host:
                new[host.id] = old
                continue
            merger = self._mergers[host.id]
            # at least one is taken in, however slow the machine
            if large and changed and old is not None and perf_counter() > until and merger.only_figures(snapshot):
                if not self.behind:
                    self.behind, self._turn = True, place
                new[host.id] = old
                continue
            new[host.id] = merger.merge(snapshot, pending, asks.get(host.id, ""))
            changed |= new[host.id] is not old
            if snapshot.sampled_at is not None and snapshot.sampled_at != self._sampled.get(host.id):
                self._sampled[host.id] = snapshot.sampled_at
                self._point(snapshot)
                self._look_closely(snapshot)
                self._remember(snapshot)
        return {host.id: new[host.id] for host in hosts}, changed

    def _point(self, snapshot: HostSnapshot) -> None:
        mono = self.clock.mono()
        rare = len(self.view.vms) >= MANY
        if not rare or mono - self._pointed.get(snapshot.host.id, -POINT_EVERY) >= POINT_EVERY:
            self._pointed[snapshot.host.id] = mono
            self.history.add(snapshot.vms.values(), snapshot.sampled_at or 0.0)

    def _look_closely(self, snapshot: HostSnapshot) -> None:
        """Keep every figure of the VMs that are on show by themselves, and a day of minutes of all."""
        at = snapshot.sampled_at
        for uuid, detail in snapshot.details.items():
            vm = snapshot.vms.get(uuid)
            if at is not None and vm is not None and vm.state.is_active:
                self.closeups.of(vm.key).add(at, vm.load, detail)
        if snapshot.host.saved:
            self.inventory.minutes.add(snapshot)

    def _rows_of(self, snapshot: HostSnapshot) -> tuple[VM, ...]:
        known = self._rows.get(snapshot.host.id)
        if known is None or known[0] is not snapshot:
            known = self._rows[snapshot.host.id] = snapshot, tuple(snapshot.vms.values())
        return known[1]

    def _drain_events(self) -> bool:
        told = False
        while True:
            try:
                event = self._queue.get_nowait()
            except Empty:
                return told
            self.events.append(event)
            self.events_seen += 1
            told = True
            self.chronicle.hear(event)
            host = self._hosts.get(event.host_id)
            # acts are in the audit log already; of hosts given by -c nothing stays
            if not event.is_act and (host is None or host.saved):
                self.inventory.event(event)

    def _remember(self, snapshot: HostSnapshot, *, now: bool = False) -> None:
        mono = self.clock.mono()
        if not snapshot.host.saved:  # given by -c: nothing of it is to stay
            return
        if now or mono - self._written.get(snapshot.host.id, -REMEMBER_EVERY) >= REMEMBER_EVERY:
            self._written[snapshot.host.id] = mono
            self.inventory.remember(snapshot)

    # -- the end ----------------------------------------------------------------------------------

    def close(self, timeout: float = 0.5) -> bool:
        """End all sessions and write what is still to be written; whether all ended in ``timeout`` seconds.

        A session stuck in a host that hangs is left behind: its thread is a daemon.
        """
        self.questions.close()
        for port in self._ports.values():
            port.close()
        for snapshot in (port.snapshot for port in self._ports.values()):
            if snapshot.sampled_at is not None:
                self._remember(snapshot, now=True)
        if self._jobs is not None:
            self._jobs.settle(WRITTEN)
        self._drain_events()
        deadline = self.clock.mono() + timeout
        left = [port for port in self._ports.values() if not port.join(max(0.0, deadline - self.clock.mono()))]
        if self._acts is not None:
            self._acts.leave()
        self.inventory.close()
        return not left

    def _add(self, host: Host, remembered_at: float | None, vms: Sequence[VM]) -> None:
        self._hosts[host.id] = host
        self._mergers[host.id] = HostMerger(remembered_at, {vm.key.uuid: vm for vm in vms})
        if host.enabled and self._started:
            self._open_port(host)
        elif host.enabled:
            self._waiting[host.id] = HostSnapshot(self._wanted(host), since=self.clock.wall())

    def _open_port(self, host: Host) -> None:
        self._ports[host.id] = self._connect(self._wanted(host), self._queue.put)

    def _wanted(self, host: Host) -> Host:
        return replace(host, read_only=True) if self.read_only else host

    def _drop_port(self, host_id: str) -> None:
        if port := self._ports.pop(host_id, None):
            port.close()
        self.questions.withdraw(host_id)
        for table in (self._waiting, self._sampled, self._written, self._watch, self._pointed, self._rows):
            table.pop(host_id, None)


def _way(host: Host) -> tuple[object, ...]:
    """What a session cannot take over while it runs."""
    return host.uri, host.enabled, host.read_only, host.insecure
