"""Keeps each definition that is seen to change, with time and author. Called by the thread that polls the fleet.

The first look at a host is taken in slices, behind all that people ask for; after that the hosts' own events say
what to read again. What is read goes to the inventory's writer; nothing here waits.
"""

from __future__ import annotations

from collections import deque
from collections.abc import Iterable
from concurrent.futures import Future
from functools import partial
from typing import TYPE_CHECKING, Final

from limen_tui.errors import LimenError, NotFound
from limen_tui.fleet.known import Known
from limen_tui.model.events import EventKind, HostEvent
from limen_tui.model.host import HostState
from limen_tui.model.keepsakes import Definition
from limen_tui.model.ports import HostVerbs, Priority
from limen_tui.model.vm import VMKey

if TYPE_CHECKING:
    from limen_tui.fleet.fleet import Fleet

SLICE: Final = 10
"""Definitions read in one go."""
PACE: Final = 1.0
"""Seconds between slices of what changed on one host: figures come first."""
FIRST_PACE: Final = 10.0
"""Seconds between slices of the first look at a host: ten thousand definitions are half a minute's work of a core."""
OURS_SECONDS: Final = 20.0
"""After one of our own jobs or acts, so long a change of that VM is taken for its work."""
_TELLING: Final = ("defined", "metadata changed", "device added", "device removed")


class Chronicle:
    """The history of definitions of a fleet's saved hosts."""

    def __init__(self, fleet: Fleet) -> None:
        self._fleet = fleet
        self._todo: dict[str, deque[str]] = {}
        """What changed, by host."""
        self._first: dict[str, deque[str]] = {}
        """What is still to be looked at for the first time, by host."""
        self._under_way: dict[str, Future[dict[str, str]]] = {}
        self._last: dict[str, float] = {}
        """By host: monotonic seconds of its last slice."""
        self._looked: set[str] = set()
        """Hosts that were looked at whole since they came up."""
        self._written: dict[VMKey, int] = {}

    def written(self, key: VMKey) -> int:
        """Grows when a definition of a VM has been written, or was found to be the last one written. Any thread."""
        return self._written.get(key, 0)

    def hear(self, event: HostEvent) -> None:
        """Take in one of the hosts' events."""
        if event.kind in (EventKind.LIFECYCLE, EventKind.DEVICE, EventKind.DEFINITION) and event.uuid:
            if event.text.startswith(_TELLING):
                todo = self._todo.setdefault(event.host_id, deque())
                if event.uuid not in todo:
                    todo.append(event.uuid)
        elif event.kind is EventKind.HOST and event.text != HostState.UP.value:
            self._looked.discard(event.host_id)

    def tick(self) -> None:
        """Go on: at most one slice of each host is under way."""
        hosts, mono = self._fleet.view.hosts, self._fleet.clock.mono()
        for place, snapshot in enumerate(hosts):
            host = snapshot.host
            if snapshot.state is not HostState.UP or not host.saved or snapshot.sampled_at is None:
                continue
            if host.id not in self._looked:
                self._looked.add(host.id)
                self._know(host.id, snapshot.vms)
                self._first[host.id] = deque(snapshot.vms)
                # each host at its own time, or forty would come at one moment
                self._last[host.id] = mono + FIRST_PACE * (place / len(hosts) - 1.0)
            changed = self._todo.get(host.id)
            todo = changed or self._first.get(host.id)
            busy = self._under_way.get(host.id)
            pace = PACE if changed else FIRST_PACE
            if not todo or mono < self._last[host.id] + pace or (busy is not None and not busy.done()):
                continue
            self._last[host.id] = mono
            slice_ = tuple(todo.popleft() for _ in range(min(SLICE, len(todo))))
            future = self._fleet.call(host.id, partial(_read, uuids=slice_), priority=Priority.BACKGROUND)
            self._under_way[host.id] = future
            future.add_done_callback(partial(self._keep, host.id))

    def _know(self, host_id: str, vms: Iterable[str]) -> None:
        """The VMs of the very first look are known: what comes or goes behind Limen's back from then on is told."""
        known = Known(self._fleet.inventory)
        if known.of(host_id) is None:
            known.keep(host_id, set(vms))

    def _keep(self, host_id: str, future: Future[dict[str, str]]) -> None:
        """On a thread of the session: only enqueue."""
        if future.cancelled() or future.exception() is not None:
            self._looked.discard(host_id)  # the link broke: again when it is back
            return
        now, view = self._fleet.clock.wall(), self._fleet.view
        for uuid, xml in future.result().items():
            key = VMKey(host_id, uuid)
            vm = view.vm(key)
            self._fleet.inventory.keepsakes.keep_definition(
                Definition(0, now, host_id, uuid, vm.name if vm else "", self._author(key, now), xml)
            ).add_done_callback(partial(self._note_written, key))

    def _note_written(self, key: VMKey, _: Future[None]) -> None:
        """On the writer's thread: only count."""
        self._written[key] = self._written.get(key, 0) + 1

    def _author(self, key: VMKey, now: float) -> str:
        """Us, when a job or act of ours has just worked on the VM; else nobody knows."""
        for act in reversed(self._fleet.acts.acts):
            if now - act.started_at > OURS_SECONDS:
                break
            if key in act.items and act.operation.verb is None:
                return self._fleet.actor.who
        for job in reversed(self._fleet.jobs.jobs):
            ended = job.finished_at if job.finished_at is not None else now
            if (job.plan.host_id, job.plan.vm_uuid) == key and job.here and now - ended <= OURS_SECONDS:
                return self._fleet.actor.who
        return ""


def _read(verbs: HostVerbs, uuids: tuple[str, ...]) -> dict[str, str]:
    found = {}
    for uuid in uuids:
        try:
            found[uuid] = verbs.xml(uuid, inactive=True)
        except NotFound:
            continue
        except LimenError:
            if len(uuids) == 1:
                raise
    return found
