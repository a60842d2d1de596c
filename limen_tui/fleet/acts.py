"""Acts: one operation on one or many VMs, each with its own result.

``ActRunner`` may be called from any thread. Calls run on the hosts' sessions, at most ``limit`` under way per
host; results come back on session threads, which only note them and send the next one. Whether a guest obeyed
(a shutdown is accepted long before it is done) is settled in ``settle``, on the thread that polls the fleet.
"""

from __future__ import annotations

import itertools
import threading
from collections import deque
from collections.abc import Callable, Mapping, Sequence
from concurrent.futures import CancelledError, Future
from dataclasses import dataclass, replace
from enum import StrEnum
from typing import Final

from limen_tui.errors import ConnectError
from limen_tui.fleet.operations import Operation
from limen_tui.model.host import HostSnapshot, HostState, Problem, problem_of
from limen_tui.model.lifecycle import RULES, Verb, VMState
from limen_tui.model.ports import Clock, HostPort
from limen_tui.model.vm import VM, VMKey

LASTING: Final = 10.0
"""Seconds after the host's yes in which it may still show the state before: samples are up to a tick old."""
AT_IT: Final = 5.0
"""Seconds after a link broke in which the host may still be at what it was asked: its daemon does not stop for that."""


class Outcome(StrEnum):
    """How far one VM of an act is."""

    WAITING = "waiting"
    SENT = "sent"
    """With the host; or accepted, and the guest has not obeyed yet."""
    DONE = "done"
    FAILED = "failed"
    REFUSED = "refused"
    """Not tried: its state or the host forbade it."""
    TIMED_OUT = "timed out"
    """Accepted, and the guest did not obey in time. Nothing was forced."""
    UNKNOWN = "unknown"
    """The link broke under it: it may or may not have happened; being checked."""
    CANCELLED = "cancelled"

    @property
    def is_final(self) -> bool:
        """Whether nothing more will come."""
        return self not in (Outcome.WAITING, Outcome.SENT, Outcome.UNKNOWN)


@dataclass(frozen=True, slots=True)
class ActItem:
    """One VM of an act. Immutable; replaced as it goes on."""

    key: VMKey
    vm_name: str
    host_name: str
    before: VMState
    outcome: Outcome = Outcome.WAITING
    problem: Problem | None = None
    accepted_at: float | None = None
    """Monotonic seconds at which the host said yes; what a guest is asked it may obey later, or never."""
    lost_at: float = 0.0
    """Unix time at which the link broke under it."""

    @property
    def accepted(self) -> bool:
        """Whether the host said yes."""
        return self.accepted_at is not None


@dataclass(slots=True, eq=False)
class Act:
    """One operation on some VMs."""

    id: int
    operation: Operation
    started_at: float
    """Unix time."""
    items: dict[VMKey, ActItem]
    finished_at: float | None = None
    rev: int = 0
    """Grows with every change, for those who show it."""

    @property
    def is_finished(self) -> bool:
        """Whether every VM has its final outcome."""
        return all(item.outcome.is_final for item in tuple(self.items.values()))

    def count(self, *outcomes: Outcome) -> int:
        """How many VMs stand at one of ``outcomes``."""
        return sum(item.outcome in outcomes for item in tuple(self.items.values()))


class ActRunner:
    """Runs acts over the hosts' ports, a few per host at a time, and settles what came of them."""

    def __init__(
        self,
        ports: Mapping[str, HostPort],
        clock: Clock,
        *,
        limit: int = 4,
        shutdown_timeout: float = 60.0,
        on_final: Callable[[Act, ActItem], None],
    ) -> None:
        self._ports = ports
        self._clock = clock
        self._limit = limit
        self.shutdown_timeout = shutdown_timeout
        self._on_final = on_final
        self._lock = threading.RLock()
        self._ids = itertools.count(1)
        self._queues: dict[str, deque[tuple[Act, VMKey]]] = {}
        self._under_way: dict[str, int] = {}
        self._futures: dict[tuple[int, VMKey], Future[None]] = {}
        self.acts: list[Act] = []
        self.rev = 0

    def run(self, operation: Operation, vms: Sequence[VM], refusals: Mapping[VMKey, str]) -> Act:
        """Queue ``operation`` for ``vms``; those in ``refusals`` are not tried and say why. Returns at once."""
        items = {vm.key: ActItem(vm.key, vm.name, vm.host_name, vm.state) for vm in vms}
        act = Act(next(self._ids), operation, self._clock.wall(), items)
        if not items:  # they went while the person was asked
            act.finished_at = act.started_at
        with self._lock:
            self.acts.append(act)
            for key in items:
                if key in refusals:
                    self._set(act, key, Outcome.REFUSED, Problem(refusals[key]))
                else:
                    self._queues.setdefault(key.host_id, deque()).append((act, key))
            hosts = {key.host_id for key in items}
        for host_id in hosts:
            self._pump(host_id)
        return act

    def cancel(self, act: Act) -> int:
        """Take back what has not been sent yet; how many that was. What was sent goes on."""
        taken = 0
        with self._lock:
            # what still waits goes first: cancelling a call lets the next one through
            for key, item in tuple(act.items.items()):
                if item.outcome is Outcome.WAITING:
                    self._set(act, key, Outcome.CANCELLED)
                    taken += 1
            futures = [(key, self._futures[act.id, key]) for key in act.items if (act.id, key) in self._futures]
        for key, future in futures:
            if future.cancel():
                taken += 1
                with self._lock:
                    if not act.items[key].outcome.is_final:
                        self._set(act, key, Outcome.CANCELLED)
        return taken

    def leave(self) -> None:
        """Limen ends: what has no result yet is told of as it stands. After the sessions have ended."""
        with self._lock:
            for act in self.acts:
                for key, item in tuple(act.items.items()):
                    if item.outcome is Outcome.WAITING:
                        self._set(act, key, Outcome.CANCELLED, Problem("Limen ended before it was sent"))
                    elif not item.outcome.is_final:
                        told = "the host said yes" if item.accepted else "not known whether it happened"
                        self._on_final(act, replace(item, problem=Problem("Limen ended meanwhile", told)))

    def pending_states(self) -> dict[VMKey, tuple[VMState, VMState]]:
        """By VM: the transitional state to show, and the state that it is shown in place of."""
        shown: dict[VMKey, tuple[VMState, VMState]] = {}
        with self._lock:
            for act in self.acts:
                verb = act.operation.verb
                via = RULES[verb].via if verb is not None else None
                if act.finished_at is not None or via is None:
                    continue
                for key, item in act.items.items():
                    if not item.outcome.is_final:
                        shown[key] = (via, item.before)
        return shown

    def settle(self, hosts: Mapping[str, HostSnapshot]) -> None:
        """Compare what was sent with what the hosts now say. Runs on the polling thread."""
        now = self._clock.mono()
        with self._lock:
            for act in self.acts:
                if act.finished_at is not None:
                    continue
                for key, item in tuple(act.items.items()):
                    host = hosts.get(key.host_id)
                    if item.outcome is Outcome.SENT and item.accepted:
                        self._settle_accepted(act, item, host, now)
                    elif item.outcome is Outcome.UNKNOWN:
                        self._settle_unknown(act, item, host)

    def _settle_accepted(self, act: Act, item: ActItem, host: HostSnapshot | None, now: float) -> None:
        verb = act.operation.verb
        if verb is None or RULES[verb].via is None:
            self._set(act, item.key, Outcome.DONE)
            return
        if host is None:
            self._set(act, item.key, Outcome.FAILED, Problem("The host was removed"))
            return
        vm = host.vms.get(item.key.uuid)
        if vm is not None and vm.state in RULES[verb].done:
            self._set(act, item.key, Outcome.DONE)
        elif host.state is not HostState.UP or item.accepted_at is None:
            return  # what it shows is from before: nothing is known until it answers again
        elif vm is None:
            # A transient VM that was shut down is no longer there at all: that is what was asked for.
            self._set(act, item.key, Outcome.DONE)
        elif verb is Verb.SHUTDOWN:
            if now - item.accepted_at > self.shutdown_timeout:
                self._set(act, item.key, Outcome.TIMED_OUT, Problem(
                    f"It has not obeyed for {self.shutdown_timeout:.0f} s", "",
                    "Wait, ask again, or force it off."))  # fmt: skip
        elif now - item.accepted_at > LASTING and self._sampled_since(item.accepted_at + LASTING, host, now):
            # The hypervisor said yes and shows another state than promised: report what it shows.
            self._set(act, item.key, Outcome.FAILED, Problem(
                f"{act.operation.label} had no lasting effect", f"it is {vm.state.value}",
                "Look at the VM's log on the host."))  # fmt: skip

    def _sampled_since(self, then: float, host: HostSnapshot, now: float) -> bool:
        """Whether what the host shows is from after ``then``; that and ``now`` in monotonic seconds."""
        return host.sampled_at is not None and host.sampled_at > self._clock.wall() - (now - then)

    def _settle_unknown(self, act: Act, item: ActItem, host: HostSnapshot | None) -> None:
        """After a broken link: only a fresh sample of that host can tell."""
        if host is None or host.state is not HostState.UP:
            return
        if host.sampled_at is None or host.sampled_at <= item.lost_at:
            return
        verb = act.operation.verb
        vm = host.vms.get(item.key.uuid)
        if verb is None or verb in (Verb.REBOOT, Verb.RESET):
            # Its state looks the same before and after: say so, rather than guess.
            self._set(act, item.key, Outcome.FAILED, Problem(
                f"{act.operation.label}: not known whether it happened",
                "the link broke under it, and the VM's state does not tell",
                "Look at the VM before you try again."))  # fmt: skip
        elif vm is None or vm.state in RULES[verb].done:
            self._set(act, item.key, Outcome.DONE)
        elif vm.state is item.before and verb is not Verb.SHUTDOWN:
            if host.sampled_at <= item.lost_at + AT_IT:
                return
            self._set(act, item.key, Outcome.FAILED, Problem(
                f"{act.operation.label} did not happen", "the link broke under it", "Try again."))  # fmt: skip
        else:
            self._set(act, item.key, Outcome.SENT, accepted=True)

    def _pump(self, host_id: str) -> None:
        while True:
            with self._lock:
                queue = self._queues.get(host_id)
                if not queue or self._under_way.get(host_id, 0) >= self._limit:
                    return
                act, key = queue.popleft()
                if act.items[key].outcome is not Outcome.WAITING:
                    continue
                port = self._ports.get(host_id)
                if port is None:
                    self._set(act, key, Outcome.FAILED, Problem("The host was removed"))
                    continue
                self._under_way[host_id] = self._under_way.get(host_id, 0) + 1
                self._set(act, key, Outcome.SENT)
            operation = act.operation

            def call(verbs: object, operation: Operation = operation, uuid: str = key.uuid) -> None:
                operation.call(verbs, uuid)  # type: ignore[arg-type]

            future = port.submit(call)
            with self._lock:
                self._futures[act.id, key] = future
            future.add_done_callback(lambda done, act=act, key=key: self._finished(act, key, done))  # type: ignore[misc]

    def _finished(self, act: Act, key: VMKey, future: Future[None]) -> None:
        """Runs on the session's thread (or at once on ours): note the result, send the next."""
        with self._lock:
            self._futures.pop((act.id, key), None)
            self._under_way[key.host_id] -= 1
            if not act.items[key].outcome.is_final:
                self._note(act, key, future)
        self._pump(key.host_id)

    def _note(self, act: Act, key: VMKey, future: Future[None]) -> None:
        try:
            error = future.exception()
        except CancelledError:
            self._set(act, key, Outcome.CANCELLED)
            return
        if error is None:
            self._set(act, key, Outcome.SENT, accepted=True)
        elif isinstance(error, ConnectError) and not getattr(error, "before_sending", False):
            self._set(act, key, Outcome.UNKNOWN, problem_of(error))
        else:
            self._set(act, key, Outcome.FAILED, problem_of(error))

    def _set(
        self, act: Act, key: VMKey, outcome: Outcome, problem: Problem | None = None, *, accepted: bool = False
    ) -> None:
        item = act.items[key]
        accepted_at = self._clock.mono() if accepted and item.accepted_at is None else item.accepted_at
        lost_at = self._clock.wall() if outcome is Outcome.UNKNOWN else item.lost_at
        item = replace(item, outcome=outcome, problem=problem, accepted_at=accepted_at, lost_at=lost_at)
        act.items[key] = item
        act.rev += 1
        self.rev += 1
        if outcome.is_final:
            if act.is_finished:
                act.finished_at = self._clock.wall()
            self._on_final(act, item)


def running_acts(acts: Sequence[Act]) -> Mapping[int, Act]:
    """Acts that are not over, by id."""
    return {act.id: act for act in acts if act.finished_at is None}
