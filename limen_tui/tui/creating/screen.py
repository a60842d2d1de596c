"""The form of a new VM with its plan beside it. May import textual, fleet, model. UI thread.

Host calls, templates and the seed are made on other threads and come back as messages; the newest wins. Leaving
keeps what was typed.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import replace
from typing import TYPE_CHECKING, Any, ClassVar

from limen_widgets.tick import Tick
from rich.text import Text
from textual import on
from textual.app import ComposeResult
from textual.binding import Binding, BindingType
from textual.containers import Horizontal, VerticalScroll
from textual.css.query import NoMatches
from textual.message import Message
from textual.widgets import Button, Input, Label, Select, Static, TextArea

from limen_tui.errors import LimenError
from limen_tui.fleet.creating import Ground, Prepared, prepare
from limen_tui.fleet.sshkeys import own_keys
from limen_tui.fleet.view import FleetView
from limen_tui.model.placement import suggest_host
from limen_tui.model.spec import Finding
from limen_tui.model.units import clean
from limen_tui.tui.creating.draft import OWN_SIZE, Draft, changed, names_of, spec_of, with_preset
from limen_tui.tui.creating.entries import Filled
from limen_tui.tui.creating.fields import FIELDS, SECTIONS, field_of
from limen_tui.tui.creating.grounds import Grounded, Grounds
from limen_tui.tui.creating.plan import View, plan_lines
from limen_tui.tui.creating.rows import IMAGE_WORDS, FormRows
from limen_tui.tui.reading import shared_reader

if TYPE_CHECKING:
    from limen_tui.tui.app import LimenApp

SOON = 0.12
"""Seconds after the last key before the plan is made anew."""
SIZED = ("vcpus", "memory", "size")
KINDS = {"head": "bold", "bad": "", "warn": "", "dim": "dim", "": ""}


class Planned(Message):
    """The plan of the draft that had this number."""

    def __init__(self, number: int, prepared: Prepared) -> None:
        super().__init__()
        self.number, self.prepared = number, prepared


class Ready(Message):
    """What could not be read and what would be done, for each VM to create."""

    def __init__(self, made: tuple[tuple[tuple[Finding, ...], Prepared], ...]) -> None:
        super().__init__()
        self.made = made


class CreateScreen(FormRows):
    """Starts the jobs itself, and dismisses with the draft to keep for the next time."""

    BINDINGS: ClassVar[list[BindingType]] = [
        Binding("escape", "leave", "Leave", show=False),
        Binding("ctrl+s,f10", "create", "Create", show=False, priority=True),
        Binding("down", "app.focus_next", "Next", show=False),
        Binding("up", "app.focus_previous", "Before", show=False),
    ]
    DEFAULT_CSS = """
    CreateScreen { layout: vertical; background: $background; }
    CreateScreen #head, CreateScreen #foot { height: 1; width: 1fr; background: $panel; padding: 0 1; }
    CreateScreen #head { text-style: bold; }
    CreateScreen #body { height: 1fr; }
    CreateScreen #form { width: 1fr; height: 1fr; padding: 0 1; scrollbar-size-vertical: 1; }
    CreateScreen #plan-pane { width: 46%; height: 1fr; padding: 0 1; background: $surface; scrollbar-size-vertical: 1; }
    CreateScreen.-narrow #body { layout: vertical; }
    CreateScreen.-narrow #plan-pane { width: 1fr; height: 8; }
    CreateScreen .section { text-style: bold; color: $text-accent; margin-top: 1; height: 1; }
    CreateScreen .row { height: auto; }
    CreateScreen .row > Label { width: 14; }
    CreateScreen .row > .-wrong { color: $text-error; text-style: bold; }
    CreateScreen .row > .-doubtful { color: $text-warning; }
    CreateScreen Input, CreateScreen Select { width: 1fr; height: 1; }
    CreateScreen Input { border: none; padding: 0 1; background: $panel; }
    CreateScreen TextArea { width: 1fr; border: none; padding: 0; background: $panel; }
    CreateScreen #buttons { height: 1; margin: 1 0; }
    CreateScreen Button { height: 1; min-width: 8; border: none !important; margin-right: 2; }
    CreateScreen Button:focus { text-style: bold reverse; }
    CreateScreen Select:focus > SelectCurrent { text-style: bold reverse; }
    CreateScreen SelectOverlay, CreateScreen SelectCurrent Static { text-wrap: nowrap; text-overflow: ellipsis; }
    CreateScreen Select:focus > SelectCurrent Static { text-style: bold reverse; }
    CreateScreen:ansi Input { text-style: underline; }
    """

    def __init__(self, app: LimenApp, draft: Draft | None = None, *, host_id: str = "") -> None:
        super().__init__()
        self._limen = app
        self._fleet = app.fleet
        self._draft = draft or Draft()
        self._number = 0
        self._grounds = Grounds(app.fleet, self.post_message, app.settings.presets)
        self._prepared: Prepared | None = None
        self._wrong: tuple[Finding, ...] = ()
        wished = self._draft.host or host_id
        hosts = self._grounds.hosts()
        if wished not in [host_id for _, host_id in hosts]:
            wished = hosts[0][1] if hosts else ""
        self._draft = replace(self._draft, host=wished)

    # -- parts ------------------------------------------------------------------------------------

    def compose(self) -> ComposeResult:
        """Head, form and plan, keys."""
        yield Label("New VM", id="head", markup=False)
        with Horizontal(id="body"):
            with VerticalScroll(id="form", can_focus=False):
                title, *rows = self._section(SECTIONS[0])
                yield title
                yield from (row for row in rows if row.display)
            with VerticalScroll(id="plan-pane", can_focus=False):
                yield Static("", id="plan", markup=False)
        yield Label("ctrl+s create   Tab or ↓ next field   Esc leave; what was typed stays", id="foot", markup=False)

    def on_mount(self) -> None:
        """The name has the keyboard; the host is asked."""
        self._arrange()
        self._grounds.ask(self._draft)
        if not self._draft.keys:
            shared_reader().read(lambda: "\n".join(own_keys()), lambda keys: self.post_message(Filled("keys", keys)))
        self.set_focus(self.query_one("#name"))
        self._replan()
        self.call_after_refresh(self._mount_rest)

    def on_resize(self) -> None:
        """The plan goes below where there is no room beside."""
        self.set_class(self.size.width < 100, "-narrow")

    # -- hosts and what they have -----------------------------------------------------------------

    @on(Grounded)
    def _grounded(self, event: Grounded) -> None:
        event.stop()
        self._grounds.known[event.host_id] = event.found
        if event.host_id == self._draft.host:
            self._refill()

    @property
    def ground(self) -> Ground | None:
        """What the chosen host has, once it has said so."""
        return self._grounds.of(self._draft.host)

    def _refill(self) -> None:
        """The lists anew, each with its value where it is still there."""
        for name in ("host", "image", "pool", "like"):
            choices = self._grounds.choices(FIELDS[name], self._draft)
            values = [value for _, value in choices]
            wished = getattr(self._draft, name)
            if name == "pool" and wished not in values and "default" in values:
                wished = "default"
            value = wished if wished in values else values[0]
            select = self._known(name)
            if isinstance(select, Select):
                with self.prevent(Select.Changed):
                    select.set_options(choices)
                    select.value = value
            self._draft = changed(self._draft, name, value)
        self._replan()

    # -- typing -----------------------------------------------------------------------------------

    @on(Input.Changed)
    @on(TextArea.Changed)
    def _typed(self, event: Input.Changed | TextArea.Changed) -> None:
        event.stop()
        widget = event.input if isinstance(event, Input.Changed) else event.text_area
        field = widget.id or ""
        text = event.value if isinstance(event, Input.Changed) else event.text_area.text
        if field == "password" or getattr(self._draft, field, text) == text:
            return
        self._draft = changed(self._draft, field, text)
        draft, preset = self._draft, self._draft.preset
        if field in SIZED and preset != OWN_SIZE and with_preset(draft, preset, self._grounds.presets) != draft:
            self._set("preset", OWN_SIZE)
        self._replan()

    @on(Tick.Changed)
    def _ticked(self, event: Tick.Changed) -> None:
        event.stop()
        self._draft = changed(self._draft, event.checkbox.id or "", event.value)
        self._replan()

    @on(Select.Changed)
    def _chosen(self, event: Select.Changed) -> None:
        event.stop()
        field, value = event.select.id or "", str(event.value)
        if getattr(self._draft, field) == value:
            return
        self._draft = changed(self._draft, field, value)
        if field == "preset" and value != OWN_SIZE:
            self._draft = with_preset(self._draft, value, self._grounds.presets)
            for name in SIZED:
                self._set(name, getattr(self._draft, name))
        if field in ("source", "host", "like"):
            self._arrange()
            if field == "like" or self._draft.source == "copy":
                self._grounds.asked.discard(self._draft.host)
            self._grounds.ask(self._draft)
            self._refill()
        self._replan()

    def _set(self, field: str, value: str) -> None:
        """Change a field by ourselves."""
        self._draft = changed(self._draft, field, value)
        widget = self._known(field)  # one that comes later reads the draft
        if isinstance(widget, Input):
            widget.value = value
        elif isinstance(widget, TextArea):
            widget.text = value
        elif isinstance(widget, Select):
            widget.value = value

    @on(Input.Submitted)
    def _submitted(self, event: Input.Submitted) -> None:
        """Enter goes to the next field; nothing is created by it."""
        event.stop()
        self.focus_next()

    @on(Filled)
    def _filled(self, event: Filled) -> None:
        event.stop()
        if isinstance(event.value, LimenError):
            self.app.notify(str(event.value), severity="warning", markup=False)
            return
        if event.field == "password_hash":
            self._draft = replace(self._draft, password_hash=event.value)
            self.query_one("#password", Input).placeholder = "set; type another to change it"
        elif not self._draft.keys:
            self._set("keys", event.value)
        self._replan()

    def _arrange(self) -> None:
        """Only the rows that mean something for the chosen source."""
        source = self._draft.source
        for section in SECTIONS:
            title = self._known(f"section-{section.title.lower()}")
            if title is None:
                continue
            title.display = source in section.sources
            for field in section.fields:
                if (row := self._known(f"row-{field.id}")) is not None:
                    row.display = source in section.sources and source in field.sources
        if isinstance(label := self._known("label-image"), Label):
            label.update(IMAGE_WORDS.get(source, "Image"))

    # -- the plan ---------------------------------------------------------------------------------

    def _replan(self) -> None:
        self._number += 1
        number = self._number
        self.set_timer(SOON, lambda: self._plan(number))

    def _plan(self, number: int) -> None:
        if number != self._number or not self.is_mounted:
            return
        draft, ground, snapshot = self._draft, self.ground, self._fleet.view.host(self._draft.host)
        try:
            names: Sequence[str] = names_of(draft)
        except LimenError as error:
            names, self._wrong = (), (Finding("name", "error", error.detail or error.title),)
        else:
            self._wrong = ()
        spec, wrong = spec_of(draft, names[0] if names else "")
        self._wrong = (*self._wrong, *wrong)
        if ground is None or snapshot is None:
            self._prepared = None
            self._show_plan(names)
            return
        shared_reader().read(
            lambda: prepare(spec, ground, snapshot),
            lambda made: self.post_message(Planned(number, made)) if isinstance(made, Prepared) else None,
        )

    @on(Planned)
    def _planned(self, event: Planned) -> None:
        event.stop()
        if event.number == self._number:
            self._prepared = event.prepared
            try:
                self._show_plan(names_of(self._draft))
            except LimenError:
                self._show_plan(())

    def _show_plan(self, names: Sequence[str]) -> None:
        best = next((each for each in suggest_host(self._fleet.view.hosts) if each.host_id == self._draft.host), None)
        view = View(self._prepared, self._wrong, self.ground, self._grounds.problem(self._draft.host), best, names)
        text = Text()
        colours = {"bad": "$text-error", "warn": "$text-warning"}
        variables = self.app.get_css_variables()
        for kind, line in plan_lines(view):
            colour = variables.get(colours.get(kind, "").lstrip("$").replace("text-", ""), "")
            style = " ".join(filter(None, (KINDS[kind], colour if not self.app.ansi_color else "")))
            text.append(clean(line) + "\n", style=style)
        self.query_one("#plan", Static).update(text)
        levels: dict[str, str] = {}
        for finding in (*self._wrong, *(self._prepared.findings if self._prepared else ())):
            field = field_of(finding.field)
            if levels.get(field) != "error":
                levels[field] = finding.level
        for field in FIELDS:
            if (label := self._known(f"label-{field}")) is not None:
                label.set_class(levels.get(field) == "error", "-wrong")
                label.set_class(levels.get(field) == "warning", "-doubtful")

    def show_fleet(self, view: FleetView) -> None:  # noqa: ARG002
        """The host may have come up meanwhile."""
        if self.is_mounted and self._draft.host not in self._grounds.known:
            self._grounds.ask(self._draft)

    # -- the end ----------------------------------------------------------------------------------

    @on(Button.Pressed)
    def _pressed(self, event: Button.Pressed) -> None:
        event.stop()
        if event.button.id == "create":
            self.action_create()
        else:
            self.action_leave()

    def action_leave(self) -> None:
        """Leave; the draft is kept."""
        self.dismiss(self._draft)

    def action_create(self) -> None:
        """Start a job for each name, when nothing is wrong."""
        ground, snapshot = self.ground, self._fleet.view.host(self._draft.host)
        try:
            names = names_of(self._draft)
        except LimenError as error:
            self._refuse("name", error.detail or error.title)
            return
        if ground is None or snapshot is None:
            self._refuse("host", self._grounds.problem(self._draft.host))
            return
        if not names:
            self._refuse("name", "A VM needs a name.")
            return
        draft = self._draft
        shared_reader().read(
            lambda: Ready(tuple((*spec_of(draft, name)[1:], prepare(spec_of(draft, name)[0], ground, snapshot))
                                for name in names)),
            lambda ready: self.post_message(ready) if isinstance(ready, Ready) else None,
        )  # fmt: skip

    @on(Ready)
    def _ready(self, event: Ready) -> None:
        event.stop()
        for wrong, made in event.made:
            bad = next((each for each in (*wrong, *made.findings) if each.level == "error"), None)
            if bad is not None or made.plan is None:
                self._refuse(field_of(bad.field) if bad else "", bad.text if bad else "It cannot be planned.")
                return
        for _, made in event.made:
            if made.plan is not None:
                self._limen.job_desk.start(made.plan, made.attachments)
        self.dismiss(replace(self._draft, name=""))

    def _refuse(self, field: str, text: str) -> None:
        """Say why, and put the keyboard where it can be mended."""
        self.app.notify(clean(text), title="Not created", severity="warning", markup=False, timeout=6)
        try:
            widget: Any = self.query_one(f"#{field}") if field else None
        except NoMatches:
            return
        if widget is not None and widget.display:
            self.set_focus(widget)

