"""The inventory for verbs that need no host, with what it has to say about itself. Main thread."""

from __future__ import annotations

import contextlib
from collections.abc import Iterator

from limen_tui.cli import output
from limen_tui.fleet.compose import open_store
from limen_tui.model.host import Problem
from limen_tui.model.ports import InventoryPort
from limen_tui.settings import Settings


@contextlib.contextmanager
def opened(settings: Settings, *, demo: bool = False) -> Iterator[InventoryPort]:
    """Open it, close it, and say so where a damaged one was set aside or something could not be written."""
    store = open_store(settings, demo=demo)
    try:
        if store.notice is not None:
            tell(store.notice)
        yield store
    finally:
        store.close()
    tell_lost(store)


def tell(notice: Problem) -> None:
    """What a person should know first."""
    output.say(f"limen: {notice.title}: {notice.detail}")
    if notice.hint:
        output.say(f"       {notice.hint}")


def tell_lost(store: InventoryPort) -> None:
    """After it was closed: what was done is not undone by a full disk, but the audit log does not know of it."""
    if (problem := store.unlogged) is not None:
        output.say(f"limen: What was done could not be written down: {problem}")
        output.say(f"       {problem.hint}")
