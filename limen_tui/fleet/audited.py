"""What stands in the audit log, with what came of it. Any thread; the log is written by its own."""

from __future__ import annotations

from collections.abc import Callable
from concurrent.futures import CancelledError, Future
from dataclasses import replace
from typing import TYPE_CHECKING, TypeVar

from limen_tui.errors import LimenError
from limen_tui.fleet.actor import Actor
from limen_tui.fleet.acts import Act, ActItem, Outcome
from limen_tui.model.events import AuditEntry, EventKind, HostEvent
from limen_tui.model.host import Host
from limen_tui.model.ports import HostVerbs
from limen_tui.model.vm import VM

if TYPE_CHECKING:
    from limen_tui.fleet.fleet import Fleet

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


def of_host(actor: Actor, at: float, what: str, host: Host) -> AuditEntry:
    """``add``, ``edit`` or ``remove`` of a host."""
    return AuditEntry(at, actor.who, actor.origin, f"host.{what}", host.id, host.name, "", "", "ok", host.uri)


def of_act(actor: Actor, at: float, act: Act, item: ActItem) -> tuple[AuditEntry, HostEvent]:
    """What came of an act on one VM, for the log and for those who watch."""
    result = {Outcome.DONE: "ok", Outcome.REFUSED: "refused", Outcome.TIMED_OUT: "timed out"}.get(
        item.outcome, item.outcome.value
    )
    detail = ""
    if item.problem is not None:
        detail = ": ".join(part for part in (item.problem.title, item.problem.detail) if part)
    text = f"{act.operation.label}: {result}" + (f" ({detail})" if detail else "")
    level = "info" if item.outcome is Outcome.DONE else "error" if item.outcome is Outcome.FAILED else "warning"
    host_id, uuid = item.key
    return (
        AuditEntry(at, actor.who, actor.origin, act.operation.action.id, host_id, item.host_name, uuid, item.vm_name,
                   result, detail),
        HostEvent(at, host_id, item.host_name, EventKind.ACT, text, uuid, item.vm_name, level),
    )  # fmt: skip


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
