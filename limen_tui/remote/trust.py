"""Which host keys are trusted: known_hosts files, and what the person trusted for this run.

Runs on the SSH loop thread. Files are read anew for each connection (an admin may have mended them) and one bad
line spoils only itself. Format: sshd(8), "SSH_KNOWN_HOSTS FILE FORMAT".
"""

from __future__ import annotations

import base64
import hashlib
import hmac
import os
import secrets
import subprocess
from dataclasses import dataclass, field
from pathlib import Path

import asyncssh
from asyncssh.known_hosts import SSHKnownHosts

from limen_tui.model.questions import HostKeyFacts

SSH_PORT = 22


def known_as(host: str, port: int) -> str:
    """The name that known_hosts uses for a host and port."""
    return host if port == SSH_PORT else f"[{host}]:{port}"


def facts(key: asyncssh.SSHKey, host: str, port: int, address: str, file: str = "") -> HostKeyFacts:
    """What is shown of a key."""
    return HostKeyFacts(
        known_as(host, port), address, key.get_algorithm(), key.get_fingerprint(), _randomart(key), file
    )


@dataclass(slots=True)
class HostKeys:
    """What known_hosts says of one host."""

    known: list[asyncssh.SSHKey] = field(default_factory=list)
    authorities: list[asyncssh.SSHKey] = field(default_factory=list)
    revoked: list[asyncssh.SSHKey] = field(default_factory=list)
    where: dict[str, str] = field(default_factory=dict)
    """Fingerprint of a known key -> ``file:line``."""


def look_up(files: list[str], host: str, port: int, address: str) -> HostKeys:
    """Read ``files`` and collect what they say of ``host``. Unreadable files and bad lines say nothing."""
    found = HostKeys()
    for name in files:
        try:
            lines = Path(name).expanduser().read_text(errors="replace").splitlines()
        except OSError:
            continue
        for number, line in enumerate(lines, 1):
            try:
                entry = SSHKnownHosts(line)
                known, authorities, revoked, *_ = entry.match(host, address, port if port != SSH_PORT else None)
            except (ValueError, asyncssh.KeyImportError):
                continue
            for key in known:
                if key not in found.known:  # a line may name the host and its address: that is one key
                    found.known.append(key)
            found.authorities += authorities
            found.revoked += revoked
            for key in known:
                found.where.setdefault(key.get_fingerprint(), f"{name}:{number}")
    return found


class TrustedOnce:
    """Keys trusted until exit; in memory only."""

    def __init__(self) -> None:
        self._keys: dict[str, set[bytes]] = {}

    def add(self, name: str, key: asyncssh.SSHKey) -> None:
        """Trust ``key`` for the host that known_hosts would call ``name``."""
        self._keys.setdefault(name, set()).add(key.public_data)

    def has(self, name: str, key: asyncssh.SSHKey) -> bool:
        """Whether it was trusted."""
        return key.public_data in self._keys.get(name, ())


def save(file: str, name: str, key: asyncssh.SSHKey, *, hashed: bool) -> None:
    """Append ``key`` to a known_hosts file, made with mode 0600 in a 0700 folder where missing. May raise OSError."""
    path = Path(file).expanduser()
    path.parent.mkdir(mode=0o700, parents=True, exist_ok=True)
    line = f"{_hashed(name) if hashed else name} {key.export_public_key('openssh').decode().split(' ', 2)[0]} "
    line += key.export_public_key("openssh").decode().split()[1] + "\n"
    descriptor = os.open(path, os.O_RDWR | os.O_CREAT | os.O_APPEND, 0o600)
    with os.fdopen(descriptor, "r+b") as stream:
        size = stream.seek(0, os.SEEK_END)
        if size:
            stream.seek(size - 1)
            if stream.read(1) != b"\n":
                line = "\n" + line
        stream.write(line.encode())


def wants_hashes(host: str) -> bool:
    """Whether the user's ssh configuration says HashKnownHosts, as ``ssh -G`` resolves it for ``host``."""
    try:
        shown = subprocess.run(["ssh", "-G", "--", host], capture_output=True, text=True, timeout=5, check=True).stdout
    except (OSError, subprocess.SubprocessError):
        return False
    return "hashknownhosts yes" in shown.splitlines()


def _hashed(name: str) -> str:
    salt = secrets.token_bytes(20)
    digest = hmac.new(salt, name.encode(), hashlib.sha1).digest()
    return f"|1|{base64.b64encode(salt).decode()}|{base64.b64encode(digest).decode()}"


def _randomart(key: asyncssh.SSHKey) -> str:
    """The drunken bishop's walk over the SHA256 fingerprint, as ssh-keygen -lv draws it."""
    width, height = 17, 9
    glyphs = " .o+=*BOX@%&#/^"
    field_ = [[0] * width for _ in range(height)]
    x, y = width // 2, height // 2
    for byte in hashlib.sha256(key.public_data).digest():
        rest = byte
        for _ in range(4):
            x = min(width - 1, max(0, x + (1 if rest & 1 else -1)))
            y = min(height - 1, max(0, y + (1 if rest & 2 else -1)))
            field_[y][x] += 1
            rest >>= 2
    art = [[glyphs[min(n, len(glyphs) - 1)] for n in row] for row in field_]
    art[height // 2][width // 2], art[y][x] = "S", "E"
    title = f"[{key.get_algorithm().removeprefix('ssh-').removeprefix('ecdsa-sha2-').upper()}]".center(width, "-")
    return "\n".join(
        [f"+{title}+", *("|" + "".join(row) + "|" for row in art), "+" + "[SHA256]".center(width, "-") + "+"]
    )
