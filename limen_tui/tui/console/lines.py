"""Which serial line of a VM: asks the host which it has, and the person which they want. May import textual, fleet
and model. UI thread but for the answer of the host, which only posts a message."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from concurrent.futures import CancelledError, Future
from typing import TYPE_CHECKING, ClassVar

from textual import on
from textual.app import ComposeResult
from textual.binding import Binding, BindingType
from textual.content import Content
from textual.message import Message
from textual.widget import Widget
from textual.widgets import Label, OptionList
from textual.widgets.option_list import Option

from limen_tui.errors import LimenError
from limen_tui.fleet.fleet import Fleet
from limen_tui.model.units import clean
from limen_tui.model.verbs.consoles import ConsoleDevice
from limen_tui.model.vm import VMKey
from limen_tui.tui.dialogs.base import Dialog

if TYPE_CHECKING:
    from limen_tui.tui.app import LimenApp
    from limen_tui.tui.console.desk import OpenConsole

OPENS = "pty"
"""The one kind that libvirt opens."""


class LinesTold(Message):
    """What the host said of the lines of a VM."""

    def __init__(self, key: VMKey, devices: tuple[ConsoleDevice, ...], problem: LimenError | None = None) -> None:
        super().__init__()
        self.key, self.devices, self.problem = key, devices, problem


def ask_lines(fleet: Fleet, key: VMKey, post: Callable[[LinesTold], object]) -> None:
    """Have the lines of a VM told to ``post``, which is called on a thread of the host."""

    def done(future: Future[tuple[ConsoleDevice, ...]]) -> None:
        try:
            post(LinesTold(key, future.result()))
        except LimenError as error:
            post(LinesTold(key, (), error))
        except CancelledError:
            return

    fleet.call(key.host_id, lambda verbs: verbs.consoles.devices(key.uuid)).add_done_callback(done)


class LineDialog(Dialog["str | None"]):
    """One of several lines. Dismisses with its alias, empty for the default one."""

    BINDINGS: ClassVar[list[BindingType]] = [
        *(Binding(str(number), f"pick({number - 1})", show=False) for number in range(1, 10))
    ]
    DEFAULT_CSS = """
    LineDialog OptionList { height: auto; max-height: 12; border: none; padding: 0; background: $surface; }
    LineDialog OptionList:focus { border: none; }
    """

    def __init__(self, name: str, devices: Sequence[ConsoleDevice], current: str) -> None:
        super().__init__(f"Serial lines of {name}")
        self._devices = tuple(devices)
        self._aliases = ["" if place == 0 else each.alias for place, each in enumerate(self._devices)]
        self._current = self._aliases.index(current) if current in self._aliases else 0

    def body(self) -> ComposeResult:
        """A list and its keys."""
        options = []
        for place, each in enumerate(self._devices):
            words = [clean(each.alias) or "default", "the default" if place == 0 else "",
                     "on show" if place == self._current else "",
                     "" if each.kind == OPENS else f"{clean(each.kind)}: cannot be opened"]  # fmt: skip
            text = f"{place + 1}  {'  '.join(word for word in words if word)}"
            options.append(Option(Content(text), disabled=each.kind != OPENS))
        lines = OptionList(*options, markup=False)
        lines.highlighted = self._current
        yield lines
        yield Label("Enter or its number opens it beside the others.  Esc leaves.", classes="dialog--note",
                    markup=False)  # fmt: skip

    def on_mount(self) -> None:
        """The list has the keyboard."""
        super().on_mount()
        self.set_focus(self.query_one(OptionList))

    def on_option_list_option_selected(self, event: OptionList.OptionSelected) -> None:
        """Enter or a click."""
        self.action_pick(event.option_index)

    def action_pick(self, place: int) -> None:
        """By its number."""
        if place < len(self._devices) and self._devices[place].kind == OPENS:
            self.dismiss(self._aliases[place])


class LineChoice(Widget):
    """The part of a console's panel that lets a line be chosen."""

    _limen: LimenApp
    _open: OpenConsole

    def show_console(self, key: VMKey, device: str = "") -> None:
        """Another VM's, or another line."""

    def _do_lines(self) -> None:
        """Which it has is asked of the host; the answer comes as a message."""
        ask_lines(self._limen.fleet, self._open.key, self.post_message)

    @on(LinesTold)
    def _lines_told(self, event: LinesTold) -> None:
        event.stop()
        if event.key != self._open.key:
            return  # another VM's console is on show by now
        if event.problem is not None:
            self.notify(clean(str(event.problem)), severity="error", markup=False, timeout=8)
        elif len(event.devices) < 2:
            self.notify("It has no other serial line", markup=False, timeout=4)
        else:
            dialog = LineDialog(self._open.console.name, event.devices, self._open.console.device)
            self.app.push_screen(dialog, lambda device: self._show_line(event.key, device))

    def _show_line(self, key: VMKey, device: str | None) -> None:
        if device is not None and self.is_mounted:
            self.show_console(key, device)
