"""What goes and what stays when VMs are deleted, chosen disk by disk, confirmed by name. UI thread.

Each VM's host is asked first; until it has answered nothing can be confirmed. Pinned to the identities captured at
the key press.
"""

from __future__ import annotations

from collections.abc import Sequence
from concurrent.futures import Future
from dataclasses import dataclass
from typing import TYPE_CHECKING, ClassVar

from limen_widgets.line_table import LineTable
from limen_widgets.line_table.messages import RowActivated
from limen_widgets.tick import Tick
from textual import on
from textual.app import ComposeResult
from textual.binding import Binding, BindingType
from textual.containers import Horizontal
from textual.message import Message
from textual.widgets import Button, Input, Label

from limen_tui.errors import LimenError
from limen_tui.fleet.deleting import DAYS, survey
from limen_tui.model.deletion import Survey
from limen_tui.model.units import clean
from limen_tui.model.vm import VM
from limen_tui.tui.deleting.rows import Row, columns, room_for_what, rows_of
from limen_tui.tui.dialogs.base import Dialog, relabel
from limen_tui.tui.dialogs.confirm import hosts_of

if TYPE_CHECKING:
    from limen_tui.fleet.fleet import Fleet

LINES_SHOWN = 12
NARROW, WIDE = 92, 132
"""Cells of the box, where the screen has them."""


@dataclass(frozen=True, slots=True)
class Wanted:
    """What was confirmed."""

    surveys: tuple[Survey, ...]
    purge: bool


class Surveyed(Message):
    """A host has said what deleting one of its VMs would take along."""

    def __init__(self, place: int, found: Survey | LimenError) -> None:
        super().__init__()
        self.place = place
        self.found = found


class DeleteDialog(Dialog[Wanted | None]):
    """Dismisses with what is to be deleted, or ``None``."""

    TYPES: ClassVar[bool] = True
    BINDINGS: ClassVar[list[BindingType]] = [Binding("ctrl+t", "purge", "For good", show=False)]
    DEFAULT_CSS = """
    DeleteDialog LineTable { height: 4; margin-top: 1; background: $surface; }
    DeleteDialog #where { width: 100%; height: auto; }
    DeleteDialog #notes, DeleteDialog #wrong { display: none; width: 100%; }
    DeleteDialog #notes.-some, DeleteDialog #wrong.-some { display: block; }
    DeleteDialog #purge { border: none; height: 1; margin-top: 1; padding: 0; background: $surface; }
    DeleteDialog #typed-row { height: 1; margin-top: 1; }
    DeleteDialog #typed-row Label { width: auto; }
    DeleteDialog #typed { width: 1fr; }
    """

    def __init__(self, fleet: Fleet, vms: Sequence[VM]) -> None:
        names = clean(vms[0].name) if len(vms) == 1 else f"{len(vms)} VMs"
        super().__init__(f"Delete {names}?")
        self._fleet = fleet
        self._vms = tuple(vms)
        self._found: list[Survey | LimenError | None] = [None] * len(vms)

    # -- parts ------------------------------------------------------------------------------------

    @property
    def _word(self) -> str:
        """What must be typed. A name with characters that nobody sees cannot be: then the beginning of the UUID."""
        vm = self._vms[0]
        if len(self._vms) > 1:  # of those that go
            return str(len(self.surveys) if None not in self._found else len(self._vms))
        return vm.name if clean(vm.name) == vm.name else vm.key.uuid[:8]

    @property
    def _asked(self) -> str:
        if len(self._vms) > 1:
            return f"the number of VMs, {self._word},"
        return "its name" if self._word == self._vms[0].name else f"how its UUID begins, {self._word},"

    def body(self) -> ComposeResult:
        """Where, what, for good or not, the name, the buttons."""
        hosts = hosts_of(self._vms)
        kept = f"The trash keeps what goes for {DAYS:.0f} days at least."
        yield Label(f"On {hosts}. Space in the list lets a disk stay or go. {kept}", id="where", markup=False)
        yield LineTable(columns(), lambda row: (row.place, row.number), id="what", markable=False)
        yield Label("", id="notes", classes="dialog--warning", markup=False)
        box = Tick("For good: past the trash (ctrl+t)", id="purge")
        yield box
        with Horizontal(id="typed-row"):
            yield Label(f"Type {self._asked} to confirm: ", id="asked", markup=False)
            yield Input(id="typed", select_on_focus=False)
        yield Label("", id="wrong", classes="dialog--problem", markup=False)
        with Horizontal(classes="dialog--buttons"):
            yield Button("Cancel", id="no")
            yield Button("Delete", id="yes", variant="error", disabled=True)

    def on_mount(self) -> None:
        """Ask the hosts; the keyboard is where the name is typed."""
        super().on_mount()
        keepsakes = self._fleet.inventory.keepsakes
        for place, vm in enumerate(self._vms):
            future = self._fleet.call(
                vm.key.host_id, lambda verbs, vm=vm: survey(verbs, vm, keepsakes)  # type: ignore[misc]
            )  # fmt: skip
            future.add_done_callback(lambda done, place=place: self._answered(place, done))  # type: ignore[misc]
        self._show()
        self.set_focus(self.query_one("#typed"))

    def _answered(self, place: int, future: Future[Survey]) -> None:
        """On a thread of the session: only post."""
        error = None if future.cancelled() else future.exception()
        if isinstance(error, LimenError):
            self.post_message(Surveyed(place, error))
        elif error is not None or future.cancelled():
            self.post_message(Surveyed(place, LimenError("The VM could not be looked at", str(error or ""))))
        else:
            self.post_message(Surveyed(place, future.result()))

    @on(Surveyed)
    def _surveyed(self, event: Surveyed) -> None:
        event.stop()
        self._found[event.place] = event.found
        self._show()

    def on_resize(self) -> None:
        """Keep the buttons in sight."""
        self._show()

    # -- showing ----------------------------------------------------------------------------------

    @property
    def surveys(self) -> tuple[Survey, ...]:
        """Of the VMs that can be deleted."""
        return tuple(found for found in self._found if isinstance(found, Survey) and not found.refusal)

    @property
    def purges(self) -> bool:
        """Whether past the trash."""
        return self.query_one("#purge", Tick).value

    def _show(self) -> None:
        if not self.is_mounted:
            return
        width = min(self.size.width, max(NARROW, min(WIDE, self.size.width - 8)))
        self.query_one(".dialog--box").styles.width = width
        rows: list[Row] = []
        for place, (vm, found) in enumerate(zip(self._vms, self._found, strict=True)):
            rows += rows_of(place, vm.name if len(self._vms) > 1 else "", found, self.purges, room_for_what(width))
        table: LineTable[Row] = self.query_one("#what", LineTable)
        table.set_rows(tuple(rows))
        notes = self._notes()
        most = max(LINES_SHOWN, self.size.height // 2)
        table.styles.height = max(3, min(len(rows) + 1, most, self.size.height - 12 - max(1, len(notes[:4]))))
        label = self.query_one("#notes", Label)
        label.set_class(bool(notes), "-some")
        label.update("\n".join(notes[:3]) + ("\n..." if len(notes) > 3 else ""))
        self.query_one("#asked", Label).update(f"Type {self._asked} to confirm: ")
        yes = self.query_one("#yes", Button)
        told = None not in self._found
        yes.disabled = not (told and self.surveys)
        if told and not self.surveys and self.focused is not self.query_one("#no"):  # nothing to confirm
            self.query_one("#purge").display = self.query_one("#typed-row").display = False
            self.set_focus(self.query_one("#no"))
        relabel(yes, "Delete for good" if self.purges else "Delete to the trash")

    def _notes(self) -> list[str]:
        """What a person should know, once for all VMs of which it is true."""
        of: dict[str, list[str]] = {}
        for found in self.surveys:
            for note in found.notes:
                of.setdefault(clean(note), []).append(clean(found.name))
        if len(self._vms) == 1:
            return list(of)
        return [
            f"{', '.join(names[:3])}{f' and {len(names) - 3} more' if len(names) > 3 else ''}: {note}"
            for note, names in of.items()
        ]  # fmt: skip

    # -- choosing ---------------------------------------------------------------------------------

    def action_purge(self) -> None:
        """For good, or to the trash."""
        box = self.query_one("#purge", Tick)
        box.value = not box.value

    @on(Tick.Changed)
    def _purge_changed(self) -> None:
        self._show()

    @on(RowActivated)
    def _toggle(self, event: RowActivated) -> None:
        event.stop()
        self._flip(event.row)

    def key_space(self) -> None:
        """Space in the list."""
        table = self.query_one("#what", LineTable)
        if table.has_focus and table.cursor_row is not None:
            self._flip(table.cursor_row)

    def _flip(self, row: Row) -> None:
        found = self._found[row.place]
        if row.fate is None or not isinstance(found, Survey):
            return
        if row.fate.stays:
            self.app.notify(f"{clean(row.fate.disk.target)} stays: {clean(row.fate.stays)}", markup=False, timeout=4)
            return
        self._found[row.place] = found.choose({row.fate.disk.target: not row.fate.goes})
        self._show()

    # -- the end ----------------------------------------------------------------------------------

    def on_button_pressed(self, event: Button.Pressed) -> None:
        """One of the two."""
        if event.button.id == "yes":
            self._confirm()
        else:
            self.action_cancel()

    @on(Input.Submitted, "#typed")
    def _typed(self) -> None:
        self._confirm()

    def _confirm(self) -> None:
        wrong, wanted = "", self._word
        if None in self._found:
            wrong = "Not every host has answered yet."
        elif not self.surveys:
            wrong = "There is nothing that can be deleted."
        elif self.query_one("#typed", Input).value.strip() != wanted.strip():
            wrong = f"Type {clean(wanted)} exactly." if len(self._vms) == 1 else f"{wanted} can be deleted."
        label = self.query_one("#wrong", Label)
        label.set_class(bool(wrong), "-some")
        label.update(wrong)
        if wrong:
            self.set_focus(self.query_one("#typed"))
            return
        self.dismiss(Wanted(self.surveys, self.purges))

