"""Whose turn it is at a tick of a large fleet. Pure; runs on a host's session thread."""

from __future__ import annotations

from collections.abc import Sequence

from limen_tui.model.ports import Watch


def whose_turn(uuids: Sequence[str], watch: Watch, tick: int) -> set[str]:
    """Of ``uuids``, those to be asked at the ``tick``-th tick: all that somebody looks at, and a share of the others.

    Where VMs came or went since the tick before, one may have its turn twice, or a round late.
    """
    if watch.turns <= 1:
        return set(uuids)
    due = set(uuids[tick % watch.turns :: watch.turns])
    due.update((watch.visible | watch.close).intersection(uuids))
    return due
