"""What is known of each VM of one host, put together from samples, events, XML and leases.

Imports only the model and the state tables; no libvirt calls. Belongs to one session thread.
"""

from __future__ import annotations

from collections.abc import Collection, Mapping
from dataclasses import dataclass, replace
from types import MappingProxyType
from typing import Final

import libvirt

from limen_tui.hypervisor.states import reason_of, state_of
from limen_tui.model.host import Host
from limen_tui.model.lifecycle import VMState
from limen_tui.model.samples import RawSample, RawVM
from limen_tui.model.vm import NO_FACTS, NO_LOAD, VM, VMFacts, VMKey, VMLoad

_ON: Final = frozenset({
    libvirt.VIR_DOMAIN_RUNNING, libvirt.VIR_DOMAIN_BLOCKED, libvirt.VIR_DOMAIN_PAUSED,
    libvirt.VIR_DOMAIN_SHUTDOWN, libvirt.VIR_DOMAIN_PMSUSPENDED,
})

RECENT: Final = 30.0
"""Seconds for which a start seen as an event is taken for the one that a new run id tells of."""


@dataclass(slots=True)
class Entry:
    """One VM. ``view`` is what was last shown of it, kept as long as nothing but its load changes."""

    uuid: str
    name: str
    state: int = libvirt.VIR_DOMAIN_NOSTATE
    reason: int = 0
    vcpus: int | None = None
    facts: VMFacts = NO_FACTS
    load: VMLoad = NO_LOAD
    ips: tuple[str, ...] = ()
    autostart: bool = False
    persistent: bool = True
    saved: bool | None = None
    started_at: float | None = None
    started_exact: bool = False
    hold_until: float = 0.0
    run: int = -1
    """The hypervisor's id of this run of the VM; -1 while it is off."""
    known: bool = False
    """Its definition has been asked for."""
    view: VM | None = None

    @property
    def on(self) -> bool:
        """Whether it holds a process on the host now, in whatever state."""
        return self.state in _ON

    @property
    def unsettled(self) -> bool:
        """Whether it runs without a time at which it started, or is off with one, or with addresses."""
        return self.started_at is None if self.state in _ON else self.started_at is not None or bool(self.ips)


class Book:
    """The VMs of one host by UUID."""

    def __init__(self, host: Host) -> None:
        self._host = host
        self.entries: dict[str, Entry] = {}
        self.no_state = VMState.UNKNOWN
        self._changed: set[str] = set()
        """What is to be shown anew; VMs that are gone since included."""
        self._shown: Mapping[str, VM] = MappingProxyType({})

    @property
    def dirty(self) -> bool:
        """Something changed since :meth:`views`."""
        return bool(self._changed)

    def copy(self) -> Book:
        """A book of its own with the same VMs, for the thread that takes over."""
        book = Book(self._host)
        book.no_state = self.no_state
        book.entries = {uuid: replace(entry) for uuid, entry in dict(self.entries).items()}
        book._changed = set(book.entries)
        return book

    def rename(self, host: Host) -> None:
        """Take over the host's new name."""
        if host.name == self._host.name:
            return
        self._host = host
        for entry in self.entries.values():
            self._touch(entry)

    def _touch(self, entry: Entry) -> None:
        entry.view = None
        self._changed.add(entry.uuid)

    # -- what was learned --------------------------------------------------------------------------

    def apply(self, sample: RawSample, loads: Mapping[str, VMLoad]) -> None:
        """Take over a sample; VMs that are not there any more are gone."""
        for raw in sample.vms:
            entry = self.entries.get(raw.uuid)
            if entry is None:
                entry = self.entries[raw.uuid] = Entry(raw.uuid, raw.name)
                self._touch(entry)
            self._apply_one(entry, raw, loads.get(raw.uuid, NO_LOAD), sample)
        if len(self.entries) > len(sample.vms) + len(sample.others):
            for uuid in self.entries.keys() - sample.uuids:
                del self.entries[uuid]
                self._changed.add(uuid)

    def _apply_one(self, entry: Entry, raw: RawVM, load: VMLoad, sample: RawSample) -> None:
        if entry.name != raw.name:
            entry.name = raw.name
            self._touch(entry)
        if raw.state != entry.state or raw.reason != entry.reason or entry.unsettled:
            self.set_state(entry.uuid, raw.state, raw.reason, mono=sample.mono, wall=sample.wall)
        if entry.load is not load and (entry.load.cpu_pct != load.cpu_pct or entry.load != load):
            entry.load = load
            self._changed.add(entry.uuid)
        if raw.vcpus is not None and raw.vcpus != entry.vcpus:
            entry.vcpus = raw.vcpus
            self._touch(entry)

    def set_state(self, uuid: str, state: int, reason: int, *, mono: float, wall: float) -> None:
        """Take over virDomainState and reason, unless a stop is being held back (see :meth:`hold`)."""
        entry = self.entries.get(uuid)
        if entry is None:
            return
        if state == libvirt.VIR_DOMAIN_SHUTOFF and entry.on and mono < entry.hold_until:
            return
        if (state, reason) != (entry.state, entry.reason):
            entry.state, entry.reason = state, reason
            self._touch(entry)
        if entry.on and entry.started_at is None:
            entry.started_at, entry.started_exact = wall, False
            self._touch(entry)
        elif not entry.on and (entry.started_at is not None or entry.ips):
            entry.started_at, entry.started_exact, entry.ips = None, False, ()
            self._touch(entry)

    def set_run(self, uuid: str, run: int, *, wall: float) -> bool:
        """Take over the id of the run; whether it is another run than the one known, its start unseen."""
        entry = self.entries.get(uuid)
        if entry is None or run == entry.run:
            return False
        again = run >= 0 and entry.run >= 0
        entry.run = run
        if again and entry.started_at is not None and not (entry.started_exact and wall - entry.started_at < RECENT):
            entry.started_at, entry.started_exact = wall, False
            self._touch(entry)
        return run >= 0

    def hold(self, uuid: str, until: float) -> None:
        """Do not show this VM as stopped before monotonic ``until``: a start may follow at once."""
        if entry := self.entries.get(uuid):
            entry.hold_until = until

    def started(self, uuid: str, at: float, *, exact: bool) -> None:
        """It was seen to start at Unix time ``at``."""
        if entry := self.entries.get(uuid):
            entry.started_at, entry.started_exact = at, exact
            self._touch(entry)

    def set_facts(self, uuid: str, facts: VMFacts) -> None:
        """Take over what the definition says."""
        entry = self.entries.get(uuid)
        if entry is not None and entry.facts != facts:
            entry.facts = facts
            self._touch(entry)

    def set_marks(
        self, *, autostart: Collection[str], transient: Collection[str], saved: Collection[str] | None
    ) -> None:
        """Take over which VMs start with the host, have no definition, and have a managed save image."""
        for uuid, entry in self.entries.items():
            marks = (uuid in autostart, uuid not in transient, None if saved is None else uuid in saved)
            if marks != (entry.autostart, entry.persistent, entry.saved):
                entry.autostart, entry.persistent, entry.saved = marks
                self._touch(entry)

    def set_addresses(self, by_mac: Mapping[str, tuple[str, ...]]) -> None:
        """Take over addresses by (lower case) MAC; only VMs that run have any."""
        for entry in self.entries.values():
            found = [ip for nic in entry.facts.nics for ip in by_mac.get(nic.mac, ())] if entry.on else []
            ips = tuple(dict.fromkeys(found))
            if ips != entry.ips:
                entry.ips = ips
                self._touch(entry)

    # -- what is shown -----------------------------------------------------------------------------

    def views(self) -> Mapping[str, VM]:
        """All VMs by UUID; the same object as before for each that did not change."""
        changed, self._changed = self._changed, set()
        if changed:
            shown = dict(self._shown)
            for uuid in changed:
                if (entry := self.entries.get(uuid)) is not None:
                    shown[uuid] = self._view(entry)
                else:
                    shown.pop(uuid, None)
            self._shown = MappingProxyType(shown)
        return self._shown

    def _view(self, entry: Entry) -> VM:
        last = entry.view
        if last is not None:
            if last.load is not entry.load:  # of most VMs nothing else changes, at every tick
                last = entry.view = VM(
                    last.key, last.name, last.host_name, last.state, last.reason, last.facts, entry.load, last.ips,
                    last.started_at, last.started_exact,
                )
            return last
        facts = entry.facts
        vcpus = entry.vcpus if entry.vcpus and entry.on else facts.vcpus
        if (facts.autostart, facts.persistent, facts.vcpus) != (entry.autostart, entry.persistent, vcpus):
            facts = replace(facts, autostart=entry.autostart, persistent=entry.persistent, vcpus=vcpus)
        entry.view = VM(
            key=VMKey(self._host.id, entry.uuid),
            name=entry.name,
            host_name=self._host.name,
            state=state_of(entry.state, entry.reason, saved=entry.saved, no_state=self.no_state),
            reason=reason_of(entry.state, entry.reason, saved=entry.saved),
            facts=facts,
            load=entry.load,
            ips=entry.ips,
            started_at=entry.started_at,
            started_exact=entry.started_exact,
        )
        return entry.view
