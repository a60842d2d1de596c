"""One tick: everything of a host in at most three calls. Imports libvirt; runs on the session thread."""

from __future__ import annotations

import os
from collections.abc import Callable, Collection, Mapping
from typing import Any, Final, TypeVar

import libvirt

from limen_tui.hypervisor.connection import Connection
from limen_tui.hypervisor.errors import map_error
from limen_tui.hypervisor.features import refuses
from limen_tui.hypervisor.statsparse import raw_host, raw_vm
from limen_tui.model.ports import Clock, Watch
from limen_tui.model.samples import RawHost, RawSample, RawVM, StatsGroup
from limen_tui.model.turns import whose_turn

T = TypeVar("T")
_GROUP: Final[dict[StatsGroup, int]] = {
    StatsGroup.CPU: libvirt.VIR_DOMAIN_STATS_CPU_TOTAL,
    StatsGroup.BALLOON: libvirt.VIR_DOMAIN_STATS_BALLOON,
    StatsGroup.VCPU: libvirt.VIR_DOMAIN_STATS_VCPU,
    StatsGroup.NET: libvirt.VIR_DOMAIN_STATS_INTERFACE,
    StatsGroup.DISK: libvirt.VIR_DOMAIN_STATS_BLOCK,
}
_NOWAIT: Final = libvirt.VIR_CONNECT_GET_ALL_DOMAINS_STATS_NOWAIT
CHUNK: Final = 2000
"""VMs per call once one reply would be over libvirt's REMOTE_CONNECT_GET_ALL_DOMAIN_STATS_MAX.

That is 4,096 in older daemons and 16,384 in newer ones; the daemon's refusal tells.
"""
COUNT_EVERY: Final = 30.0
"""Seconds between ticks that ask for vCPUs only to know how many each VM has: newer libvirts on KVM give dozens of
figures of each vCPU, which would be most of a reply. Also between ticks that ask all VMs, where they take turns."""
_ACTIVE: Final = frozenset({libvirt.VIR_DOMAIN_RUNNING, libvirt.VIR_DOMAIN_BLOCKED, libvirt.VIR_DOMAIN_PAUSED})
Record = tuple[Any, Mapping[str, Any]]


class Sampler:
    """Takes samples over one connection and counts the calls."""

    def __init__(self, connection: Connection, clock: Clock, *, local: bool) -> None:
        self._connection = connection
        self._clock = clock
        self._local = local
        self.rpcs = 0
        self.ticks = 0
        self._counts: dict[str, int] = {}
        self._count_at = float("-inf")
        self._whole_at = float("-inf")
        """Monotonic seconds from which the next sample is to be of all VMs."""
        self._next: set[str] = set()
        """VMs to be in the next sample, whosever turn it is."""
        self.domains: dict[str, Any] = {}
        """Handles by UUID as of the last sample; they must be gone before the connection is closed."""

    def sample(self, watch: Watch) -> RawSample:
        """One tick: stats of all VMs, or of those whose turn it is, host CPU, host memory. Raises ``LimenError``.

        Its time is that of asking: an answer of all VMs is long on its way, one of a few is not, and what lies between
        two of the same VM would be too long or too short by the difference.
        """
        self.ticks += 1
        each, now, wall = StatsGroup.VCPU in watch.groups, self._clock.mono(), self._clock.wall()
        counting = each or (StatsGroup.CPU in watch.groups and now >= self._count_at)
        groups = watch.groups | {StatsGroup.VCPU} if counting else watch.groups
        try:
            # vCPUs are counted of all at once: the same third would have its turn each time
            asked = None if counting and not each else self._whose_turn(watch, now)
            named = [(dom.UUIDString(), dom, params) for dom, params in self._bulk(groups, asked)]
            if asked is not None and not self._connection.features.some:
                asked = None
            self._take_over(asked, {uuid: dom for uuid, dom, _ in named})
            counts = self._counts
            raws = [
                raw_vm(uuid, dom.name(), params, vcpus=counts.get(uuid), each=each) for uuid, dom, params in named
            ]
            vms = self._fill_in(raws, watch)
            host = self._host()
        except libvirt.libvirtError as error:
            raise map_error(error) from error
        later = self._clock.mono() + COUNT_EVERY
        if asked is None:
            self._whole_at = later
        if counting:
            counts = {vm.uuid: vm.vcpus for vm in vms if vm.vcpus}
            self._counts = counts if asked is None else self._counts | counts
            self._count_at = later
        return RawSample(
            now, wall, tuple(vms), host, watch.groups, watch.visible,
            frozenset(self.domains.keys() - asked) if asked is not None else frozenset(),
        )  # fmt: skip

    def recount(self) -> None:
        """A VM may have other vCPUs than before."""
        self._count_at = self._whole_at = float("-inf")

    def ask(self, uuid: str) -> None:
        """Something happened to this VM: its figures are wanted at the next tick."""
        self._next.add(uuid)

    def whole(self) -> None:
        """The next sample is to be of all VMs: some may have come or gone."""
        self._whole_at = float("-inf")

    def forget(self) -> None:
        """Let go of the domain handles."""
        self.domains.clear()

    def _call(self, call: Callable[..., T], *args: Any) -> T:
        self.rpcs += 1
        try:
            return call(*args)
        finally:
            self._connection.heard()

    # -- VMs -------------------------------------------------------------------------------------

    def _whose_turn(self, watch: Watch, now: float) -> list[str] | None:
        """The VMs to ask, in the order of all; ``None`` is all. What happens to the others, events tell."""
        features = self._connection.features
        told = features.events and features.some and features.bulk_figures
        if watch.turns <= 1 or not told or now >= self._whole_at:
            return None
        due = whose_turn(tuple(self.domains), watch, self.ticks) | self._next
        # where there are so few that none is due, all: a tick that asks for none would not see that the host fails
        return [uuid for uuid in self.domains if uuid in due] or None

    def _take_over(self, asked: Collection[str] | None, answered: dict[str, Any]) -> None:
        """Handles of those that answered; one that was asked and did not is gone."""
        self._next.clear()
        if asked is None:
            self.domains = answered
            return
        for uuid in asked:
            if uuid not in answered:
                del self.domains[uuid]
        self.domains.update(answered)

    def _bulk(self, groups: Collection[StatsGroup], asked: Collection[str] | None) -> list[Record]:
        stats = libvirt.VIR_DOMAIN_STATS_STATE
        for group in groups:
            stats |= _GROUP[group]
        features = self._connection.features
        try:
            return self._ask_bulk(stats, _NOWAIT if features.nowait else 0, asked)
        except libvirt.libvirtError as error:
            if features.nowait and error.get_error_code() in (
                libvirt.VIR_ERR_INVALID_ARG, libvirt.VIR_ERR_ARGUMENT_UNSUPPORTED,
            ):
                features.nowait = False
            elif not features.stats_in_chunks and _too_many(error):
                features.stats_in_chunks = True
            elif asked is not None and refuses(error):
                features.some, asked = False, None
            elif features.bulk and refuses(error):
                features.bulk = features.bulk_figures = False
            else:
                raise
        return self._bulk(groups, asked)

    def _ask_bulk(self, stats: int, flags: int, asked: Collection[str] | None) -> list[Record]:
        raw = self._connection.raw
        if not self._connection.features.bulk:
            records: list[Record] = self._states_by_list()
        elif asked is None and not self._connection.features.stats_in_chunks:
            records = self._call(raw.getAllDomainStats, stats, flags)
        else:
            domains = self._list() if asked is None else [self.domains[uuid] for uuid in asked]
            records = []
            for start in range(0, len(domains), CHUNK):
                records += self._call(raw.domainListGetStats, domains[start : start + CHUNK], stats, flags)
        return records

    def _states_by_list(self) -> list[Record]:
        """For drivers without the bulk call (ESX, VirtualBox ...): two lists tell what runs and what does not."""
        raw = self._connection.raw
        found: dict[str, Record] = {}
        for half, state in (
            (libvirt.VIR_CONNECT_LIST_DOMAINS_INACTIVE, libvirt.VIR_DOMAIN_SHUTOFF),
            (libvirt.VIR_CONNECT_LIST_DOMAINS_ACTIVE, libvirt.VIR_DOMAIN_RUNNING),
        ):
            for dom in self._call(raw.listAllDomains, half):
                found[dom.UUIDString()] = (dom, {"state.state": state})
        return list(found.values())

    def _list(self) -> list[Any]:
        """Every domain; in two halves where they are too many for one reply (REMOTE_DOMAIN_LIST_MAX)."""
        raw, features = self._connection.raw, self._connection.features
        if not features.list_in_halves:
            try:
                domains: list[Any] = self._call(raw.listAllDomains, 0)
            except libvirt.libvirtError as error:
                if not _too_many(error):
                    raise
                features.list_in_halves = True
            else:
                return domains
        halves = (libvirt.VIR_CONNECT_LIST_DOMAINS_INACTIVE, libvirt.VIR_CONNECT_LIST_DOMAINS_ACTIVE)
        # one that starts between the two calls is in both
        found = {dom.UUIDString(): dom for half in halves for dom in self._call(raw.listAllDomains, half)}
        return list(found.values())

    # -- drivers without bulk figures --------------------------------------------------------------

    def _fill_in(self, vms: list[RawVM], watch: Watch) -> list[RawVM]:
        features = self._connection.features
        if StatsGroup.CPU in watch.groups and features.bulk_figures:
            active = [vm for vm in vms if vm.state in _ACTIVE]
            if active and all(vm.cpu_time_ns is None and vm.balloon_current_kib is None for vm in active):
                features.bulk_figures = False
        if features.bulk_figures or not watch.visible:
            return vms
        return [self._asked(vm) if vm.uuid in watch.visible and vm.state in _ACTIVE else vm for vm in vms]

    def _asked(self, vm: RawVM) -> RawVM:
        """Fill in from virDomainGetInfo; a VM that vanished meanwhile stays as it was."""
        try:
            state, most, memory, vcpus, cpu_time = self._call(self.domains[vm.uuid].info)
        except libvirt.libvirtError as error:
            if error.get_error_code() == libvirt.VIR_ERR_NO_DOMAIN or refuses(error):
                return vm
            raise
        return RawVM(
            vm.uuid, vm.name, state, vm.reason if state == vm.state else 0, cpu_time_ns=cpu_time, vcpus=vcpus,
            balloon_current_kib=memory, balloon_max_kib=most,
        )

    # -- the host ----------------------------------------------------------------------------------

    def _host(self) -> RawHost:
        features, raw = self._connection.features, self._connection.raw
        cpu = memory = None
        if features.cpu_stats:
            try:
                cpu = self._call(raw.getCPUStats, libvirt.VIR_NODE_CPU_STATS_ALL_CPUS)
            except libvirt.libvirtError as error:
                features.cpu_stats = self._tolerate(error)
        if features.memory_stats:
            try:
                memory = self._call(raw.getMemoryStats, libvirt.VIR_NODE_MEMORY_STATS_ALL_CELLS)
            except libvirt.libvirtError as error:
                features.memory_stats = self._tolerate(error)
        return raw_host(cpu, memory, os.getloadavg()[0] if self._local else None)

    def _tolerate(self, error: libvirt.libvirtError) -> bool:
        """Host figures are worth no failed tick: give them up for good, unless it is the link that broke."""
        if not self._connection.alive:
            raise error
        return False


def _too_many(error: libvirt.libvirtError) -> bool:
    # the remote protocol's own limits are reported with these, in different words by server and client
    return error.get_error_code() in (libvirt.VIR_ERR_RPC, libvirt.VIR_ERR_INTERNAL_ERROR) and any(
        word in (error.get_error_message() or "").lower() for word in ("max limit", "too many", "too large", "exceeds")
    )
