"""Driving the fleet without a screen: poll until something holds. Main thread."""

from __future__ import annotations

import time
from collections.abc import Callable

from limen_tui.cli.asker import TerminalAsker
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

    def reach(self, seconds: float, *, facts: bool = False) -> list[HostSnapshot]:
        """Connect and wait for the hosts; those that are not up then. With ``facts`` also for the definitions."""
        fleet = self.fleet
        fleet.start()
        self.until(lambda: all(map(self._has_said, fleet.view.hosts)), seconds)
        if facts:
            self.until(lambda: all(vm.stale or vm.facts.vcpus for vm in fleet.view.vms), min(seconds, FACTS_SECONDS))
        return [s for s in fleet.view.hosts if s.state not in (HostState.UP, HostState.DISABLED)]

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
