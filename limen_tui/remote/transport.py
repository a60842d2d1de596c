"""Routes over SSH for host sessions: the Transport of model/ports.py. Called on session threads."""

from __future__ import annotations

import threading
from collections.abc import Callable
from concurrent.futures import CancelledError, Future
from dataclasses import replace
from pathlib import Path

from limen_tui.errors import AuthError, ConnectError
from limen_tui.model.host import Host
from limen_tui.model.uri import LibvirtURI, parse_uri
from limen_tui.remote.bridge import sweep
from limen_tui.remote.connect import SignIn, Whose
from limen_tui.remote.link import SshLink, open_link, verifies
from limen_tui.remote.loop import remote_loop
from limen_tui.remote.wake import Wake


def silent(host_id: str) -> None:
    """Nudge nobody."""


class SshTransport:
    """Opens one SSH connection per host; what was signed in with is shared by all of them until exit."""

    def __init__(self, sign_in: SignIn, runtime_dir: Path, nudge: Callable[[str], None] = silent) -> None:
        self.sign_in = sign_in
        self._wake = Wake(self._open_links, nudge)
        self._runtime_dir = runtime_dir
        self._lock = threading.Lock()
        self._opening: dict[str, Future[SshLink]] = {}
        self._links: dict[str, SshLink] = {}
        sweep(runtime_dir)

    def __call__(self, host: Host) -> tuple[str, Callable[[], None]]:
        """The URI of a bridge to ``host``, and how to give it up; blocks, also while a person is asked something.

        Raises ``ConnectError``, ``Timeout``, ``AuthError``, ``NotSupported`` or ``InputError``. ``transport=native``
        leaves the host to libvirt's own ssh client, which then may ask nobody anything.
        """
        uri = parse_uri(host.uri)
        if not uri.is_ssh:
            return host.uri, _nothing
        if uri.param("transport") == "native":
            return native_uri(uri), _nothing
        if not verifies(uri) and not host.insecure:
            raise AuthError(
                "The URI switches host key checks off",
                f"no_verify={uri.param('no_verify')}",
                "Take no_verify out of it; or, if you must, allow it for this host under Hosts.",
            )
        link = self._wait_for(host, uri)
        with self._lock:
            self._links[host.id] = link
        remote_loop().loop.call_soon_threadsafe(self._wake.begin)
        return link.uri, lambda: self._give_up(host.id, link)

    def _wait_for(self, host: Host, uri: LibvirtURI) -> SshLink:
        whose = Whose(host.id, host.name, no_verify=not verifies(uri))
        future = remote_loop().run(open_link(uri, whose, self.sign_in, self._runtime_dir, read_only=host.read_only))
        with self._lock:
            self._opening[host.id] = future
        try:
            return future.result()
        except CancelledError as error:
            raise ConnectError(f"Connecting to {host.name} was given up") from error
        finally:
            with self._lock:
                self._opening.pop(host.id, None)

    def _give_up(self, host_id: str, link: SshLink) -> None:
        with self._lock:
            if self._links.get(host_id) is link:
                del self._links[host_id]
        remote_loop().run(link.close())

    def _open_links(self) -> dict[str, SshLink]:
        with self._lock:
            return dict(self._links)

    def cancel(self, host_id: str) -> None:
        """Give up an attempt that is under way, with whatever question it asks. Any thread, returns at once."""
        with self._lock:
            future = self._opening.get(host_id)
        if future is not None:
            future.cancel()

    def link(self, host_id: str) -> SshLink | None:
        """The host's open link, for consoles, files and commands; ``None`` while there is none. Any thread."""
        with self._lock:
            link = self._links.get(host_id)
        return link if link is not None and link.is_open else None


def native_uri(uri: LibvirtURI) -> str:
    """The URI for libvirt's own ssh client: in batch mode, so that it never touches our terminal."""
    params = tuple((name, value) for name, value in uri.params if name not in ("transport", "no_tty"))
    return str(replace(uri, params=(*params, ("no_tty", "1"))))


def _nothing() -> None:
    """Nothing to give up."""
