"""``limen reconcile``: what the hypervisors and Limen do not agree on, and what to do about it. Main thread."""

from __future__ import annotations

import argparse
from typing import Any

from limen_tui.cli import exits, output
from limen_tui.cli.asking import ask
from limen_tui.cli.jobrun import confirm, follow, refuse_read_only, run_jobs
from limen_tui.cli.waiting import Waiter
from limen_tui.errors import Conflict, LimenError, NotFound
from limen_tui.fleet.fleet import Fleet
from limen_tui.fleet.known import Known
from limen_tui.fleet.reconciling import Scan, delete_orphan_plan, mismatches, recreate_plan, scan_host, settle
from limen_tui.model.host import HostState
from limen_tui.model.reconcile import CHOICES, Mismatch
from limen_tui.model.units import clean, size

SCAN_SECONDS = 120.0


def reconcile(fleet: Fleet, arguments: argparse.Namespace) -> int:
    """List all that is out of step, or do something about one thing of it."""
    waiter = Waiter(fleet)
    missing = waiter.reach_named(arguments, needed=False)
    if arguments.show_ignored:
        Known(fleet.inventory).stop_ignoring()
    found = mismatches(fleet.inventory, _scans(fleet, waiter, arguments), fleet.jobs.load())
    if arguments.do:
        return _do(fleet, waiter, found, arguments)
    if arguments.json:
        output.as_json([_json(each) for each in found])
    else:
        rows = [
            [each.kind.value, each.name, each.host_name, each.detail, size(each.size) if each.size else "",
             " or ".join(CHOICES[each.kind])]
            for each in found
        ]  # fmt: skip
        output.table(["WHAT", "NAME", "HOST", "DETAIL", "SIZE", "CHOICES"], rows)
        if not rows:
            output.say("Everything is in step.")
        elif not arguments.names:
            output.say("Do something about it: limen reconcile --do adopt NAME (see --help)")
    for snapshot in missing:
        output.say(f"limen: {snapshot.host.name} is {snapshot.state.value} and was not looked at")
    return exits.UNREACHABLE if missing else exits.OK


def _scans(fleet: Fleet, waiter: Waiter, arguments: argparse.Namespace) -> list[Scan]:
    scans = []
    for snapshot in fleet.view.hosts:
        if snapshot.state is not HostState.UP or arguments.host not in (None, snapshot.host.name):
            continue
        try:
            scans.append(ask(fleet, waiter, snapshot.host.id, lambda verbs, host=snapshot: scan_host(verbs, host),  # type: ignore[misc]
                             SCAN_SECONDS))  # fmt: skip
        except LimenError as error:
            output.say(f"limen: {snapshot.host.name}: {error}")
    return scans


def _json(each: Mismatch) -> dict[str, Any]:
    return {
        "kind": each.kind.value, "name": each.name, "host": each.host_name, "detail": each.detail, "uuid": each.uuid,
        "pool": each.pool, "volume": each.volume, "size": each.size, "id": each.id, "choices": list(CHOICES[each.kind]),
    }  # fmt: skip


def _do(fleet: Fleet, waiter: Waiter, found: list[Mismatch], arguments: argparse.Namespace) -> int:
    able = [each for each in found if arguments.do in CHOICES[each.kind]]
    chosen = [_named(name, able) for name in arguments.names]
    if not chosen:
        raise NotFound("Name what to do it to", hint="`limen reconcile` lists all that is out of step.")
    match arguments.do:
        case "adopt" | "ignore" | "forget":
            for each in chosen:
                settle(fleet, each, arguments.do)
                print(clean(f"{each.name} on {each.host_name}: {arguments.do}"))
            return exits.OK
        case "leave":
            for each in chosen:
                fleet.jobs.leave(each.id)
            return exits.OK
    for each in chosen:
        refuse_read_only(fleet, each.host_id, arguments.do)
    if arguments.do in ("resume", "rollback"):
        choose = fleet.jobs.resume if arguments.do == "resume" else fleet.jobs.roll_back
        return follow(fleet, waiter, [choose(each.id).id for each in chosen])
    if arguments.do == "recreate":
        return run_jobs(fleet, waiter, [recreate_plan(fleet.inventory, each) for each in chosen])
    names = ", ".join(f"{each.name} on {each.host_name}" for each in chosen)
    confirm(f"Delete {names} for good", chosen[0].name if len(chosen) == 1 else str(len(chosen)), sure=arguments.yes)
    return run_jobs(fleet, waiter, [delete_orphan_plan(each) for each in chosen])


def _named(name: str, able: list[Mismatch]) -> Mismatch:
    fits = [each for each in able if name in (each.name, each.uuid, each.id)]
    if not fits:
        raise NotFound(f"Nothing that is out of step, and allows this, is called {name!r}",
                       hint="`limen reconcile` lists names and choices.")  # fmt: skip
    if len(fits) > 1:
        places = ", ".join(f"{each.id} on {each.host_name}" for each in fits)
        raise Conflict(f"{name!r} fits {len(fits)} things", places, "Give the id that --json shows.")
    return fits[0]

