"""Asks before something is done to VMs, and before a guest is forced off. May import textual, fleet. UI thread.

Pinned to the identities captured at the key press: a re-sort under the dialog changes nothing. What vanishes or
changes so that the act makes no sense any more is dropped, and the dialog says so.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Sequence
from typing import ClassVar

from limen_widgets.line_table import Column, LineTable
from limen_widgets.line_table.lines import natural
from textual import on
from textual.app import ComposeResult
from textual.binding import Binding, BindingType
from textual.containers import Horizontal
from textual.widgets import Button, Input, Label

from limen_tui.fleet.view import FleetView
from limen_tui.model.actions import Action, vm_reason
from limen_tui.model.units import clean
from limen_tui.model.vm import VM, VMKey
from limen_tui.tui.dialogs.base import Dialog, relabel
from limen_tui.tui.fleet.glyphs import vm_look, vm_word

LINES_SHOWN = 10


class ConfirmDialog(Dialog[tuple[VMKey, ...] | None]):
    """Names the VMs and hosts and what will happen. Dismisses with the VMs that still apply, or ``None``.

    The safe button has the focus, so that a stray Enter does nothing. With more than ``typed_above`` VMs their number
    must be typed. ``y_key`` off is for dialogs that open by themselves: a ``y`` may have been meant for elsewhere.
    """

    BINDINGS: ClassVar[list[BindingType]] = [
        Binding("y", "yes", "Yes", show=False),
        Binding("n", "cancel", "No", show=False),
        Binding("down,j", "scroll_list(1)", "Down", show=False),
        Binding("up,k", "scroll_list(-1)", "Up", show=False),
    ]
    DEFAULT_CSS = """
    ConfirmDialog LineTable { height: auto; margin: 1 0 0 0; background: $surface; }
    ConfirmDialog #what { height: auto; }
    ConfirmDialog #typed-row { height: 1; margin-top: 1; }
    ConfirmDialog #typed-row Label { width: auto; }
    ConfirmDialog #typed { width: 12; }
    ConfirmDialog #dropped, ConfirmDialog #wrong { display: none; }
    ConfirmDialog #dropped.-some, ConfirmDialog #wrong.-some { display: block; }
    """

    def __init__(
        self,
        action: Action,
        vms: Sequence[VM],
        view: FleetView,
        *,
        text: str = "",
        typed_above: int = 5,
        y_key: bool = True,
        title: str = "",
        no: str = "Cancel",
    ) -> None:
        super().__init__(title or f"{action.label}?")
        self._action = action
        vms = sorted(vms, key=lambda vm: (natural(vm.host_name), natural(vm.name)))
        self._keys = tuple(vm.key for vm in vms)
        self._names = {vm.key: vm.name for vm in vms}
        self._text = text or action.help
        self._view = view
        self._rows = tuple(vms)
        self._dropped: dict[VMKey, str] = {}
        self._typed_above = typed_above
        self._y_key = y_key
        self._no = no

    @property
    def needs_count(self) -> bool:
        """Whether the number of VMs must be typed."""
        return len(self._keys) > self._typed_above

    @property
    def keys(self) -> tuple[VMKey, ...]:
        """The VMs that it is about now."""
        return tuple(vm.key for vm in self._rows)

    def body(self) -> ComposeResult:
        """What, which, the count, the buttons."""
        yield Label(self._words(), id="what", markup=False)
        table: LineTable[VM] = LineTable(_columns(), lambda vm: vm.key, id="targets", markable=False)
        yield table
        yield Label("", id="dropped", classes="dialog--warning", markup=False)
        if self.needs_count:
            with Horizontal(id="typed-row"):
                yield Label("Type the number of VMs to go on: ", markup=False)
                yield Input(id="typed", type="integer", select_on_focus=False)
            yield Label("", id="wrong", classes="dialog--problem", markup=False)
        with Horizontal(classes="dialog--buttons"):
            yield Button(self._no, id="no")
            yield Button(self._yes_label(), id="yes", variant="warning")

    def on_mount(self) -> None:
        """The safe answer has the keyboard, or the count where one is wanted."""
        super().on_mount()
        table = self.query_one("#targets", LineTable)
        table.can_focus = len(self._keys) > 4
        self._fill()
        self.set_focus(self.query_one("#typed" if self.needs_count else "#no"))

    def on_resize(self) -> None:
        """Keep the buttons in sight."""
        self._fit()

    def show_fleet(self, view: FleetView) -> None:
        """Drop what is gone or does not allow it any more. Called with each new fleet view while open."""
        self._view = view
        left: list[VM] = []
        for key in self._keys:
            if key in self._dropped:
                continue
            vm = view.vm(key)
            why = "it is gone" if vm is None else vm_reason(self._action, vm, view.host(key.host_id))
            if vm is None or why is not None:
                self._dropped[key] = why or ""
            else:
                left.append(vm)
        self._rows = tuple(left)
        if self.is_mounted:
            self._fill()

    def _fill(self) -> None:
        self.query_one("#targets", LineTable).set_rows(self._rows)
        self.query_one("#what", Label).update(self._words())
        note = self.query_one("#dropped", Label)
        note.set_class(bool(self._dropped), "-some")
        note.update(self._left_out())
        yes = self.query_one("#yes", Button)
        relabel(yes, self._yes_label())
        yes.disabled = not self._rows
        if not self._rows and self.focused in (None, yes):
            self.set_focus(self.query_one("#no"))
        self._fit()

    def _fit(self) -> None:
        chrome = 9 + 2 * self.needs_count
        self.query_one("#targets", LineTable).styles.height = max(
            2, min(len(self._keys) + 1, LINES_SHOWN + 1, self.size.height - chrome)
        )

    def _words(self) -> str:
        where = hosts_of(self._rows)
        number = len(self._rows)
        if not number:
            return "Nothing is left to do."
        what = clean(self._rows[0].name) if number == 1 else f"{number} VMs"
        return f"{self._action.label} {what} on {where}.\n{self._text}."

    def _left_out(self) -> str:
        """One name and why; with more, how many for each reason: the line has room for a few words only."""
        if not self._dropped:
            return ""
        if len(self._dropped) == 1:
            key, why = next(iter(self._dropped.items()))
            return f"Left out – {clean(self._names[key])}: {why}"
        reasons = Counter(self._dropped.values()).most_common()
        return f"Left out – {'; '.join(f'{number}: {why}' for why, number in reasons)}"

    def _yes_label(self) -> str:
        number = len(self._rows)
        return self._action.label if number == 1 else f"{self._action.label} {number} VMs"

    def action_yes(self) -> None:
        """The y key: not where a count is wanted."""
        if self._y_key and not self.needs_count:
            self._confirm()

    def action_scroll_list(self, by: int) -> None:
        """Move in the list from wherever the keyboard is."""
        self.query_one("#targets", LineTable).action_move(by)

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
        if not self._rows:
            return
        if self.needs_count and self.query_one("#typed", Input).value.strip() != str(len(self._rows)):
            wrong = self.query_one("#wrong", Label)
            wrong.add_class("-some")
            wrong.update(f"That is not the number: {len(self._rows)} VMs are listed.")
            self.set_focus(self.query_one("#typed"))
            return
        self.dismiss(self.keys)


def hosts_of(vms: Sequence[VM]) -> str:
    """``kvm1, kvm2``; of many, how many more. Safe to print."""
    hosts = sorted({clean(vm.host_name) for vm in vms}, key=natural)
    return ", ".join(hosts[:4]) + (f" and {len(hosts) - 4} more" if len(hosts) > 4 else "")


def force_offer(action: Action, vms: Sequence[VM], view: FleetView, typed_above: int) -> ConfirmDialog:
    """The dialog after a shutdown that was not obeyed. Opens by itself: the safe button has the focus, y is off."""
    names = "The guest has" if len(vms) == 1 else "These guests have"
    return ConfirmDialog(
        action, vms, view, typed_above=typed_above, y_key=False, no="Wait",
        title="Not shut down in time",
        text=f"{names} not obeyed. Forcing off pulls the plug: unsaved work is lost",
    )  # fmt: skip


def _columns() -> Sequence[Column[VM]]:
    return (
        Column("name", "VM", lambda vm: vm.name, min_width=8, max_width=60, flex=2, priority=0, highlight=False),
        Column("host", "Host", lambda vm: vm.host_name, min_width=6, max_width=30, flex=1, priority=1,
               highlight=False),
        Column("state", "State", lambda vm: ((f"{vm_look(vm).glyph} {vm_word(vm)}", vm_look(vm).kind),), width=12,
               priority=2, highlight=False),
    )  # fmt: skip
