"""What an operation is given: its host, progress, cancel. Runs on the thread of the job."""

from __future__ import annotations

import threading
from collections.abc import Callable
from concurrent.futures import CancelledError, Future
from concurrent.futures import TimeoutError as FutureTimeout
from typing import Protocol, TypeVar

from limen_tui.errors import ConnectError, LimenError, Timeout
from limen_tui.model.ports import Clock, HostVerbs

T = TypeVar("T")


class Hosts(Protocol):
    """How jobs reach hosts. Safe on any thread."""

    def call(self, host_id: str, call: Callable[[HostVerbs], T]) -> Future[T]:
        """Ask a host something; fails with ``ConnectError`` when it is not up."""

    def is_up(self, host_id: str) -> bool:
        """Whether it can be asked."""


class Cancelled(LimenError):
    """A person cancelled the job."""


class Context:
    """One job's way to its host. ``report`` takes (done, total, unit) and only notes."""

    def __init__(
        self, hosts: Hosts, host_id: str, clock: Clock, cancelled: threading.Event,
        report: Callable[[float, float, str], None], log: Callable[[str], None],
    ) -> None:  # fmt: skip
        self.hosts = hosts
        self.host_id = host_id
        self.clock = clock
        self.report = report
        self.log = log
        self._cancelled = cancelled
        self.undoing = False
        """While a job is put back, cancel means nothing."""

    def cancelled(self) -> bool:
        """Whether a person wants it to stop. Long operations ask again and again."""
        return self._cancelled.is_set() and not self.undoing

    def check(self) -> None:
        """Raises ``Cancelled`` once a person wants it to stop."""
        if self.cancelled():
            raise Cancelled("Cancelled")

    def on(self, host_id: str, call: Callable[[HostVerbs], T], *, timeout: float = 120.0) -> T:
        """Ask a host and wait. Raises ``LimenError``; ``Timeout`` after ``timeout`` seconds."""
        future = self.hosts.call(host_id, call)
        try:
            return future.result(timeout)
        except FutureTimeout as error:
            future.cancel()
            raise Timeout("The host does not answer", f"A call has been waiting for {timeout:.0f} s.",
                          "Check the host; the job goes on when it answers.") from error  # fmt: skip
        except CancelledError as error:
            raise ConnectError.unsent("The session was closed") from error

    def ask(self, call: Callable[[HostVerbs], T], *, timeout: float = 120.0) -> T:
        """Ask the job's own host; see :meth:`on`."""
        return self.on(self.host_id, call, timeout=timeout)
