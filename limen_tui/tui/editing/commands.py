"""``e``: a definition in the person's editor, then the diff, then a job. May import textual, fleet. UI thread."""

from __future__ import annotations

from collections.abc import Callable
from concurrent.futures import Future
from functools import cached_property
from typing import TYPE_CHECKING

from textual.app import SuspendNotSupported

from limen_tui.errors import LimenError
from limen_tui.model.actions import Target
from limen_tui.model.jobs import Job, JobState
from limen_tui.model.units import clean, paragraph
from limen_tui.model.vm import VM, VMKey
from limen_tui.tui.actionscreen import ActionScreen

if TYPE_CHECKING:
    from limen_tui.tui.app import LimenApp


class EditCommands:
    """Methods ``do_<action id>`` about editing; mixed into the app's commands."""

    _app: LimenApp

    @cached_property
    def drafts(self) -> dict[VMKey, str]:
        """What was typed and is not defined yet. In memory only: it may hold a secret."""
        return {}

    def do_vm_edit_xml(self, target: Target) -> None:
        """Ask the host for the definition, then open the editor; an edit that was not defined comes first."""
        vm = target.vms[0]
        if vm.key in self.drafts:
            self._offer(vm, "This edit was not defined.", drop="Start afresh", dropped=lambda: self._begin_edit(vm))
        else:
            self._begin_edit(vm)

    def _begin_edit(self, vm: VM) -> None:
        """The draft, or else the definition, in the editor; what it is compared with is always asked anew."""
        self._app.notify(f"Asking {clean(vm.host_name)} for the definition", markup=False, timeout=2)
        ask_definition(self._app, vm.key, lambda before: self._edit(vm, before, self.drafts.get(vm.key, before)))

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
            self._app.notify(paragraph(str(error), error.hint), severity="error", markup=False)
            return
        self._app.refresh(layout=True)
        self._look(vm, before, after)

    def _look(self, vm: VM, before: str, after: str) -> None:
        from limen_tui.model.xml.diff import definition_diff  # noqa: PLC0415 - lxml, late
        from limen_tui.model.xml.parse import parse, text  # noqa: PLC0415

        self.drafts[vm.key] = after
        try:
            if text(parse(after, "domain"), "uuid") != vm.key.uuid:
                raise LimenError("The UUID cannot change", "It tells the VM from all others.")
            lines = definition_diff(before, after)
        except LimenError as error:
            self._offer(vm, paragraph("It cannot be defined like this", str(error)))
            return
        if not lines:
            self.drafts.pop(vm.key, None)
            self._app.notify("Nothing was changed", markup=False, timeout=3)
            return
        confirm_change(
            self._app, vm.key, before, after, title=f"Edit {vm.name}", then=lambda job: self._ended(vm, after, job),
            refused=lambda: self._offer(vm, "You have not defined it."),
        )  # fmt: skip

    def _ended(self, vm: VM, after: str, job: Job) -> bool:
        """Its job ended: what was defined need not be kept. Whether the person was told here what went wrong."""
        if self.drafts.get(vm.key) != after:
            return False  # thrown away, or edited again meanwhile
        if job.state is JobState.DONE:
            del self.drafts[vm.key]
        elif job.state is JobState.FAILED and isinstance(self._app.screen, ActionScreen):
            problem = job.problem
            said = (problem.title, problem.detail) if problem is not None else ("It failed",)
            why = paragraph(": ".join(filter(None, said)), problem.hint if problem is not None else "")
            self._offer(vm, why)
            return True
        else:  # no dialog over another one
            self._app.notify(f"{clean(vm.name)}: what you typed is kept, e offers it again", markup=False, timeout=12)
        return False

    def _offer(self, vm: VM, why: str, *, drop: str = "Drop it", dropped: Callable[[], None] | None = None) -> None:
        from limen_tui.tui.editing.again import AGAIN, DROP, AgainDialog  # noqa: PLC0415 - after the first paint

        def answered(choice: str | None) -> None:
            if choice == AGAIN:
                self._begin_edit(vm)
            elif choice == DROP:
                self.drafts.pop(vm.key, None)
                if dropped is not None:
                    dropped()

        self._app.push_screen(AgainDialog(f"Edit of {vm.name} on {vm.host_name}", why, drop=drop), answered)


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


def confirm_change(
    app: LimenApp, key: VMKey, before: str, after: str, *, title: str,
    then: Callable[[Job], bool] | None = None, refused: Callable[[], None] | None = None,
) -> None:  # fmt: skip
    """Show what differs, and start the job when a person says so, else call ``refused``.

    ``then`` hears how the job ended, see :meth:`limen_tui.tui.jobs.desk.JobDesk.start`.
    """
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
            app.job_desk.start(plan, then=then)
        elif refused is not None:
            refused()

    note = f"On {vm.host_name}. " + " ".join(plan.notes)
    app.push_screen(
        DifferenceDialog(f"{title}?", note, definition_diff(before, after), yes="Define it"),
        start,
    )
