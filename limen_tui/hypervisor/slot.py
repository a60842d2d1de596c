"""The latest-wins slot that holds a host's newest snapshot. Imports the model; any thread."""

from __future__ import annotations

import threading
from collections.abc import Callable, Mapping
from dataclasses import replace
from types import MappingProxyType
from typing import Any

from limen_tui.model.host import Host, HostSnapshot
from limen_tui.model.ports import Clock
from limen_tui.model.vm import VM


class SnapshotSlot:
    """Writers replace the snapshot under a lock, readers take the reference."""

    def __init__(self, host: Host, clock: Clock) -> None:
        self._lock = threading.Lock()
        self._clock = clock
        self._current = HostSnapshot(host, rev=1, since=clock.wall())

    @property
    def current(self) -> HostSnapshot:
        """The newest snapshot."""
        return self._current

    def update(self, **changes: Any) -> HostSnapshot:
        """Publish a snapshot with ``changes`` (fields of HostSnapshot); ``since`` follows the state."""
        return self.update_if(lambda _: True, **changes)

    def update_if(self, condition: Callable[[HostSnapshot], bool], **changes: Any) -> HostSnapshot:
        """The same, if ``condition`` still holds under the lock."""
        with self._lock:
            before = self._current
            if condition(before):
                if changes.get("state", before.state) is not before.state:
                    changes.setdefault("since", self._clock.wall())
                self._current = replace(before, rev=before.rev + 1, **changes)
            return self._current

    def locked(self, change: Callable[[], None]) -> None:
        """Make a change that conditions of :meth:`update_if` look at."""
        with self._lock:
            change()


def faded(vms: Mapping[str, VM]) -> Mapping[str, VM]:
    """The same VMs, marked stale."""
    return MappingProxyType({uuid: vm if vm.stale else replace(vm, stale=True) for uuid, vm in vms.items()})
