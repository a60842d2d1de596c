"""Try a host once and say what it is and how long each stage took; choose the local URI. Imports libvirt.

For the command line and the doctor: the caller waits, a daemon thread asks, so that a host which hangs
costs the caller its timeout and no more.
"""

from __future__ import annotations

import threading
import time
from collections.abc import Callable
from concurrent.futures import Future, wait
from dataclasses import dataclass
from typing import Final, TypeVar

import libvirt

from limen_tui.errors import LimenError, Timeout
from limen_tui.hypervisor.connection import Connection, Opener, asking_opener
from limen_tui.hypervisor.errors import map_error
from limen_tui.hypervisor.hostinfo import read_info
from limen_tui.hypervisor.worker import plain_transport
from limen_tui.model.host import Host, HostInfo, Problem, problem_of
from limen_tui.model.ports import Transport
from limen_tui.model.questions import Asker, NoAsker

T = TypeVar("T")
LOCAL_URIS: Final = ("qemu:///system", "qemu:///session")
LOOK_EVERY: Final = 0.25
"""Seconds between two looks at whether a person is being asked; an answer of the host is seen at once."""


@dataclass(frozen=True, slots=True)
class Probe:
    """A host that answered. ``stages`` are (name, milliseconds) in order."""

    uri: str
    info: HostInfo
    vms: int
    stages: tuple[tuple[str, float], ...]


@dataclass(frozen=True, slots=True)
class LocalChoice:
    """The local hypervisor, and why those before it in the list were not taken."""

    uri: str | None
    problems: tuple[tuple[str, Problem], ...] = ()


def probe(
    uri: str, *, read_only: bool = False, timeout: float = 15.0, transport: Transport = plain_transport,
    on_stage: Callable[[str], None] = lambda _: None, host: Host | None = None, asker: Asker | None = None,
) -> Probe:
    """Open ``uri``, ask who it is, count its VMs, close. Raises ``LimenError``; ``Timeout`` after ``timeout`` s.

    ``on_stage`` is told the name of each stage as it begins, on another thread. What libvirt itself wants to know
    (SASL) goes to ``asker`` in the name of ``host``; while a person is asked, the timeout stands still.
    """
    asking = threading.Event()
    opener = asking_opener(
        host or Host("probe", uri, uri), asker or NoAsker(), lambda on: asking.set() if on else asking.clear()
    )
    return _guarded(lambda: _probe(uri, read_only, transport, on_stage, opener), timeout, uri, asking)


def default_uri(candidates: tuple[str, ...] = LOCAL_URIS, *, timeout: float = 5.0) -> LocalChoice:
    """The first of ``candidates`` that answers. Never raises: the reasons are in the result."""
    problems: list[tuple[str, Problem]] = []
    for uri in candidates:
        try:
            probe(uri, timeout=timeout)
        except LimenError as error:
            problems.append((uri, problem_of(error)))
        else:
            return LocalChoice(uri, tuple(problems))
    return LocalChoice(None, tuple(problems))


def _probe(
    uri: str, read_only: bool, transport: Transport, on_stage: Callable[[str], None], opener: Opener
) -> Probe:
    stages: list[tuple[str, float]] = []

    def staged(name: str, work: Callable[[], T]) -> T:
        on_stage(name)
        begun = time.monotonic()
        result = work()
        stages.append((name, (time.monotonic() - begun) * 1000))
        return result

    close_transport: Callable[[], None] | None = None
    connection: Connection | None = None
    try:
        real, close_transport = staged("transport", lambda: transport(Host("probe", uri, uri)))
        connection = found = staged("libvirt", lambda: Connection.open(real, read_only=read_only, opener=opener))
        info = staged("versions", lambda: read_info(found, uri, read_only=read_only))
        vms = staged("list", lambda: _count(found))
        return Probe(uri, info, vms, tuple(stages))
    finally:
        if connection is not None:
            connection.close()
        if close_transport is not None:
            close_transport()


def _count(connection: Connection) -> int:
    raw = connection.raw
    try:
        return int(raw.numOfDomains()) + int(raw.numOfDefinedDomains())
    except libvirt.libvirtError as error:
        raise map_error(error) from error


def _guarded(work: Callable[[], T], timeout: float, what: str, asking: threading.Event) -> T:
    future: Future[T] = Future()

    def run() -> None:
        try:
            future.set_result(work())
        except BaseException as error:  # noqa: BLE001 - whatever it is, it belongs to who waits for the future
            future.set_exception(error)

    threading.Thread(target=run, name="probe", daemon=True).start()
    left, before = timeout, time.monotonic()
    while left > 0 and not wait([future], min(left, LOOK_EVERY)).done:
        now = time.monotonic()
        left -= 0 if asking.is_set() else now - before
        before = now
    if not future.done():
        raise Timeout(
            "The host does not answer", f"{what} said nothing for {timeout:.0f} s.",
            "Check the network and the host's libvirt daemon.",
        )  # fmt: skip
    return future.result(0)
