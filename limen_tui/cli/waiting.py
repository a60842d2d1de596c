"""Driving the fleet without a screen: poll until something holds. Main thread."""

from __future__ import annotations

import time
from argparse import Namespace
from collections.abc import Callable, Collection

from limen_tui.cli.asker import TerminalAsker
from limen_tui.cli.resolve import require_up, snapshot_named
from limen_tui.fleet.fleet import Fleet
from limen_tui.model.host import HostSnapshot, HostState

STEP = 0.02
FACTS_SECONDS = 5.0
BETWEEN_SAMPLES = 0.4
_SAID = frozenset({HostState.DOWN, HostState.DISABLED})


class Waiter:
    """Polls a fleet, and has hosts' questions asked on the terminal meanwhile."""

    def __init__(self, fleet: Fleet) -> None:
        self.fleet = fleet
        self._asker = TerminalAsker(fleet.questions)

    def until(self, condition: Callable[[], bool], seconds: float) -> bool:
        """Poll until ``condition`` holds; whether it did. Time at a prompt is not counted."""
        left, before = seconds, time.monotonic()
        while True:
            self._asker.tick()
            self.fleet.poll()
            if condition():
                return True
            time.sleep(STEP)
            now = time.monotonic()
            left -= 0 if self._asker.busy else now - before
            before = now
            if left <= 0:
                return False

    def reach(self, seconds: float, *, facts: bool = False, only: Collection[str] = ()) -> list[HostSnapshot]:
        """Connect and wait for the hosts; those that are not up then. With ``facts`` also for the definitions.

        With ``only`` the hosts of these ids, and nothing is asked of the others: not even to sign in.
        """
        fleet = self.fleet
        fleet.start(only or None)
        self.until(lambda: all(map(self._has_said, self._wanted(only))), seconds)
        if facts:
            self.until(
                lambda: all(vm.stale or vm.facts.vcpus for s in self._wanted(only) for vm in s.vms.values()),
                min(seconds, FACTS_SECONDS),
            )
        return [s for s in self._wanted(only) if s.state not in (HostState.UP, HostState.DISABLED)]

    def reach_named(self, arguments: Namespace, *, facts: bool = False, needed: bool = True) -> list[HostSnapshot]:
        """``reach`` for a verb with ``--host``: that host alone where one is named, by its name from then on.

        Raises ``NotFound`` for a name that no host has; where the host is ``needed`` also why it does not answer.
        """
        only: tuple[str, ...] = ()
        if arguments.host is not None:
            host = snapshot_named(arguments.host, self.fleet.view.hosts).host
            arguments.host, only = host.name, (host.id,)
        missing = self.reach(arguments.timeout, facts=facts, only=only)
        if only and needed:
            require_up(self._wanted(only)[0])
        return missing

    def _wanted(self, only: Collection[str]) -> list[HostSnapshot]:
        return [s for s in self.fleet.view.hosts if not only or s.host.id in only]

    def measure(self) -> None:
        """Have every host that is up sampled once more: a load is what lies between two samples."""
        fleet = self.fleet
        self.until(lambda: False, BETWEEN_SAMPLES)
        before = {s.host.id: s.sampled_at for s in fleet.view.hosts if s.state is HostState.UP}
        for host_id in before:
            fleet.reconnect(host_id)
        self.until(
            lambda: all((s := fleet.view.host(id_)) is None or s.sampled_at != at for id_, at in before.items()), 1.0
        )

    def _has_said(self, snapshot: HostSnapshot) -> bool:
        """Whether a host has said all it will say now: it was sampled, or it cannot be reached."""
        if snapshot.state is HostState.UP:
            return snapshot.sampled_at is not None
        if snapshot.state is HostState.NEEDS_AUTH:
            return not any(question.host_id == snapshot.host.id for question in self.fleet.questions.pending)
        return snapshot.state in _SAID
