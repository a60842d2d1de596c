"""What can be done with pools: make, start, stop, look again, forget. UI thread; hosts are asked, answers posted."""

from __future__ import annotations

from collections.abc import Callable
from concurrent.futures import Future
from typing import TYPE_CHECKING, Any

from limen_tui.errors import LimenError
from limen_tui.fleet.images import write_reason
from limen_tui.model.actions import Target
from limen_tui.model.host import HostSnapshot, HostState
from limen_tui.model.ports import HostVerbs
from limen_tui.model.storage import Pool
from limen_tui.model.units import clean, paragraph

if TYPE_CHECKING:
    from limen_tui.fleet.pooling import PoolSurvey
    from limen_tui.model.jobs import Job, JobPlan
    from limen_tui.model.pooluse import PoolUse
    from limen_tui.tui.app import LimenApp
    from limen_tui.tui.storage.volumes import VolumesScreen


class PoolCommands:
    """Methods ``do_pool_...``, and what all commands of storage need."""

    _app: LimenApp

    def do_pool_create(self, target: Target) -> None:
        """By a form; on the host under the cursor, unless another is chosen in it."""
        fleet = self._app.fleet
        able = [host for host in fleet.view.hosts if not write_reason(host, read_only=fleet.read_only)]
        wished = target.hosts[0].host.id if target.hosts else self._app.main.host_id
        if wished and not self._may_write(wished):
            return
        if not able:
            self._warn("No pool can be made: no host is up that can be written to")
            return
        from limen_tui.tui.storage.newpool import NewPoolDialog  # noqa: PLC0415 - after the first paint

        self._app.push_screen(NewPoolDialog(fleet, able, wished or able[0].host.id), self._begin)

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
        from limen_tui.fleet.pooling import refuse_running, some, stop_notes, stop_unused  # noqa: PLC0415
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
        again = "".join(f" {note}" for note in stop_notes(pool))
        text = f"{clean(pool.name)} on {clean(host.host.name)}. Its data stays where it is.{again}\n\n{told}"

        def answered(yes: bool | None) -> None:
            # asked again there: in the meantime one of them may have been started
            if yes and self._may_write(host.host.id):
                self._do_to(place, "pool.stop", lambda verbs: stop_unused(verbs, pool.name), "is stopped")

        self._app.push_screen(YesNoDialog("Stop this pool?", text, "Stop"), answered)

    def do_pool_autostart(self, _: Target) -> None:
        """On or off; needs no question."""
        place = self._place_of()
        if place is None:
            return
        from limen_tui.fleet.pooling import set_autostart  # noqa: PLC0415

        host, pool = place
        on = not pool.autostart
        try:
            future = set_autostart(self._app.fleet, host.host, pool, on)
        except LimenError as error:
            self._warn(paragraph(str(error), error.hint))
            return
        self._tell(place, future, "starts with its host" if on else "does not start with its host any more")

    def do_pool_delete(self, _: Target) -> None:
        """After a question that says what lies in it and who uses it; not while one of those runs."""
        place = self._place_of()
        if place is None:
            return
        from limen_tui.fleet.pooling import survey  # noqa: PLC0415 - only for those who forget one

        name = place[1].name
        self._later(self._app.fleet.call(place[0].host.id, lambda verbs: survey(verbs, name)),
                    lambda found: self._ask_to_delete(place[0], found))  # fmt: skip

    def _ask_to_delete(self, host: HostSnapshot, found: PoolSurvey) -> None:
        from limen_tui.fleet.pooling import plan_delete  # noqa: PLC0415
        from limen_tui.tui.dialogs.text import YesNoDialog  # noqa: PLC0415 - after the first paint
        from limen_tui.tui.storage.words import delete_text  # noqa: PLC0415

        try:
            plan = plan_delete(host.host, found)
        except LimenError as error:
            self._warn(paragraph(str(error), error.hint))
            return

        def answered(yes: bool | None) -> None:
            # the job looks again before it stops the pool: one of the VMs may have been started meanwhile
            if yes and self._may_write(host.host.id):
                self._begin(plan)

        text = delete_text(host.host.name, found, plan.notes)
        self._app.push_screen(YesNoDialog("Delete this pool?", text, "Delete"), answered)

    # -- doing --------------------------------------------------------------------------------------

    def _begin(self, plan: JobPlan | None) -> None:
        if plan is None:
            return
        host = self._app.fleet.view.host(plan.host_id)
        if host is None or host.state is not HostState.UP:
            self._warn(f"{clean(plan.host_name)} is not up any more")
            return
        self._app.job_desk.start(plan, then=self._job_over)

    def _job_over(self, job: Job) -> bool:
        """The pools of that host are others now; the notice of the job's end comes as ever."""
        from limen_tui.tui.storage.panel import StoragePanel  # noqa: PLC0415 - after the first paint

        panel = self._app.main.panel
        if isinstance(panel, StoragePanel):
            panel.ask_anew(job.plan.host_id)
        return False

    def _do_to(
        self, place: tuple[HostSnapshot, Pool], action: str, call: Callable[[HostVerbs], None], told: str
    ) -> None:  # fmt: skip
        from limen_tui.fleet.pooling import do  # noqa: PLC0415

        host, pool = place
        self._tell(place, do(self._app.fleet, host.host, action, pool.name, call), told)

    def _tell(self, place: tuple[HostSnapshot, Pool], future: Future[None], told: str) -> None:
        """Say what came of it, and show it."""
        host, pool = place

        def done(result: Any) -> None:
            if isinstance(result, LimenError):
                self._warn(" ".join(part for part in (f"{result.title}:", result.detail, result.hint) if part))
            else:
                text = f"The pool {clean(pool.name)} on {clean(host.host.name)} {told}"
                self._app.notify(text, markup=False, timeout=3)
            self._look_again(host.host.id)

        self._on_ui(future, done)

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
