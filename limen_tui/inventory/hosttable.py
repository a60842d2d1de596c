"""Writing the table of hosts. Imports model and siblings; the writer thread, within its transaction.

What is on disk may have changed since it was read: another Limen, or another `limen hosts add`, writes to the same
file. So whether a name is free is asked here, where nobody else can write.
"""

from __future__ import annotations

from typing import Final

from limen_tui.errors import Conflict
from limen_tui.inventory.database import Database
from limen_tui.inventory.text import check_uri, get, put
from limen_tui.model.host import Host

_PUT: Final = """INSERT INTO hosts (id, name, uri, grp, colour, position, enabled, read_only, insecure)
    VALUES (?, ?, ?, ?, ?, ?, ?, ?, ?)
    ON CONFLICT (id) DO UPDATE SET name = excluded.name, uri = excluded.uri, grp = excluded.grp,
        colour = excluded.colour, position = excluded.position, enabled = excluded.enabled,
        read_only = excluded.read_only, insecure = excluded.insecure"""


def write_host(database: Database, host: Host, *, new: bool) -> None:
    """Insert or update by id.

    Raises ``Conflict`` when another host has the name, and for a ``new`` one when its id or URI is there already;
    ``InventoryError`` for a URI with a password in it.
    """
    texts = (host.id, host.name, check_uri(host.uri), host.group, host.colour)
    flags = (int(host.enabled), int(host.read_only), int(host.insecure))
    _check(database, host, new=new)
    database.run(_PUT, (*(put(text) for text in texts), host.position, *flags))


def _check(database: Database, host: Host, *, new: bool) -> None:
    others: dict[str, str] = {}
    before: str | None = None
    for values in database.run("SELECT id, name, uri FROM hosts"):
        identity, name, uri = map(get, values)
        if new and (identity == host.id or uri == host.uri):
            raise Conflict(f"{uri} is saved already, as {name}", hint="`limen hosts` lists the saved ones.")
        if identity == host.id:
            before = name
        else:
            others[name.casefold()] = name
    # Two of one name from an earlier version may still be moved or switched off, each under its name.
    if host.name != before and (taken := others.get(host.name.casefold())) is not None:
        raise Conflict(f"A host called {taken!r} is saved already", hint="Take another name.")
