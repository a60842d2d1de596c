"""Hosts that are not saved yet: a URI gets an identity and a name that nobody has. Pure; any thread."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import replace
from pathlib import PurePosixPath

from limen_tui.fleet.hostbook import free_id
from limen_tui.model.host import Host
from limen_tui.model.uri import LibvirtURI, host_id, parse_uri


def local_host(uri: str) -> Host:
    """The one of this machine. It is remembered like a saved one, so that the next start shows it at once."""
    return new_host(parse_uri(uri), ())


def name_for(uri: LibvirtURI, taken: Iterable[str]) -> str:
    """A name for a new host: its address, or what it is where it has none; numbered when taken."""
    numeric = ":" in uri.host or uri.host.replace(".", "").isdigit()
    base = uri.host if numeric else uri.host.partition(".")[0]
    if not base:
        what = PurePosixPath(uri.path).stem or uri.driver
        base = "local" if what == "system" else f"local-{what}"
    names, name, number = {each.casefold() for each in taken}, base, 1
    while name.casefold() in names:
        number += 1
        name = f"{base}-{number}"
    return name


def new_host(uri: LibvirtURI, known: Sequence[Host], *, name: str = "", saved: bool = True) -> Host:
    """A host for ``uri``: the known one with that URI, or a new one at the end of the list."""
    for host in known:
        if host.uri == str(uri):
            return host
    position = max((host.position for host in known), default=-1) + 1
    taken = [host.name for host in known]
    return Host(free_id(host_id(uri), known), name or name_for(uri, taken), str(uri), position=position, saved=saved)


def for_this_run(uris: Sequence[LibvirtURI], saved: Sequence[Host]) -> tuple[Host, ...]:
    """The hosts of ``uris``, saved ones among them; of the others nothing is to stay."""
    hosts: list[Host] = []
    for uri in uris:
        host = new_host(uri, [*saved, *hosts], saved=False)
        if host not in hosts:
            hosts.append(replace(host, enabled=True))
    return tuple(hosts)
