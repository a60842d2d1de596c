"""Try a host and tell each stage: resolve, TCP, SSH, host key, sign-in, socket, libvirt, versions, VMs.

Blocks: run it on a thread of its own. ``limen hosts test`` and the dialog under Hosts share it.
"""

from __future__ import annotations

import threading
import time
from collections.abc import Callable
from concurrent.futures import CancelledError, Future
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any, Protocol

from limen_tui.errors import AuthError, ConnectError, LimenError
from limen_tui.fleet.remoting import Remoting
from limen_tui.model.host import Host, HostInfo
from limen_tui.model.questions import Answer, Asker, NoAsker, Question
from limen_tui.model.uri import LibvirtURI, host_id, parse_uri
from limen_tui.settings import runtime_dir

if TYPE_CHECKING:
    from limen_tui.remote.link import SshLink

REMOTE_STAGES = ("resolve", "tcp", "ssh", "host key", "sign-in", "socket")
LIBVIRT_STAGES = ("libvirt", "versions", "list")


@dataclass(frozen=True, slots=True)
class Stage:
    """A stage that ended. ``text`` and ``hint`` are plain text, in part from the host."""

    name: str
    ok: bool
    seconds: float
    text: str = ""
    hint: str = ""


Tell = Callable[[Stage], None]


class Cancel:
    """Gives up a test that is under way, from another thread."""

    def __init__(self) -> None:
        self._lock = threading.Lock()
        self._future: Future[Any] | None = None
        self.is_set = False

    def set(self) -> None:
        """Give up; the test raises ``ConnectError`` soon."""
        with self._lock:
            self.is_set = True
            if self._future is not None:
                self._future.cancel()

    def hold(self, future: Future[Any] | None) -> None:
        """What to cancel."""
        with self._lock:
            self._future = future
            if self.is_set and future is not None:
                future.cancel()


@dataclass(frozen=True, slots=True)
class LinkFacts:
    """An open SSH link: ``streamlocal``, ``virt-ssh-helper`` or ``netcat``, and its last round trip in seconds."""

    way: str
    latency: float | None = None


LATENCY_EVERY = 5.0
"""Seconds between round trips that are measured, while somebody looks."""


class Tester(Protocol):
    """Tries a host; blocks. ``begin`` is told the name of each stage, ``tell`` its end. Raises ``LimenError``."""

    def __call__(
        self, host: Host, tell: Tell, *, begin: Callable[[str], None], cancel: Cancel, timeout: float = 15.0
    ) -> HostInfo: ...

    def link_facts(self, host_id: str) -> LinkFacts | None:
        """How the open link of a host goes; ``None`` without one. Never blocks."""


def stage_names(uri: LibvirtURI) -> tuple[str, ...]:
    """The stages that a test of ``uri`` goes through, in order."""
    if uri.is_ssh and uri.param("transport") != "native":
        return REMOTE_STAGES + LIBVIRT_STAGES
    return (("resolve", "tcp") if uri.transport in ("tls", "tcp") else ()) + LIBVIRT_STAGES


def test_host(
    uri: str, tell: Tell, *, read_only: bool = False, timeout: float = 15.0, remoting: Remoting | None = None
) -> HostInfo:
    """Try ``uri``; nobody is asked anything unless ``remoting`` knows whom. Raises ``LimenError`` after telling.

    ``timeout`` is for what libvirt does, in seconds; SSH has its own.
    """
    host = Host(host_id(parse_uri(uri)), uri, uri, read_only=read_only)
    remoting = remoting or Remoting(NoAsker(), runtime_dir(), lambda _: None)
    return HostTester(remoting)(host, tell, begin=lambda _: None, cancel=Cancel(), timeout=timeout)


test_host.__test__ = False  # type: ignore[attr-defined]  # its name is not a test's


class HostTester:
    """The ``Tester`` of real hosts: signs in by the sessions' own rules and secrets."""

    def __init__(self, remoting: Remoting) -> None:
        self._remoting = remoting
        self._latency: dict[str, tuple[float, Future[float]]] = {}
        self._measured: dict[str, float] = {}

    def link_facts(self, host_id: str) -> LinkFacts | None:
        """See ``Tester``. Starts a measurement when the last is old; its result is there at a later call."""
        link = self._remoting.link(host_id)
        if link is None:
            self._latency.pop(host_id, None)
            self._measured.pop(host_id, None)
            return None
        from limen_tui.remote.loop import remote_loop  # noqa: PLC0415 - loaded already: there is a link

        now = time.monotonic()
        asked, future = self._latency.get(host_id, (-LATENCY_EVERY, None))
        if future is not None and future.done() and not future.cancelled() and future.exception() is None:
            self._measured[host_id] = future.result()
        if (future is None or future.done()) and now - asked >= LATENCY_EVERY:
            self._latency[host_id] = now, remote_loop().run(link.latency())
        return LinkFacts(link.way.name, self._measured.get(host_id))

    def __call__(
        self, host: Host, tell: Tell, *, begin: Callable[[str], None], cancel: Cancel, timeout: float = 15.0
    ) -> HostInfo:
        """See ``Tester``."""
        uri = parse_uri(host.uri)
        if not (uri.is_ssh and uri.param("transport") != "native"):
            if uri.transport in ("tls", "tcp"):
                _reach(uri, tell, begin)
            opened = self._remoting.transport(host)[0] if not uri.is_ssh else _native(uri)
            return _libvirt(opened, host, tell, begin, timeout, _Held(self._remoting.asker, cancel))
        link = self._open(host, uri, tell, begin, cancel)
        try:
            return _libvirt(link.uri, host, tell, begin, timeout, _Held(self._remoting.asker, cancel))
        finally:
            from limen_tui.remote.loop import remote_loop  # noqa: PLC0415 - only with SSH

            remote_loop().run(link.close())

    def _open(
        self, host: Host, uri: LibvirtURI, tell: Tell, begin: Callable[[str], None], cancel: Cancel
    ) -> SshLink:
        from limen_tui.remote.connect import Whose  # noqa: PLC0415 - asyncssh only where it is needed
        from limen_tui.remote.link import verifies  # noqa: PLC0415
        from limen_tui.remote.loop import remote_loop  # noqa: PLC0415
        from limen_tui.remote.stages import StageFailed, staged_link  # noqa: PLC0415

        if not verifies(uri) and not host.insecure:
            raise _told(tell, "host key", 0.0, AuthError(
                "The URI switches host key checks off", f"no_verify={uri.param('no_verify')}",
                "Take no_verify out of it; or, if you must, allow it for this host under Hosts."))  # fmt: skip
        future = remote_loop().run(staged_link(
            uri, Whose(host.id, host.name, no_verify=not verifies(uri)), self._remoting.ssh().sign_in, runtime_dir(),
            read_only=host.read_only, begin=begin,
            done=lambda stage, seconds, text: tell(Stage(stage, True, seconds, text))))  # fmt: skip
        cancel.hold(future)
        try:
            return future.result()
        except StageFailed as failed:
            raise _told(tell, failed.stage, failed.seconds, failed.error) from failed
        except CancelledError as error:
            raise ConnectError(f"The test of {host.name} was given up") from error
        finally:
            cancel.hold(None)


class OfflineTester:
    """The ``Tester`` of a fleet without real hosts."""

    def link_facts(self, host_id: str) -> LinkFacts | None:  # noqa: ARG002
        """There are no links."""
        return None

    def __call__(
        self,
        host: Host,
        tell: Tell,
        *,
        begin: Callable[[str], None],
        cancel: Cancel,  # noqa: ARG002
        timeout: float = 15.0,  # noqa: ARG002
    ) -> HostInfo:
        """Says why nothing is tried."""
        name = stage_names(parse_uri(host.uri))[0]
        begin(name)
        raise _told(tell, name, 0.0, ConnectError("The demo connects to no real host",
                                                  hint="Start Limen without --demo."))  # fmt: skip


def _native(uri: LibvirtURI) -> str:
    from limen_tui.remote.transport import native_uri  # noqa: PLC0415 - asyncssh only where it is needed

    return native_uri(uri)


def _told(tell: Tell, stage: str, seconds: float, error: LimenError) -> LimenError:
    tell(Stage(stage, False, seconds, str(error), error.hint))
    return error


def _reach(uri: LibvirtURI, tell: Tell, begin: Callable[[str], None]) -> None:
    """Name and port of a daemon that listens by itself. Raises ``ConnectError``."""
    import socket  # noqa: PLC0415 - not on the way to the first paint

    port = uri.port or (16514 if uri.transport == "tls" else 16509)
    begin("resolve")
    began = time.monotonic()
    try:
        found = socket.getaddrinfo(uri.host, port, type=socket.SOCK_STREAM)
    except OSError as error:
        raise _told(tell, "resolve", time.monotonic() - began, ConnectError(
            f"The name {uri.host} cannot be resolved", error.strerror or "", "Check the spelling and DNS.",
        )) from error  # fmt: skip
    tell(Stage("resolve", True, time.monotonic() - began, str(found[0][4][0])))
    begin("tcp")
    began = time.monotonic()
    try:
        socket.create_connection((uri.host, port), 8.0).close()
    except OSError as error:
        raise _told(tell, "tcp", time.monotonic() - began, ConnectError(
            f"{uri.host} cannot be reached on port {port}", error.strerror or str(error),
            "Does libvirtd listen there, and does the firewall let it through?")) from error  # fmt: skip
    tell(Stage("tcp", True, time.monotonic() - began, f"port {port} is open"))


class _Held:
    """Asks what libvirt itself wants to know, until the test is given up."""

    def __init__(self, asker: Asker, cancel: Cancel) -> None:
        self._asker = asker
        self._cancel = cancel

    def ask(self, question: Question) -> Future[Answer | None]:
        """See ``Asker.ask``."""
        future = self._asker.ask(question)
        self._cancel.hold(future)
        return future


def _libvirt(
    uri: str, host: Host, tell: Tell, begin: Callable[[str], None], timeout: float, asker: Asker
) -> HostInfo:
    """Open, ask, count, close; what it said, stage by stage."""
    from limen_tui.hypervisor.probe import probe  # noqa: PLC0415 - not in the demo

    under_way: list[tuple[str, float]] = []

    def on_stage(name: str) -> None:
        ended()
        if name != "transport":
            under_way.append((name, time.monotonic()))
            begin(name)

    def ended(texts: dict[str, str] | None = None) -> None:
        if under_way:
            name, began = under_way.pop()
            text = "connected" if name == "libvirt" else ""
            held.append(Stage(name, True, time.monotonic() - began, (texts or {}).get(name, text)))
            if name == "libvirt":
                tell(held.pop())

    held: list[Stage] = []
    began = time.monotonic()
    try:
        found = probe(uri, read_only=host.read_only, timeout=timeout, on_stage=on_stage, host=host, asker=asker)
    except LimenError as error:
        stage, since = under_way[-1] if under_way else ("libvirt", began)
        for each in held:
            tell(each)
        raise _told(tell, stage, time.monotonic() - since, error) from error
    info = found.info
    texts = {
        "versions": f"libvirt {info.libvirt_version}, {info.hypervisor} {info.hypervisor_version}".rstrip(", ")
        + {True: ", KVM", False: ", no KVM: slow", None: ""}[info.kvm],
        "list": f"{found.vms} VM{'' if found.vms == 1 else 's'} on {info.hostname or host.name}",
    }
    ended(texts)
    for each in held:
        tell(Stage(each.name, True, each.seconds, texts.get(each.name, each.text)))
    return info


