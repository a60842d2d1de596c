"""Put another definition in place of a VM's own. Pure: it plans, it does nothing."""

from __future__ import annotations

from limen_tui.model.jobs import JobPlan, StepPlan


def change_plan(
    *, host_id: str, host_name: str, uuid: str, name: str, before: str, after: str, running: bool, title: str = ""
) -> JobPlan:
    """``before`` is the inactive definition, without secrets, that was seen when the change was made."""
    step = StepPlan("vm.redefine", f"Redefine {name}", {"uuid": uuid, "name": name, "before": before, "after": after})
    notes = ("It runs: the change is there after its next start.",) if running else ()
    return JobPlan("change", title or f"Edit {name}", host_id, host_name, (step,), uuid, name, "vm.edit", notes)
