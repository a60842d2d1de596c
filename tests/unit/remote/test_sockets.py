"""Which daemon is talked to on a far host: the one for everything (libvirtd), or QEMU's own (virtqemud)."""

from __future__ import annotations

import asyncssh
import pytest

from limen_tui.errors import ConnectError, LimenError, Timeout
from limen_tui.model.uri import parse_uri
from limen_tui.remote import link
from limen_tui.remote.connect import Whose
from limen_tui.remote.sockets import candidates, find_way
from tests.unit.remote.sshserver import Person, Sshd

RUN = "/var/run/libvirt"
LEGACY, MODULAR = f"{RUN}/libvirt-sock", f"{RUN}/virtqemud-sock"


@pytest.mark.parametrize(
    ("query", "read_only", "paths"),
    [
        ("", False, (MODULAR, LEGACY)),
        ("", True, (f"{MODULAR}-ro", f"{LEGACY}-ro")),
        ("?mode=auto", False, (MODULAR, LEGACY)),
        ("?mode=legacy", False, (LEGACY,)),
        ("?mode=direct", False, (MODULAR,)),
        ("?socket=/srv/qemu.sock", False, ("/srv/qemu.sock",)),
        ("?mode=legacy&socket=/srv/qemu.sock", True, ("/srv/qemu.sock",)),
    ],
)
def test_sockets_are_tried_as_libvirt_tries_them(query: str, read_only: bool, paths: tuple[str, ...]) -> None:
    assert candidates(parse_uri(f"qemu+ssh://kvm/system{query}"), read_only=read_only) == paths


@pytest.mark.parametrize(
    ("driver", "daemon"), [("xen", "virtxend"), ("lxc", "virtlxcd"), ("bhyve", "virtbhyved"), ("ch", "virtchd")]
)
def test_other_drivers_have_daemons_of_their_own(driver: str, daemon: str) -> None:
    assert candidates(parse_uri(f"{driver}+ssh://h/system"), read_only=False)[0] == f"{RUN}/{daemon}-sock"


def test_a_driver_without_one_is_the_legacy_daemons() -> None:
    assert candidates(parse_uri("test+ssh://h/default"), read_only=False) == (LEGACY,)


class Far(asyncssh.SSHServer):
    """A host on which somebody listens at ``open`` and nowhere else, and no command works."""

    def __init__(self, listening: set[str]) -> None:
        self._listening = listening

    def begin_auth(self, username: str) -> bool:
        return False

    def unix_connection_requested(self, dest_path: str):
        return self._serve if dest_path in self._listening else False

    async def _serve(self, reader: asyncssh.SSHReader[bytes], writer: asyncssh.SSHWriter[bytes]) -> None:
        await reader.read()
        writer.close()


async def silent(process: asyncssh.SSHServerProcess[bytes]) -> None:
    """A command that starts and never says anything, as with a daemon that hangs."""
    await process.stdin.read()


async def test_a_daemon_that_hangs_is_told_from_a_defect_of_ours(sshd: Sshd, tmp_path, monkeypatch) -> None:
    monkeypatch.setattr(link, "WAY_SECONDS", 0.3)
    server = await asyncssh.listen(
        "127.0.0.1", 0, server_host_keys=[sshd.key], server_factory=lambda: Far(set()), process_factory=silent,
        encoding=None,
    )  # fmt: skip
    uri = parse_uri(f"qemu+ssh://ann@kvm:{server.get_port()}/system?proxy=netcat")
    try:
        with pytest.raises(Timeout, match="libvirt does not answer"):
            await link.open_link(uri, Whose("h1", "kvm"), sshd.sign_in(Person()), tmp_path, read_only=False)
    finally:
        server.close()
        await server.wait_closed()
    assert not list(tmp_path.glob("ssh-*/*")), "the bridge's socket is left behind"


async def chosen(listening: set[str], query: str = "", *, read_only: bool = False) -> str:
    """The socket that Limen goes to."""
    server = await asyncssh.listen(
        "127.0.0.1", 0, server_host_keys=[asyncssh.generate_private_key("ssh-ed25519")],
        server_factory=lambda: Far(listening), process_factory=lambda process: process.exit(1),
    )  # fmt: skip
    try:
        async with asyncssh.connect("127.0.0.1", server.get_port(), known_hosts=None, config=None) as connection:
            way = await find_way(connection, parse_uri(f"qemu+ssh://kvm/system{query}"), read_only=read_only)
            assert way.name == "streamlocal"
            return way.socket
    finally:
        server.close()
        await server.wait_closed()


async def test_modular_daemons_without_libvirtd_are_found() -> None:
    assert await chosen({MODULAR}) == MODULAR
    assert await chosen({f"{MODULAR}-ro"}, read_only=True) == f"{MODULAR}-ro"


async def test_where_both_listen_the_drivers_own_is_taken_as_libvirt_does() -> None:
    assert await chosen({MODULAR, LEGACY}) == MODULAR


async def test_a_socket_that_the_modular_daemon_left_behind_does_not_hide_libvirtd() -> None:
    assert await chosen({LEGACY}) == LEGACY


async def test_a_daemon_that_was_not_asked_for_is_not_taken() -> None:
    with pytest.raises(LimenError):
        await chosen({LEGACY}, "?mode=direct")
    with pytest.raises(LimenError):
        await chosen({MODULAR}, "?mode=legacy")


async def test_what_was_looked_for_is_named_when_nobody_listens() -> None:
    with pytest.raises(ConnectError) as caught:
        await chosen(set())
    assert MODULAR in caught.value.detail
    assert LEGACY in caught.value.detail
    assert "virtqemud.socket" in caught.value.hint
