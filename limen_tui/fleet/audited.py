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


def entry(
    fleet: Fleet, action: str, host_id: str, host_name: str, *, uuid: str = "", vm_name: str = "", result: str = "",
    detail: str = "",
) -> AuditEntry:  # fmt: skip
    """What is done on a host by whom, now. ``detail`` must hold no secret."""
    who = fleet.actor
    return AuditEntry(
        fleet.clock.wall(), who.who, who.origin, action, host_id, host_name, uuid, vm_name, result, detail
    )


def of_vm(fleet: Fleet, vm: VM, action: str, detail: str, result: str = "") -> AuditEntry:
    """What is done to ``vm``; see :func:`entry`."""
    return entry(fleet, action, vm.key.host_id, vm.host_name, uuid=vm.key.uuid, vm_name=vm.name, result=result,
                 detail=detail)  # fmt: skip


def audited(fleet: Fleet, begun: AuditEntry, call: Callable[[HostVerbs], T]) -> Future[T]:
    """Make ``call`` on the entry's host, and write it down once it is over, with its time and its result.

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
        fleet.inventory.audit(replace(begun, at=fleet.clock.wall(), result=result, detail=begun.detail + more))

    future = fleet.call(begun.host_id, call)
    future.add_done_callback(done)
    return future
