"""A local Unix socket that is the remote libvirt socket. SSH loop thread.

libvirt opens ``qemu+unix:///system?socket=…`` and never knows that a network lies between. The socket lives in a
0700 directory and is removed when the bridge closes.
"""

from __future__ import annotations

import asyncio
import contextlib
import os
import secrets
from pathlib import Path

import asyncssh

from limen_tui.errors import InputError
from limen_tui.remote.sockets import Way

CHUNK = 256 * 1024
LONGEST = 107
"""Bytes of a Unix socket's name (``sun_path``, without the zero at its end)."""


class Bridge:
    """Serves one socket path; every connection to it becomes one channel of the SSH connection."""

    def __init__(self, path: Path) -> None:
        self.path = path
        self._listener: asyncssh.SSHListener | None = None
        self._server: asyncio.Server | None = None
        self._pumps: set[asyncio.Task[None]] = set()

    async def open(self, connection: asyncssh.SSHClientConnection, way: Way) -> None:
        """Begin to listen. Raises OSError when the runtime directory cannot be used."""
        if way.name == "streamlocal":
            # asyncssh forwards at protocol level here, without a reader and a writer between
            self._listener = await connection.forward_local_path(str(self.path), way.socket)
        else:
            self._way = way
            self._server = await asyncio.start_unix_server(self._accept, path=self.path, limit=CHUNK)
        self.path.chmod(0o600)

    async def close(self) -> None:
        """Stop listening, end what runs through it, and remove the socket."""
        if self._listener is not None:
            self._listener.close()
        if self._server is not None:
            self._server.close()
        for pump in tuple(self._pumps):
            pump.cancel()
        self.path.unlink(missing_ok=True)
        await asyncio.sleep(0)

    async def _accept(self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        if (task := asyncio.current_task()) is not None:
            self._pumps.add(task)
        try:
            far_reader, far_writer = await self._way.open()
            try:
                await asyncio.gather(_pump(reader, far_writer), _pump(far_reader, writer))
            finally:
                far_writer.close()
        except (OSError, asyncssh.Error, asyncio.CancelledError):
            # the near side sees its socket close, which libvirt takes as a lost connection: all that can be said
            pass
        finally:
            if task is not None:
                self._pumps.discard(task)
            writer.close()


async def _pump(
    reader: asyncio.StreamReader | asyncssh.SSHReader[bytes], writer: asyncio.StreamWriter | asyncssh.SSHWriter[bytes]
) -> None:
    """Copy until the end of ``reader``, at the pace of ``writer``; then pass the end on."""
    while data := await reader.read(CHUNK):
        writer.write(data)
        await writer.drain()
    with contextlib.suppress(OSError, asyncssh.Error):
        if writer.can_write_eof():
            writer.write_eof()


def socket_path(runtime_dir: Path, host_id: str) -> Path:
    """A new path for a bridge. Raises ``InputError`` where it would be longer than a Unix socket's may be."""
    folder = runtime_dir / f"ssh-{os.getpid()}"
    path = folder / f"{host_id[:12]}-{secrets.token_hex(3)}"
    if len(os.fsencode(path)) > LONGEST:
        raise InputError("The name of the runtime folder is too long for sockets in it", str(runtime_dir),
                         "Set XDG_RUNTIME_DIR to a folder of yours with a short name, such as /run/user/1000.")
    folder.mkdir(mode=0o700, parents=True, exist_ok=True)
    return path


def sweep(runtime_dir: Path) -> None:
    """Remove what killed processes left behind. Another Limen may be at it, too."""
    for folder in runtime_dir.glob("ssh-*"):
        pid = folder.name.removeprefix("ssh-")
        if pid.isdigit() and not Path(f"/proc/{pid}").exists():
            with contextlib.suppress(OSError):
                for left in folder.iterdir():
                    left.unlink(missing_ok=True)
                folder.rmdir()
