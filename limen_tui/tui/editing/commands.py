"""``e``: a definition in the person's editor, then the diff, then a job. May import textual, fleet. UI thread."""

from __future__ import annotations

from collections.abc import Callable
from concurrent.futures import Future
from typing import TYPE_CHECKING

from textual.app import SuspendNotSupported

from limen_tui.errors import LimenError
from limen_tui.model.actions import Target
from limen_tui.model.units import clean
from limen_tui.model.vm import VM, VMKey

if TYPE_CHECKING:
    from limen_tui.tui.app import LimenApp


class EditCommands:
    """Methods ``do_<action id>`` about editing; mixed into the app's commands."""

    _app: LimenApp

    def do_vm_edit_xml(self, target: Target) -> None:
        """Ask the host for the definition, then open the editor."""
        vm = target.vms[0]
        self._app.notify(f"Asking {clean(vm.host_name)} for the definition", markup=False, timeout=2)
        ask_definition(self._app, vm.key, lambda before: self._edit(vm, before, before))

    def _edit(self, vm: VM, before: str, text: str) -> None:
        """``text`` in the editor; again with what was typed when it cannot be read."""
        from limen_tui.tui.editing.editor import edit  # noqa: PLC0415

        try:
            with self._app.suspend():
                after = edit(text)
        except SuspendNotSupported:
            self._app.notify("This terminal cannot be given to an editor", severity="warning", markup=False)
            return
        except LimenError as error:
            self._app.notify(f"{error} {error.hint}", severity="error", markup=False)
            return
        self._app.refresh(layout=True)
        self._look(vm, before, after)

    def _look(self, vm: VM, before: str, after: str) -> None:
        from limen_tui.model.xml.diff import definition_diff  # noqa: PLC0415 - lxml, late
        from limen_tui.model.xml.parse import parse, text  # noqa: PLC0415
        from limen_tui.tui.dialogs.text import YesNoDialog  # noqa: PLC0415

        try:
            if text(parse(after, "domain"), "uuid") != vm.key.uuid:
                raise LimenError("The UUID cannot change", "It tells the VM from all others.")
            lines = definition_diff(before, after)
        except LimenError as error:
            self._app.push_screen(
                YesNoDialog("It cannot be defined like this", clean(str(error)), "Edit again", "Drop it"),
                lambda yes: self._edit(vm, before, after) if yes else None,
            )
            return
        if not lines:
            self._app.notify("Nothing was changed", markup=False, timeout=3)
            return
        confirm_change(self._app, vm.key, before, after, title=f"Edit {vm.name}")


def ask_definition(app: LimenApp, key: VMKey, then: Callable[[str], None]) -> None:
    """The inactive definition without secrets, given to ``then`` on the UI thread."""

    def answered(done: Future[str]) -> None:
        """On the session's thread: only enqueue."""
        error = None if done.cancelled() else done.exception()
        if done.cancelled() or error is not None:
            app.call_later(app.notify, clean(str(error or "cancelled")), severity="error", markup=False)
        else:
            app.call_later(then, done.result())

    app.fleet.call(key.host_id, lambda verbs: verbs.xml(key.uuid, inactive=True)).add_done_callback(answered)


def confirm_change(app: LimenApp, key: VMKey, before: str, after: str, *, title: str) -> None:
    """Show what differs, and start the job when a person says so."""
    from limen_tui.jobs.recipes.change import change_plan  # noqa: PLC0415 - recipes, late
    from limen_tui.model.xml.diff import definition_diff  # noqa: PLC0415
    from limen_tui.tui.editing.difference import DifferenceDialog  # noqa: PLC0415

    vm = app.fleet.view.vm(key)
    if vm is None:
        return
    plan = change_plan(
        host_id=key.host_id, host_name=vm.host_name, uuid=key.uuid, name=vm.name, before=before, after=after,
        running=vm.state.is_active, title=title,
    )  # fmt: skip

    def start(yes: bool | None) -> None:
        if yes:
            app.job_desk.start(plan)

    note = f"On {vm.host_name}. " + " ".join(plan.notes)
    app.push_screen(
        DifferenceDialog(f"{title}?", note, definition_diff(before, after), yes="Define it"),
        start,
    )
