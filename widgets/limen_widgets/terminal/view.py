"""A terminal on the screen: paints the lines of an Emulator that changed, and sends keys. UI thread.

May import textual, rich and pyte. Painting is skipped while output rushes by: the owner calls ``show_changes`` as often
as it likes, and the view paints at most so many times a second.
"""

from __future__ import annotations

from time import perf_counter
from typing import ClassVar, Final

from textual import events
from textual.geometry import Region, Size
from textual.message import Message
from textual.timer import Timer

from limen_widgets.terminal.emulator import Emulator
from limen_widgets.terminal.keys import encode_key, encode_paste
from limen_widgets.terminal.sight import TerminalSight

FRAME: Final = 1 / 60
RUSH: Final = 1 / 15
"""Seconds between paints, and while output rushes by: nobody reads that, and paints cost what keys wait for."""
WHEEL: Final = 3


class TerminalView(TerminalSight, can_focus=True):
    """Shows one Emulator at a time. Every key but those of the scrollback, and what ``intercept`` takes,
    becomes bytes."""

    takes_every_key: ClassVar[bool] = True
    """For the owner of the keys: no binding of its own may come before this widget."""

    class Typed(Message):
        """Bytes for the far end."""

        def __init__(self, data: bytes) -> None:
            super().__init__()
            self.data = data

    class Sized(Message):
        """The view has another size."""

        def __init__(self, columns: int, lines: int) -> None:
            super().__init__()
            self.columns, self.lines = columns, lines

    def __init__(self, emulator: Emulator | None = None, *, id: str | None = None) -> None:
        super().__init__(emulator or Emulator(), id=id)
        self._painted_at = 0.0
        self._late: Timer | None = None

    # -- what is shown ----------------------------------------------------------------------------

    def show(self, emulator: Emulator) -> None:
        """Show another one, at its end."""
        self._emulator = emulator
        self._back, self._pushed, self._found, self._here = 0, emulator.scrollback.pushed, "", -1
        self.fit()
        self._all()

    def show_changes(self, *, rushing: bool = False) -> None:
        """Paint what changed, now or soon; ``rushing``: there is more to come at once."""
        wait = self._painted_at + (RUSH if rushing else FRAME) - perf_counter()
        if wait <= 0:
            self._paint()
        elif self._late is None:
            self._late = self.set_timer(wait, self._paint)

    def _paint(self) -> None:
        if self._late is not None:
            self._late.stop()
            self._late = None
        self._painted_at = perf_counter()
        screen = self._emulator.screen
        came = self._emulator.scrollback.pushed - self._pushed
        self._pushed += came
        if self._back:
            # what is read stays where it is, as long as it is kept
            at = min(self._back + came, len(self._emulator.scrollback))
            moved = at != self._back + came
            self._back = at
            if moved or not came:
                self._all()
            screen.dirty.clear()
            return
        self._rows = None
        rows = {y for y in screen.dirty if y < self.size.height}
        screen.dirty.clear()
        cursor = (screen.cursor.x, screen.cursor.y, screen.cursor.hidden)
        if cursor != self._cursor:
            rows |= {self._cursor[1], cursor[1]}
            self._cursor = cursor
        width = self.size.width
        if len(rows) >= self.size.height:
            self.refresh()
        elif rows:
            self.refresh(*[Region(0, y, width, 1) for y in rows if y >= 0])

    def fit(self) -> None:
        """Give the emulator the room there is here, if it has another."""
        columns, lines = self.size
        if columns >= 2 and lines >= 2 and self._emulator.size != (columns, lines):
            self._emulator.resize(columns, lines)
            self._all()

    def on_resize(self) -> None:
        """The emulator gets the room there is."""
        self.fit()
        self._all()
        self.post_message(self.Sized(*self._emulator.size))

    def get_content_height(self, container: Size, viewport: Size, width: int) -> int:  # noqa: ARG002 - Textual's
        """All there is."""
        return container.height

    # -- keys -------------------------------------------------------------------------------------

    def check_consume_key(self, key: str, character: str | None) -> bool:  # noqa: ARG002 - Textual's
        """All of them are taken."""
        return True

    def typed(self, data: bytes) -> None:
        """Pass bytes on: by a message, or sooner where somebody knows a shorter way."""
        self.post_message(self.Typed(data))

    def intercept(self, event: events.Key) -> bool:  # noqa: ARG002 - for those that make something of it
        """Whether a key is not meant for the far end; what it does is done right here."""
        return False

    async def on_key(self, event: events.Key) -> None:
        """To the far end, all but the keys of the scrollback and those that were intercepted."""
        event.stop()
        event.prevent_default()
        if self.intercept(event):
            return
        if event.key in ("shift+pageup", "shift+pagedown"):
            self.scroll_page(1 if event.key == "shift+pageup" else -1)
        else:
            data = encode_key(event.key, event.character, application=self._emulator.application_cursor)
            if data:
                self.to_end()
                self.typed(data)

    def on_paste(self, event: events.Paste) -> None:
        """As if typed, in brackets where the far end wants them."""
        event.stop()
        self.to_end()
        self.typed(encode_paste(event.text, bracketed=self._emulator.bracketed_paste))

    def on_mouse_scroll_up(self, event: events.MouseScrollUp) -> None:
        """Back."""
        event.stop()
        self.scroll_lines(WHEEL)

    def on_mouse_scroll_down(self, event: events.MouseScrollDown) -> None:
        """Towards the end."""
        event.stop()
        self.scroll_lines(-WHEEL)

    def on_focus(self) -> None:
        """The cursor shows who has the keys."""
        self._all()

    def on_blur(self) -> None:
        """The same."""
        self._all()
