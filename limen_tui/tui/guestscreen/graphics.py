"""When a guest's screen is shown by the terminal's own pictures, and when its picture has to go. May import textual.

UI thread; a picture is packed on a thread of its own. A picture lies above all cells, and cells have a background
that would hide it below them: so it is on the terminal only while nothing covers it, and half blocks are there else.
"""

from __future__ import annotations

import threading
from typing import TYPE_CHECKING, Final

from limen_widgets.pixels import PixelView, kitty
from textual.app import App
from textual.geometry import Region
from textual.message import Message

from limen_tui.model.rfb.frame import Still
from limen_tui.tui.guestscreen.terminal import AnsweringParser, install

if TYPE_CHECKING:
    from limen_tui.tui.app import LimenApp

AGAIN: Final = 0.05
"""Seconds to the next try while the terminal has not taken what was written."""


class Packed(Message):
    """A picture is ready to be written; ``text`` is ``None`` for one that the terminal would refuse."""

    def __init__(self, view: PixelView, still: Still, number: int, text: str | None) -> None:
        super().__init__()
        self.view, self.still, self.number, self.text = view, still, number, text


class Graphics:
    """Made before the app starts, for a terminal that may show pictures; it is asked when the first is to be shown."""

    def __init__(self, app: LimenApp) -> None:
        install()
        self._app = app
        self._asked = self._able = False
        self._owner: object = None
        self._view: PixelView | None = None
        self._still: Still | None = None
        self._refused: Still | None = None
        self._shown: kitty.Place | None = None
        """Where the terminal shows a picture now."""
        self._sent: Still | None = None
        """What it shows."""
        self._number = kitty.IDS[0]
        self._packing = self._due = self._waiting = self._away = False

    # -- the tab ----------------------------------------------------------------------------------

    def show(self, owner: object, view: PixelView, still: Still) -> None:
        """Show ``still`` where ``view``, which has it already, shows it in half blocks."""
        if self._view is not None and self._view is not view:
            self._take_away()
        self._owner, self._view, self._still = owner, view, still
        if not self._asked:
            self._ask()
        self._settle()

    def drop(self, owner: object) -> None:
        """Nothing more of that owner's."""
        if owner is self._owner:
            self._take_away()
            self._owner = self._view = self._still = None

    # -- the app ----------------------------------------------------------------------------------

    def before_paint(self) -> None:
        """Textual is about to write: what is painted above the picture must not lie under it."""
        if self._able and self._view is not None:
            place = self._place()
            if place is None:
                self._take_away()
            elif place != self._shown and not self._due:
                self._due = True
                self._app.call_later(self._settle)

    def answered(self, can: bool) -> None:
        """The terminal has said whether it shows pictures."""
        self._able = can
        self._settle()

    def packed(self, news: Packed) -> None:
        """A picture is ready. A newer one waits for it: else a film would never be seen."""
        self._packing = False
        place = self._place()
        if news.text is None:
            self._refused = news.still
            self._take_away()
        elif self._view is news.view and place is not None and self._same_size(news.still):
            old, self._number = self._number, news.number
            self._write(news.text + kitty.place(news.number, place) + (kitty.delete(old) if self._sent else ""))
            self._write("")  # waits in the queue until the picture is out: busy until then
            self._sent, self._shown = news.still, place
            news.view.hide_cells(True)
        self._settle()

    # -- what is to be done -----------------------------------------------------------------------

    def _ask(self) -> None:
        self._asked = AnsweringParser.expecting = True
        self._app.app_suspend_signal.subscribe(self._app, self._suspended, immediate=True)
        self._app.app_resume_signal.subscribe(self._app, self._resumed, immediate=True)
        self._write(kitty.QUERY)

    def _suspended(self, _: App[object]) -> None:
        """Another program gets the terminal."""
        self._take_away()
        self._away = True

    def _resumed(self, _: App[object]) -> None:
        """The next paint shows it again."""
        self._away = False

    def _settle(self) -> None:
        """Bring the terminal nearer to what is wanted: at most one picture is written, and none while it is busy."""
        self._due = False
        if not self._able or self._view is None or self._still is None or self._still is self._refused:
            return
        place = self._place()
        if place is None:
            self._take_away()
        elif (self._sent is self._still and place == self._shown) or self._packing or self._waiting:
            return
        elif self._busy():
            self._waiting = True
            self._app.set_timer(AGAIN, self._try_again)
        elif self._sent is self._still:
            self._write(kitty.place(self._number, place))
            self._shown = place
        else:
            self._pack(self._view, self._still)

    def _try_again(self) -> None:
        self._waiting = False
        self._settle()

    def _pack(self, view: PixelView, still: Still) -> None:
        self._packing = True
        number = next(number for number in kitty.IDS if number != self._number)

        def work() -> None:
            try:
                text = kitty.transmit(number, still.width, still.height, still.data)
            except ValueError:
                text = None
            self._app.post_message(Packed(view, still, number, text))

        threading.Thread(target=work, name="packs-picture", daemon=True).start()

    def _same_size(self, still: Still) -> bool:
        return self._still is not None and (still.width, still.height) == (self._still.width, self._still.height)

    def _place(self) -> kitty.Place | None:
        """Where the picture goes; ``None`` while anything covers it."""
        view = self._view
        if view is None or self._away or not view.is_attached or not view.display or not self._app.screen_stack:
            return None
        screen = self._app.screen
        if view.screen is not screen:
            return None
        if view.laying_out:  # what grows beside it does not lie on it: it moves in a moment
            return self._shown
        where = view.placed()
        if where is None:
            return None
        cells = Region(where.column, where.row, where.columns, where.rows)
        under = set(view.ancestors_with_self)
        for widget, (region, clip) in screen._compositor.visible_widgets.items():
            if widget not in under and region.intersection(clip).overlaps(cells):
                return None
        return where

    def _take_away(self) -> None:
        """Half blocks instead."""
        if self._sent is not None:
            self._sent = self._shown = None
            self._write(kitty.delete(*kitty.IDS))
        if self._view is not None and self._view.is_attached:
            self._view.hide_cells(False)

    # -- the terminal -----------------------------------------------------------------------------

    def _busy(self) -> bool:
        """Whether the terminal, or the link to it, has not taken all that was written."""
        writer = getattr(self._app._driver, "_writer_thread", None)
        return writer is not None and not writer._queue.empty()

    def _write(self, text: str) -> None:
        if self._app._driver is not None and not self._app.is_headless:
            self._app._driver.write(text)
