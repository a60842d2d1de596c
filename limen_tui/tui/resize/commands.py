"""The action that resizes a VM. May import textual, fleet, model. UI thread."""

from __future__ import annotations

from typing import TYPE_CHECKING

from limen_tui.model.actions import Target
from limen_tui.model.vm import VM

if TYPE_CHECKING:
    from limen_tui.tui.app import LimenApp
    from limen_tui.tui.resize.dialog import Confirmed


class ResizeCommands:
    """Methods ``do_<action id>``; mixed into the app's commands."""

    _app: LimenApp

    def do_vm_resize(self, target: Target) -> None:
        """The form; where a disk or an interface is under the cursor, at its field."""
        from limen_tui.tui.vm.screen import VMScreen  # noqa: PLC0415 - after the first paint

        start = ("", "")
        screen = self._app.screen
        if isinstance(screen, VMScreen) and screen.tab is not None and screen.key == target.vms[0].key:
            start = getattr(screen.tab, "resize_start", start)
        self.open_resize(target.vms[0], start)

    def open_resize(self, vm: VM, start: tuple[str, str] = ("", "")) -> None:
        """The form of one VM; ``start`` is (kind, target) of the field with the keyboard."""
        from limen_tui.tui.resize.dialog import ResizeDialog  # noqa: PLC0415 - lxml, after the first paint

        def confirmed(done: Confirmed | None) -> None:
            if done is None:
                return
            from limen_tui.fleet.resizing import job_of  # noqa: PLC0415 - recipes, late

            self._app.job_desk.start(job_of(vm, done.situation, done.wish, done.plan))

        self._app.push_screen(ResizeDialog(self._app.fleet, vm, start), confirmed)
