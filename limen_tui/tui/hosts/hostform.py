"""The form of a host: a URI, or the address, user, port and jump host that make one. UI thread."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import replace
from typing import ClassVar

from limen_widgets.tick import Tick
from textual import on
from textual.app import ComposeResult
from textual.containers import Horizontal
from textual.suggester import SuggestFromList
from textual.widgets import Button, Input, Label, Static

from limen_tui.errors import InputError, LimenError
from limen_tui.fleet.hostbook import (
    COLOURS,
    LONGEST_NAME,
    Fields,
    build_uri,
    check_name,
    fields_of,
    same_uri,
    switches_checks_off,
)
from limen_tui.fleet.newhost import name_for, new_host
from limen_tui.fleet.stages import Tester
from limen_tui.model.host import Host
from limen_tui.model.units import clean
from limen_tui.model.uri import LibvirtURI, parse_uri
from limen_tui.tui.dialogs.base import Dialog
from limen_tui.tui.hosts.hosttest import HostTestDialog

PARTS = ("address", "user", "port", "jump")
ROWS = (
    ("address", "Address", "name, IP address, or a Host of ~/.ssh/config"), ("user", "User", "from ~/.ssh/config"),
    ("port", "Port", "22"), ("jump", "Jump host", "user@host:port, nearest first; or ProxyJump in ~/.ssh/config"),
    ("uri", "URI", "qemu+ssh://root@kvm1/system"), ("name", "Name", "from the address"),
    ("group", "Group", "for example: production"), ("colour", "Colour", ", ".join(filter(None, COLOURS))),
)  # fmt: skip


class HostForm(Dialog[Host | None]):
    """Dismisses with the host to save. Testing is offered first; saving without it is possible."""

    TYPES: ClassVar[bool] = True
    DEFAULT_CSS = """
    HostForm .row { height: 1; }
    HostForm .row Label { width: 11; }
    HostForm .row Input { width: 1fr; }
    HostForm #uri-row { margin: 1 0; }
    HostForm Tick { margin: 0 2 0 0; }
    HostForm #flags { height: 1; margin-top: 1; }
    HostForm #says { height: 3; margin-top: 1; }
    HostForm #insecure { color: $text-error; }
    """

    def __init__(self, hosts: Sequence[Host], tester: Tester, host: Host | None = None) -> None:
        super().__init__(f"Edit {host.name}" if host else "Add a host")
        self._hosts, self._tester, self._host = hosts, tester, host
        self._uri: LibvirtURI | None = parse_uri(host.uri) if host else None
        self._problem: InputError | None = None
        """What is wrong with the fields that make the URI."""

    def body(self) -> ComposeResult:
        """Fields, flags, what is wrong, buttons."""
        for key, label, placeholder in ROWS:
            with Horizontal(classes="row", id=f"{key}-row"):
                yield Label(label)
                yield Input(
                    self._start(key), placeholder=placeholder, id=key, select_on_focus=False,
                    suggester=SuggestFromList(COLOURS[1:]) if key == "colour" else None,
                    max_length=LONGEST_NAME if key in ("name", "group") else 2000,
                )  # fmt: skip
        with Horizontal(id="flags"):
            yield Tick("Read-only", bool(self._host and self._host.read_only), id="read-only")
            yield Tick("Insecure: its key is not checked", bool(self._host and self._host.insecure),
                       id="insecure")  # fmt: skip
        yield Static(id="says", markup=False)
        with Horizontal(classes="dialog--buttons"):
            yield Button("Test and save", id="test", variant="primary")
            yield Button("Save", id="save")
            yield Button("Cancel", id="cancel")

    def _start(self, key: str) -> str:
        if self._host is None:
            return ""
        if key in PARTS:
            return str(getattr(fields_of(self._uri), key)) if self._uri is not None and self._uri.is_ssh else ""
        return str(getattr(self._host, key))

    def on_mount(self) -> None:
        """The first field has the keyboard."""
        super().on_mount()
        self.set_focus(self.query_one("#address" if self._host is None or self._start("address") else "#uri"))
        self._look()

    def _text(self, key: str) -> str:
        return self.query_one(f"#{key}", Input).value

    @on(Input.Changed)
    def _typed(self, event: Input.Changed) -> None:
        """The fields write the URI, and the URI the fields: whichever has the keyboard."""
        key = event.input.id or ""
        if key in (*PARTS, "uri") and self._text(key) != self._told.get(key):
            self._told[key] = self._text(key)
            self._problem = None
            if key in PARTS:
                self._from_parts()
            else:
                self._from_uri()
        self._look()

    def _from_parts(self) -> None:
        try:
            built = build_uri(Fields(*(self._text(part) for part in PARTS)), self._uri)
        except InputError as error:
            built = ""
            # nothing typed is no mistake yet
            self._problem = error if any(self._text(part).strip() for part in PARTS) else None
        self._set("uri", built)

    def _from_uri(self) -> None:
        try:
            self._uri = parse_uri(self._text("uri").strip())
        except InputError:
            return  # said by ``_look``
        fields = fields_of(self._uri) if self._uri.is_ssh else Fields()
        for part in PARTS:
            self._set(part, getattr(fields, part))

    @property
    def _told(self) -> dict[str, str]:
        """What each linked field was last set to, so that a change that we made ourselves ends there."""
        if not hasattr(self, "_told_texts"):
            self._told_texts = {key: self._start(key) for key in (*PARTS, "uri")}
        return self._told_texts

    def _set(self, key: str, text: str) -> None:
        self._told[key] = text
        self.query_one(f"#{key}", Input).value = text

    def _look(self) -> None:
        """Say what is wrong, or what will be saved; show the switch only where it means something."""
        insecure = self.query_one("#insecure", Tick)
        problem: LimenError | None = self._problem
        uri: LibvirtURI | None = None
        if self._text("uri").strip():
            try:
                uri = parse_uri(self._text("uri").strip())
            except InputError as error:
                problem = error
        insecure.display = uri is not None and switches_checks_off(uri)
        self.query_one("#name", Input).placeholder = self._default_name(uri)
        text, kind = "An address or a URI is all that is needed.", "dialog--note"
        if problem is None and uri is not None:
            try:
                text = f"Saved as {self.made().name}"
            except LimenError as error:
                problem = error
            else:
                if insecure.display:
                    text = "no_verify: anybody on the way can pose as this host and read all. It stays flagged."
                    kind = "dialog--warning"
        if problem is not None:
            text, kind = f"{problem}\n{problem.hint}", "dialog--problem"
        self._say(text, kind)

    def _say(self, text: str, kind: str) -> None:
        says = self.query_one("#says", Static)
        says.set_classes(kind)
        says.update("\n".join(clean(line) for line in text.strip().splitlines()))

    def _default_name(self, uri: LibvirtURI | None) -> str:
        others = [host.name for host in self._hosts if self._host is None or host.id != self._host.id]
        return name_for(uri, others) if uri is not None else "from the address"

    @on(Tick.Changed)
    def _switched(self) -> None:
        self._look()

    def made(self) -> Host:
        """The host as the form has it. Raises ``InputError`` or ``Conflict``."""
        if self._problem is not None:
            raise self._problem
        uri = parse_uri(self._text("uri").strip())
        own = self._host.id if self._host is not None else ""
        if (other := same_uri(str(uri), self._hosts, own)) is not None:
            raise InputError(f"{clean(other.name)} has this URI already")
        name = check_name(self._text("name") or self._default_name(uri), self._hosts, own)
        colour, group = self._text("colour").strip().lower(), self._text("group").strip()
        if colour not in COLOURS:
            raise InputError("That colour is not one of the list", hint=", ".join(COLOURS[1:]))
        if clean(group) != group:
            raise InputError("The group has control characters")
        insecure = self.query_one("#insecure", Tick).value
        if switches_checks_off(uri) and not insecure:
            raise InputError("The URI switches host key checks off (no_verify)",
                             hint="Take it out; or tick Insecure, and it is flagged for ever.")  # fmt: skip
        read_only = self.query_one("#read-only", Tick).value
        host = self._host or new_host(uri, self._hosts, name=name)
        return replace(host, name=name, uri=str(uri), group=group, colour=colour, read_only=read_only, saved=True,
                       insecure=insecure and switches_checks_off(uri))  # fmt: skip

    def on_input_submitted(self, event: Input.Submitted) -> None:
        """Enter goes to the next field, and from the last to the buttons."""
        fields = list(self.query(Input))
        place = fields.index(event.input)
        self.set_focus(fields[place + 1] if place + 1 < len(fields) else self.query_one("#test"))

    def on_button_pressed(self, event: Button.Pressed) -> None:
        """Test, save or cancel."""
        if event.button.id == "cancel":
            self.action_cancel()
            return
        try:
            host = self.made()
        except LimenError as error:
            blank = self._problem is None and not self._text("uri").strip()
            self._say("An address or a URI is missing" if blank else f"{error}\n{error.hint}", "dialog--problem")
            return
        if event.button.id == "save":
            self.dismiss(host)
        else:
            self.app.push_screen(
                HostTestDialog(host, self._tester, saves=True), lambda yes: self._tested(host, yes is True)
            )

    def _tested(self, host: Host, save: bool) -> None:
        if save:
            self.dismiss(host)
