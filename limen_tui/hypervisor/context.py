"""What the parts of one session thread share. Imports the model; belongs to one thread and its session."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass, field
from typing import Any

from limen_tui.hypervisor.mailbox import Mailbox
from limen_tui.hypervisor.slot import SnapshotSlot, faded
from limen_tui.model.events import EventKind, HostEvent
from limen_tui.model.host import Host, HostState, Problem
from limen_tui.model.ports import Clock, EventSink, Watch

Aside = Callable[[Callable[[], None]], bool]


@dataclass(slots=True)
class Context:
    """One session thread's own things. Fields without a note are set once and never change."""

    host: Host
    """Replaced as a whole by ``rename``."""
    sink: EventSink
    clock: Clock
    slot: SnapshotSlot
    mailbox: Mailbox
    read_only: bool
    aside: Aside
    """Runs a piece of work beside the session thread; False when the session is closed."""
    watch: Watch = field(default_factory=Watch)
    """Replaced as a whole by ``watch``; the tick reads it."""
    busy_since: float | None = None
    """Monotonic time since which the session thread has been inside one piece of work."""
    retired: bool = False
    """Its thread was stuck for so long that another took over: what it still does is shown nowhere."""
    wary: bool = False
    """It took over from a thread that was stuck: a QEMU of this host may hang, and who asks for it would, too."""

    def publish(self, **changes: Any) -> None:
        """Put a new snapshot into the slot, unless retired."""
        self.slot.update_if(lambda _: not self.retired, **changes)

    def fade(self, state: HostState, problem: Problem, retry_at: float | None) -> bool:
        """Keep the figures, marked as old, under a state other than up. Whether the state is another than before."""
        before = self.slot.current
        self.publish(state=state, problem=problem, retry_at=retry_at, vms=faded(before.vms))
        return before.state is not state

    def tell(
        self, kind: EventKind, text: str, *, uuid: str = "", vm_name: str = "", level: str = "info",
        at: float | None = None,
    ) -> None:
        """Hand an event to the sink, which only enqueues; not when retired."""
        if self.retired:
            return
        self.sink(HostEvent(
            at=self.clock.wall() if at is None else at, host_id=self.host.id, host_name=self.host.name, kind=kind,
            text=text, uuid=uuid, vm_name=vm_name, level=level,
        ))

    def heard(self) -> None:
        """The host answered, and is asked the next thing: a link that is slow is not one that is silent."""
        self.busy_since = self.clock.mono()

    def busily(self, work: Callable[[], None]) -> None:
        """Do ``work`` so that a watcher can see for how long it has been at it."""
        self.busy_since = self.clock.mono()
        try:
            work()
        finally:
            self.busy_since = None
