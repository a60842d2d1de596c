"""Which socket of a remote libvirt to talk to, and how to get a channel to it. SSH loop thread.

Mirrors libvirt's own rules (remoteGetUNIXSocket): an explicit ``socket`` wins; ``mode=legacy`` means the one daemon,
``mode=direct`` the driver's own, ``auto`` the driver's own where it is there. What needs a shell on the far side is
quoted, although model/uri.py lets nothing through that would need it.
"""

from __future__ import annotations

import shlex
from collections.abc import Awaitable, Callable
from dataclasses import dataclass

import asyncssh

from limen_tui.errors import AuthError, ConnectError, NotSupported
from limen_tui.model.uri import LibvirtURI
from limen_tui.remote.text import inert

RUN = "/var/run/libvirt"
Channel = tuple[asyncssh.SSHReader[bytes], asyncssh.SSHWriter[bytes]]


@dataclass(frozen=True, slots=True)
class Way:
    """A way from an SSH connection to libvirt's socket that was tried and works."""

    name: str
    """``streamlocal``, ``virt-ssh-helper`` or ``netcat``."""
    socket: str
    open: Callable[[], Awaitable[Channel]]


def candidates(uri: LibvirtURI, *, read_only: bool) -> tuple[str, ...]:
    """Socket paths to try for a system URI, the likeliest first."""
    if explicit := uri.param("socket"):
        return (explicit,)
    suffix = "-sock-ro" if read_only else "-sock"
    daemon = {"qemu": "virtqemud", "xen": "virtxend", "lxc": "virtlxcd", "bhyve": "virtbhyved", "ch": "virtchd"}.get(
        uri.driver
    )
    legacy = f"{RUN}/libvirt{suffix}"
    mode = uri.param("mode", "auto")
    if daemon is None or mode == "legacy":
        return (legacy,)
    direct = f"{RUN}/{daemon}{suffix}"
    return (direct,) if mode == "direct" else (direct, legacy)


async def find_way(connection: asyncssh.SSHClientConnection, uri: LibvirtURI, *, read_only: bool) -> Way:
    """Try the ways in order and return the first that works.

    Raises ``AuthError`` when the socket is there and closed to this user, ``ConnectError`` when no libvirt is there,
    ``NotSupported`` when the server forbids every way.
    """
    proxy = uri.param("proxy", "auto")
    session = uri.path == "/session"
    if proxy == "auto" and not session:
        for path in candidates(uri, read_only=read_only):
            way = Way("streamlocal", path, _streamlocal(connection, path))
            if await _works(way):
                return way
    tried = []
    if proxy in ("auto", "native"):
        command = f"virt-ssh-helper {'-r ' if read_only else ''}{shlex.quote(_remote_uri(uri))}"
        way = Way("virt-ssh-helper", command, _command(connection, command))
        if not uri.param("socket") and await _answers(way):
            return way
        tried.append("virt-ssh-helper")
    if proxy in ("auto", "netcat") and not session:
        for path in candidates(uri, read_only=read_only):
            netcat = uri.param("netcat") or "nc"
            way = Way("netcat", path, _command(connection, f"{shlex.quote(netcat)} -U {shlex.quote(path)}"))
            if await _answers(way):
                return way
        tried.append("nc -U")
    raise await _why(connection, uri, tried, read_only=read_only)


def _remote_uri(uri: LibvirtURI) -> str:
    return f"{uri.driver}://{uri.path or '/'}"


def _streamlocal(connection: asyncssh.SSHClientConnection, path: str) -> Callable[[], Awaitable[Channel]]:
    async def open_channel() -> Channel:
        return await connection.open_unix_connection(path, encoding=None)

    return open_channel


def _command(connection: asyncssh.SSHClientConnection, command: str) -> Callable[[], Awaitable[Channel]]:
    async def open_channel() -> Channel:
        writer, reader, _ = await connection.open_session(command, encoding=None, request_pty=False)
        return reader, writer

    return open_channel


async def _works(way: Way) -> bool:
    try:
        _, writer = await way.open()
    except asyncssh.ChannelOpenError:
        return False
    writer.close()
    return True


# A libvirt RPC call: 28 bytes, program 0x20008086 version 1, procedure 66 (AUTH_LIST), which needs no sign-in.
AUTH_LIST = bytes.fromhex("0000001c 20008086 00000001 00000042 00000000 00000000 00000000".replace(" ", ""))


async def _answers(way: Way) -> bool:
    """A command may start and find no socket: only an answer from libvirt itself proves the way."""
    try:
        reader, writer = await way.open()
    except asyncssh.ChannelOpenError:
        return False
    try:
        writer.write(AUTH_LIST)
        head = await reader.readexactly(8)
    except (EOFError, OSError, asyncssh.Error):  # IncompleteReadError is an EOFError
        return False
    finally:
        writer.close()
    return head[4:] == AUTH_LIST[4:8]


async def _why(
    connection: asyncssh.SSHClientConnection, uri: LibvirtURI, tried: list[str], *, read_only: bool
) -> AuthError | ConnectError | NotSupported:
    """Look at the sockets by a command, to say what is wrong instead of "channel open failed"."""
    user = str(connection.get_extra_info("username"))
    paths = candidates(uri, read_only=read_only)
    wrong = f"no socket {' or '.join(paths)}"
    for path in paths:
        try:
            said = await _look_at(connection, path)
        except (OSError, asyncssh.Error):
            return NotSupported(
                "The SSH server allows neither socket forwarding nor commands",
                hint="In its sshd_config set AllowStreamLocalForwarding yes for this user, or drop the forced command.",
            )
        if said == "closed":
            return AuthError(
                f"{user} may not use libvirt there",
                f"no right to write to {path}",
                f"On the host: sudo usermod -aG libvirt {shlex.quote(user)}, then connect again; "
                "or mark the host read-only here.",
            )
        if said == "open":
            return NotSupported(
                "The SSH server forbids socket forwarding, and nothing stands in for it",
                f"tried {', '.join(tried)}",
                "Install netcat-openbsd there, or set AllowStreamLocalForwarding yes in its sshd_config.",
            )
        if said == "left":
            wrong = f"nobody listens at {path}"
    return ConnectError(
        "No libvirt answers on that host",
        wrong,
        "Install libvirt-daemon-system there, or start it (systemctl start libvirtd.socket or virtqemud.socket).",
    )


async def _look_at(connection: asyncssh.SSHClientConnection, path: str) -> str:
    """``open``, ``closed``, ``left`` (by a libvirt that is gone) or empty: the socket as this user finds it there."""
    quoted = shlex.quote(path)
    # by its end: /var/run and /run are one
    heard = f"grep -qF {shlex.quote('/'.join(path.split('/')[-2:]))} /proc/net/unix"
    seen = await connection.run(
        f"test -S {quoted} && if ! test -w {quoted}; then echo closed; "
        f"elif test -r /proc/net/unix && ! {heard}; then echo left; else echo open; fi",
        check=False,
    )
    return inert(str(seen.stdout or ""))
