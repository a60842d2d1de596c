"""Loads what the first paint did without, in small pieces, so that no key has to wait for it. UI thread."""

from __future__ import annotations

from importlib import import_module
from typing import Any, Final

from textual.app import App

PARTS: Final = (
    "limen_tui.model.query",
    "limen_tui.tui.dialogs.base", "limen_tui.tui.dialogs.confirm", "limen_tui.tui.palette.picker",
    "limen_tui.tui.palette.sources", "limen_tui.tui.help.screen", "limen_tui.tui.hosts.hosttest",
    "limen_tui.tui.hosts.hostform", "limen_tui.tui.hosts.commands", "limen_tui.tui.vm.screen", "limen_tui.tui.commands",
    "limen_tui.tui.hosts.panel", "limen_tui.tui.storage.panel", "limen_tui.tui.networks.panel",
    "limen_tui.tui.jobs.panel", "limen_tui.tui.events.panel", "limen_tui.tui.dialogs.columns",
    "lxml.etree", "limen_tui.model.spec", "limen_tui.fleet.creating", "textual.widgets._text_area",
    "limen_tui.tui.creating.draft", "limen_tui.tui.creating.screen",
)  # fmt: skip
"""Those that others need come first: each then takes a few milliseconds."""
AFTER, EVERY = 0.5, 0.05
"""Seconds from the first paint, and between two."""


class Warming:
    """Loads one part at a time. A part that is needed before its turn is loaded by who needs it."""

    def __init__(self, app: App[Any]) -> None:
        self._app = app
        self._left = list(PARTS)

    def begin(self) -> None:
        """Start soon."""
        self._app.set_timer(AFTER, self._next)

    def _next(self) -> None:
        if self._left:
            import_module(self._left.pop(0))
            self._app.set_timer(EVERY, self._next)
