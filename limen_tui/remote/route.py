"""How a host is reached by the user's own ssh configuration: address, port, user, keys, jump hosts. SSH loop thread.

asyncssh reads ~/.ssh/config (Host, Match, HostName, User, Port, IdentityFile, CertificateFile, ProxyJump,
ProxyCommand, UserKnownHostsFile ...). Jump hosts are connected by us, one by one, because asyncssh would connect
them without our host key and sign-in dialogs.
"""

from __future__ import annotations

import os
from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import cast

import asyncssh

from limen_tui.errors import InputError

DEFAULT_KNOWN_HOSTS = ("~/.ssh/known_hosts", "~/.ssh/known_hosts2", "/etc/ssh/ssh_known_hosts")
DEFAULT_KEYS = ("id_ed25519", "id_ecdsa", "id_rsa", "id_ed25519_sk", "id_ecdsa_sk")
SYSTEM_CONFIG = Path("/etc/ssh/ssh_config")
MOST_JUMPS = 5
NO_SHA1 = {
    "KexAlgorithms": ("kex_algs", "-*-sha1,rsa2048-sha256"),
    "HostKeyAlgorithms": ("server_host_key_algs", "-ssh-rsa,ssh-rsa-cert-*@openssh.com"),
}
"""What asyncssh would still agree to and OpenSSH no longer does, by the option that says otherwise for a host."""
KEEPALIVE_SECONDS = 3
KEEPALIVE_COUNT = 2
"""A dead link is noticed after 9 seconds: two unanswered probes, three seconds apart, and the wait for the last."""


@dataclass(frozen=True, slots=True)
class Hop:
    """One SSH server on the way, as asked for; what is empty is left to ~/.ssh/config."""

    host: str
    user: str = ""
    port: int | None = None
    keyfile: str = ""
    known_hosts: str = ""
    jump: str = ""
    """``user@host:port,...``: hosts on the way, nearest first; stands in for ProxyJump."""

    @property
    def label(self) -> str:
        """``root@kvm1``, for people."""
        return f"{self.user}@{self.host}" if self.user else self.host


@dataclass(slots=True)
class Resolved:
    """A hop after ~/.ssh/config was applied."""

    hop: Hop
    options: asyncssh.SSHClientConnectionOptions
    jumps: tuple[Hop, ...]
    known_hosts: list[str]
    encrypted_keys: list[str]
    any_key: bool = False
    """Whether also plain host keys are taken from a host for which known_hosts names a certificate authority."""

    @property
    def label(self) -> str:
        """``root@kvm1`` with the user that will be used."""
        return f"{self.options.username}@{self.hop.host}"


def resolve(hop: Hop, config: list[str] | None) -> Resolved:
    """Apply the ssh configuration (``None``: the user's own) to ``hop``.

    Raises ``InputError`` for a configuration that cannot be read. Reads small files; opens no connection.
    """
    wanted: dict[str, object] = {"host": hop.host}
    if hop.user:
        wanted["username"] = hop.user
    if hop.port is not None:
        wanted["port"] = hop.port
    # asyncssh reads the user's configuration by itself only in connect(), which is too late for jump hosts and trust
    wanted["config"] = _own_config() if config is None else config
    if hop.keyfile:
        wanted["client_keys"], wanted["ignore_encrypted"] = [str(Path(hop.keyfile).expanduser())], True
    try:
        options = _options(wanted | dict(NO_SHA1.values()))
        if said := [name for name in NO_SHA1 if options.config.get(name)]:
            options = _options(wanted | dict(pair for name, pair in NO_SHA1.items() if name not in said))
    except (asyncssh.ConfigParseError, asyncssh.KeyImportError, OSError, ValueError) as error:
        raise InputError(f"The ssh settings for {hop.label} are not usable", str(error),
                         "Check ~/.ssh/config and the key files it names.") from error  # fmt: skip
    jumps = _jumps(hop.jump or options.tunnel)
    return Resolved(hop, options, jumps, _known_hosts(hop, options), _encrypted(hop, options))


def _options(wanted: Mapping[str, object]) -> asyncssh.SSHClientConnectionOptions:
    return asyncssh.SSHClientConnectionOptions(
        connect_timeout=None, login_timeout=0, keepalive_interval=KEEPALIVE_SECONDS,
        keepalive_count_max=KEEPALIVE_COUNT, client_version="Limen", **wanted,
    )  # fmt: skip


def _own_config() -> list[str]:
    """The files that ssh itself reads, those that are there: the user's first, so that its word counts."""
    files = (Path("~/.ssh/config").expanduser(), SYSTEM_CONFIG)
    return [str(file) for file in files if os.access(file, os.R_OK)]


def _jumps(text: object) -> tuple[Hop, ...]:
    """ProxyJump, or the URI's own jump hosts, as hops, nearest first; ``none`` switches it off."""
    if not isinstance(text, str) or text == "none":
        return ()
    hops = []
    for part in text.split(","):
        user, _, where = part.strip().removeprefix("ssh://").rpartition("@")
        host, port = where, None
        if where.startswith("["):
            host, _, rest = where[1:].partition("]")
            port = int(rest[1:]) if rest.startswith(":") else None
        elif where.count(":") == 1:
            host, _, number = where.partition(":")
            port = int(number)
        hops.append(Hop(host, user, port))
    if len(hops) > MOST_JUMPS:
        raise InputError("Too many jump hosts", f"{len(hops)} in ProxyJump; at most {MOST_JUMPS}.")
    return tuple(hops)


def _known_hosts(hop: Hop, options: asyncssh.SSHClientConnectionOptions) -> list[str]:
    if hop.known_hosts:
        return [hop.known_hosts]
    files = options.known_hosts
    if isinstance(files, list) and files:
        return [*map(str, files), *(["/etc/ssh/ssh_known_hosts"] if "/dev/null" not in files else [])]
    return list(DEFAULT_KNOWN_HOSTS)


def _encrypted(hop: Hop, options: asyncssh.SSHClientConnectionOptions) -> list[str]:
    """Key files that need a passphrase, in the order in which ssh would try them."""
    named = [hop.keyfile] if hop.keyfile else cast(list[str], options.config.get("IdentityFile", []))
    files = [Path(name).expanduser() for name in named] if named else [Path.home() / ".ssh" / n for n in DEFAULT_KEYS]
    locked = []
    for file in files:
        try:
            asyncssh.read_private_key(file)
        except asyncssh.KeyEncryptionError:
            locked.append(str(file))
        except asyncssh.KeyImportError as error:
            if "passphrase" in str(error).lower():
                locked.append(str(file))
        except OSError:
            continue
    return locked
