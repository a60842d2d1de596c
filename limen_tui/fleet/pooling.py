"""Pools made and forgotten by jobs; started, stopped, looked at again with a line in the audit log each.

:func:`do` and :func:`set_autostart` are called on the UI thread and return at once. Who needs a pool is found by
``limen_tui.jobs.pooluse``, whose functions block, as :func:`survey` does; :func:`plan_create` loads jinja2 and lxml.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable
from concurrent.futures import Future
from dataclasses import dataclass
from typing import TYPE_CHECKING, Final, TypeVar

from limen_tui.errors import Conflict, NotFound
from limen_tui.fleet.audited import audited, entry
from limen_tui.fleet.fleet import Fleet
from limen_tui.jobs.pooluse import refuse_running, refuse_taken, some, stop_unused, use_of
from limen_tui.jobs.recipes.pools import create_pool, delete_pool
from limen_tui.model.host import Host
from limen_tui.model.pooluse import PoolUse
from limen_tui.model.ports import HostVerbs
from limen_tui.model.storage import Pool
from limen_tui.model.units import clean

if TYPE_CHECKING:
    from limen_tui.model.jobs import JobPlan
    from limen_tui.model.spec.infra import PoolSpec

__all__ = [
    "PoolSurvey", "create_pool", "do", "plan_create", "plan_delete", "refuse_running", "refuse_taken",
    "set_autostart", "some", "stop_notes", "stop_unused", "survey", "use_of", "usual_path",
]  # fmt: skip

HOME: Final = "/var/lib/libvirt"
"""Where libvirt itself keeps the pool ``default``."""
T = TypeVar("T")


@dataclass(frozen=True, slots=True)
class PoolSurvey:
    """What is to be known before a pool is forgotten."""

    pool: Pool
    use: PoolUse
    xml: str
    """Its definition, to bring it back by."""


def do(
    fleet: Fleet, host: Host, action: str, pool: str, call: Callable[[HostVerbs], T], more: str = ""
) -> Future[T]:  # fmt: skip
    """Do ``call`` on ``host`` and write down that it was done to ``pool`` by whom, and what came of it."""
    return audited(fleet, entry(fleet, action, host.id, host.name, detail=f"pool {pool}{more}"), call)


def set_autostart(fleet: Fleet, host: Host, pool: Pool, on: bool) -> Future[None]:
    """Have it started with its host, or not. Raises ``Conflict`` for one without a definition."""
    if not pool.persistent:
        raise Conflict(f"The pool {clean(pool.name)} is transient", "It has no definition that could be started.")
    name = pool.name
    return do(fleet, host, "pool.autostart", name, lambda verbs: verbs.pool_definitions.set_autostart(name, on),
              f", {'on' if on else 'off'}")  # fmt: skip


def stop_notes(pool: Pool) -> tuple[str, ...]:
    """What is to be known before it is stopped, a sentence each."""
    if not pool.persistent:
        return ("It is transient: libvirt forgets it once it is stopped.",)
    return ("libvirt starts it again with the host.",) if pool.autostart else ()


def usual_path(name: str, pools: Iterable[Pool]) -> str:
    """Where a pool goes that needs a folder: beside that of the pool ``default``, else where libvirt has its own.

    Beside, not in it: a pool shows the folders in it as volumes.
    """
    default = next((pool.path for pool in pools if pool.name == "default" and pool.kind == "dir"), "")
    parent = default.rstrip("/").rpartition("/")[0] if default.startswith("/") else ""
    return f"{parent or HOME}/{name}"


def plan_create(host: Host, spec: PoolSpec, *, autostart: bool = True) -> tuple[JobPlan, str]:
    """The job that makes a pool, and the pool's XML. Raises ``InputError`` for what cannot be one."""
    from limen_tui.fleet.renderinfra import render_pool  # noqa: PLC0415 - jinja2 and lxml are for those who create

    xml = render_pool(spec)
    return create_pool(host, spec, xml, autostart=autostart), xml


def survey(verbs: HostVerbs, pool: str) -> PoolSurvey:
    """The pool as it is now, who needs it, how it is defined. Runs on the host's session. Raises ``LimenError``."""
    use = use_of(verbs, pool)
    box = next((each for each in verbs.pools() if each.name == pool), None)
    if box is None:
        raise NotFound(f"There is no pool {clean(pool)}", hint="It may have been removed; refresh the view.")
    return PoolSurvey(box, use, verbs.pool_definitions.xml(pool))


def plan_delete(host: Host, found: PoolSurvey) -> JobPlan:
    """The job that forgets a pool; its data stays. Raises ``Conflict`` where a VM that runs needs it."""
    refuse_running(found.pool.name, found.use)
    return delete_pool(host, found.pool, found.xml)
