"""Asking hosts, one or several, and waiting for what they say. Main thread."""

from __future__ import annotations

from collections.abc import Callable, Collection, Iterable
from typing import TypeVar

from limen_tui.cli import output
from limen_tui.cli.resolve import why_not_up
from limen_tui.cli.waiting import Waiter
from limen_tui.errors import LimenError, Timeout
from limen_tui.fleet.fleet import Fleet
from limen_tui.model.host import HostSnapshot, HostState
from limen_tui.model.ports import HostVerbs

T = TypeVar("T")


def ask(fleet: Fleet, waiter: Waiter, host_id: str, call: Callable[[HostVerbs], T], seconds: float = 60.0) -> T:
    """Ask a host and wait, answering what it asks meanwhile. Raises ``LimenError``."""
    future = fleet.call(host_id, call)
    if not waiter.until(future.done, seconds):
        raise Timeout("The host does not answer", hint="Try again, or look with `limen hosts`.")
    return future.result(0)


def ask_each(
    fleet: Fleet, waiter: Waiter, hosts: Iterable[HostSnapshot], missing: Collection[HostSnapshot],
    question: Callable[[HostSnapshot], Callable[[HostVerbs], T]],
) -> tuple[list[tuple[HostSnapshot, T]], bool]:  # fmt: skip
    """What each host says to its question, one after the other, and whether one that should have answered did not.

    Of those that do not answer it is said why; the others are asked all the same. A host that is switched off is not
    among the ``missing``.
    """
    said: list[tuple[HostSnapshot, T]] = []
    failed = False
    for host in hosts:
        if host.state is not HostState.UP:
            failed = failed or host in missing
            output.complain(why_not_up(host))
            continue
        try:
            said.append((host, ask(fleet, waiter, host.host.id, question(host))))
        except LimenError as error:
            output.complain(error)
            failed = True
    return said, failed
