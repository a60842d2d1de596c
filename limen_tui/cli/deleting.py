"""``limen delete`` and ``limen trash``. Main thread."""

from __future__ import annotations

import argparse
import time

from limen_tui.cli import exits, output
from limen_tui.cli.asking import ask
from limen_tui.cli.jobrun import confirm, refuse_read_only, run_jobs, show_plan
from limen_tui.cli.resolve import vms_named
from limen_tui.cli.waiting import Waiter
from limen_tui.errors import Conflict, InputError, NotFound
from limen_tui.fleet.deleting import DAYS, describe, plan_delete, survey, sweeps
from limen_tui.fleet.fleet import Fleet
from limen_tui.jobs.recipes.delete import purge_plan, restore_plan
from limen_tui.model.deletion import Survey
from limen_tui.model.keepsakes import Trashed
from limen_tui.model.units import ago, clean, duration

WORDS = {"goes": "goes", "kept": "kept in the trash", "stays": "stays"}


def delete(fleet: Fleet, arguments: argparse.Namespace) -> int:
    """Show what goes and what stays, ask, delete."""
    waiter = Waiter(fleet)
    waiter.reach_named(arguments)
    targets = vms_named(arguments.names, fleet.view.vms, arguments.host)
    plans, keepsakes = [], fleet.inventory.keepsakes
    for vm in targets:
        if not arguments.dry_run:
            refuse_read_only(fleet, vm.key.host_id, f"delete {vm.name}")
        found = ask(fleet, waiter, vm.key.host_id, lambda verbs, vm=vm: survey(verbs, vm, keepsakes))  # type: ignore[misc]
        found = _chosen(found, arguments)
        if not arguments.json:
            _tell(found, purge=arguments.purge)
        plans.append(plan_delete(found, purge=arguments.purge, now=time.time(), who=fleet.actor.who))
    if arguments.dry_run:
        for plan in plans:
            show_plan(plan)
        return exits.OK
    names = ", ".join(f"{vm.name} on {vm.host_name}" for vm in targets)
    wanted = targets[0].name if len(targets) == 1 else str(len(targets))
    confirm(f"Delete {names}" + (" for good" if arguments.purge else ""), wanted, sure=arguments.yes)
    return run_jobs(fleet, waiter, plans, as_json=arguments.json)


def _chosen(found: Survey, arguments: argparse.Namespace) -> Survey:
    targets = {fate.disk.target for fate in found.disks}
    for named in arguments.keep:
        if named not in targets:
            raise InputError(f"{found.name} has no disk {named}", f"it has {', '.join(sorted(targets)) or 'none'}")
    if arguments.keep_disks:
        return found.choose(dict.fromkeys(targets, False))
    return found.choose(dict.fromkeys(arguments.keep, False))


def _tell(found: Survey, *, purge: bool) -> None:
    output.say(f"{found.name} on {found.host_name}:")
    for kind, line in describe(found, purge=purge):
        output.say(f"  {WORDS[kind]:<18}{line}")
    for note in found.notes:
        output.say(f"  {note}")


def trash(fleet: Fleet, arguments: argparse.Namespace) -> int:
    """List what was deleted, restore it, or delete it for good."""
    items = fleet.inventory.keepsakes.trash()
    if arguments.what in (None, "list"):
        return _list(items, as_json=arguments.json)
    now = time.time()
    if arguments.what == "purge" and arguments.due:
        chosen = [item for item in items if item.until <= now]
    else:
        chosen = [_named(name, items, arguments.host) for name in arguments.names]
    if not chosen:
        output.say("Nothing is due." if arguments.due else "Name what to purge, or say --due.")
        return exits.OK
    waiter = Waiter(fleet)
    waiter.reach(arguments.timeout, only={item.host_id for item in chosen})
    for item in chosen:
        refuse_read_only(fleet, item.host_id, f"{arguments.what} {item.name}")
    if arguments.what == "restore":
        return run_jobs(fleet, waiter, [restore_plan(item) for item in chosen])
    for item in chosen:
        for pool, volume in item.volumes:
            output.say(f"  goes  {volume} of pool {pool} on {item.host_name}")
    names = ", ".join(f"{item.name} of {item.host_name}" for item in chosen)
    wanted = chosen[0].name if len(chosen) == 1 else str(len(chosen))
    confirm(f"Delete {names} for good", wanted, sure=arguments.yes)
    return run_jobs(fleet, waiter, [purge_plan(item, sweep=sweeps(item.xml)) for item in chosen])


def _named(name: str, items: tuple[Trashed, ...], host: str | None) -> Trashed:
    fits = [item for item in items if name in (item.name, item.uuid) and host in (None, item.host_name)]
    if not fits:
        raise NotFound(f"{name!r} is not in the trash", hint="`limen trash` lists what is.")
    if len(fits) > 1:
        places = ", ".join(f"{item.host_name} ({item.uuid})" for item in fits)
        raise Conflict(f"{name!r} fits {len(fits)} VMs", places, "Say which with --host, or give the UUID.")
    return fits[0]


def _list(items: tuple[Trashed, ...], *, as_json: bool) -> int:
    now = time.time()
    if as_json:
        output.as_json([
            {"name": item.name, "uuid": item.uuid, "host": item.host_name, "deleted_at": item.at, "until": item.until,
             "who": item.who, "volumes": [{"pool": pool, "name": name} for pool, name in item.volumes]}
            for item in items
        ])  # fmt: skip
        return exits.OK
    rows = [
        [item.name, item.host_name, ago(item.at, now), item.who, str(len(item.volumes)),
         "may be purged" if item.until <= now else f"for {duration(item.until - now)} more"]
        for item in items
    ]  # fmt: skip
    output.table(["NAME", "HOST", "DELETED", "BY", "DISKS", "KEPT"], rows)
    if not rows:
        output.say(clean(f"The trash is empty. Deleted VMs stay here for {DAYS:.0f} days."))
    return exits.OK
