"""What the parts of one host's session share. Imports the model; belongs to one session."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass, field

from limen_tui.errors import LimenError
from limen_tui.hypervisor.mailbox import Mailbox
from limen_tui.hypervisor.slot import SnapshotSlot
from limen_tui.model.events import EventKind, HostEvent
from limen_tui.model.host import Host, Problem
from limen_tui.model.ports import Clock, EventSink, Watch


@dataclass(slots=True)
class Context:
    """One session's own things. Fields without a note are set once and never change."""

    host: Host
    """Replaced as a whole by ``rename``."""
    sink: EventSink
    clock: Clock
    slot: SnapshotSlot
    mailbox: Mailbox
    read_only: bool
    watch: Watch = field(default_factory=Watch)
    """Replaced as a whole by ``watch``; the tick reads it."""
    busy_since: float | None = None
    """Monotonic time since which the session thread has been inside one piece of work."""

    def tell(
        self, kind: EventKind, text: str, *, uuid: str = "", vm_name: str = "", level: str = "info",
        at: float | None = None,
    ) -> None:
        """Hand an event to the sink, which only enqueues."""
        self.sink(HostEvent(
            at=self.clock.wall() if at is None else at, host_id=self.host.id, host_name=self.host.name, kind=kind,
            text=text, uuid=uuid, vm_name=vm_name, level=level,
        ))

    def busily(self, work: Callable[[], None]) -> None:
        """Do ``work`` so that a watcher can see for how long it has been at it."""
        self.busy_since = self.clock.mono()
        try:
            work()
        finally:
            self.busy_since = None


def problem_of(error: LimenError) -> Problem:
    """The error as a value."""
    return Problem(error.title, error.detail, error.hint)
