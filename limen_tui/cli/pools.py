"""``limen pools`` and ``limen pool``: as in the TUI's Storage view, with the same lines in the audit. Main thread."""

from __future__ import annotations

import argparse
from collections.abc import Callable, Mapping
from typing import Final

from limen_tui.cli import exits, output
from limen_tui.cli.asking import ask, ask_each
from limen_tui.cli.jobrun import confirm, refuse_read_only, run_jobs, show_plan
from limen_tui.cli.resolve import require_up, snapshot_named
from limen_tui.cli.waiting import Waiter
from limen_tui.errors import InputError, NotFound, Timeout
from limen_tui.fleet import pooling
from limen_tui.fleet.fleet import Fleet
from limen_tui.model.host import HostSnapshot
from limen_tui.model.pooluse import PoolUse
from limen_tui.model.ports import HostVerbs
from limen_tui.model.spec.infra import pool_spec
from limen_tui.model.storage import Pool
from limen_tui.model.units import UNKNOWN, clean, percent, size

PATIENCE: Final = 120.0
"""Seconds to wait for a pool: a refresh of many volumes, or of a slow NFS server, takes its time."""

TOLD: Final = {"start": "is active", "stop": "is stopped", "refresh": "was looked at again"}


def pools(fleet: Fleet, arguments: argparse.Namespace) -> int:
    """List the pools of all hosts, or of one. Hosts that cannot say make the exit code 3."""
    waiter = Waiter(fleet)
    missing = waiter.reach_named(arguments, needed=False)
    wanted = [snapshot_named(arguments.host, fleet.view.hosts)] if arguments.host else list(fleet.view.hosts)
    found, failed = _look(fleet, waiter, wanted, missing)
    if arguments.json:
        output.as_json([pool_json(host, pool) for host, pool in found])
    else:
        rows = [
            [pool.name, host.host.name, _state(pool), pool.kind, size(pool.capacity or None),
             size(pool.available if pool.capacity else None),
             percent(100 * (pool.capacity - pool.available) / pool.capacity if pool.capacity else None),
             UNKNOWN if pool.volumes is None else str(pool.volumes), pool.path]
            for host, pool in found
        ]  # fmt: skip
        head = ["POOL", "HOST", "STATE", "KIND", "SIZE", "FREE", "USED", "VOLUMES", "PATH"]
        output.table(head, rows, right=frozenset({4, 5, 6, 7}))
        if not rows and not failed:
            output.say("No pools. Make one: limen pool create NAME --host HOST --path /FOLDER/ON/THE/HOST")
    return exits.UNREACHABLE if failed else exits.OK


def _state(pool: Pool) -> str:
    return ("active" if pool.active else "stopped") + (", autostart" if pool.autostart else "")


def _look(
    fleet: Fleet, waiter: Waiter, wanted: list[HostSnapshot], missing: list[HostSnapshot]
) -> tuple[list[tuple[HostSnapshot, Pool]], bool]:
    """The pools of these hosts, and whether one that should have answered did not."""
    said, failed = ask_each(fleet, waiter, wanted, missing, lambda _: lambda verbs: verbs.pools())
    return [(host, pool) for host, pools in said for pool in pools], failed


def pool_json(host: HostSnapshot, pool: Pool) -> dict[str, object]:
    """A pool for scripts; sizes in bytes, ``null`` is "not known"."""
    return {
        "name": pool.name, "uuid": pool.uuid, "host": host.host.name, "active": pool.active,
        "autostart": pool.autostart, "persistent": pool.persistent, "kind": pool.kind or None,
        "path": pool.path or None, "capacity_bytes": pool.capacity or None,
        "allocated_bytes": pool.allocation if pool.capacity else None,
        "available_bytes": pool.available if pool.capacity else None, "volumes": pool.volumes,
    }  # fmt: skip


def pool(fleet: Fleet, arguments: argparse.Namespace) -> int:
    """Do one thing to one pool."""
    what: str = arguments.what
    if what in ("create", "delete"):
        return _create(fleet, arguments) if what == "create" else _delete(fleet, arguments)
    host, box, waiter = find(fleet, arguments)
    if what == "stop":
        use = ask(fleet, waiter, host.host.id, lambda verbs: pooling.use_of(verbs, box.name))
        pooling.refuse_running(box.name, use)
        _warn(use, "will not start until the pool is started again")
        for note in pooling.stop_notes(box):
            output.say(note)
        confirm(f"Stop pool {box.name} on {host.host.name}", "yes", sure=arguments.yes)
    calls: Mapping[str, Callable[[HostVerbs], None]] = {
        "start": lambda verbs: verbs.storage.start(box.name),
        "stop": lambda verbs: pooling.stop_unused(verbs, box.name),
        "refresh": lambda verbs: verbs.storage.refresh(box.name),
    }
    if what == "autostart":
        future = pooling.set_autostart(fleet, host.host, box, arguments.on == "on")
    else:
        future = pooling.do(fleet, host.host, f"pool.{what}", box.name, calls[what])
    if not waiter.until(future.done, max(PATIENCE, arguments.timeout)):
        raise Timeout(f"{clean(host.host.name)} does not answer",
                      f"{what} of pool {clean(box.name)} was asked for {PATIENCE:.0f} s ago.",
                      "It may still come to an end there: `limen pools` tells.")  # fmt: skip
    future.result(0)
    if arguments.json:
        now = next((each for each in ask(fleet, waiter, host.host.id, lambda verbs: verbs.pools())
                    if each.name == box.name), box)  # fmt: skip
        output.as_json(pool_json(host, now))
    else:
        told = f"autostart {arguments.on}" if what == "autostart" else TOLD[what]
        print(clean(f"pool {box.name} on {host.host.name}: {told}"))
    return exits.OK


def _create(fleet: Fleet, arguments: argparse.Namespace) -> int:
    if not arguments.path and arguments.kind != "logical":
        raise InputError("Where is the pool to be?", hint="Say --path, with a folder on the host: /srv/images")
    spec = pool_spec(arguments.name, arguments.kind, arguments.path, arguments.source, arguments.server)
    host = snapshot_named(arguments.host, fleet.view.hosts)
    plan, xml = pooling.plan_create(host.host, spec, autostart=not arguments.no_autostart)
    if arguments.dry_run:
        show_plan(plan)
        print(xml)
        return exits.OK
    refuse_read_only(fleet, host.host.id, plan.title)
    waiter = Waiter(fleet)
    waiter.reach_named(arguments)
    refuse_read_only(fleet, host.host.id, plan.title)
    return run_jobs(fleet, waiter, [plan], as_json=arguments.json)


def _delete(fleet: Fleet, arguments: argparse.Namespace) -> int:
    host, box, waiter = find(fleet, arguments, writes=not arguments.dry_run)
    seen = ask(fleet, waiter, host.host.id, lambda verbs: pooling.survey(verbs, box.name))
    plan = pooling.plan_delete(host.host, seen)
    if arguments.dry_run:
        show_plan(plan)
        return exits.OK
    _warn(seen.use, "may not start without it")
    output.say(clean(plan.notes[0]))
    confirm(f"Delete pool {box.name} of {host.host.name}", box.name, sure=arguments.yes)
    return run_jobs(fleet, waiter, [plan], as_json=arguments.json)


def find(
    fleet: Fleet, arguments: argparse.Namespace, *, writes: bool = True
) -> tuple[HostSnapshot, Pool, Waiter]:
    """The pool that was named, on its host, which can be written to where something is to be changed.

    Raises ``NotFound`` for a name that fits none or several, ``ReadOnlyError``.
    """
    said = f"{arguments.what} of pool {clean(arguments.name)}"
    if writes:
        refuse_read_only(fleet, "", said)
    waiter = Waiter(fleet)
    missing = waiter.reach_named(arguments)
    wanted = [snapshot_named(arguments.host, fleet.view.hosts)] if arguments.host else list(fleet.view.hosts)
    every, _ = _look(fleet, waiter, wanted, missing)
    fits = [(host, pool) for host, pool in every if arguments.name in (pool.name, pool.uuid)]
    if not fits:
        there = ", ".join(sorted({clean(pool.name) for _, pool in every})[:12])
        where = f" on {clean(arguments.host)}" if arguments.host else ""
        raise NotFound(f"No pool is called {clean(arguments.name)!r}{where}", f"there are: {there or 'none'}",
                       "`limen pools` lists them.")  # fmt: skip
    if len(fits) > 1:
        places = ", ".join(clean(host.host.name) for host, _ in fits)
        raise NotFound(f"{clean(arguments.name)!r} fits {len(fits)} pools", f"on {places}", "Say which with --host.")
    host, pool = fits[0]
    if writes:
        refuse_read_only(fleet, host.host.id, said)
    return require_up(host), pool, waiter


def _warn(use: PoolUse, what: str) -> None:
    if use.stopped:
        output.say(f"{pooling.some(use.stopped)} {'has' if len(use.stopped) == 1 else 'have'} disks in it "
                   f"and {what}.")  # fmt: skip
