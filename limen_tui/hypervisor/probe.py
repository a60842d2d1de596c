"""Try a host once and say what it is and how long each stage took; choose the local URI. Imports libvirt.

For the command line and the doctor: the caller waits, a daemon thread asks, so that a host which hangs
costs the caller its timeout and no more.
"""

from __future__ import annotations

import threading
import time
from collections.abc import Callable
from concurrent.futures import Future
from dataclasses import dataclass
from typing import Final, TypeVar

import libvirt

from limen_tui.errors import LimenError, Timeout
from limen_tui.hypervisor.connection import Connection
from limen_tui.hypervisor.errors import map_error
from limen_tui.hypervisor.hostinfo import read_info
from limen_tui.hypervisor.worker import plain_transport
from limen_tui.model.host import Host, HostInfo, Problem, problem_of
from limen_tui.model.ports import Transport

T = TypeVar("T")
LOCAL_URIS: Final = ("qemu:///system", "qemu:///session")


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
    on_stage: Callable[[str], None] = lambda _: None,
) -> Probe:
    """Open ``uri``, ask who it is, count its VMs, close. Raises ``LimenError``; ``Timeout`` after ``timeout`` s.

    ``on_stage`` is told the name of each stage as it begins, on another thread.
    """
    return _guarded(lambda: _probe(uri, read_only, transport, on_stage), timeout, uri)


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


def _probe(uri: str, read_only: bool, transport: Transport, on_stage: Callable[[str], None]) -> Probe:
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
        connection = found = staged("libvirt", lambda: Connection.open(real, read_only=read_only))
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


def _guarded(work: Callable[[], T], timeout: float, what: str) -> T:
    future: Future[T] = Future()

    def run() -> None:
        try:
            future.set_result(work())
        except BaseException as error:  # noqa: BLE001 - whatever it is, it belongs to who waits for the future
            future.set_exception(error)

    threading.Thread(target=run, name="probe", daemon=True).start()
    try:
        return future.result(timeout)
    except TimeoutError as error:
        raise Timeout(
            "The host does not answer", f"{what} said nothing for {timeout:.0f} s.",
            "Check the network and the host's libvirt daemon.",
        ) from error
