"""Who needs a storage pool, and stopping one that nobody needs. The functions block; run on a host's session."""

from __future__ import annotations

from collections.abc import Iterable
from typing import Final

from limen_tui.errors import Conflict, NotFound
from limen_tui.model.pooluse import PoolUse, lies_in
from limen_tui.model.ports import HostVerbs
from limen_tui.model.storage import Pool, Volume
from limen_tui.model.units import clean

SHOWN: Final = 8
"""VMs that are named one by one."""


def use_of(verbs: HostVerbs, pool: str) -> PoolUse:
    """Who needs the pool now: all definitions, and of running VMs what they have open. Raises ``LimenError``."""
    from limen_tui.jobs.ops.volume import sources  # noqa: PLC0415 - lxml, late

    pools = verbs.pools()
    box = next((each for each in pools if each.name == pool), None)
    if box is None:
        raise NotFound(f"There is no pool {clean(pool)}", hint="It may have been removed; refresh the view.")
    volumes: list[Volume] = []
    for each in pools:
        if each.active:
            try:
                volumes += verbs.storage.volumes(each.name)
            except (NotFound, Conflict):
                continue  # stopped or removed since
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
        if lies_in(box, volumes, named):
            (running if active else stopped).append(names.get(uuid, uuid))
    return PoolUse(tuple(sorted(running)), tuple(sorted(stopped)))


def refuse_running(pool: str, use: PoolUse) -> None:
    """Raises ``Conflict`` where a VM that runs has something in the pool."""
    if use.running:
        raise Conflict(
            f"The pool {clean(pool)} is in use", f"{some(use.running)} {'runs' if len(use.running) == 1 else 'run'}.",
            "Shut down what uses it first.",
        )  # fmt: skip


def refuse_taken(name: str, path: str, pools: Iterable[Pool]) -> None:
    """Raises ``Conflict`` where one of ``pools`` has that name or that place."""
    for pool in pools:
        if pool.name == name:
            raise Conflict(f"A pool {clean(name)} is there already", clean(pool.path), "Choose another name.")
        if path and pool.path == path:
            raise Conflict(f"The pool {clean(pool.name)} has that place", clean(path),
                           "Use that one, or choose another path.")  # fmt: skip


def stop_unused(verbs: HostVerbs, pool: str) -> None:
    """Stop the pool unless a VM that runs needs it: asked for once more, for one may have started meanwhile."""
    refuse_running(pool, use_of(verbs, pool))
    verbs.storage.stop(pool)


def some(names: tuple[str, ...]) -> str:
    """Names of VMs, not too many."""
    shown = ", ".join(clean(name) for name in names[:SHOWN])
    return shown if len(names) <= SHOWN else f"{shown} and {len(names) - SHOWN} more"
