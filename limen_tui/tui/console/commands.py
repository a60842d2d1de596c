"""What the key for the serial console does. May import textual, fleet and model. UI thread."""

from __future__ import annotations

from typing import TYPE_CHECKING

from limen_tui.model.actions import Target

if TYPE_CHECKING:
    from limen_tui.tui.app import LimenApp


class ConsoleCommands:
    """Methods ``do_<action id>``; mixed into the app's commands."""

    _app: LimenApp

    def do_vm_console(self, target: Target) -> None:
        """The serial console of one VM, on a screen of its own."""
        from limen_tui.tui.console.screen import ConsoleScreen  # noqa: PLC0415 - pyte is loaded with the first

        self._app.push_screen(ConsoleScreen(self._app, target.vms[0].key))
