"""SSH into a guest: which address, which way, which words for the ssh program. Pure but for reading settings.

What is typed, leased or told by a guest becomes an argument of ssh here, so everything that is not plainly a user's
name or an address is refused: nothing may be taken for an option, a jump or a command.
"""

from __future__ import annotations

import re
import shlex
from collections.abc import Sequence
from dataclasses import dataclass
from ipaddress import ip_address
from typing import Final

from limen_tui.errors import InputError
from limen_tui.model.host import Host
from limen_tui.model.ports import InventoryPort
from limen_tui.model.units import clean
from limen_tui.model.uri import LibvirtURI, parse_uri
from limen_tui.model.verbs.agent import GuestNic
from limen_tui.model.vm import VMKey

_USER: Final = re.compile(r"(?!-)[A-Za-z0-9._+-]{1,64}")
_NAME: Final = re.compile(r"(?!-)(?=.*[A-Za-z])[A-Za-z0-9._-]{1,253}")


@dataclass(frozen=True, slots=True)
class Way:
    """How to get into a guest."""

    user: str
    address: str
    jump: str = ""
    """The hosts on the way as ``ssh -J`` takes them; empty for directly."""

    @property
    def label(self) -> str:
        """``root@10.0.0.5 through kvm1``, for people."""
        return f"{self.user}@{self.address}" + (f" through {self.jump}" if self.jump else "")


def addresses(nics: Sequence[GuestNic], ips: Sequence[str]) -> tuple[str, ...]:
    """Addresses that ssh can be given, the best first: by lease, by the agent, by ARP; IPv4 before IPv6.

    Those that only mean something on one link (fe80::) are left out, and so is all that is no address.
    """
    told = [address for nic in nics for address in nic.addresses]
    found: dict[str, None] = {}
    for text in (*told, *ips):
        try:
            address = ip_address(text.partition("/")[0])
        except ValueError:
            continue
        if not (address.is_link_local or address.is_loopback or address.is_unspecified or address.is_multicast):
            found.setdefault(str(address))
    return tuple(sorted(found, key=lambda text: ":" in text))


def jump_of(host: Host) -> str:
    """The way to a host as ``ssh -J`` takes it; empty for one that is not reached by SSH. Raises ``InputError``."""
    uri: LibvirtURI = parse_uri(host.uri)
    if not uri.is_ssh:
        return ""
    name = f"[{uri.host}]" if ":" in uri.host else uri.host
    own = f"{uri.user}@{name}" if uri.user else name
    if uri.port is not None:
        own += f":{uri.port}"
    before = uri.param("jump")
    return f"{before},{own}" if before else own


def command(way: Way, host: Host | None = None, *, config: str = "") -> list[str]:
    """The words for ssh. Raises ``InputError`` for a user or address that ssh must not be given.

    ``host`` is that of the VM: what its URI says of key and known hosts holds on the way. ``config`` is an ssh
    configuration in place of the user's own.
    """
    check_user(way.user)
    check_address(way.address)
    jump = _proxy(host, config) if way.jump and host is not None else []
    files = ["-F", config] if config else []
    return ["ssh", *files, *(jump or (["-J", way.jump] if way.jump else [])), "-l", way.user, "--", way.address]


def _proxy(host: Host, config: str) -> list[str]:
    """In place of ``-J``, which takes neither key nor known hosts; empty where the URI names none."""
    uri = parse_uri(host.uri)
    # of a file's name, too, ssh fills in what begins with %
    key, hosts = (uri.param(name).replace("%", "%%") for name in ("keyfile", "known_hosts"))
    # as options, in quotes: -i looks for a file of that very name first, and there may be blanks
    keys = ["-o", f'IdentityFile="{key}"'] if key else []
    known = ["-o", f'UserKnownHostsFile="{hosts}"'] if hosts else []
    if not uri.is_ssh or not (keys or known):
        return []
    for name in (key, hosts):
        if '"' in name:
            raise InputError("ssh cannot be given a file of this name", clean(name), "Rename it: no quotes.")
    before = ["-J", uri.param("jump")] if uri.param("jump") else []
    who = [*(["-l", uri.user] if uri.user else []), *(["-p", str(uri.port)] if uri.port is not None else [])]
    files = ["-F", config] if config else []
    # ssh fills in what begins with %, then a shell reads it
    words = [word.replace("%", "%%") for word in ("ssh", *files, *keys, *known, *before, *who)]
    return ["-o", f"ProxyCommand={shlex.join(words)} -W '[%h]:%p' -- {shlex.quote(uri.host)}"]


def check_user(user: str) -> None:
    """Raises ``InputError`` for what cannot be a user's name."""
    if not _USER.fullmatch(user):
        raise InputError(f"{clean(user)!r} cannot be a user's name", hint="Letters, digits, dots and dashes.")


def check_address(address: str) -> None:
    """Raises ``InputError`` for what is neither an address nor a host's name."""
    try:
        ip_address(address)
    except ValueError:
        if not _NAME.fullmatch(address):
            raise InputError(f"{clean(address)!r} is no address", hint="Examples: 10.0.0.5, web1.example.net") from None


# -- what is remembered -------------------------------------------------------------------------------


def remembered(inventory: InventoryPort, key: VMKey) -> tuple[str, bool]:
    """The user that was chosen for a VM, and whether to go there directly; an empty name for none yet."""
    kept = inventory.setting(_name(key), None)
    if isinstance(kept, list) and len(kept) == 2 and isinstance(kept[0], str) and _USER.fullmatch(kept[0]):
        return kept[0], bool(kept[1])
    return "", False


def remember(inventory: InventoryPort, key: VMKey, user: str, *, direct: bool) -> None:
    """For the next time."""
    if remembered(inventory, key) != (user, direct):
        inventory.set_setting(_name(key), [user, direct])


def _name(key: VMKey) -> str:
    return f"ssh.{key.host_id}.{key.uuid}"
