"""Byte streams to what listens on a host, over the SSH connection that is there anyway: no port is opened here.

``open_stream`` blocks and may be called on any thread but the SSH loop's; the rest runs on that loop.
"""

from __future__ import annotations

import asyncio
import contextlib
import shlex
import socket
from concurrent.futures import CancelledError
from typing import Final

import asyncssh

from limen_tui.errors import ConnectError, NotSupported, Timeout
from limen_tui.remote.bridge import CHUNK
from limen_tui.remote.link import SshLink
from limen_tui.remote.loop import remote_loop
from limen_tui.remote.sockets import Channel
from limen_tui.remote.text import inert

PATIENCE: Final = 10.0
"""Seconds for the host to connect us through."""
_running: set[asyncio.Task[None]] = set()


def open_stream(link: SshLink, *, address: str = "", port: int = 0, path: str = "") -> socket.socket:
    """A socket that leads to ``address:port`` (the host's loopback when empty) or to the Unix socket ``path`` there.

    Raises ``ConnectError`` when nothing listens, ``Timeout``, or ``NotSupported`` when the server forbids every way.
    """
    future = remote_loop().run(_open(link, address or "127.0.0.1", port, path))
    try:
        return future.result(PATIENCE + 5)
    except TimeoutError as error:
        future.cancel()
        raise Timeout("The host does not connect us through", f"nothing for {PATIENCE:.0f} s") from error
    except CancelledError as error:
        raise ConnectError("The SSH connection was closed") from error


async def _open(link: SshLink, address: str, port: int, path: str) -> socket.socket:
    async with asyncio.timeout(PATIENCE):
        far = await _channel(link.connection, address, port, path)
    ours, theirs = socket.socketpair()
    try:
        near = await asyncio.open_connection(sock=theirs, limit=CHUNK)
    except OSError:
        ours.close()
        theirs.close()
        far[1].close()
        raise
    task = asyncio.get_running_loop().create_task(_carry(near, far))
    _running.add(task)  # a loop holds its tasks by weak references only
    task.add_done_callback(_running.discard)
    return ours


async def _channel(connection: asyncssh.SSHClientConnection, address: str, port: int, path: str) -> Channel:
    where = path or f"{address}:{port}"
    try:
        if path:
            return await connection.open_unix_connection(path, encoding=None)
        return await connection.open_connection(address, port, encoding=None)
    except asyncssh.ChannelOpenError as error:
        if error.code != asyncssh.OPEN_ADMINISTRATIVELY_PROHIBITED:
            raise ConnectError(f"Nothing answers at {where} on the host", inert(error.reason)) from error
    except (OSError, asyncssh.Error) as error:
        raise ConnectError("The SSH connection broke", inert(str(error))) from error
    try:
        found = inert(str((await connection.run("command -v nc bash", check=False)).stdout or "")).split()
        command = _stand_in([word.rpartition("/")[2] for word in found], address, port, path)
        writer, reader, _ = await connection.open_session(command, encoding=None, request_pty=False)
    except (OSError, asyncssh.Error) as error:
        raise NotSupported("The SSH server allows neither forwarding nor commands", inert(str(error))) from error
    return reader, writer


def _stand_in(programs: list[str], address: str, port: int, path: str) -> str:
    """The command that does what the SSH server does not. Raises ``NotSupported`` when there is none."""
    if "nc" in programs:
        return f"nc -U {shlex.quote(path)}" if path else f"nc {shlex.quote(address)} {port}"
    if "bash" in programs and not path:
        script = f"exec 3<>/dev/tcp/{address}/{port} || exit 1; cat <&3 & cat >&3; kill $!"
        return f"exec bash -c {shlex.quote(script)}"
    raise NotSupported("The SSH server forbids forwarding, and there is no nc to stand in for it",
                       hint="Set AllowTcpForwarding yes in its sshd_config, or install nc there.")  # fmt: skip


async def _carry(near: tuple[asyncio.StreamReader, asyncio.StreamWriter], far: Channel) -> None:
    """Both ways, until one side ends; then both do."""
    pumps = [asyncio.ensure_future(_pump(near[0], far[1])), asyncio.ensure_future(_pump(far[0], near[1]))]
    try:
        await asyncio.wait(pumps, return_when=asyncio.FIRST_COMPLETED)
    finally:
        for pump in pumps:
            pump.cancel()
        await asyncio.gather(*pumps, return_exceptions=True)
        near[1].close()
        far[1].close()
        with contextlib.suppress(OSError):
            await near[1].wait_closed()


async def _pump(
    reader: asyncio.StreamReader | asyncssh.SSHReader[bytes], writer: asyncio.StreamWriter | asyncssh.SSHWriter[bytes]
) -> None:
    with contextlib.suppress(OSError, asyncssh.Error):
        while data := await reader.read(CHUNK):
            writer.write(data)
            await writer.drain()
