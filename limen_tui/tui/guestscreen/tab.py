"""The guest's screen as a tab: follows it, passes keys and pointer on, zooms. May import textual, fleet and model.

UI thread. The display has a thread of its own; what it has is taken when it says so.
"""

from __future__ import annotations

import time
from typing import TYPE_CHECKING, ClassVar, Final

from limen_widgets.pixels import PixelView
from textual import events, on
from textual.app import ComposeResult
from textual.message import Message
from textual.widgets import Static

from limen_tui.errors import AuthError
from limen_tui.fleet.display import GuestDisplay, Phase, Shot, Status
from limen_tui.fleet.screens import ways_to
from limen_tui.fleet.view import FleetView
from limen_tui.model.rfb.keys import CTRL_ALT_DELETE, Stroke, stroke_of, strokes_of_text
from limen_tui.model.units import clean
from limen_tui.model.vm import VM, VMKey
from limen_tui.tui.dialogs.text import TextDialog
from limen_tui.tui.guestscreen.lines import menu_text, status_line, waiting_text
from limen_tui.tui.guestscreen.menu import ESCAPE_KEY, key_picks, stroke_for
from limen_tui.tui.guestscreen.password import VNCPasswordDialog
from limen_tui.tui.guestscreen.saving import default_path, save
from limen_tui.tui.palette.picker import Picker
from limen_tui.tui.vm.tab import VMTab

if TYPE_CHECKING:
    from limen_tui.tui.app import LimenApp

MOST_TYPED: Final = 8192
"""Characters of a text that are typed at once: at 80 keys a second, that is a minute and a half."""
PANS: Final = {"left": (-1, 0), "right": (1, 0), "up": (0, -1), "down": (0, 1)}
HELD_WHEEL: Final = (8, 16)


class GuestScreenTab(VMTab, can_focus=True):
    """All keys go to the guest but the escape key, after which one key is for Limen."""

    tab_id: ClassVar[str] = "screen"
    title: ClassVar[str] = "Screen"
    takes_keys: ClassVar[bool] = True
    takes_every_key: ClassVar[bool] = True
    """ctrl+c is the guest's as well."""
    DEFAULT_CSS = """
    GuestScreenTab { layout: vertical; }
    GuestScreenTab #waiting { width: 1fr; height: 1fr; content-align: center middle; color: $text-muted; }
    GuestScreenTab #screen-status { height: 1; background: $surface; color: $text-muted; }
    GuestScreenTab.menu #screen-status { background: $primary; color: $text; height: auto; max-height: 4; }
    """

    class News(Message):
        """The display has something."""

    def __init__(self, app: LimenApp, key: VMKey) -> None:
        super().__init__(app, key)
        self._display: GuestDisplay | None = None
        self._shot: Shot | None = None
        self._status = Status()
        self._menu = False
        self._pictures = False
        self._asking = False
        self._vm_name = ""
        self._here = False
        self._buttons = 0

    def compose(self) -> ComposeResult:
        """The picture, what stands there until there is one, and a line below."""
        view = PixelView(id="pixels")
        view.can_focus = False
        view.display = False
        yield view
        yield Static("", id="waiting", markup=False)
        yield Static("", id="screen-status", markup=False)

    # -- life -------------------------------------------------------------------------------------

    def arrived(self) -> None:
        """Begin to follow the screen."""
        self._here = True
        self.focus()
        self.show_vm(self.limen.fleet.view.vm(self.key), self.limen.fleet.view)

    def left(self) -> None:
        """Nobody looks: follow it no more."""
        self._here = False
        self._stop()

    def on_unmount(self) -> None:
        """The end."""
        self._stop()

    def show_vm(self, vm: VM | None, view: FleetView) -> None:  # noqa: ARG002 - the VM is all that matters
        """Begin when it starts, end when it stops."""
        self._vm_name = vm.name if vm is not None else self._vm_name
        on = vm is not None and vm.state.is_active
        if on and self._here and self._display is None:
            self._start()
        elif not on and self._display is not None:
            self._stop()
        self._show_lines()

    def refresh_now(self) -> None:
        """Everything anew."""
        if self._display is not None:
            self._display.refresh()

    @property
    def view_only(self) -> bool:
        """Whether nothing is passed on to the guest."""
        host = self.limen.fleet.view.host(self.key.host_id)
        return self.limen.fleet.read_only or (host is not None and (host.host.read_only or host.info.read_only))

    def _start(self) -> None:
        self._display = GuestDisplay(
            ways_to(self.limen.fleet, self.key), lambda: self.post_message(self.News()), view_only=self.view_only,
            pictures=self._pictures,
        )  # fmt: skip
        self._display.start()

    def _stop(self) -> None:
        if self._display is not None:
            self._display.close()
            self._display, self._shot, self._status = None, None, Status(Phase.CLOSED)

    # -- the picture ------------------------------------------------------------------------------

    @on(News)
    def _news(self) -> None:
        if self._display is None:
            return
        shot, self._status = self._display.take()
        if shot is not None:
            self._shot = shot
            self._picture.show(shot.still.width, shot.still.height, shot.still.data, shot.first, shot.beyond)
        if self._status.phase is Phase.PASSWORD and not self._asking:
            self._ask_password()
        self._show_lines()

    @property
    def _picture(self) -> PixelView:
        return self.query_one(PixelView)

    def _show_lines(self) -> None:
        if not self.is_mounted:
            return
        vm = self.limen.fleet.view.vm(self.key)
        there = self._shot is not None
        self._picture.display = there
        waiting = self.query_one("#waiting", Static)
        waiting.display = not there
        if not there:
            waiting.update(waiting_text(vm, self._status))
        self.set_class(self._menu, "menu")
        line = menu_text(self.size.width) if self._menu else status_line(
            self._status, self._shot, self._picture.window, view_only=self.view_only, width=self.size.width
        )  # fmt: skip
        self.query_one("#screen-status", Static).update(line)

    def _ask_password(self) -> None:
        problem = self._status.problem
        wrong = problem.title if isinstance(problem, AuthError) else ""
        self._asking = True

        def answered(password: str | None) -> None:
            self._asking = False
            if self._display is None:
                return
            if password is None:
                self._show_by_pictures(True)
            else:
                self._display.answer(password)

        self.app.push_screen(VNCPasswordDialog(clean(self._vm_name), wrong), answered)

    def _show_by_pictures(self, on: bool) -> None:
        self._pictures = on
        if self._display is not None:
            self._display.set_pictures(on)

    # -- keys -------------------------------------------------------------------------------------

    async def on_key(self, event: events.Key) -> None:
        """To the guest, or after the escape key to Limen."""
        event.stop()
        event.prevent_default()
        if self._menu:
            self._command(event.key, event.character or "")
        elif event.key == ESCAPE_KEY:
            self._menu = True
            self._show_lines()
        else:
            stroke = stroke_of(event.key, event.character)
            if stroke is not None:
                self._send(stroke)

    def on_paste(self, event: events.Paste) -> None:
        """What is pasted is typed."""
        event.stop()
        self._type(event.text)

    def _send(self, *strokes: Stroke) -> None:
        why = ""
        if self.view_only:
            why = "read-only: the screen is only looked at"
        elif self._status.phase is not Phase.LIVE:
            why = f"keys are passed on when the screen is live; it is {self._status.phase.value}"
        if why:
            self.notify(f"Screen: {why}. ^] twice leaves.", severity="warning", markup=False, timeout=4)
        elif self._display is not None:
            self._display.strokes(strokes)

    def _type(self, text: str) -> None:
        strokes, lost = strokes_of_text(text[:MOST_TYPED])
        self._send(*strokes)
        left = len(text) - MOST_TYPED
        notes = [f"{lost} characters have no key"] if lost else []
        notes += [f"{left} beyond {MOST_TYPED}"] if left > 0 else []
        if notes:
            self.notify(f"Not typed: {', '.join(notes)}", severity="warning", markup=False)

    def _command(self, key: str, character: str) -> None:
        if key in PANS:
            self._picture.pan(*PANS[key])
        elif character in ("+", "=", "-", "0"):
            self._picture.zoom({"-": -1, "0": 0}.get(character, 1))
        else:
            self._menu = False
            self._act(key)
        self._show_lines()

    def _act(self, key: str) -> None:
        match key:
            case _ if key in (ESCAPE_KEY, "q"):
                self._leave()
            case "right_square_bracket":
                self._send(stroke_for("ctrl+]"))
            case "d":
                self._send(CTRL_ALT_DELETE)
            case "f":
                self.app.push_screen(Picker("Press in the guest", key_picks()), self._picked)
            case "t":
                note = "Typed key by key, as on an American keyboard; a paste into the screen is typed as well."
                self.app.push_screen(TextDialog("Type a text", "The text", note=note), self._typed)
            case "p":
                self._show_by_pictures(not self._pictures)
            case "r":
                self._again()
            case "w":
                self._ask_where_to_save()
            case "V":
                self.limen.commands.show_viewer(self.key)

    def _leave(self) -> None:
        if self._display is not None:
            self._display.drop_text()
        self.give_keys_back()

    def _again(self) -> None:
        if self._display is not None:
            self._stop()
            self._start()

    def _picked(self, name: str | None) -> None:
        if name is not None:
            self._send(stroke_for(name))

    def _typed(self, text: str | None) -> None:
        if text:
            self._type(text)

    # -- the pointer ------------------------------------------------------------------------------

    @on(PixelView.Moved)
    def _pointed(self, event: PixelView.Moved) -> None:
        event.stop()
        if self._display is None or self.view_only or self._status.phase is not Phase.LIVE:
            return
        if event.wheel:
            self._display.pointer(event.x, event.y, event.buttons | event.wheel)
        self._display.pointer(event.x, event.y, event.buttons)

    # -- saving -----------------------------------------------------------------------------------

    def _ask_where_to_save(self) -> None:
        shot = self._shot
        if shot is None:
            self.notify("There is no picture yet", severity="warning", markup=False, timeout=3)
            return
        path = default_path(self._vm_name, time.localtime())
        note = f"A PNG of {shot.still.width}x{shot.still.height} pixels. A file that is there is not overwritten."

        def chosen(text: str | None) -> None:
            if text:
                save(shot.still, text, lambda said: self.post_message(self.Saved(said)))

        self.app.push_screen(TextDialog("Save the screen", "File", path, note=note), chosen)

    class Saved(Message):
        """Whether a picture was saved, in words."""

        def __init__(self, said: str) -> None:
            super().__init__()
            self.said = said

    @on(Saved)
    def _saved(self, event: Saved) -> None:
        self.notify(clean(event.said), markup=False, timeout=5)
