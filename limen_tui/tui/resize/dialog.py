"""The resize form: what is wished on the left, what comes of it on the right, anew with each key. UI thread.

Pinned to the VM captured at the key press. It opens at once with what is known; disks, limits and the plan come when
the host has answered.
"""

from __future__ import annotations

from dataclasses import dataclass, replace
from typing import TYPE_CHECKING, ClassVar

from limen_widgets.tick import Tick
from textual import on
from textual.app import ComposeResult
from textual.binding import Binding, BindingType
from textual.containers import Horizontal, VerticalScroll
from textual.events import Key, Resize
from textual.message import Message
from textual.widgets import Button, Input, Label

from limen_tui.errors import InputError, LimenError
from limen_tui.fleet.resizing import host_info, look, look_into_guest
from limen_tui.model.resize import Plan, Situation, Wish, plan_resize
from limen_tui.model.sizes import to_text
from limen_tui.model.units import clean
from limen_tui.model.vm import VM
from limen_tui.model.xml.diff import definition_diff
from limen_tui.tui.devices.asking import ask
from limen_tui.tui.dialogs.base import Dialog, relabel
from limen_tui.tui.fleet.lines import Line
from limen_tui.tui.fleet.strip import DIM
from limen_tui.tui.resize.fields import Field, all_fields, compute_fields, wish_of
from limen_tui.tui.resize.lines import BAD, diff_lines, plan_lines, said
from limen_tui.tui.vm.facts import FactScroll

if TYPE_CHECKING:
    from limen_tui.fleet.fleet import Fleet

OFFERS = 4
"""An offer taken never makes the same refusal again: two for vCPUs, two for memory."""


@dataclass(frozen=True, slots=True)
class Confirmed:
    """What is to be done."""

    situation: Situation
    wish: Wish
    plan: Plan


class FieldRow(Horizontal):
    """A label and an input."""

    def __init__(self, field: Field) -> None:
        super().__init__(id=f"row-{field.id}")
        self.field = field

    def compose(self) -> ComposeResult:
        """Both."""
        yield Label(self.field.label, markup=False)
        box = Input(self.field.text, id=self.field.id, placeholder=self.field.hint, select_on_focus=True, max_length=80)
        box.cursor_blink = False
        yield box


class ResizeDialog(Dialog[Confirmed | None]):
    """Dismisses with what was confirmed."""

    TYPES: ClassVar[bool] = True
    BINDINGS: ClassVar[list[BindingType]] = [
        Binding("ctrl+s,f10", "apply", "Resize", show=False, priority=True),
        Binding("ctrl+o", "take_offers", "Raise", show=False, priority=True),
        Binding("down", "app.focus_next", "Next", show=False),
        Binding("up", "app.focus_previous", "Before", show=False),
        Binding("ctrl+b", "wait", "Wait", show=False, priority=True),
        Binding("ctrl+g", "grow_inside", "In the guest", show=False, priority=True),
        Binding("pagedown", "scroll_plan(8)", "Page down", show=False),
        Binding("pageup", "scroll_plan(-8)", "Page up", show=False),
    ]
    DEFAULT_CSS = """
    ResizeDialog > .dialog--box { width: 120; height: auto; overflow-y: hidden; }
    ResizeDialog #both { height: 16; }
    ResizeDialog #form { width: 36; height: 1fr; margin-right: 1; }
    ResizeDialog.-wide #form { width: 46; }
    ResizeDialog FieldRow { height: 1; }
    ResizeDialog FieldRow Label { width: 16; }
    ResizeDialog FieldRow Input { width: 1fr; }
    ResizeDialog Tick { background: $surface; }
    ResizeDialog FieldRow.-wrong Label { color: $text-error; text-style: bold; }
    ResizeDialog FactScroll { width: 1fr; height: 1fr; background: $panel; padding: 0 1; }
    ResizeDialog FactLines { background: $panel; }
    """

    class Looked(Message):
        """The host's answer."""

        def __init__(self, answer: Situation | LimenError) -> None:
            super().__init__()
            self.answer = answer

    class LookedInto(Message):
        """The guest's answer, after that of the host: an agent may take its time."""

        def __init__(self, answer: Situation | LimenError) -> None:
            super().__init__()
            self.answer = answer

    def __init__(self, fleet: Fleet, vm: VM, start: tuple[str, str] = ("", "")) -> None:
        super().__init__(f"Resize {vm.name} on {vm.host_name}")
        self._fleet, self._vm = fleet, vm
        self._start = start
        """(kind, target) of the field that has the keyboard first."""
        self._fields = compute_fields(vm)
        self._situation: Situation | None = None
        self._problem: LimenError | None = None
        self._plan: Plan | None = None
        self._wish = Wish()
        self._touched = False

    # -- parts ------------------------------------------------------------------------------------

    def body(self) -> ComposeResult:
        """Form, plan, buttons."""
        with Horizontal(id="both"):
            with VerticalScroll(id="form", can_focus=False):
                for field in self._fields:
                    yield FieldRow(field)
                yield Tick("At the next boot: no (ctrl+b)", id="wait")
                yield Tick("", value=True, id="inside")
            yield FactScroll()
        with Horizontal(classes="dialog--buttons"):
            yield Button("Resize (ctrl+s)", id="apply", variant="primary", disabled=True)
            yield Button("Raise the maximum (ctrl+o)", id="offer")
            yield Button("Cancel", id="cancel")

    def on_mount(self) -> None:
        """Ask the host; the first field has the keyboard."""
        super().on_mount()
        self.query_one("#offer").display = False
        self.query_one("#inside").display = False
        vm, info = self._vm, host_info(self._fleet.view.host(self._vm.key.host_id))
        ask(self, self._fleet, vm.key.host_id, lambda verbs: look(verbs, vm, info), self.Looked)
        self.set_focus(self.query_one("#vcpus"))
        self._fit()
        self._show()

    def on_resize(self, _: Resize) -> None:
        """As tall as the form or the plan needs, if there is room."""
        self._fit()
        self._show()

    def _fit(self) -> None:
        self.set_class(self.app.size.width >= 110, "-wide")
        wanted = max(len(self._fields) + 3, 18)
        self.query_one("#both").styles.height = max(4, min(wanted, self.app.size.height - 4))

    async def on_resize_dialog_looked(self, event: Looked) -> None:
        """Now the disks and limits are known; what was typed meanwhile stays."""
        event.stop()
        if isinstance(event.answer, LimenError):
            self._problem = event.answer
            self._show()
            return
        self._situation = event.answer
        try:
            fields = all_fields(event.answer)
        except InputError as error:
            self._problem = error
            self._show()
            return
        known = {field.id: field for field in self._fields}
        for field in fields:
            box = self.query_one(f"#{field.id}", Input) if field.id in known else None
            if box is not None and box.value == known[field.id].text:
                box.value = field.text
        new = [FieldRow(field) for field in fields if field.id not in known]
        self._fields = fields
        self._fit()
        wait = self.query_one("#wait", Tick)
        wait.display = event.answer.running and event.answer.persistent
        await self.query_one("#form").mount(*new, before=wait)
        if event.answer.running and event.answer.disks:
            seen = event.answer
            self.query_one("#inside", Tick).display = True
            ask(self, self._fleet, self._vm.key.host_id, lambda verbs: look_into_guest(verbs, seen), self.LookedInto)
        started = next((field for field in fields if (field.kind, field.target) == self._start), None)
        if started is not None and not self._touched:
            self.set_focus(self.query_one(f"#{started.id}"))
        self._show()

    def on_resize_dialog_looked_into(self, event: LookedInto) -> None:
        """Now it is known what can grow inside; without an answer the disks can grow all the same."""
        event.stop()
        if isinstance(event.answer, Situation):
            self._situation = event.answer
            self._show()

    # -- what is typed ----------------------------------------------------------------------------

    @on(Input.Changed)
    @on(Tick.Changed)
    def _typed(self) -> None:
        self._show()

    def action_wait(self) -> None:
        """vCPUs and memory now where they can, or at the next boot."""
        box = self.query_one("#wait", Tick)
        box.value = not box.value

    def action_grow_inside(self) -> None:
        """The file system in the guest too, or not."""
        box = self.query_one("#inside", Tick)
        box.value = not box.value

    async def on_key(self, event: Key) -> None:
        """The keyboard is a person's from the first key on."""
        self._touched = True
        await super().on_key(event)

    def _texts(self) -> dict[str, str]:
        return {box.id: box.value for box in self.query(Input) if box.id}

    def _show(self) -> None:
        """The plan of what is typed."""
        if not self.is_mounted:
            return
        self._wish, wrong = wish_of(self._fields, self._texts())
        wait = self.query_one("#wait", Tick)
        # in words too: without colour the two look alike
        wait.label = f"At the next boot: {'yes' if wait.value else 'no'} (ctrl+b)"
        inside = self.query_one("#inside", Tick)
        inside.label = f"Grow in the guest: {'yes' if inside.value else 'no'} (ctrl+g)"
        self._wish = replace(self._wish, next_boot=wait.value, grow_inside=inside.value)
        for row in self.query(FieldRow):
            row.set_class(row.field.id in wrong, "-wrong")
        self._plan = None
        width = max(20, self.query_one(FactScroll).outer_size.width - 4)  # with or without a scrollbar
        self.query_one(FactScroll).show_lines(self._lines(wrong, width))
        plan = self._plan
        self.query_one("#apply", Button).disabled = plan is None or not plan.doable
        offer = next((each for each in plan.refusals if each.offer is not None), None) if plan is not None else None
        button = self.query_one("#offer", Button)
        button.display = offer is not None
        if offer is not None:
            relabel(button, f"{offer.offer_label} (ctrl+o)")

    def _lines(self, wrong: dict[str, InputError], width: int) -> list[Line]:
        if self._problem is not None:
            problem = self._problem
            return [*said(problem.title, width, BAD, indent=0), *said(problem.detail, width, "", indent=0),
                    *said(problem.hint, width, DIM, indent=0)]  # fmt: skip
        if wrong:
            return [line for field in self._fields if (error := wrong.get(field.id)) is not None
                    for line in (*said(f"✗ {field.label.strip()}: {error}", width, BAD, indent=0),
                                 *said(error.hint, width, DIM))]  # fmt: skip
        if self._situation is None:
            return [((f"Asking {clean(self._vm.host_name)} …", DIM),)]
        try:
            plan = self._plan = plan_resize(self._situation, self._wish)
            diff = definition_diff(plan.xml_before, plan.xml_after) if plan.doable else ()
        except InputError as error:
            self._plan = None
            return said(str(error), width, BAD, indent=0)
        if plan.is_empty:
            running = "It is running: what it can take at once changes at once." if self._situation.running else (
                "It is off: changes hold from its next start on.")  # fmt: skip
            return [*said("Change a figure; the plan appears here.", width, DIM, indent=0), (),
                    *said(running, width, DIM, indent=0)]  # fmt: skip
        lines = plan_lines(plan, width, running=self._situation.running)
        return lines + (diff_lines(diff) if plan.doable else [])

    def on_input_submitted(self, event: Input.Submitted) -> None:
        """Enter goes to the next field, and from the last to the buttons."""
        boxes = list(self.query(Input))
        place = boxes.index(event.input)
        following = boxes[place + 1] if place + 1 < len(boxes) else self.query_one("#apply", Button)
        self.set_focus(following if not following.disabled else self.query_one("#cancel"))

    # -- the end ----------------------------------------------------------------------------------

    def action_scroll_plan(self, by: int) -> None:
        """Further down the plan, or back."""
        self.query_one(FactScroll).scroll_relative(y=by, animate=False)

    def action_take_offers(self) -> None:
        """Write into the fields what makes the refused possible."""
        for _ in range(OFFERS):
            offer = next((each.offer for each in self._plan.refusals if each.offer), None) if self._plan else None
            if offer is None:
                return
            for field_id, value in (("vcpus", offer.vcpus), ("vcpus-max", offer.vcpus_max)):
                if value is not None:
                    self.query_one(f"#{field_id}", Input).value = str(value)
            for field_id, kib in (("memory", offer.memory_kib), ("memory-max", offer.memory_max_kib)):
                if kib is not None:
                    self.query_one(f"#{field_id}", Input).value = to_text(kib, unit="KiB")
            self._show()

    def on_button_pressed(self, event: Button.Pressed) -> None:
        """One of the three."""
        if event.button.id == "apply":
            self.action_apply()
        elif event.button.id == "offer":
            self.action_take_offers()
        else:
            self.action_cancel()

    def action_apply(self) -> None:
        """Only a plan that can be carried out as it is shown."""
        self._show()
        if self._plan is not None and self._plan.doable and self._situation is not None:
            self.dismiss(Confirmed(self._situation, self._wish, self._plan))
            return
        self.app.bell()
