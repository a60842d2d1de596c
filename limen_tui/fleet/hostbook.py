"""The list of hosts: names, URIs from simple fields, order. Pure; may import model. Any thread."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import dataclass, replace

from limen_tui.errors import Conflict, InputError
from limen_tui.model.host import Host
from limen_tui.model.units import clean
from limen_tui.model.uri import LibvirtURI, parse_uri

LONGEST_NAME = 64
COLOURS = ("", "red", "yellow", "green", "cyan", "blue", "magenta")


@dataclass(frozen=True, slots=True)
class Fields:
    """A host as people name one, in place of a URI."""

    address: str = ""
    user: str = ""
    port: str = ""
    jump: str = ""
    """``user@host:port,...``, nearest first."""


def build_uri(fields: Fields, old: LibvirtURI | None = None) -> str:
    """The URI that ``fields`` mean; the driver, path and parameters of ``old`` are kept. Raises ``InputError``."""
    address, user, port, jump = (text.strip() for text in (fields.address, fields.user, fields.port, fields.jump))
    if not address:
        raise InputError("An address is missing", hint="A name, an IP address, or a Host of ~/.ssh/config.")
    for text in (address, user, jump):
        if any(char in "/?#" for char in text) or clean(text) != text:
            raise InputError(f"{clean(text)!r} has characters that are not allowed there")
    if "@" in address:
        raise InputError("The user goes into its own field", hint=f"User: {clean(address.rpartition('@')[0])}")
    number: int | None = None
    if port:
        if not (port.isascii() and port.isdigit() and 1 <= int(port[:6]) <= 65535):
            raise InputError("The port is a number from 1 to 65535")
        number = int(port)
    params = tuple((name, value) for name, value in (old.params if old else ()) if name != "jump")
    if jump:
        params += (("jump", jump),)
    host = address.removeprefix("[").removesuffix("]")
    if old is not None and old.is_ssh:
        made = replace(old, user=user, host=host, port=number, params=params)
    else:
        made = LibvirtURI("qemu", "ssh", user, host, number, "/system", params)
    return str(parse_uri(str(made)))


def fields_of(uri: LibvirtURI) -> Fields:
    """The fields of an SSH URI, to edit."""
    port = "" if uri.port is None else str(uri.port)
    return Fields(uri.host, uri.user, port, uri.param("jump"))


def switches_checks_off(uri: LibvirtURI) -> bool:
    """Whether ``no_verify`` is set: the host's key is then not checked."""
    return uri.param("no_verify", "0") not in ("", "0")


def check_name(name: str, hosts: Iterable[Host], own_id: str = "") -> str:
    """The name without spaces around it. Raises ``InputError`` for one that cannot be, ``Conflict`` when taken."""
    name = name.strip()
    if not name:
        raise InputError("A name is missing")
    if len(name) > LONGEST_NAME or clean(name) != name:
        raise InputError("The name is too long or has control characters", hint=f"At most {LONGEST_NAME} characters.")
    if any(host.name.casefold() == name.casefold() and host.id != own_id for host in hosts):
        raise Conflict(f"A host is called {name} already", hint="Take another name.")
    return name


def free_id(wanted: str, hosts: Iterable[Host]) -> str:
    """``wanted``, or with a number when a host whose URI was changed since still has it: ids never change."""
    taken = {host.id for host in hosts}
    number, found = 1, wanted
    while found in taken:
        number += 1
        found = f"{wanted[:10]}{number:02}"
    return found


def same_uri(uri: str, hosts: Iterable[Host], own_id: str = "") -> Host | None:
    """The host that has this URI already."""
    return next((host for host in hosts if host.uri == uri and host.id != own_id), None)


def moved(hosts: Sequence[Host], host_id: str, by: int) -> list[Host]:
    """The hosts whose position changes when one goes ``by`` places down (up when negative); few or none."""
    order = list(hosts)
    place = next((index for index, host in enumerate(order) if host.id == host_id), None)
    if place is None or not 0 <= place + by < len(order):
        return []
    order.insert(place + by, order.pop(place))
    return [replace(host, position=index) for index, host in enumerate(order) if host.position != index]
