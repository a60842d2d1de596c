"""``limen resize``: looks, shows the plan, asks, changes. Main thread."""

from __future__ import annotations

import argparse
from dataclasses import replace

from limen_tui.cli import exits, output
from limen_tui.cli.asking import ask
from limen_tui.cli.jobrun import confirm, refuse_read_only, run_jobs
from limen_tui.cli.resolve import vms_named
from limen_tui.cli.waiting import Waiter
from limen_tui.errors import Conflict, InputError
from limen_tui.fleet.fleet import Fleet
from limen_tui.fleet.resizing import host_info, job_of, look, look_into_guest
from limen_tui.model.resize import Plan, Situation, Wish, plan_resize
from limen_tui.model.resize.typed import disk_limits_of, named, named_sizes, nic_limits_of
from limen_tui.model.sizes import memory_kib
from limen_tui.model.units import clean, paragraph
from limen_tui.model.xml.diff import definition_diff

OFFERS = 8
"""A maximum may be in the way of vCPUs and of memory; an offer taken never makes the same refusal again."""


def resize(fleet: Fleet, arguments: argparse.Namespace) -> int:
    """Look, plan, show, ask, do."""
    wish = wish_of(arguments)
    waiter = Waiter(fleet)
    waiter.reach_named(arguments)
    (vm,) = vms_named([arguments.name], fleet.view.vms, arguments.host)
    if not arguments.dry_run:
        refuse_read_only(fleet, vm.key.host_id, f"resize {vm.name}")
    info = host_info(fleet.view.host(vm.key.host_id))
    situation = ask(fleet, waiter, vm.key.host_id, lambda verbs: look(verbs, vm, info))
    if wish.disks and wish.grow_inside:
        seen = situation
        situation = ask(fleet, waiter, vm.key.host_id, lambda verbs: look_into_guest(verbs, seen, wish.disks))
    plan = plan_resize(situation, wish)
    if arguments.raise_max:
        wish, plan = _raised(situation, wish, plan)
    if plan.is_empty:
        output.say(f"{vm.name} is so already: nothing to do.")
        return exits.OK
    if arguments.json and arguments.dry_run:
        output.as_json(_as_json(plan))
    else:
        _show(situation, plan, diff=arguments.dry_run)
    if plan.refusals:
        first = plan.refusals[0]
        raise Conflict(f"{vm.name} was not resized", first.why, first.hint)
    if arguments.dry_run:
        return exits.OK
    confirm(f"Resize {vm.name} on {vm.host_name}", "yes", sure=arguments.yes)
    return run_jobs(fleet, waiter, [job_of(vm, situation, wish, plan)], as_json=arguments.json)


def wish_of(arguments: argparse.Namespace) -> Wish:
    """What was asked for. Raises ``InputError``."""
    wish = Wish(
        arguments.vcpus, arguments.max_vcpus,
        None if arguments.memory is None else memory_kib(arguments.memory),
        None if arguments.max_memory is None else memory_kib(arguments.max_memory),
        named_sizes(arguments.disk),
        {name: disk_limits_of(text) for name, text in named(arguments.limit_disk, "vda=read:50M,iops:500")},
        {name.lower(): nic_limits_of(text) for name, text in named(arguments.limit_nic, "52:54:00:12:34:56=in:10M")},
        next_boot=arguments.next_boot, grow_inside=arguments.grow_inside,
    )  # fmt: skip
    if wish == Wish(next_boot=wish.next_boot, grow_inside=wish.grow_inside):
        raise InputError("Say what is to change", hint="For example: limen resize web1 --memory 4G --disk vda=40G")
    return wish


def _raised(situation: Situation, wish: Wish, plan: Plan) -> tuple[Wish, Plan]:
    for _ in range(OFFERS):
        offer = next((each.offer for each in plan.refusals if each.offer is not None), None)
        if offer is None:
            break
        wish = replace(wish, vcpus=offer.vcpus, vcpus_max=offer.vcpus_max, memory_kib=offer.memory_kib,
                       memory_max_kib=offer.memory_max_kib)  # fmt: skip
        plan = plan_resize(situation, wish)
    return wish, plan


NAMES = {
    "vcpus": "vCPUs", "vcpus-max": "vCPUs at most", "memory": "memory", "memory-max": "memory at most",
    "disk": "disk", "disk-limits": "limits of", "nic-limits": "limits of",
}  # fmt: skip


def _show(situation: Situation, plan: Plan, *, diff: bool) -> None:
    output.say(f"{situation.name}, {'running' if situation.running else 'off'}:")
    for change in plan.changes:
        what = f"{NAMES[change.subject]} {change.target}".strip()
        note = f" ({change.note})" if change.note else ""
        output.say(f"  {what}: {change.before} -> {change.after}, {change.when}{note}")
    for target, inside in plan.inside.items():
        if inside.possible:
            output.say(f"  in the guest: grow {inside.what}, {target}")
        else:
            output.say(f"  in the guest: {target} is not grown: {paragraph(inside.why_not)} {inside.hint}".rstrip())
    for refusal in plan.refusals:
        what = f"{NAMES[refusal.subject]} {refusal.target}".strip()
        hint = refusal.hint
        if refusal.offer_label.startswith("Raise"):
            hint = hint.removesuffix(".") + " (--raise does)"
        output.say(f"  {what}: no: {paragraph(refusal.why, hint)}")
    for warning in plan.warnings:
        output.say(f"  warning: {warning}")
    if diff:
        for line in definition_diff(plan.xml_before, plan.xml_after):
            print(clean(line))


def _as_json(plan: Plan) -> dict[str, object]:
    return {
        "changes": [
            {"what": change.subject, "target": change.target, "before": change.before, "after": change.after,
             "live": change.live, "config": change.config, "note": change.note}
            for change in plan.changes
        ],
        "refusals": [
            {"what": each.subject, "target": each.target, "why": each.why, "hint": each.hint} for each in plan.refusals
        ],
        "inside": [
            {"target": target, "what": each.what, "commands": [list(words) for words in each.commands],
             "why_not": each.why_not, "hint": each.hint} for target, each in plan.inside.items()
        ],
        "warnings": list(plan.warnings),
        "diff": list(definition_diff(plan.xml_before, plan.xml_after)),
    }  # fmt: skip
