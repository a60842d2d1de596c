"""A checklist of hosts that other programs know. UI thread; files are read on a thread of their own."""

from __future__ import annotations

from collections.abc import Sequence
from pathlib import Path

from rich.text import Text
from textual import on
from textual.app import ComposeResult
from textual.containers import Horizontal
from textual.message import Message
from textual.widgets import Button, Input, Label, SelectionList
from textual.widgets.selection_list import Selection

from limen_tui.errors import LimenError
from limen_tui.fleet.hostimport import Candidate, Found, check, from_list, hosts_from, read_known, read_list
from limen_tui.model.host import Host
from limen_tui.model.units import clean
from limen_tui.tui.dialogs.base import Dialog
from limen_tui.tui.reading import Reader


class ImportDialog(Dialog[list[Host] | None]):
    """Dismisses with the new hosts. What is known already, or cannot be used, is dimmed with the reason."""

    DEFAULT_CSS = """
    ImportDialog SelectionList {
        height: auto; max-height: 12; border: none; padding: 0; margin-top: 1; background: $surface;
    }
    ImportDialog SelectionList:focus { border: none; }
    """

    class Read(Message):
        """Something was read."""

        def __init__(self, found: list[Found] | LimenError, *, meant: bool = True) -> None:
            super().__init__()
            self.found, self.meant = found, meant

    def __init__(self, hosts: Sequence[Host], *, home: Path | None = None) -> None:
        super().__init__("Import hosts")
        self._hosts, self._home = hosts, home
        self._found: list[Found] = []
        self._candidates: list[Candidate] = []
        self._reader = Reader()

    def body(self) -> ComposeResult:
        """Where from, the list, buttons."""
        yield Label("From ~/.ssh/config, virsh and virt-manager; more below. Space ticks.", classes="dialog--note")
        yield SelectionList[int](id="found")
        yield Label("", id="says", classes="dialog--note", markup=False)
        yield Input(placeholder="more: hosts or URIs, or the path of a file with a list", id="more")
        with Horizontal(classes="dialog--buttons"):
            yield Button("Import", id="import", variant="primary")
            yield Button("All", id="all")
            yield Button("Cancel", id="cancel")

    def on_mount(self) -> None:
        """Look round."""
        super().on_mount()
        self.set_focus(self.query_one(SelectionList))
        self._reader.read(lambda: read_known(self._home), self._looked_round)

    def _looked_round(self, found: list[Found] | LimenError) -> None:
        self.post_message(self.Read(found, meant=False))

    @on(Read)
    def _was_read(self, event: Read) -> None:
        if isinstance(event.found, LimenError):
            self._say(clean(str(event.found)), "dialog--problem")
            return
        chosen = {self._candidates[index].uri for index in self.query_one(SelectionList).selected}
        if event.meant:  # it was typed
            fresh = check(event.found, self._hosts)
            chosen |= {each.uri for each in fresh if not each.problem}
        self._found += event.found
        self._candidates = check(self._found, self._hosts)
        listed = self.query_one(SelectionList)
        listed.clear_options()
        listed.add_options(
            Selection(_line(each), index, each.uri in chosen and not each.problem, disabled=bool(each.problem))
            for index, each in enumerate(self._candidates)
        )
        if self._candidates:
            listed.highlighted = next((i for i, each in enumerate(self._candidates) if not each.problem), 0)
        elif self.focused is listed:  # nothing is there to be ticked: what is typed goes where it can
            self.set_focus(self.query_one("#more"))
        self._ticked()

    def _say(self, text: str, kind: str) -> None:
        says = self.query_one("#says", Label)
        says.set_classes(kind)
        says.update(text)

    @on(Input.Submitted)
    def _more(self, event: Input.Submitted) -> None:
        text = event.value.strip()
        event.input.value = ""
        if text.startswith(("/", "~", "./")):
            path = Path(text)
            self._reader.read(lambda: read_list(path.expanduser()), lambda found: self.post_message(self.Read(found)))
        elif text:
            self.post_message(self.Read(from_list(text, "typed")))

    @on(SelectionList.SelectedChanged)
    def _ticked(self) -> None:
        able = sum(not each.problem for each in self._candidates)
        ticked = len(self.query_one(SelectionList).selected)
        self._say(f"{ticked} of {able} ticked; {len(self._candidates) - able} known or not usable", "dialog--note")

    def on_button_pressed(self, event: Button.Pressed) -> None:
        """Import, tick all, or cancel."""
        listed = self.query_one(SelectionList)
        if event.button.id == "cancel":
            self.action_cancel()
        elif event.button.id == "all":
            for index, each in enumerate(self._candidates):
                if not each.problem:
                    listed.select(index)
        elif not listed.selected:
            self._say("Nothing is ticked: Space ticks", "dialog--warning")
        else:
            self.dismiss(hosts_from([self._candidates[index] for index in listed.selected], self._hosts))


def _line(each: Candidate) -> Text:
    text = Text(no_wrap=True, overflow="ellipsis")
    text.append(f"{clean(each.name)[:18]:<18} ", "dim" if each.problem else "bold")
    text.append(f"{clean(each.uri)}  ", "dim" if each.problem else "")
    text.append(clean(each.problem or each.source), "dim")
    return text
