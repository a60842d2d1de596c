"""The filter as typed: what passes, what is wrong with it and where, what could follow. Pure."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass

from limen_tui.fleet.view import FleetView
from limen_tui.model.vm import VM
from limen_tui.tui.fleet.lines import Line


@dataclass(frozen=True, slots=True)
class Filter:
    """What was typed last. A text with a problem keeps the filter before it, so that rows do not jump while typing."""

    text: str = ""
    predicate: Callable[[VM], bool] | None = None
    below: Line = ()
    at: int = 0

    def typed(self, text: str, view: FleetView) -> Filter:
        """The filter for ``text``; ``view`` gives the names that can complete it."""
        del view
        if not text.strip():
            return Filter()
        wanted = text.casefold()
        return Filter(text, lambda vm: wanted in vm.name.casefold())
