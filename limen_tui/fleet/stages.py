"""Tries one host from end to end and tells of each stage as it ends. Any thread but the UI's: it blocks.

May import hypervisor, remote and model; SSH is brought in only for a host that needs it. Nothing is asked of the
person unless an ``asker`` is given, nothing is saved, and no VM is touched.
"""

from __future__ import annotations

import threading
import time
from collections.abc import Callable
from concurrent.futures import CancelledError
from dataclasses import dataclass
from functools import partial

from limen_tui.errors import AuthError, ConnectError, LimenError
from limen_tui.model.host import Host, HostInfo
from limen_tui.model.questions import Asker, NoAsker
from limen_tui.model.uri import LibvirtURI, host_id, parse_uri
from limen_tui.settings import runtime_dir


@dataclass(frozen=True, slots=True)
class Stage:
    """One stage that has ended. Its text comes from outside as often as not."""

    name: str
    """``uri``, ``ssh root@kvm1``, ``socket``, ``libvirt``, ``versions`` or ``list``."""
    ok: bool
    seconds: float
    text: str = ""


Tell = Callable[[Stage], None]
"""Called on whichever thread a stage ended; one at a time."""


def test_host(
    uri: str, tell: Tell, *, read_only: bool = False, timeout: float = 15.0, asker: Asker | None = None
) -> HostInfo:
    """Connect to ``uri``, ask for its versions and its VMs, close; what the host said of itself.

    ``tell`` hears of each stage, of the one that failed too. Raises that one's ``LimenError``; ``Timeout`` after
    ``timeout`` seconds.
    """
    from limen_tui.hypervisor.probe import probe  # noqa: PLC0415 - libvirt only where it is asked

    log = _Log(tell)
    try:
        log.begin("uri")
        parsed = parse_uri(uri)
        log.end(f"{parsed.driver}, {_way(parsed)}")
        bridged = parsed.is_ssh and parsed.param("transport") != "native"
        transport = partial(_bridge, parsed, log, asker or NoAsker(), read_only) if bridged else _as_it_is
        found = probe(uri, read_only=read_only, timeout=timeout, transport=transport, on_stage=log.turn)
        log.end(f"{_count(found.vms)}; libvirt {found.info.libvirt_version}, "
                f"{found.info.hypervisor} {found.info.hypervisor_version}")  # fmt: skip
    except LimenError as error:
        log.fail(str(error))
        raise
    log.close()
    return found.info


class _Log:
    """Which stage runs, since when. A stage of a probe that was given up is told to nobody."""

    def __init__(self, tell: Tell) -> None:
        self._tell = tell
        self._lock = threading.Lock()
        self._name = ""
        self._began = 0.0
        self._closed = False

    def begin(self, name: str) -> None:
        with self._lock:
            self._name, self._began = name, time.monotonic()

    def turn(self, name: str) -> None:
        """The probe goes on to its next stage; the link's stages take the place of ``transport``."""
        self.end("")
        self.begin("" if name == "transport" else name)

    def end(self, text: str) -> None:
        """The stage that ran is over, well."""
        with self._lock:
            if self._name and not self._closed:
                self._tell(Stage(self._name, True, time.monotonic() - self._began, text))
            self._name = ""

    def passed(self, name: str, text: str, seconds: float) -> None:
        """A stage of the link is over; another may follow until the probe says so."""
        with self._lock:
            if not self._closed:
                self._tell(Stage(name, True, seconds, text))
            self._name, self._began = "connect", time.monotonic()

    def fail(self, text: str) -> None:
        with self._lock:
            if not self._closed:
                self._tell(Stage(self._name or "connect", False, time.monotonic() - self._began, text))
            self._closed = True

    def close(self) -> None:
        with self._lock:
            self._closed = True


def _count(vms: int) -> str:
    return "1 VM" if vms == 1 else f"{vms} VMs"


def _way(uri: LibvirtURI) -> str:
    where = f" to {uri.host}" if uri.host else ""
    return (uri.transport or ("tls" if uri.host else "local")) + where


def _as_it_is(host: Host) -> tuple[str, Callable[[], None]]:
    return host.uri, lambda: None


def _bridge(
    uri: LibvirtURI, log: _Log, asker: Asker, read_only: bool, _host: Host
) -> tuple[str, Callable[[], None]]:
    """A ``Transport`` over our own SSH connection, that tells of its stages. Runs on the probe's thread."""
    from limen_tui.remote.connect import SignIn, Whose  # noqa: PLC0415 - asyncssh costs 130 ms
    from limen_tui.remote.link import open_link, verifies  # noqa: PLC0415
    from limen_tui.remote.loop import remote_loop  # noqa: PLC0415

    if not verifies(uri):
        raise AuthError("The URI switches host key checks off", f"no_verify={uri.param('no_verify')}",
                        "Take no_verify out of it.")  # fmt: skip
    # an id of its own: the bridge of a session with the same host must not lose its socket
    whose = Whose(f"{host_id(uri)[:7]}-test", uri.host)
    log.begin(f"ssh {uri.host}")
    try:
        link = remote_loop().run(
            open_link(uri, whose, SignIn(asker), runtime_dir(), read_only=read_only, progress=log.passed)
        ).result()
    except CancelledError as error:
        raise ConnectError(f"Connecting to {uri.host} was given up") from error
    log.begin("")
    return link.uri, lambda: remote_loop().run(link.close()).result(2)
