"""libvirt connection URIs, taken apart and checked. Pure.

Rests on https://libvirt.org/uri.html and https://libvirt.org/remote.html: ``driver[+transport]://[user@]
[host][:port]/[path][?params]``. What is let through here may later stand in a socket path, an SSH option or a
remote command line, so everything that is not plainly a name, an address or a path is refused.
"""

from __future__ import annotations

import re
from dataclasses import dataclass
from hashlib import sha256
from typing import Final
from urllib.parse import parse_qsl, quote, unquote, urlencode, urlsplit

from limen_tui.errors import InputError

DRIVERS: Final = ("qemu", "test", "lxc", "xen", "bhyve", "ch", "vz", "vbox", "esx", "vpx", "gsx", "vmwareplayer",
                  "vmwarews", "vmwarefusion", "hyperv", "openvz", "remote")  # fmt: skip
TRANSPORTS: Final = ("", "unix", "ssh", "tls", "tcp", "libssh", "libssh2", "ext")
PROXIES: Final = ("auto", "netcat", "native")
MODES: Final = ("auto", "legacy", "direct")

_HOST = re.compile(r"(?!-)[A-Za-z0-9._-]{1,253}|[0-9A-Fa-f:.]{2,45}(%[A-Za-z0-9._-]{1,32})?")
_USER = re.compile(r"(?!-)[A-Za-z0-9._@\\+-]{1,128}")
_FILE = re.compile(r"[^\x00-\x1f\x7f-\x9f]{1,4096}")
_SOCKET = re.compile(r"/[A-Za-z0-9._/@:+-]{1,255}")
_COMMAND = re.compile(r"(?!-)[A-Za-z0-9._/+-]{1,255}")
_JUMP = re.compile(
    r"(?:(?!-)[A-Za-z0-9._+-]{1,128}@)?(?:(?!-)[A-Za-z0-9._-]{1,253}|\[[0-9A-Fa-f:.]{2,45}\])(?::[0-9]{1,5})?"
)
MOST_JUMPS: Final = 5
_CONTROL = re.compile(r"[\x00-\x20\x7f-\xa0\u200b-\u200f\u2028-\u202e\u2066-\u2069\ufeff]")


@dataclass(frozen=True, slots=True)
class LibvirtURI:
    """A URI in its parts, already checked."""

    driver: str
    transport: str = ""
    user: str = ""
    host: str = ""
    port: int | None = None
    path: str = ""
    params: tuple[tuple[str, str], ...] = ()

    @property
    def is_local(self) -> bool:
        """Whether it reaches a daemon on this machine without a network."""
        return not self.host and self.transport in ("", "unix")

    @property
    def is_ssh(self) -> bool:
        """Whether it goes over SSH, by Limen's own transport or, with ``transport=native``, by libvirt's."""
        return self.transport == "ssh"

    def param(self, name: str, default: str = "") -> str:
        """The last value of a query parameter."""
        return dict(self.params).get(name, default)

    def __str__(self) -> str:
        scheme = f"{self.driver}+{self.transport}" if self.transport else self.driver
        host = f"[{self.host}]" if ":" in self.host else self.host
        where = f"{quote(self.user, safe='@+')}@{host}" if self.user else host
        where += f":{self.port}" if self.port is not None else ""
        query = f"?{urlencode(self.params, safe='/:@+', quote_via=quote)}" if self.params else ""
        return f"{scheme}://{where}{quote(self.path, safe='/:._-')}{query}"


def parse_uri(text: str) -> LibvirtURI:
    """Take a URI apart. Raises ``InputError`` that says what is wrong and what is allowed."""
    if _CONTROL.search(text):
        raise InputError("The URI has a space or control character in it", hint="Check what was pasted.")
    try:
        parts = urlsplit(text)
        port = parts.port
    except ValueError as error:
        raise InputError("This is not a URI", str(error), "Example: qemu+ssh://root@kvm1/system") from error
    driver, _, transport = parts.scheme.partition("+")
    if driver not in DRIVERS or "://" not in text:
        raise InputError(f"Unknown URI scheme {parts.scheme or text.partition(':')[0]!r}",
                         f"libvirt's drivers are {', '.join(DRIVERS[:8])} ...",
                         "Examples: qemu:///system, qemu+ssh://root@kvm1/system")  # fmt: skip
    if transport not in TRANSPORTS:
        raise InputError(f"Unknown transport {transport!r}", f"libvirt knows {', '.join(TRANSPORTS[1:])}.")
    if parts.password is not None:
        raise InputError("A password does not belong in a URI: it would end up on disk and in logs",
                         hint="Leave it out; Limen asks for it when the host does.")  # fmt: skip
    user, host = unquote(parts.username or ""), unquote(parts.hostname or "")
    _check("user", user, _USER)
    _check("host", host, _HOST)
    if transport == "ssh" and not host:
        raise InputError("An SSH URI needs a host", hint="Example: qemu+ssh://root@kvm1/system")
    params = tuple(parse_qsl(parts.query, keep_blank_values=True))
    _check_params(dict(params))
    return LibvirtURI(driver, transport, user, host, port, unquote(parts.path), params)


def host_id(uri: LibvirtURI) -> str:
    """A stable id for a URI: the same on every run, so that what was remembered is found again."""
    return sha256(str(uri).encode()).hexdigest()[:12]


def _check(what: str, value: str, shape: re.Pattern[str]) -> None:
    if value and not shape.fullmatch(value):
        raise InputError(f"The URI's {what} {value!r} has characters that are not allowed there")


def _check_params(params: dict[str, str]) -> None:
    for name, shape in (("socket", _SOCKET), ("netcat", _COMMAND), ("command", _COMMAND), ("keyfile", _FILE),
                        ("known_hosts", _FILE)):  # fmt: skip
        _check(f"parameter {name}", params.get(name, ""), shape)
    for name, allowed in (("proxy", PROXIES), ("mode", MODES), ("transport", ("native", "limen"))):
        if params.get(name, allowed[0]) not in allowed:
            raise InputError(f"The URI's parameter {name} is {params[name]!r}", f"Allowed: {', '.join(allowed)}.")
    _check_jump(params)
    if ".." in params.get("socket", "").split("/"):
        raise InputError("The URI's socket path goes up with '..'", hint="Give the path as it is on the host.")


def _check_jump(params: dict[str, str]) -> None:
    """``jump=user@host:port,...`` is Limen's own parameter: the SSH hosts on the way, nearest first, as ssh -J."""
    if "jump" not in params:
        return
    jumps = params["jump"].split(",")
    for jump in jumps:
        if not _JUMP.fullmatch(jump) or int(jump.rpartition("]")[2].partition(":")[2] or 1) not in range(1, 65536):
            raise InputError(f"The jump host {jump!r} is not user@host:port",
                             hint="User and port may be left out; several are separated by commas.")  # fmt: skip
    if len(jumps) > MOST_JUMPS:
        raise InputError("Too many jump hosts", f"{len(jumps)}; at most {MOST_JUMPS}.")
    if params.get("transport") == "native":
        raise InputError("libvirt's own ssh client takes no jump host from a URI",
                         hint="Leave out transport=native, or write ProxyJump into ~/.ssh/config.")  # fmt: skip
