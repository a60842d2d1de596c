"""``limen hosts add|remove|rename|test``. Main thread."""

from __future__ import annotations

import argparse
import time
from dataclasses import replace

from limen_tui.cli import exits, output
from limen_tui.cli.resolve import host_named
from limen_tui.errors import Conflict, InputError, LimenError
from limen_tui.fleet.actor import current_actor
from limen_tui.fleet.compose import new_host, open_store
from limen_tui.fleet.fleet import host_entry
from limen_tui.fleet.stages import Stage, test_host
from limen_tui.model.host import Host
from limen_tui.model.ports import InventoryPort
from limen_tui.model.units import clean
from limen_tui.model.uri import parse_uri
from limen_tui.settings import Settings

LONGEST_NAME = 64


def change(settings: Settings, arguments: argparse.Namespace) -> int:
    """Add, remove or rename a saved host."""
    store = open_store(settings)
    try:
        known = store.hosts()
        if arguments.what == "add":
            uri = parse_uri(arguments.uri)
            if any(host.uri == str(uri) for host in known):
                raise Conflict(f"{uri} is saved already", hint="`limen hosts` lists the saved ones.")
            _free(arguments.name, [host.name for host in known])
            host = new_host(uri, known, name=arguments.name)
            host = replace(host, group=arguments.group, read_only=arguments.host_read_only)
            store.save_host(host).result(10)
            _audit(store, "add", host)
            print(f"added {host.name}: {host.uri}")
        elif arguments.what == "remove":
            host = host_named(arguments.host, known)
            store.remove_host(host.id, forget=not arguments.keep_inventory).result(10)
            _audit(store, "remove", host)
            print(f"removed {host.name}")
        else:
            host = host_named(arguments.host, known)
            if not arguments.name:
                raise InputError("A host needs a name")
            _free(arguments.name, [other.name for other in known if other is not host])
            store.save_host(replace(host, name=arguments.name)).result(10)
            _audit(store, "edit", replace(host, name=arguments.name))
            print(f"renamed {host.name} to {arguments.name}")
    finally:
        store.close()
    return exits.OK


def _audit(store: InventoryPort, what: str, host: Host) -> None:
    store.audit(host_entry(current_actor("cli"), time.time(), what, host))


def _free(name: str, taken: list[str]) -> None:
    if name != clean(name).strip() or len(name) > LONGEST_NAME:
        hint = f"At most {LONGEST_NAME} characters, nothing unprintable, no blanks at the ends."
        raise InputError("This is not a name for a host", hint=hint)
    if name and name in taken:
        raise Conflict(f"A host called {name!r} is saved already", hint="Take another name.")


def test(settings: Settings, arguments: argparse.Namespace, target: str) -> int:
    """Try a host stage by stage; the exit code is that of the first stage that failed."""
    uri, read_only = target, bool(arguments.read_only)
    if "://" not in target:
        store = open_store(settings)
        try:
            host = host_named(target, store.hosts())
        finally:
            store.close()
        uri, read_only = host.uri, read_only or host.read_only
    stages: list[Stage] = []

    def tell(stage: Stage) -> None:
        stages.append(stage)
        if not arguments.json:
            mark = "ok  " if stage.ok else "FAIL"
            print(clean(f"{mark}  {stage.name:<12} {stage.seconds * 1000:7.1f} ms  {stage.text}"), flush=True)

    error: LimenError | None = None
    try:
        test_host(uri, tell, read_only=read_only, timeout=arguments.timeout)
    except LimenError as failure:
        error = failure
    if arguments.json:
        output.as_json({
            "uri": uri, "ok": error is None,
            "stages": [{"stage": s.name, "ok": s.ok, "seconds": round(s.seconds, 4), "text": s.text} for s in stages],
            "problem": None if error is None else {"title": error.title, "detail": error.detail, "hint": error.hint},
        })  # fmt: skip
    elif error is not None:
        output.complain(error)
    return exits.OK if error is None else exits.code_of(error)
