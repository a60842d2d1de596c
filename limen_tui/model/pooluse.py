"""Which VMs a storage pool is needed by. Pure; safe on any thread."""

from __future__ import annotations

from collections.abc import Collection, Iterable
from dataclasses import dataclass
from typing import Final

from limen_tui.model.storage import Pool, Volume

DEEPEST: Final = 64
"""Links of a backing chain that are followed."""


@dataclass(frozen=True, slots=True)
class PoolUse:
    """Names of VMs with something in a pool: a disk, what is below one, a CD, a kernel. From outside: clean them."""

    running: tuple[str, ...] = ()
    """Those that have it open now, paused ones among them."""
    stopped: tuple[str, ...] = ()


def lies_in(pool: Pool, volumes: Iterable[Volume], sources: Collection[str]) -> bool:
    """Whether one of ``sources`` (paths, or ``pool/volume``) or what backs it lies in ``pool``.

    ``volumes`` are those of all active pools of the host: what is on top may lie in another one.
    """
    by_path = {volume.path: volume for volume in volumes if volume.path}
    named = {f"{volume.pool}/{volume.name}": volume for volume in by_path.values()}
    folder = f"{pool.path.rstrip('/')}/" if pool.path.startswith("/") and pool.path != "/" else ""
    for source in sources:
        at, seen = source, set[str]()
        while at and at not in seen and len(seen) < DEEPEST:
            seen.add(at)
            volume = by_path.get(at) or named.get(at)
            inside = at.startswith(f"{pool.name}/") or (bool(folder) and at.startswith(folder))
            if inside or (volume is not None and volume.pool == pool.name):
                return True
            at = volume.backing_path if volume is not None else ""
    return False
