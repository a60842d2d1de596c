"""The ways to a VM's screen: past the password on this machine, through the host's SSH connection, or by pictures.

May import model; ``limen_tui.remote`` late. The functions that open something block: they run on a display's thread.
"""

from __future__ import annotations

import socket
from collections.abc import Callable
from concurrent.futures import CancelledError, Future
from typing import TYPE_CHECKING, Final, Protocol, TypeVar

from limen_tui.errors import AuthError, ConnectError, NotSupported, ReadOnlyError, StepFailed, Timeout
from limen_tui.fleet.display import Ways
from limen_tui.model.host import Host, HostState
from limen_tui.model.ports import HostVerbs
from limen_tui.model.rfb.frame import Still
from limen_tui.model.rfb.keys import Stroke
from limen_tui.model.rfb.linuxkeys import linux_keys
from limen_tui.model.rfb.stills import decode
from limen_tui.model.uri import parse_uri
from limen_tui.model.verbs.screens import Graphics
from limen_tui.model.vm import VMKey

if TYPE_CHECKING:
    from limen_tui.fleet.fleet import Fleet
    from limen_tui.remote.link import SshLink

T = TypeVar("T")


class Links(Protocol):
    """Where the hosts' SSH links are found; ``fleet.remoting.Remoting`` is one."""

    @property
    def ssh_config(self) -> str:
        """The ssh configuration in place of the user's own; empty for that. Any thread."""

    def link(self, host_id: str) -> SshLink | None:
        """The open link of a host, if it has one. Any thread."""


PATIENCE: Final = 20.0
"""Seconds that a host may take to answer."""
HOLD: Final = 15
"""Milliseconds that a key is down: QEMU's own 100 would type ten letters a second."""
LOOPBACK: Final = ("", "127.0.0.1", "::1", "localhost")


def ways_to(fleet: Fleet, key: VMKey) -> Ways:
    """How to get at the screen of a VM; opens nothing yet."""

    def stream() -> socket.socket:
        return open_screen(fleet, key)

    def picture() -> Still:
        return decode(_ask(fleet, key, lambda verbs: verbs.screens.screenshot(key.uuid)).data)

    def press(stroke: Stroke) -> None:
        if keys := linux_keys(stroke):
            _ask(fleet, key, lambda verbs: verbs.screens.send_keys(key.uuid, keys, hold=HOLD))

    return Ways(stream, picture, press)


def open_screen(fleet: Fleet, key: VMKey) -> socket.socket:
    """A stream to the VM's VNC server. Raises ``NotSupported`` where it has none, or none that can be reached."""
    vnc = vnc_of(_ask(fleet, key, lambda verbs: verbs.screens.graphics(key.uuid)))
    host = _host(fleet, key)
    links = fleet.links
    link = links.link(host.id) if links is not None else None
    if link is not None:
        from limen_tui.remote.streams import open_stream  # noqa: PLC0415 - only with an SSH host

        return open_stream(link, address=vnc.address, port=vnc.port, path=vnc.socket)
    uri = parse_uri(host.uri)
    if links is None or uri.is_local:
        try:
            number = _ask(fleet, key, lambda verbs: verbs.screens.open_graphics(key.uuid, index=vnc.index))
            return socket.socket(fileno=number)
        except (ReadOnlyError, NotSupported, StepFailed, AuthError):
            return _connect(vnc, "127.0.0.1")
    if vnc.address in LOOPBACK or uri.is_ssh:
        raise NotSupported("The VNC server listens on the host itself only",
                           f"{vnc.address or '127.0.0.1'}:{vnc.port} on {host.name}",
                           "Connect to the host by SSH to see it live.")  # fmt: skip
    return _connect(vnc, vnc.address)


def where_vnc_is(fleet: Fleet, key: VMKey) -> tuple[Host, Graphics]:
    """The host and what its VM's VNC server listens on. Blocks; raises as :func:`open_screen` does."""
    return _host(fleet, key), vnc_of(_ask(fleet, key, lambda verbs: verbs.screens.graphics(key.uuid)))


def vnc_of(graphics: tuple[Graphics, ...]) -> Graphics:
    """The VM's VNC server. Raises ``NotSupported`` that says what it has instead, ``ConnectError`` while it is off."""
    vnc = next((each for each in graphics if each.kind == "vnc"), None)
    if vnc is None:
        kinds = ", ".join(each.kind for each in graphics)
        raise NotSupported("No VNC", f"graphics: {kinds}" if kinds else "the VM has no graphics device")
    if not (vnc.port or vnc.socket):
        raise NotSupported("Its VNC server does not listen", hint="The VM may be off; or its port was left out.")
    return vnc


def _connect(vnc: Graphics, address: str) -> socket.socket:
    try:
        if vnc.socket:
            made = socket.socket(socket.AF_UNIX)
            made.settimeout(PATIENCE)
            made.connect(vnc.socket)
            return made
        return socket.create_connection((vnc.address or address, vnc.port), PATIENCE)
    except OSError as error:
        where = vnc.socket or f"{vnc.address or address}:{vnc.port}"
        raise ConnectError("The guest's screen cannot be reached", f"{where}: {error.strerror or error}") from error


def tunnel_command(host: Host, vnc: Graphics, local_port: int = 5900) -> str:
    """What to type elsewhere to get at the VNC server through SSH; empty for hosts that are not reached so."""
    uri = parse_uri(host.uri)
    if not uri.is_ssh or not (vnc.port or vnc.socket):
        return ""
    far = vnc.socket or f"{vnc.address or '127.0.0.1'}:{vnc.port}"
    port = f" -p {uri.port}" if uri.port else ""
    jump = f" -J {uri.param('jump')}" if uri.param("jump") else ""
    who = f"{uri.user}@{uri.host}" if uri.user else uri.host
    return f"ssh -N -L {local_port}:{far}{port}{jump} {who}"


def _host(fleet: Fleet, key: VMKey) -> Host:
    snapshot = fleet.view.host(key.host_id)
    if snapshot is None or snapshot.state is not HostState.UP:
        raise ConnectError.unsent("The host is not connected", hint="It goes on when the host is back.")
    return snapshot.host


def _ask(fleet: Fleet, key: VMKey, call: Callable[[HostVerbs], T]) -> T:
    future: Future[T] = fleet.call(key.host_id, call)
    try:
        return future.result(PATIENCE)
    except TimeoutError as error:
        future.cancel()
        raise Timeout("The host does not answer", f"nothing for {PATIENCE:.0f} s") from error
    except CancelledError as error:
        raise ConnectError("The host was closed meanwhile") from error
