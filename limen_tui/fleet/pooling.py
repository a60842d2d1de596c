"""Pools started, stopped and looked at again, with a line in the audit log each.

:func:`do` is called on the UI thread and returns at once. Who needs a pool is found by ``limen_tui.jobs.pooluse``,
whose functions block.
"""

from __future__ import annotations

from collections.abc import Callable
from concurrent.futures import Future
from typing import TypeVar

from limen_tui.fleet.audited import audited, entry
from limen_tui.fleet.fleet import Fleet
from limen_tui.jobs.pooluse import refuse_running, some, stop_unused, use_of
from limen_tui.model.host import Host
from limen_tui.model.ports import HostVerbs

__all__ = ["do", "refuse_running", "some", "stop_unused", "use_of"]

T = TypeVar("T")


def do(fleet: Fleet, host: Host, action: str, pool: str, call: Callable[[HostVerbs], T]) -> Future[T]:
    """Do ``call`` on ``host`` and write down that it was done to ``pool`` by whom, and what came of it."""
    return audited(fleet, entry(fleet, action, host.id, host.name, detail=f"pool {pool}"), call)
