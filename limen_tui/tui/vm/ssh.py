"""Into a guest by ssh: asks for the user, leaves the screen to ssh, comes back. May import textual, fleet. UI thread.

While ssh has the terminal the UI stands still, as it must; hosts go on being sampled on their own threads.
"""

from __future__ import annotations

import subprocess
import sys
from collections.abc import Sequence
from typing import TYPE_CHECKING

from textual import on
from textual.app import ComposeResult, SuspendNotSupported
from textual.containers import Horizontal
from textual.widgets import Button, Input, Label

from limen_tui.errors import InputError
from limen_tui.fleet.guestssh import Way, check_address, check_user, command
from limen_tui.model.host import Host
from limen_tui.model.units import clean
from limen_tui.tui.dialogs.base import relabel
from limen_tui.tui.dialogs.form import FormDialog

if TYPE_CHECKING:
    from limen_tui.tui.app import LimenApp

FAILED = 255
"""ssh's own exit code for what it could not do itself."""


class SSHDialog(FormDialog["tuple[Way, bool] | None"]):
    """User, address and way. Dismisses with the way, and whether it goes past the host."""

    def __init__(self, name: str, user: str, found: Sequence[str], jump: str, *, direct: bool) -> None:
        super().__init__(f"SSH into {name}")
        self._user, self._found, self._jump = user, tuple(found), jump
        self._direct = direct or not jump

    def body(self) -> ComposeResult:
        """Two lines, the way, buttons."""
        others = f"Also: {', '.join(self._found[1:4])}" if len(self._found) > 1 else ""
        yield Label("User", markup=False)
        yield Input(self._user, id="user", select_on_focus=False)
        yield Label("Address", markup=False)
        yield Input(self._found[0] if self._found else "", id="address", select_on_focus=False,
                    placeholder="none is known: type one")  # fmt: skip
        yield Label(others, classes="dialog--note", markup=False)
        yield Label("The user is remembered for this VM.", id="note", classes="dialog--note", markup=False)
        with Horizontal(classes="dialog--buttons"):
            yield Button("Connect", id="ok", variant="primary")
            if self._jump:
                yield Button("", id="way")
            yield Button("Cancel", id="cancel")

    def on_mount(self) -> None:
        """The way is shown from the start."""
        super().on_mount()
        self._show_way()

    def _show_way(self) -> None:
        for button in self.query("#way").results(Button):
            relabel(button, "Way: directly" if self._direct else clean(f"Way: through {self._jump}")[:40])

    @on(Button.Pressed, "#way")
    def _other_way(self) -> None:
        self._direct = not self._direct
        self._show_way()

    def accept(self) -> None:
        """User, address and way, where they can be used."""
        user, address = (self.query_one(name, Input).value.strip() for name in ("#user", "#address"))
        try:
            check_user(user)
            check_address(address)
        except InputError as error:
            self.complain(error)
            return
        self.dismiss((Way(user, address, "" if self._direct else self._jump), self._direct))


def go(app: LimenApp, way: Way, host: Host | None) -> int | None:
    """Give the terminal to ssh and take it back; ssh's exit code, ``None`` where there is no terminal to give.

    Raises ``InputError`` for what ssh must not be given.
    """
    links = app.fleet.links
    words = command(way, host, config=links.ssh_config if links is not None else "")
    try:
        with app.suspend():
            return _run(words, way)
    except SuspendNotSupported:
        return None


def _run(words: list[str], way: Way) -> int:
    sys.stdout.write(f"\x1b[2J\x1b[HLimen: ssh to {clean(way.label)}; leave it to come back.\n")
    sys.stdout.flush()
    try:
        code = subprocess.run(words, check=False).returncode
    except OSError as error:
        sys.stdout.write(f"\nssh cannot be started: {error.strerror}\n")
        code = FAILED
    if code == FAILED:  # its words would be gone at once
        sys.stdout.write("\nPress Enter to go back to Limen. ")
        sys.stdout.flush()
        sys.stdin.readline()
    return code
