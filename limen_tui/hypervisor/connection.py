"""One libvirt connection: open, keepalive, events, close. Imports libvirt.

Runs on the session thread that owns it; :meth:`Connection.close` too, because closing waits for the
host as opening does.
"""

from __future__ import annotations

import contextlib
import threading
from collections.abc import Callable, Iterator
from functools import partial
from typing import Any, Final

import libvirt

from limen_tui.errors import AuthError, ConnectError
from limen_tui.hypervisor import eventloop
from limen_tui.hypervisor import uri as uris
from limen_tui.hypervisor.atonce import at_once
from limen_tui.hypervisor.auth import CREDENTIALS, SignInWanted
from limen_tui.hypervisor.errors import map_error
from limen_tui.hypervisor.features import Features, refuses
from limen_tui.hypervisor.pace import Pace
from limen_tui.model.host import Host
from limen_tui.model.questions import Asker, NoAsker

KEEPALIVE_INTERVAL: Final = 5
KEEPALIVE_COUNT: Final = 2
ATTEMPTS: Final = 3
"""A silent host is given up after interval x count seconds."""
Opener = Callable[[str, bool], Any]
"""(URI, read only) -> virConnect."""


def _nobody() -> None:
    """Tells nobody."""


def open_libvirt(uri: str, read_only: bool, wanted: SignInWanted | None = None) -> Any:
    """Open ``uri`` (virConnectOpenAuth, or with VIR_CONNECT_RO); what it asks goes to ``wanted``, never to a terminal.

    Raises LimenError.
    """
    real = uris.for_libvirt(uri)
    eventloop.ensure()
    if wanted is None:
        wanted = SignInWanted(Host("", "", uri), NoAsker())
    wanted.begin()
    flags = libvirt.VIR_CONNECT_RO if read_only else 0
    try:
        raw = libvirt.openAuth(real, [CREDENTIALS, wanted, None], flags)
    except libvirt.libvirtError as error:
        wanted.failed()
        mapped = map_error(error)
        if wanted.cancelled:
            raise AuthError("Sign-in is needed", mapped.detail, "Connect again to be asked again.") from error
        raise mapped from error
    wanted.succeeded()
    return raw


def asking_opener(host: Host, asker: Asker, waiting: Callable[[bool], None] = lambda _: None) -> Opener:
    """An opener that asks the person what ``host`` wants to know."""
    wanted = SignInWanted(host, asker, waiting)

    def open_and_ask(uri: str, read_only: bool) -> Any:
        while True:
            try:
                return open_libvirt(uri, read_only, wanted)
            except AuthError:
                # wrong is asked again, as with ssh; cancelled is not
                if wanted.cancelled or not wanted.asked or wanted.attempts >= ATTEMPTS:
                    wanted.attempts = 0
                    raise

    return open_and_ask


class Connection:
    """An open connection and what is known of its abilities."""

    def __init__(self, raw: Any, uri: str) -> None:
        self.raw = raw
        self.uri = uri
        self.features = Features()
        self.pace = Pace()
        self.heard: Callable[[], None] = _nobody
        """Told on the session thread of each answer in a row of calls: slow is not silent."""
        self._callbacks: list[int] = []
        self._watched = False
        self._lock = threading.Lock()
        self._users = 0
        self._doomed = False

    @classmethod
    def open(cls, uri: str, *, read_only: bool, opener: Opener = open_libvirt) -> Connection:
        """Open and switch keepalive on. Raises ``LimenError``; may block for as long as the host likes."""
        connection = cls(opener(uri, read_only), uri)
        connection._keep_alive()
        return connection

    def _keep_alive(self) -> None:
        try:
            # 1: the driver has no use for it (a local one); it is not an error
            self.features.keepalive = self.raw.setKeepAlive(KEEPALIVE_INTERVAL, KEEPALIVE_COUNT) == 0
        except libvirt.libvirtError as error:
            if not refuses(error):
                raise map_error(error) from error
            self.features.keepalive = False

    def on_close(self, callback: Callable[[Any, int, Any], None]) -> None:
        """Have ``callback`` called on the event thread when the link breaks, where the driver can tell."""
        with contextlib.suppress(libvirt.libvirtError):
            self.raw.registerCloseCallback(callback, None)
            self._watched = True

    def subscribe(self, event_id: int, callback: Callable[..., None]) -> bool:
        """Register for a VM event (virConnectDomainEventRegisterAny); False where the driver has it not."""
        try:
            self._callbacks.append(self.raw.domainEventRegisterAny(None, event_id, callback, None))
        except libvirt.libvirtError as error:
            if refuses(error):
                return False
            raise map_error(error) from error
        return True

    @property
    def alive(self) -> bool:
        """Whether libvirt still holds the link to be up (virConnectIsAlive; asks nothing of the host)."""
        try:
            return bool(self.raw.isAlive())
        except libvirt.libvirtError:
            return False

    @property
    def closing(self) -> bool:
        """Whether it was given up: who uses it should come to an end."""
        return self._doomed

    @contextlib.contextmanager
    def using(self) -> Iterator[Connection]:
        """Hold the connection open on another thread than its owner's. Raises ``ConnectError`` once closed."""
        with self._lock:
            if self._doomed:
                raise ConnectError.unsent("The connection broke", hint="Limen connects again by itself.")
            self._users += 1
        try:
            yield self
        finally:
            with self._lock:
                self._users -= 1
                last = self._doomed and not self._users
            if last:
                self._give_back()

    def close(self) -> None:
        """Give the connection back, once the last user is done. Never raises.

        May block on a hung host until keepalive ends it.
        """
        with self._lock:
            self._doomed, idle = True, not self._users and not self._doomed
        if idle:
            self._give_back()

    def _give_back(self) -> None:
        at_once([partial(self._unsubscribe, callback) for callback in self._callbacks])
        self._callbacks.clear()
        if self._watched:
            with contextlib.suppress(libvirt.libvirtError):
                self.raw.unregisterCloseCallback()
        with contextlib.suppress(libvirt.libvirtError):
            self.raw.close()

    def _unsubscribe(self, callback: int) -> None:
        with contextlib.suppress(libvirt.libvirtError):
            self.raw.domainEventDeregisterAny(callback)
