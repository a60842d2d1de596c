"""After a sleep every link is asked at once: the living are sampled, the dead are dropped."""

from __future__ import annotations

import asyncio
import time
from pathlib import Path

import asyncssh
import pytest

from limen_tui.model.clock import SystemClock
from limen_tui.model.uri import parse_uri
from limen_tui.remote import wake
from limen_tui.remote.bridge import Bridge
from limen_tui.remote.connect import Whose, close, connect
from limen_tui.remote.link import SshLink
from limen_tui.remote.route import Hop
from limen_tui.remote.sockets import Way
from limen_tui.remote.wake import Wake
from tests.unit.remote.sshserver import Person, Server, Sshd


async def no_channel() -> tuple[asyncssh.SSHReader[bytes], asyncssh.SSHWriter[bytes]]:
    raise AssertionError


@pytest.mark.parametrize("alive", [True, False])
async def test_a_sleep_is_noticed(sshd: Sshd, tmp_path: Path, monkeypatch: pytest.MonkeyPatch, alive: bool) -> None:
    servers: list[Server] = []

    def serve() -> Server:
        servers.append(Server(sshd.rules))
        return servers[-1]

    sshd.rules.password = ""
    sshd.rules.keys = [asyncssh.generate_private_key("ssh-ed25519")]
    server = await asyncssh.listen("127.0.0.1", 0, server_host_keys=[sshd.key], server_factory=serve)
    key = tmp_path / "id"
    key.write_bytes(sshd.rules.keys[0].export_private_key())
    sshd.rules.keys = [sshd.rules.keys[0].convert_to_public()]
    where = Hop("kvm", "ann", server.get_port(), keyfile=str(key))
    chain = await connect(where, Whose("h1", "kvm"), sshd.sign_in(Person()))
    uri = parse_uri(f"qemu+ssh://ann@kvm:{server.get_port()}/system")
    links = {"h1": SshLink(chain, Way("none", "", no_channel), Bridge(tmp_path / "s"), uri)}
    if not alive:
        servers[-1].conn._transport.pause_reading()  # it hears nothing more, as behind a router that forgot
    slept = 0.0
    monkeypatch.setattr(wake, "EVERY", 0.05)
    monkeypatch.setattr(wake, "LATE", 600.0)
    monkeypatch.setattr(wake, "PATIENCE", 60.0 if alive else 0.3)  # who lives may be late on a busy machine
    monkeypatch.setattr(wake, "now", lambda: time.monotonic() + slept)
    nudged: list[str] = []
    watching = Wake(lambda: links, nudged.append)
    watching.begin()
    watching.begin()
    await asyncio.sleep(0.2)
    assert nudged == [], "nobody slept yet"
    assert links["h1"].is_open
    slept = 3600.0
    async with asyncio.timeout(60):
        while not nudged and links["h1"].is_open:
            await asyncio.sleep(0.02)
    assert (nudged == ["h1"]) is alive
    assert links["h1"].is_open is alive
    links.clear()
    task = watching._task
    assert task is not None
    await asyncio.wait_for(task, 60)
    servers[-1].conn.abort()
    await close(chain)
    server.close()
    await server.wait_closed()


def test_the_clock_of_rates_goes_on_while_the_machine_sleeps() -> None:
    assert abs(SystemClock().mono() - time.clock_gettime(time.CLOCK_BOOTTIME)) < 5.0
