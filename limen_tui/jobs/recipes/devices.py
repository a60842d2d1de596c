"""Plug a device in, pull one out, change one. Pure: it plans, it does nothing."""

from __future__ import annotations

from limen_tui.jobs.recipes.create import NewVolume
from limen_tui.model.jobs import JobPlan, StepPlan
from limen_tui.model.vm import VM


def attach_plan(
    vm: VM, title: str, label: str, xml: str, *, live: bool, config: bool, target: str = "", mac: str = "",
    new: NewVolume | None = None,
) -> JobPlan:  # fmt: skip
    """Attach the device of ``xml``, after making its volume where it is ``new``."""
    steps = [] if new is None else [StepPlan("volume.create", new.label, new.args())]
    steps.append(StepPlan("device.attach", label, {
        "uuid": vm.key.uuid, "xml": xml, "target": target, "mac": mac, "live": live, "config": config,
    }))  # fmt: skip
    return _plan("attach", title, vm, steps)


def detach_plan(
    vm: VM, title: str, label: str, xml: str, *, live: bool, config: bool, target: str = "", mac: str = ""
) -> JobPlan:
    """Detach the device of ``xml``."""
    args = {"uuid": vm.key.uuid, "xml": xml, "target": target, "mac": mac, "live": live, "config": config}
    return _plan("detach", title, vm, [StepPlan("device.detach", label, args)])


def update_plan(vm: VM, title: str, label: str, xml: str, old_xml: str, *, live: bool, config: bool) -> JobPlan:
    """Change a device from ``old_xml`` to ``xml``."""
    args = {"uuid": vm.key.uuid, "xml": xml, "old_xml": old_xml, "live": live, "config": config}
    return _plan("change-device", title, vm, [StepPlan("device.update", label, args)])


def _plan(kind: str, title: str, vm: VM, steps: list[StepPlan]) -> JobPlan:
    return JobPlan(kind, title, vm.key.host_id, vm.host_name, tuple(steps), vm.key.uuid, vm.name, f"vm.{kind}")
