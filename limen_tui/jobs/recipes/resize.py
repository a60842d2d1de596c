"""Resize a VM: its definition, what runs, its limits, and last its disks, which never shrink again. Pure."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import asdict
from typing import Any

from limen_tui.errors import Conflict
from limen_tui.model.jobs import JobPlan, StepPlan
from limen_tui.model.resize import Change, Plan, Situation, Wish
from limen_tui.model.verbs.devices import DiskLimits, NicLimits
from limen_tui.model.xml.edit import find_disk, find_nic, read_disk_limits, read_nic_limits
from limen_tui.model.xml.parse import parse


def resize_plan(host_id: str, host_name: str, situation: Situation, wish: Wish, plan: Plan) -> JobPlan:
    """The job. Raises ``Conflict`` for a plan that was refused or does nothing."""
    if not plan.doable:
        why = plan.refusals[0] if plan.refusals else None
        raise Conflict(why.why if why else "Nothing is to be changed", hint=why.hint if why else "")
    steps = tuple(_steps(situation, wish, plan))
    notes = [*plan.warnings]
    if any(change.subject == "disk" for change in plan.changes):
        notes.append("A grown disk stays grown: that cannot be undone.")
    return JobPlan("resize", f"Resize {situation.name}", host_id, host_name, steps, situation.uuid, situation.name,
                   "vm.resize", tuple(notes))  # fmt: skip


def _steps(situation: Situation, wish: Wish, plan: Plan) -> Iterator[StepPlan]:
    uuid = situation.uuid
    if situation.persistent and plan.before is not None and plan.after is not None and plan.before != plan.after:
        yield StepPlan("resize.definition", f"Change the definition of {situation.name}: {_summary(plan)}",
                       {"uuid": uuid, "old": asdict(plan.before), "new": asdict(plan.after)})  # fmt: skip
    for change in plan.changes:
        if change.subject.endswith("-limits"):
            yield _limits(situation, wish, change)
    live = plan.live
    for change in plan.changes:
        if not change.live or live is None:
            continue
        if change.subject == "memory":
            yield StepPlan("resize.memory", f"Memory now {change.after}",
                           {"uuid": uuid, "old": live.memory_kib, "new": wish.memory_kib})  # fmt: skip
        elif change.subject == "vcpus":
            yield StepPlan("resize.vcpus", f"vCPUs now {change.after}",
                           {"uuid": uuid, "old": live.vcpus, "new": wish.vcpus})  # fmt: skip
    for change in plan.changes:
        if change.subject == "disk":
            yield _disk(situation, wish, change)
            inside = plan.inside.get(change.target)
            if inside is not None and inside.possible:
                yield StepPlan("resize.inside", f"Grow {inside.what} in the guest",
                               {"uuid": uuid, "target": change.target, "new": wish.disks[change.target]})  # fmt: skip


def _summary(plan: Plan) -> str:
    words = {"vcpus": "vCPUs", "vcpus-max": "vCPUs at most", "memory": "memory", "memory-max": "memory at most"}
    return ", ".join(f"{words[change.subject]} {change.after}" for change in plan.changes
                     if change.config and change.subject in words)  # fmt: skip


def _limits(situation: Situation, wish: Wish, change: Change) -> StepPlan:
    root = parse(situation.live_xml if situation.running else situation.config_xml, "domain")
    old: DiskLimits | NicLimits
    new: DiskLimits | NicLimits
    if change.subject == "disk-limits":
        old, new = read_disk_limits(find_disk(root, change.target)), wish.disk_limits[change.target]
    else:
        old, new = read_nic_limits(find_nic(root, change.target)), wish.nic_limits[change.target]
    args = {"uuid": situation.uuid, "target": change.target, "old": asdict(old), "new": asdict(new),
            "live": change.live, "config": change.config}  # fmt: skip
    return StepPlan(f"resize.{change.subject}", f"Limit {change.target}: {change.after}", args)


def _disk(situation: Situation, wish: Wish, change: Change) -> StepPlan:
    target, place = change.target, situation.places.get(change.target)
    args: dict[str, Any] = {
        "uuid": situation.uuid, "target": target, "old": situation.disks[target].capacity, "new": wish.disks[target],
        "live": situation.running, "pool": place.pool if place else "", "volume": place.volume if place else "",
    }  # fmt: skip
    return StepPlan("resize.disk", f"Grow {target} from {change.before} to {change.after}", args)
