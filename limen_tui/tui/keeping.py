"""Tells the person, seldom, that nothing can be kept: a full disk, mostly. May import textual. UI thread."""

from __future__ import annotations

from typing import TYPE_CHECKING, Final

from limen_tui.model.units import clean

if TYPE_CHECKING:
    from limen_tui.tui.app import LimenApp

AGAIN: Final = 600.0
"""Seconds after which it is said again, if it goes on: a nearly full disk fails now and then."""


class KeepingWatch:
    """Looks at whether the inventory's last write failed."""

    def __init__(self, app: LimenApp) -> None:
        self._app = app
        self._said_at = float("-inf")

    def tick(self) -> None:
        """Say it when it is new."""
        problem, now = self._app.fleet.inventory.problem, self._app.fleet.clock.mono()
        if problem is None or now - self._said_at < AGAIN:
            return
        self._said_at = now
        self._app.notify(f"{clean(problem.detail)}. {clean(problem.hint)} Limen goes on without keeping anything.",
                         title="Nothing can be kept", severity="error", markup=False, timeout=15)  # fmt: skip
