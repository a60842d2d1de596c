"""Calls to a host that stand in the audit log with what came of them. Any thread; the log is written by its own."""

from __future__ import annotations

from collections.abc import Callable
from concurrent.futures import CancelledError, Future
from dataclasses import replace
from typing import TypeVar

from limen_tui.errors import LimenError
from limen_tui.fleet.fleet import Fleet
from limen_tui.model.events import AuditEntry
from limen_tui.model.ports import HostVerbs
from limen_tui.model.vm import VM

T = TypeVar("T")


def of_vm(fleet: Fleet, vm: VM, action: str, detail: str, result: str = "") -> AuditEntry:
    """What is done to ``vm`` by whom, now. ``detail`` must hold no secret."""
    return AuditEntry(
        fleet.clock.wall(), fleet.actor.who, fleet.actor.origin, action, vm.key.host_id, vm.host_name, vm.key.uuid,
        vm.name, result, detail,
    )  # fmt: skip


def audited(fleet: Fleet, entry: AuditEntry, call: Callable[[HostVerbs], T]) -> Future[T]:
    """Make ``call`` on the entry's host, and write ``entry`` down once it is over, with its time and its result.

    Returns at once; the future fails as that of ``Fleet.call`` does.
    """

    def done(future: Future[T]) -> None:
        try:
            future.result()
        except LimenError as error:
            result, more = "failed", f": {error.title}"
        except CancelledError:
            result, more = "dropped", ""
        else:
            result, more = "ok", ""
        fleet.inventory.audit(replace(entry, at=fleet.clock.wall(), result=result, detail=entry.detail + more))

    future = fleet.call(entry.host_id, call)
    future.add_done_callback(done)
    return future
