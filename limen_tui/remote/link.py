"""One host's SSH link: the connection, what it rests on, and the bridge that libvirt uses.

Made and used on the SSH loop thread; ``SshLink``'s public methods that are not coroutines are safe on any thread.
"""

from __future__ import annotations

import asyncio
import time
from pathlib import Path

import asyncssh

from limen_tui.errors import Timeout
from limen_tui.model.uri import LibvirtURI
from limen_tui.remote.bridge import Bridge, socket_path
from limen_tui.remote.connect import Progress, SignIn, Whose, close, connect, silent
from limen_tui.remote.route import Hop
from limen_tui.remote.sockets import Way, find_way

WAY_SECONDS = 15.0
"""For which libvirt is looked for on a host that let us in."""


def hop_of(uri: LibvirtURI) -> Hop:
    """The SSH server that a URI names, with its own parameters (``keyfile``, ``known_hosts``, ``jump``)."""
    return Hop(uri.host, uri.user, uri.port, uri.param("keyfile"), uri.param("known_hosts"), uri.param("jump"))


def verifies(uri: LibvirtURI) -> bool:
    """Whether the URI leaves host key checks on (``no_verify`` is libvirt's parameter to switch them off)."""
    return uri.param("no_verify", "0") in ("", "0")


class SshLink:
    """An open SSH connection with a bridged libvirt socket."""

    def __init__(self, chain: list[asyncssh.SSHClientConnection], way: Way, bridge: Bridge, uri: LibvirtURI) -> None:
        self.connection = chain[-1]
        self.way = way
        self._chain = chain
        self._bridge = bridge
        self._uri = uri

    @property
    def uri(self) -> str:
        """What libvirt is to open in place of the SSH URI."""
        return f"{self._uri.driver}+unix://{self._uri.path or '/'}?socket={self._bridge.path}"

    @property
    def is_open(self) -> bool:
        """Whether the SSH connection still stands, as far as keepalive knows."""
        return not self.connection.is_closed()

    async def latency(self) -> float:
        """Seconds of one round trip through the connection (a global request that every server answers)."""
        began = time.monotonic()
        # OpenSSH answers an unknown global request with a failure: that is a full round trip and changes nothing.
        await self.connection._make_global_request(b"keepalive@openssh.com")
        return time.monotonic() - began

    async def close(self) -> None:
        """End the bridge and all connections, without waiting for a peer that may be gone."""
        await self._bridge.close()
        await close(self._chain)


async def open_link(
    uri: LibvirtURI,
    whose: Whose,
    sign_in: SignIn,
    runtime_dir: Path,
    *,
    read_only: bool,
    progress: Progress | None = None,
) -> SshLink:
    """Connect, find libvirt's socket and bridge it.

    Raises ``ConnectError``, ``Timeout``, ``AuthError``, ``NotSupported`` or ``InputError``; leaves nothing behind then.
    """
    tell = progress or silent
    bridge = Bridge(socket_path(runtime_dir, whose.host_id))  # first: it may say that there can be none
    chain = await connect(hop_of(uri), whose, sign_in, tell)
    try:
        began = time.monotonic()
        way = await _found(chain[-1], uri, read_only=read_only)
        tell("socket", f"{way.socket} by {way.name}", time.monotonic() - began)
        await bridge.open(chain[-1], way)
    except BaseException:
        await bridge.close()
        await close(chain)
        raise
    return SshLink(chain, way, bridge, uri)


async def _found(connection: asyncssh.SSHClientConnection, uri: LibvirtURI, *, read_only: bool) -> Way:
    try:
        async with asyncio.timeout(WAY_SECONDS):
            return await find_way(connection, uri, read_only=read_only)
    except TimeoutError as error:
        raise Timeout(
            "libvirt does not answer there", f"SSH works; libvirt said nothing for {WAY_SECONDS:.0f} s.",
            "Its daemon hangs, or the host is very busy. On the host: systemctl restart libvirtd (VMs go on).",
        ) from error  # fmt: skip
