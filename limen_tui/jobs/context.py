"""What an operation is given: its host, progress, cancel. Runs on the thread of the job."""

from __future__ import annotations

import threading
from collections.abc import Callable, Mapping
from concurrent.futures import CancelledError, Future
from concurrent.futures import TimeoutError as FutureTimeout
from dataclasses import dataclass, field
from typing import Protocol, TypeVar

from limen_tui.errors import Cancelled, ConnectError, Timeout
from limen_tui.model.ports import Clock, HostVerbs, KeepsakesPort

T = TypeVar("T")
PATIENCE = 120.0
"""Seconds to wait for one answer of a host."""


class Hosts(Protocol):
    """How jobs reach hosts. Safe on any thread."""

    def call(self, host_id: str, call: Callable[[HostVerbs], T]) -> Future[T]:
        """Ask a host something; fails with ``ConnectError`` when it is not up."""

    def is_up(self, host_id: str) -> bool:
        """Whether it can be asked."""


@dataclass(slots=True)
class Context:
    """One job's way to its host."""

    hosts: Hosts
    host_id: str
    clock: Clock
    stop: threading.Event
    """Set when a person cancels."""
    report: Callable[[float, float, str], None]
    """(done, total, unit): only notes."""
    log: Callable[[str], None]
    keepsakes: KeepsakesPort
    attachments: Mapping[str, bytes] = field(default_factory=dict)
    """What may not stand in the journal: a seed with the hash of a password. Gone with the process."""
    memory: dict[str, str] = field(default_factory=dict)
    """What a step keeps for its undo and may not stand in the journal: a definition with its secrets."""
    undoing: bool = False
    """While a job is put back, cancel means nothing."""

    def cancelled(self) -> bool:
        """Whether a person wants it to stop. Long operations ask again and again."""
        return self.stop.is_set() and not self.undoing

    def check(self) -> None:
        """Raises ``Cancelled`` once a person wants it to stop."""
        if self.cancelled():
            raise Cancelled("Cancelled")

    def on(self, host_id: str, call: Callable[[HostVerbs], T], *, timeout: float | None = PATIENCE) -> T:
        """Ask a host and wait; ``None`` waits as long as the call takes. Raises ``LimenError``."""
        future = self.hosts.call(host_id, call)
        try:
            return future.result(timeout)
        except FutureTimeout as error:
            future.cancel()
            raise Timeout("The host does not answer", f"A call has been waiting for {timeout:.0f} s.",
                          "Check the host; the job goes on when it answers.") from error  # fmt: skip
        except CancelledError as error:
            raise ConnectError.unsent("The session was closed") from error

    def ask(self, call: Callable[[HostVerbs], T], *, timeout: float | None = PATIENCE) -> T:
        """Ask the job's own host; see :meth:`on`."""
        return self.on(self.host_id, call, timeout=timeout)
