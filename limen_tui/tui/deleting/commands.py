"""The actions that delete VMs. May import textual, fleet, model. UI thread."""

from __future__ import annotations

from typing import TYPE_CHECKING

from limen_tui.model.actions import Target
from limen_tui.tui.deleting.dialog import DeleteDialog, Wanted

if TYPE_CHECKING:
    from limen_tui.tui.app import LimenApp
    from limen_tui.tui.creating.draft import Draft


class DeleteCommands:
    """Methods ``do_<action id>`` about deleting; mixed into the app's commands."""

    _app: LimenApp
    _draft: Draft | None = None
    """What was typed into the form of a new VM and not created yet."""

    def do_vm_create(self, target: Target) -> None:
        """The form, as it was left."""
        from limen_tui.tui.creating.screen import CreateScreen  # noqa: PLC0415 - after the first paint

        host_id = target.hosts[0].host.id if target.hosts else self._app.main.host_id or ""
        self._app.push_screen(CreateScreen(self._app, self._draft, host_id=host_id), self._keep_draft)

    def do_view_reconcile(self, _: Target) -> None:
        """What is out of step, and the trash."""
        from limen_tui.tui.reconcile.screen import ReconcileScreen  # noqa: PLC0415 - after the first paint

        self._app.push_screen(ReconcileScreen(self._app))

    def _keep_draft(self, draft: Draft | None) -> None:
        if draft is not None:
            self._draft = draft

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
