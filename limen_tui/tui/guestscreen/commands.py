"""What the keys for the guest's screen and for a viewer do. May import textual, fleet and model. UI thread."""

from __future__ import annotations

from typing import TYPE_CHECKING

from limen_tui.errors import LimenError
from limen_tui.model.actions import Target
from limen_tui.model.units import clean
from limen_tui.model.vm import VMKey

if TYPE_CHECKING:
    from limen_tui.tui.app import LimenApp
    from limen_tui.tui.guestscreen.viewer import Viewer


class ScreenCommands:
    """Methods ``do_<action id>``; mixed into the app's commands."""

    _app: LimenApp

    def do_vm_screen(self, target: Target) -> None:
        """The tab of one VM that shows its screen."""
        from limen_tui.tui.vm.screen import VMScreen  # noqa: PLC0415 - with the first VM that is opened

        screen = self._app.screen
        if isinstance(screen, VMScreen):
            screen.show_tab("screen")
        else:
            self._app.push_screen(VMScreen(self._app, target.vms[0].key, "screen"))

    def do_vm_viewer(self, target: Target) -> None:
        """A viewer in a window, or how to get one."""
        self.show_viewer(target.vms[0].key)

    def show_viewer(self, key: VMKey) -> None:
        """Start a viewer for a VM's screen, or tell how to reach it from elsewhere."""
        from limen_tui.tui.guestscreen.viewer import open_viewer  # noqa: PLC0415 - at the first use

        app = self._app

        def told(found: Viewer | LimenError) -> None:
            app.call_later(self._show_viewer, found)  # from the viewer's thread: only a message

        open_viewer(app.fleet, key, told)

    def _show_viewer(self, found: Viewer | LimenError) -> None:
        if isinstance(found, LimenError):
            text = " ".join(clean(part) for part in (found.detail, found.hint) if part)
            self._app.notify(text, title=clean(found.title), severity="warning", markup=False, timeout=8)
        elif found.started:
            self._app.notify(f"Started {found.started}", markup=False, timeout=4)
        else:
            from limen_tui.tui.guestscreen.reach import ReachDialog  # noqa: PLC0415 - at the first use

            self._app.push_screen(ReachDialog(found.lines))
