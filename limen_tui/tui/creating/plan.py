"""The plan beside the form: what will be made, where, what it takes, what is wrong. Pure."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

from limen_tui.fleet.creating import Ground, Prepared
from limen_tui.model.placement import Suggestion
from limen_tui.model.spec import Finding
from limen_tui.model.units import size
from limen_tui.tui.creating.fields import FIELDS, field_of

Lines = list[tuple[str, str]]
"""(kind, text); kind is ``head``, ``bad``, ``warn``, ``dim`` or empty."""


@dataclass(frozen=True, slots=True)
class View:
    """What the plan is made of."""

    prepared: Prepared | None
    wrong: Sequence[Finding]
    """What could not be read of the fields."""
    ground: Ground | None
    host_problem: str
    """Why the host has not answered, or that it is being asked."""
    suggestion: Suggestion | None
    names: Sequence[str]


def plan_lines(view: View) -> Lines:
    """From top to bottom: what is wrong, what is doubtful, what is done, what it takes."""
    lines: Lines = []
    if view.host_problem:
        lines += [("warn", view.host_problem), ("", "")]
    findings = [*view.wrong, *(view.prepared.findings if view.prepared else ())]
    for level, kind, glyph in (("error", "bad", "✗"), ("warning", "warn", "!")):
        for finding in dict.fromkeys(each for each in findings if each.level == level):
            field = FIELDS.get(field_of(finding.field))
            lines.append((kind, f"{glyph} {field.label + ': ' if field else ''}{finding.text}"))
    if lines and lines[-1] != ("", ""):
        lines.append(("", ""))
    plan = view.prepared.plan if view.prepared else None
    if plan is not None:
        many = f" and {len(view.names) - 1} more like it" if len(view.names) > 1 else ""
        lines.append(("head", f"{plan.title}{many} on {plan.host_name}"))
        lines += [("", f"{number}. {step.label}") for number, step in enumerate(plan.steps, 1)]
        lines.append(("", ""))
    lines += _takes(view)
    return lines


def _takes(view: View) -> Lines:
    if view.prepared is None or view.ground is None:
        return []
    spec, limits, many = view.prepared.spec, view.ground.limits, max(1, len(view.names))
    lines: Lines = [("head", "It takes")]
    free = "" if limits.memory_free_kib is None else f" of {size(limits.memory_free_kib, unit='KiB')} free"
    lines.append(("", f"memory  {size(spec.memory_kib * many, unit='KiB')}{free}"))
    lines.append(("", f"vCPUs   {spec.vcpus * many} on {limits.cpus or '?'} CPUs"))
    by_pool: dict[str, int] = {}
    for disk in spec.disks:
        if not disk.existing:
            by_pool[disk.pool] = by_pool.get(disk.pool, 0) + disk.capacity * many
    for name, total in by_pool.items():
        pool = view.ground.pools.get(name)
        left = "" if pool is None else f" of {size(pool.available)} free"
        lines.append(("", f"disk    up to {size(total)}{left} in {name}"))
    if view.suggestion is not None:
        lines += [("", ""), ("dim", f"{view.suggestion.name}: {view.suggestion.reason}")]
    return lines
