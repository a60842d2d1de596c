"""``limen hosts add|remove|rename``. Main thread."""

from __future__ import annotations

import argparse
import time
from dataclasses import replace

from limen_tui.cli import exits
from limen_tui.cli.resolve import host_named
from limen_tui.cli.store import opened
from limen_tui.errors import Conflict, InputError
from limen_tui.fleet.actor import current_actor
from limen_tui.fleet.audited import of_host
from limen_tui.fleet.newhost import new_host
from limen_tui.model.host import Host
from limen_tui.model.ports import InventoryPort
from limen_tui.model.units import clean
from limen_tui.model.uri import parse_uri
from limen_tui.settings import Settings

LONGEST_NAME = 64


def change(settings: Settings, arguments: argparse.Namespace) -> int:
    """Add, remove or rename a saved host."""
    with opened(settings) as store:
        known = store.hosts()
        if arguments.what == "add":
            host = _add(store, known, arguments)
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
            renamed = replace(host, name=arguments.name)
            if renamed != host:
                store.save_host(renamed).result(10)
                _audit(store, "edit", renamed, f", was called {host.name}")
            print(f"renamed {host.name} to {arguments.name}")
    return exits.OK


def _add(store: InventoryPort, known: tuple[Host, ...], arguments: argparse.Namespace) -> Host:
    """Save a new host; one that is added elsewhere at this moment is not overwritten."""
    uri = parse_uri(arguments.uri)
    _free(arguments.group, [], "group")
    while True:
        if any(host.uri == str(uri) for host in known):
            raise Conflict(f"{uri} is saved already", hint="`limen hosts` lists the saved ones.")
        _free(arguments.name, [host.name for host in known])
        host = new_host(uri, known, name=arguments.name)
        host = replace(host, group=arguments.group, read_only=arguments.host_read_only)
        try:
            store.save_host(host, new=True).result(10)
        except Conflict:
            before, known = known, store.hosts()
            if known == before:
                raise
            continue  # somebody was faster: the checks above say what is taken, or there is another name
        _audit(store, "add", host)
        return host


def _audit(store: InventoryPort, what: str, host: Host, more: str = "") -> None:
    entry = of_host(current_actor("cli"), time.time(), what, host)
    store.audit(replace(entry, detail=entry.detail + more))


def _free(name: str, taken: list[str], what: str = "host") -> None:
    if name != clean(name).strip() or len(name) > LONGEST_NAME:
        hint = f"At most {LONGEST_NAME} characters, nothing unprintable, no blanks at the ends."
        raise InputError(f"This is not a name for a {what}", hint=hint)
    if name and name.casefold() in {other.casefold() for other in taken}:
        raise Conflict(f"A host called {name!r} is saved already", hint="Take another name.")
