"""What a link that was lost has not passed on yet never arrives: an act that was told not to have happened does not
happen when the network is back."""

from __future__ import annotations

import asyncio
import socket

import asyncssh
import pytest

from limen_tui.remote.connect import Whose, close, connect
from limen_tui.remote.route import Hop
from limen_tui.remote.unsent import unsent
from tests.unit.remote.sshserver import Person, Sshd

SMALL = 4096
MUCH = 1 << 20


class Far(asyncssh.SSHServer):
    """Lets anybody in, and takes what it is sent."""

    def begin_auth(self, username: str) -> bool:
        return False

    def unix_connection_requested(self, dest_path: str):
        return self._serve

    async def _serve(self, reader: asyncssh.SSHReader[bytes], writer: asyncssh.SSHWriter[bytes]) -> None:
        await reader.read()
        writer.close()


class Hole:
    """Between a client and a server; takes nothing more from the client once ``cut``, as a network that is down."""

    def __init__(self, port: int) -> None:
        self.port = port
        self.cut, self.quiet = asyncio.Event(), asyncio.Event()
        self.near: asyncio.StreamReader | None = None
        self.writers: list[asyncio.StreamWriter] = []

    async def serve(self, near: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        far, far_writer = await asyncio.open_connection("127.0.0.1", self.port)
        self.near = near
        self.writers += [writer, far_writer]
        back = asyncio.ensure_future(self._carry(far, writer))
        there = asyncio.ensure_future(self._carry(near, far_writer))
        await self.cut.wait()
        there.cancel()
        back.cancel()
        await asyncio.gather(there, back, return_exceptions=True)
        self.quiet.set()

    @staticmethod
    async def _carry(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        while data := await reader.read(SMALL):
            writer.write(data)
            await writer.drain()


async def test_what_was_not_passed_on_goes_with_the_link(sshd: Sshd) -> None:
    server = await asyncssh.listen("127.0.0.1", 0, server_host_keys=[sshd.key], server_factory=Far, encoding=None)
    hole = Hole(server.get_port())
    listener = socket.create_server(("127.0.0.1", 0))
    listener.setsockopt(socket.SOL_SOCKET, socket.SO_RCVBUF, SMALL)
    way = await asyncio.start_server(hole.serve, sock=listener, limit=SMALL)
    chain = await connect(Hop("kvm", "ann", listener.getsockname()[1]), Whose("h1", "kvm"), sshd.sign_in(Person()))
    try:
        _, writer = await chain[-1].open_unix_connection("/x", encoding=None)
        hole.cut.set()
        await hole.quiet.wait()
        writer.write(bytes(MUCH))
        line = chain[-1].get_extra_info("socket")
        async with asyncio.timeout(60):
            while not unsent(line):
                await asyncio.sleep(0.01)
        await close(chain)
        assert hole.near is not None
        with pytest.raises(ConnectionResetError):  # and no end of what was sent until then
            async with asyncio.timeout(60):
                while await hole.near.read(1 << 16):
                    pass
    finally:
        await close(chain)
        for each in hole.writers:
            each.close()
        way.close()
        server.close()
        await server.wait_closed()
