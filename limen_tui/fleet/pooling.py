"""Pools started, stopped and looked at again, with a line in the audit log each.

:func:`do` is called on the UI thread and returns at once; the other functions block and run on a thread of the
host's session.
"""

from __future__ import annotations

from collections.abc import Callable
from concurrent.futures import CancelledError, Future
from typing import TypeVar

from limen_tui.errors import Conflict, LimenError, NotFound
from limen_tui.fleet.fleet import Fleet
from limen_tui.fleet.images import look
from limen_tui.model.events import AuditEntry
from limen_tui.model.host import Host
from limen_tui.model.pooluse import PoolUse, lies_in
from limen_tui.model.ports import HostVerbs
from limen_tui.model.units import clean

T = TypeVar("T")
SHOWN = 8
"""VMs that are named one by one."""


def use_of(verbs: HostVerbs, pool: str) -> PoolUse:
    """Who needs the pool now: all definitions, and of running VMs what they have open. Raises ``LimenError``."""
    from limen_tui.jobs.ops.volume import sources  # noqa: PLC0415 - lxml, late

    stock = look(verbs)
    box = next((each for each in stock.pools if each.name == pool), None)
    if box is None:
        raise NotFound(f"There is no pool {clean(pool)}", hint="It may have been removed; refresh the view.")
    names = {uuid: name for name, uuid in verbs.definitions.names().items()}
    running: list[str] = []
    stopped: list[str] = []
    for uuid, xml in verbs.definitions.all_xml().items():
        try:
            active = verbs.definitions.is_active(uuid)
            # what was plugged in since it started is in the living definition only
            named = sources(xml) | (sources(verbs.xml(uuid)) if active else set())
        except NotFound:
            continue  # gone since the list
        if lies_in(box, stock.volumes, named):
            (running if active else stopped).append(names.get(uuid, uuid))
    return PoolUse(tuple(sorted(running)), tuple(sorted(stopped)))


def refuse_running(pool: str, use: PoolUse) -> None:
    """Raises ``Conflict`` where a VM that runs has something in the pool."""
    if use.running:
        raise Conflict(
            f"The pool {clean(pool)} is in use", f"{some(use.running)} {'runs' if len(use.running) == 1 else 'run'}.",
            "Shut down what uses it first.",
        )  # fmt: skip


def stop_unused(verbs: HostVerbs, pool: str) -> None:
    """Stop the pool unless a VM that runs needs it: asked for once more, for one may have started meanwhile."""
    refuse_running(pool, use_of(verbs, pool))
    verbs.storage.stop(pool)


def some(names: tuple[str, ...]) -> str:
    """Names of VMs, not too many."""
    shown = ", ".join(clean(name) for name in names[:SHOWN])
    return shown if len(names) <= SHOWN else f"{shown} and {len(names) - SHOWN} more"


def do(fleet: Fleet, host: Host, action: str, pool: str, call: Callable[[HostVerbs], T]) -> Future[T]:
    """Do ``call`` on ``host`` and write down that it was done to ``pool`` by whom, and what came of it."""

    def done(future: Future[T]) -> None:
        try:
            future.result()
        except LimenError as error:
            result, more = "failed", f": {error.title}"
        except CancelledError:
            result, more = "dropped", ""
        else:
            result, more = "ok", ""
        fleet.inventory.audit(AuditEntry(
            fleet.clock.wall(), fleet.actor.who, fleet.actor.origin, action, host.id, host.name, "", "", result,
            f"pool {pool}{more}"))  # fmt: skip

    future = fleet.call(host.id, call)
    future.add_done_callback(done)
    return future
