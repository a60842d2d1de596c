"""Jobs as the fleet runs them: hosts by their sessions, ends told to audit and events. Any thread."""

from __future__ import annotations

from collections.abc import Callable
from concurrent.futures import Future
from typing import TYPE_CHECKING, TypeVar

from limen_tui.fleet.actor import Actor
from limen_tui.fleet.known import Known
from limen_tui.jobs.runner import JobRunner
from limen_tui.model.events import AuditEntry, EventKind, HostEvent
from limen_tui.model.jobs import Job, JobPlan, JobState
from limen_tui.model.ports import Clock, HostVerbs, InventoryPort

if TYPE_CHECKING:
    from limen_tui.fleet.fleet import Fleet
    from limen_tui.remote.hostweb import HostWeb

_BACK = ("restore", "recreate")
T = TypeVar("T")
_RESULTS = {JobState.DONE: "ok", JobState.STUCK: "stuck", JobState.CANCELLED: "cancelled", JobState.LEFT: "left"}


class FleetHosts:
    """How jobs reach the hosts of a fleet; implements :class:`limen_tui.jobs.context.Hosts`."""

    def __init__(self, fleet: Fleet) -> None:
        self._fleet = fleet

    def call(self, host_id: str, call: Callable[[HostVerbs], T]) -> Future[T]:
        """Ask a host something; fails with ``ConnectError`` when it is not up."""
        return self._fleet.call(host_id, call)

    def is_up(self, host_id: str) -> bool:
        """Whether it can be asked."""
        return self._fleet.is_up(host_id)

    def web(self, host_id: str) -> HostWeb | None:
        """The web as a host sees it; implements :class:`limen_tui.jobs.ops.hostfetch.Webbed`."""
        from limen_tui.fleet.hostweb import web_of  # noqa: PLC0415 - SSH is for those who fetch

        return web_of(self._fleet, host_id)


def job_runner(
    fleet: Fleet, inventory: InventoryPort, clock: Clock, actor: Actor, tell: Callable[[HostEvent], None]
) -> JobRunner:
    """The runner of a fleet's jobs. ``tell`` only enqueues."""

    def over(job: Job) -> None:
        plan, problem, now = job.plan, job.problem, clock.wall()
        result = _RESULTS.get(job.state, "failed")
        detail = "" if problem is None else ": ".join(part for part in (problem.title, problem.detail) if part)
        # of what is no VM, the log has no column: the title names it
        logged = detail if plan.vm_name else ": ".join(part for part in (plan.title, detail) if part)
        inventory.audit(AuditEntry(
            now, actor.who, actor.origin, plan.action or f"job.{plan.kind}", plan.host_id, plan.host_name,
            plan.vm_uuid, plan.vm_name, result, logged,
        ))  # fmt: skip
        if job.state is JobState.DONE and plan.vm_uuid:
            _know(Known(inventory), plan)
        level = "info" if job.state is JobState.DONE else "warning" if job.state is JobState.CANCELLED else "error"
        text = f"{plan.title}: {job.state.value}" + (f" ({detail})" if detail else "")
        tell(HostEvent(
            now, plan.host_id, plan.host_name, EventKind.ACT, text, plan.vm_uuid, plan.vm_name, level
        ))  # fmt: skip

    return JobRunner(FleetHosts(fleet), inventory, clock, on_over=over)


def _know(known: Known, plan: JobPlan) -> None:
    """What a person had deleted for good is not lost, and what they had brought back is no stranger."""
    if plan.kind in _BACK:
        if known.of(plan.host_id) is not None:  # else the first look at the host will know all that is there
            known.adopt(plan.host_id, plan.vm_uuid)
    elif plan.kind == "purge" or (plan.kind == "delete" and all(step.op != "keep.trash" for step in plan.steps)):
        known.forget(plan.host_id, plan.vm_uuid)
