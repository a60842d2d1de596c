"""What a session does while it is connected: ticks, events, definitions, upkeep. Session thread.

Each piece of work is short, so that a person's acts and the ticks go between: definitions are read in
slices, the rows on screen first.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import replace
from typing import Any, Final
from zlib import crc32

import libvirt

from limen_tui.errors import ConnectError, LimenError
from limen_tui.hypervisor import upkeep
from limen_tui.hypervisor.agenda import Agenda
from limen_tui.hypervisor.book import Book
from limen_tui.hypervisor.connection import Connection
from limen_tui.hypervisor.context import Context
from limen_tui.hypervisor.definitions import Definitions
from limen_tui.hypervisor.events import Happening, Then
from limen_tui.hypervisor.pidfile import qemu_started_at
from limen_tui.hypervisor.sampler import Sampler
from limen_tui.model.detail import VMDetail
from limen_tui.model.detailmeter import DetailMeter
from limen_tui.model.events import EventKind
from limen_tui.model.host import NO_DETAILS, HostInfo, HostLoad, HostState, problem_of
from limen_tui.model.lifecycle import VMState
from limen_tui.model.ports import Priority
from limen_tui.model.samples import RawSample
from limen_tui.model.stats import RateMeter, host_load

UPKEEP: Final = 30.0
"""Seconds between looks at autostart, managed save and leases."""
HOLD: Final = 0.3
"""Seconds for which a stop is held back: a reboot may be a stop and a start."""
LEASE_DELAY: Final = 5.0
"""Seconds after a start (or a word of the guest agent) at which new leases are looked for."""
SINGLE_LIMIT: Final = 8
"""More VMs than this with news at once: one bulk sample is cheaper than a call each."""
MAX_BAD_TICKS: Final = 3
PUBLISH_GAP: Final = 0.25


class Serving:
    """One connected spell of a session."""

    def __init__(self, context: Context, connection: Connection, info: HostInfo, book: Book, *, local: bool) -> None:
        self._context = context
        self._connection = connection
        self._info = info
        self._book = book
        self._local = local
        self._sampler = Sampler(connection, context.clock, local=local)
        self._meter = RateMeter()
        self._detail_meter = DetailMeter()
        self._details: Mapping[str, VMDetail] = NO_DETAILS
        self._definitions = Definitions(connection, self._sampler, book, wary=context.wary)
        self._agenda = Agenda()
        self._last: RawSample | None = None
        self._load = HostLoad()
        self._pending: set[str] = set()
        self._held: dict[str, tuple[float, Happening, float]] = {}
        self._asked_balloon: set[str] = set()
        self._bad_ticks = 0
        self._published = 0.0
        self.lost: LimenError | None = None
        """Why the spell ended, once it has."""
        book.no_state = VMState.RUNNING if info.hypervisor.upper() == "XEN" else VMState.UNKNOWN

    # -- the loop ----------------------------------------------------------------------------------

    def run(self) -> None:
        """Serve until the link breaks (then :attr:`lost` says why) or the mailbox is closed."""
        mailbox, clock = self._context.mailbox, self._context.clock
        self._agenda.at("tick", Priority.TICK, clock.mono())
        while self.lost is None and not mailbox.closed:
            now = clock.mono()
            due = self._agenda.next_due(now)
            letter = mailbox.take(0 if due else self._agenda.wait(now), at_most=due[1] if due else Priority.BACKGROUND)
            if letter is not None:
                self._context.busily(letter.do)
            elif due is not None:
                self._agenda.done(due[0])
                self._context.busily(lambda name=due[0]: self._work(name))  # type: ignore[misc]
        self._sampler.forget()
        self._definitions.forget()

    def _work(self, name: str) -> None:
        try:
            getattr(self, f"_do_{name}")()
        except LimenError as error:
            self._failed(name, error)
        self._publish_if_due(name)

    def _failed(self, name: str, error: LimenError) -> None:
        if not self._connection.alive or isinstance(error, ConnectError):
            self.lost = error
        elif name == "tick":
            self._bad_ticks += 1
            if self._bad_ticks >= MAX_BAD_TICKS:
                self.lost = error
            else:
                self._context.publish(problem=problem_of(error))
                self._next_tick()
        # the rest is upkeep: what it would have told stays as it was, and it comes round again
        elif name in {"marks", "addresses"}:
            self._agenda.by(name, Priority.BACKGROUND, self._context.clock.mono() + UPKEEP)

    def link_broke(self, error: LimenError) -> None:
        """The event thread saw the link end; called through the mailbox."""
        self.lost = self.lost or error

    # -- what others ask for -------------------------------------------------------------------------

    def sample_soon(self) -> None:
        """Tick now instead of at the next interval, and ask for all VMs."""
        self._sampler.whole()
        self._agenda.at("tick", Priority.TICK, self._context.clock.mono())

    def rewatch(self) -> None:
        """The interval or the rows on show changed: no later than the new interval from now."""
        self._agenda.by("tick", Priority.TICK, self._context.clock.mono() + self._context.watch.interval)
        self._definitions.prefer(self._context.watch.visible)

    def look_again(self, uuid: str, then: Then) -> None:
        """Something may have changed of this VM: ask what ``then`` says, soon and once."""
        now = self._context.clock.mono()
        if Then.LIST in then:
            self._sampler.whole()
            self._agenda.by("tick", Priority.EVENT, now)
        if Then.STATE in then:
            self._pending.add(uuid)
            self._sampler.ask(uuid)
            held = self._held.get(uuid)
            self._agenda.by("states", Priority.EVENT, held[0] if held else now)
        if Then.XML in then:
            self._sampler.recount()
            self._definitions.want(uuid)
            self._agenda.by("definitions", Priority.BACKGROUND, now)
        if Then.MARKS in then:
            self._agenda.by("marks", Priority.BACKGROUND, now)
        if Then.ADDRESSES in then:
            self._agenda.by("addresses", Priority.BACKGROUND, now + LEASE_DELAY)

    def on_event(self, happening: Happening) -> None:
        """One event of libvirt, through the mailbox."""
        now, wall = self._context.clock.mono(), self._context.clock.wall()
        uuid = happening.uuid
        if happening.stopped:
            self._asked_balloon.discard(uuid)
            self._book.hold(uuid, now + HOLD)
            self._held[uuid] = (now + HOLD, happening, wall)
            self._agenda.by("stops", Priority.EVENT, now + HOLD)
        elif happening.started:
            held, entry = self._held.pop(uuid, None), self._book.entries.get(uuid)
            if held is not None and entry is not None and entry.on:
                self._context.tell(EventKind.LIFECYCLE, "restarted", uuid=uuid, vm_name=happening.name)
            else:
                if held is not None:  # a tick has shown it as stopped already
                    self._tell(held[1], held[2])
                self._tell(happening, wall)
            self._book.hold(uuid, 0.0)
            self._book.started(uuid, wall, exact=True)
        else:
            self._tell(happening, wall)
        self.look_again(uuid, happening.then)

    def _tell(self, happening: Happening, at: float) -> None:
        self._context.tell(
            happening.kind, happening.text, uuid=happening.uuid, vm_name=happening.name, level=happening.level, at=at
        )

    # -- the tasks -------------------------------------------------------------------------------------

    def _do_tick(self) -> None:
        """Sample everything in one bulk call."""
        clock = self._context.clock
        before = clock.mono()
        watch = self._context.watch
        sample = self._sampler.sample(watch)
        self._book.apply(sample, self._meter.update(sample))
        self._details = self._detail_meter.update(sample, watch.close)
        load = host_load(None if self._last is None else self._last.host, sample.host)
        self._load = replace(
            load, tick_ms=(clock.mono() - before) * 1000, rpcs=self._sampler.rpcs, ticks=self._sampler.ticks,
        )
        if sample.host.mem_total_kib and sample.host.mem_total_kib != self._info.memory_kib:
            self._info = replace(self._info, memory_kib=sample.host.mem_total_kib)
        # the VMs' counters are the meter's to keep, and only those that it still wants
        first, self._last, self._bad_ticks = self._last is None, replace(sample, vms=()), 0
        self._learn(sample, everything=first)
        self._publish(first=first)
        if first:
            for name in ("marks", "addresses"):
                self._agenda.by(name, Priority.BACKGROUND, clock.mono())
        self._next_tick()

    def _next_tick(self, share: float = 1.0) -> None:
        self._agenda.at("tick", Priority.TICK, self._context.clock.mono() + self._context.watch.interval * share)

    def _learn(self, sample: RawSample, *, everything: bool) -> None:
        """See to VMs that are new or run anew since their last sample; after connecting that is all of them."""
        news, domains = [], self._sampler.domains
        for raw in sample.vms:
            uuid = raw.uuid
            entry = self._book.entries[uuid]
            begun = self._book.set_run(uuid, domains[uuid].ID(), wall=sample.wall)
            if begun:
                self._asked_balloon.discard(uuid)
                if self._local and not entry.started_exact and (at := qemu_started_at(entry.name)):
                    self._book.started(uuid, at, exact=True)
            if everything or begun or not entry.known:
                entry.known = True
                news.append(uuid)
        for uuid in news:
            self._definitions.want(uuid)
        if news:
            self._sampler.recount()
            self._definitions.prefer(self._context.watch.visible)
            self._agenda.by("definitions", Priority.BACKGROUND, self._context.clock.mono())

    def _do_states(self) -> None:
        """Ask for the state of VMs that had an event."""
        pending, self._pending = self._pending, set()
        if len(pending) > SINGLE_LIMIT or not pending <= self._book.entries.keys():
            self.sample_soon()
            return
        for uuid in pending:
            dom = self._sampler.domains.get(uuid)
            if dom is None:
                self.sample_soon()
                continue
            try:
                state, reason = dom.state(0)
            except libvirt.libvirtError:
                # gone, or the link is: the tick tells which
                self.sample_soon()
                continue
            clock = self._context.clock
            self._book.set_state(uuid, state, reason, mono=clock.mono(), wall=clock.wall())
            if state == libvirt.VIR_DOMAIN_RUNNING and uuid not in self._asked_balloon and not self._context.read_only:
                # one that was started paused, or came by migration, was not running yet when its definition was read
                self._agenda.by("balloons", Priority.BACKGROUND, clock.mono())

    def _do_stops(self) -> None:
        """Tell the stops that no start followed."""
        now = self._context.clock.mono()
        for uuid, (until, happening, wall) in list(self._held.items()):
            if until <= now:
                del self._held[uuid]
                self._tell(happening, wall)
                self.look_again(uuid, Then.STATE)
        if self._held:
            self._agenda.by("stops", Priority.EVENT, min(until for until, _, _ in self._held.values()))

    def _do_definitions(self) -> None:
        """Read a slice of definitions."""
        if self._definitions.read_slice(self._context.clock):
            self._agenda.by("definitions", Priority.BACKGROUND, self._context.clock.mono())
        elif not self._context.read_only:
            self._agenda.by("balloons", Priority.BACKGROUND, self._context.clock.mono())

    def _do_marks(self) -> None:
        """Autostart, persistence and managed save of all VMs."""
        marks = upkeep.read_marks(self._connection)
        self._book.set_marks(autostart=marks.autostart, transient=marks.transient, saved=marks.saved)
        self._agenda.by("marks", Priority.BACKGROUND, self._context.clock.mono() + UPKEEP)
        self._definitions.again()
        if not self._definitions.empty:
            self._agenda.by("definitions", Priority.BACKGROUND, self._context.clock.mono())

    def _do_addresses(self) -> None:
        """IP addresses from DHCP leases."""
        self._book.set_addresses(upkeep.read_addresses(self._connection))
        self._agenda.by("addresses", Priority.BACKGROUND, self._context.clock.mono() + UPKEEP)

    def _do_balloons(self) -> None:
        """Switch balloon statistics on where they are off, once per run of a VM."""
        wanted = [
            dom for uuid, entry in self._book.entries.items()
            if entry.state == libvirt.VIR_DOMAIN_RUNNING and entry.facts.has_balloon and not entry.facts.balloon_period
            and entry.facts.kind in {"kvm", "qemu"}
            and uuid not in self._asked_balloon and (dom := self._sampler.domains.get(uuid)) is not None
        ]
        self._asked_balloon.update(dom.UUIDString() for dom in wanted)
        if wanted:
            # aside: a VM that is busy or hangs makes this call wait for half a minute
            self._context.aside(lambda: self._switch_on(wanted))

    def _switch_on(self, domains: list[Any]) -> None:
        """On a thread beside the session's: balloon statistics of ``domains``."""
        try:
            with self._connection.using():
                for dom in upkeep.switch_on_balloon(domains):
                    self._context.tell(
                        EventKind.DEVICE, "switched on memory statistics", uuid=dom.UUIDString(), vm_name=dom.name()
                    )
        except LimenError:
            return  # the link broke: the session thread sees it as well

    def learned(self, info: HostInfo) -> None:
        """What the host says of itself came in later than the rest; its memory was heard of since."""
        self._info = replace(info, memory_kib=self._info.memory_kib)
        if self._last is not None:
            self._publish()

    # -- what is shown ---------------------------------------------------------------------------------

    def _publish_if_due(self, name: str) -> None:
        late = self._context.clock.mono() - self._published >= PUBLISH_GAP
        if self._book.dirty and self._last is not None and (late or name in {"states", "stops", "marks"}
                                                            or self._definitions.empty):
            self._publish()

    def _publish(self, *, first: bool = False) -> None:
        self._published = self._context.clock.mono()
        last = self._last
        silent = self._context.slot.current.state is HostState.STALE
        self._context.publish(
            host=self._context.host, state=HostState.UP, problem=None, retry_at=None, info=self._info,
            load=self._load, vms=self._book.views(), details=self._details,
            sampled_at=last.wall if last else None,
        )
        if first:
            self._context.tell(EventKind.HOST, "connected")
        elif silent:
            self._context.tell(EventKind.HOST, "answers again")


def _spread(host_id: str) -> float:
    """How much of the first interval to wait: hosts connect together, and are not to tick together ever after."""
    return 0.4 + 0.6 * (crc32(host_id.encode("utf-8", "surrogatepass")) % 97) / 97
