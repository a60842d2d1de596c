"""The actions that delete VMs. May import textual, fleet, model. UI thread."""

from __future__ import annotations

from typing import TYPE_CHECKING

from limen_tui.model.actions import Target
from limen_tui.tui.deleting.dialog import DeleteDialog, Wanted

if TYPE_CHECKING:
    from limen_tui.tui.app import LimenApp


class DeleteCommands:
    """Methods ``do_<action id>`` about deleting; mixed into the app's commands."""

    _app: LimenApp

    def do_vm_delete(self, target: Target) -> None:
        """Look first, ask, then a job for each VM."""
        self._app.push_screen(DeleteDialog(self._app.fleet, target.vms), self._delete)

    def _delete(self, wanted: Wanted | None) -> None:
        if wanted is None:
            return
        from limen_tui.fleet.deleting import plan_delete  # noqa: PLC0415 - recipes, late

        fleet = self._app.fleet
        for found in wanted.surveys:
            plan = plan_delete(found, purge=wanted.purge, now=fleet.clock.wall(), who=fleet.actor.who)
            self._app.job_desk.start(plan)
