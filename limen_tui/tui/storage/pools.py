"""What can be done with pools: start, stop, look again. UI thread; hosts are asked, and answers only posted."""

from __future__ import annotations

from collections.abc import Callable
from concurrent.futures import Future
from typing import TYPE_CHECKING, Any

from limen_tui.errors import LimenError
from limen_tui.fleet.images import write_reason
from limen_tui.model.actions import Target
from limen_tui.model.host import HostSnapshot
from limen_tui.model.ports import HostVerbs
from limen_tui.model.storage import Pool
from limen_tui.model.units import clean, paragraph

if TYPE_CHECKING:
    from limen_tui.model.pooluse import PoolUse
    from limen_tui.tui.app import LimenApp
    from limen_tui.tui.storage.volumes import VolumesScreen


class PoolCommands:
    """Methods ``do_pool_...``, and what all commands of storage need."""

    _app: LimenApp

    def do_pool_start(self, _: Target) -> None:
        """The pool on show or under the cursor; needs no question."""
        place = self._place_of()
        if place is None:
            return
        if place[1].active:
            self._warn(f"The pool {clean(place[1].name)} is active already")
            return
        name = place[1].name
        self._do_to(place, "pool.start", lambda verbs: verbs.storage.start(name), "is active")

    def do_pool_refresh(self, _: Target) -> None:
        """Have libvirt look for volumes that came or went without it."""
        place = self._active_place()
        if place is not None:
            name = place[1].name
            self._do_to(place, "pool.refresh", lambda verbs: verbs.storage.refresh(name), "was looked at again")

    def do_pool_stop(self, _: Target) -> None:
        """After a question that names the VMs with disks in it; not while one of them runs."""
        place = self._active_place()
        if place is None:
            return
        from limen_tui.fleet.pooling import use_of  # noqa: PLC0415 - only for those who stop one

        name = place[1].name
        self._later(self._app.fleet.call(place[0].host.id, lambda verbs: use_of(verbs, name)),
                    lambda use: self._ask_to_stop(place, use))  # fmt: skip

    def _ask_to_stop(self, place: tuple[HostSnapshot, Pool], use: PoolUse) -> None:
        from limen_tui.fleet.pooling import refuse_running, some, stop_unused  # noqa: PLC0415
        from limen_tui.tui.dialogs.text import YesNoDialog  # noqa: PLC0415 - after the first paint

        host, pool = place
        try:
            refuse_running(pool.name, use)
        except LimenError as error:
            self._warn(paragraph(str(error), error.hint))
            return
        if use.stopped:
            needs = "needs" if len(use.stopped) == 1 else "need"
            told = f"{some(use.stopped)} {needs} it and will not start until it is started again."
        else:
            told = "No VM has a disk in it."
        again = " libvirt starts it again with the host." if pool.autostart else ""
        text = f"{clean(pool.name)} on {clean(host.host.name)}. Its data stays where it is.{again}\n\n{told}"

        def answered(yes: bool | None) -> None:
            # asked again there: in the meantime one of them may have been started
            if yes and self._may_write(host.host.id):
                self._do_to(place, "pool.stop", lambda verbs: stop_unused(verbs, pool.name), "is stopped")

        self._app.push_screen(YesNoDialog("Stop this pool?", text, "Stop"), answered)

    def _do_to(
        self, place: tuple[HostSnapshot, Pool], action: str, call: Callable[[HostVerbs], None], told: str
    ) -> None:  # fmt: skip
        from limen_tui.fleet.pooling import do  # noqa: PLC0415

        host, pool = place

        def done(result: Any) -> None:
            if isinstance(result, LimenError):
                self._warn(" ".join(part for part in (f"{result.title}:", result.detail, result.hint) if part))
            else:
                text = f"The pool {clean(pool.name)} on {clean(host.host.name)} {told}"
                self._app.notify(text, markup=False, timeout=3)
            self._look_again(host.host.id)

        self._on_ui(do(self._app.fleet, host.host, action, pool.name, call), done)

    def _look_again(self, host_id: str) -> None:
        """What is on show of that host."""
        from limen_tui.tui.storage.panel import StoragePanel  # noqa: PLC0415 - after the first paint

        screen, panel = self._screen(), self._app.main.panel
        if screen is not None:
            screen.do_view_refresh(Target())
        if isinstance(panel, StoragePanel):
            panel.ask_anew(host_id)

    # -- where it is aimed at -----------------------------------------------------------------------

    def _screen(self) -> VolumesScreen | None:
        from limen_tui.tui.storage.volumes import VolumesScreen  # noqa: PLC0415 - after the first paint

        screen = self._app.screen
        return screen if isinstance(screen, VolumesScreen) else None

    def _place_of(self) -> tuple[HostSnapshot, Pool] | None:
        """The host and the pool that are meant, if that host can be written to; else says why not."""
        from limen_tui.tui.storage.panel import StoragePanel  # noqa: PLC0415 - after the first paint

        screen = self._screen()
        if screen is not None:
            host_id, pool = screen.host_id, screen.pool_now
        else:
            panel = self._app.main.panel
            row = panel.table.cursor_row if isinstance(panel, StoragePanel) else None
            host_id, pool = (row.host_id, row.thing) if row is not None else ("", None)
        host = self._app.fleet.view.host(host_id)
        if host is None or pool is None:
            self._warn("Choose a pool under Storage (3) first")
            return None
        return (host, pool) if self._may_write(host_id) else None

    def _active_place(self) -> tuple[HostSnapshot, Pool] | None:
        """The same, and the pool is active."""
        place = self._place_of()
        if place is not None and not place[1].active:
            self._warn(f"The pool {clean(place[1].name)} is not active: s starts it")
            return None
        return place

    def _may_write(self, host_id: str) -> bool:
        reason = write_reason(self._app.fleet.view.host(host_id), read_only=self._app.fleet.read_only)
        if reason:
            self._warn(f"Nothing can be changed: {clean(reason)}")
        return not reason

    # -- answers ----------------------------------------------------------------------------------

    def _later(self, future: Future[Any], then: Callable[[Any], None]) -> None:
        """``then`` gets the result on the UI thread; an error is said."""

        def told(result: Any) -> None:
            if isinstance(result, LimenError):
                self._warn(f"{result.title}: {result.detail}")
            else:
                then(result)

        self._on_ui(future, told)

    def _on_ui(self, future: Future[Any], then: Callable[[Any], None]) -> None:
        """``then`` gets the result, or the error, on the UI thread."""
        from limen_tui.tui.storage.volumes import outcome  # noqa: PLC0415 - after the first paint

        future.add_done_callback(lambda done: self._app.call_later(then, outcome(done)))

    def _warn(self, text: str) -> None:
        self._app.notify(clean(text.strip()), severity="warning", markup=False, timeout=6)
