"""The guest's screen as a tab: follows it, passes keys and pointer on, zooms. May import textual, fleet and model.

UI thread. The display has a thread of its own; what it has is taken when it says so.
"""

from __future__ import annotations

from time import monotonic
from typing import TYPE_CHECKING, ClassVar, Final

from limen_widgets.pixels import PixelView
from textual import events, on
from textual.app import ComposeResult
from textual.message import Message
from textual.widgets import Static

from limen_tui.errors import AuthError
from limen_tui.fleet import guestacts
from limen_tui.fleet.display import GuestDisplay, Phase, Shot, Status
from limen_tui.fleet.screens import ways_to
from limen_tui.fleet.view import FleetView
from limen_tui.model.rfb.keys import Stroke, stroke_of
from limen_tui.model.units import clean
from limen_tui.model.vm import VM, VMKey
from limen_tui.tui.guestscreen.controls import ScreenMenu
from limen_tui.tui.guestscreen.lines import menu_text, status_line, waiting_text
from limen_tui.tui.guestscreen.password import VNCPasswordDialog
from limen_tui.tui.keymap import GUEST_ESCAPE

if TYPE_CHECKING:
    from limen_tui.tui.app import LimenApp


SMALL: Final = 0.1
"""Of the picture's height: a line or two of text, shown at once."""
BELL_EVERY: Final = 1.0
WHOLE_EVERY: Final = 0.12
"""Seconds between pictures that differ from top to bottom."""


class GuestScreenTab(ScreenMenu, can_focus=True):
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
        self._pictures = self._pixels = False
        self._asking = False
        self._vm_name = ""
        self._here = False
        self._not_before = self._next_bell = 0.0
        self._waiting = self._audited = False

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
        self.screen.set_focus(self)
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
        if self.limen.graphics is not None:
            self.limen.graphics.drop(self)
        if self._display is not None:
            self._display.close()
            self._display, self._shot, self._status = None, None, Status(Phase.CLOSED)

    def _again(self) -> None:
        if self._display is not None:
            self._stop()
            self._start()

    # -- the picture ------------------------------------------------------------------------------

    @on(News)
    def _news(self) -> None:
        """A film would fill the terminal's line: what changes much of the picture is painted a few times a second."""
        left = self._not_before - monotonic()
        if left <= 0:
            self._look()
        elif not self._waiting:
            self._waiting = True
            self.set_timer(left, self._look)

    def _look(self) -> None:
        self._waiting = False
        if self._display is None or not self.is_mounted:
            return
        bells = self._status.bells
        shot, self._status = self._display.take()
        if self._status.bells > bells and monotonic() > self._next_bell:
            self._next_bell = monotonic() + BELL_EVERY
            self.app.bell()
        if shot is not None:
            self._shot = shot
            part = (shot.beyond - shot.first) / shot.still.height
            self._not_before = monotonic() + (0.0 if part < SMALL else part * WHOLE_EVERY)
            self._show_picture(shot.first, shot.beyond)
        if self._status.phase is Phase.PASSWORD and not self._asking:
            self._ask_password()
        self._show_lines()

    def _show_picture(self, first: int = 0, beyond: int | None = None) -> None:
        """As text where it is some and pixels were not asked for."""
        if (shot := self._shot) is None:
            return
        still, text, view, graphics = shot.still, shot.text, self._picture, self.limen.graphics
        if text is not None and not self._pixels:
            if graphics is not None:
                graphics.drop(self)
            view.show_text(still.width, still.height, text.lines, text.cell, follow=text.cursor)
        else:
            view.show(still.width, still.height, still.data, first, beyond)
            if graphics is not None:
                graphics.show(self, view, still)

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
            self._status, self._shot, self._picture.window, view_only=self.view_only, width=self.size.width,
            reads=self._picture.reads,
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

    # -- keys -------------------------------------------------------------------------------------

    def leads(self, key: str) -> bool:
        """Whether what comes after a key may not be for this guest."""
        return self._menu or key == GUEST_ESCAPE

    async def on_key(self, event: events.Key) -> None:
        """To the guest, or after the escape key to Limen."""
        event.stop()
        event.prevent_default()
        if self._menu:
            self._command(event.key, event.character or "")
        elif event.key == GUEST_ESCAPE:
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
        elif self._status.phase not in (Phase.LIVE, Phase.PICTURES):
            why = f"keys are passed on when the screen is there; it is {self._status.phase.value}"
        if why:
            self.notify(f"Screen: {why}. ^] twice leaves.", severity="warning", markup=False, timeout=4)
        elif self._display is not None:
            self._audit()
            self._display.strokes(strokes)

    def _audit(self) -> None:
        """Whoever acts on the guest by its screen is in the audit log, once; what they type is not."""
        vm = self.limen.fleet.view.vm(self.key)
        if not self._audited and vm is not None:
            self._audited = True
            guestacts.note(self.limen.fleet, vm, "vm.screen", "keys and pointer")

    # -- the pointer ------------------------------------------------------------------------------

    @on(PixelView.Moved)
    def _pointed(self, event: PixelView.Moved) -> None:
        event.stop()
        if self._display is None or self.view_only or self._status.phase is not Phase.LIVE:
            return
        if event.wheel or event.buttons:
            self._audit()
        if event.wheel:
            self._display.pointer(event.x, event.y, event.buttons | event.wheel)
        self._display.pointer(event.x, event.y, event.buttons)

