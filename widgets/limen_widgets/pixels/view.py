"""Shows a picture of any size: whole or a part of it. Knows nothing of where it comes from. UI thread.

Only lines whose pixels differ are painted again.
"""

from __future__ import annotations

from collections.abc import Sequence
from os import environ
from typing import ClassVar

from rich.segment import Segment
from rich.style import Style
from textual import events
from textual.geometry import Region
from textual.message import Message
from textual.strip import Strip
from textual.widget import Widget

from limen_widgets.pixels.kitty import Place
from limen_widgets.pixels.paint import Run, in_colour, in_glyphs, placed, text_segments
from limen_widgets.pixels.scale import Scaler
from limen_widgets.pixels.window import Window


class PixelView(Widget, can_focus=True):
    """Give it pictures by :meth:`show`, or lines of text by :meth:`show_text`; move with :meth:`zoom`, :meth:`pan`."""

    DEFAULT_CSS = "PixelView { width: 1fr; height: 1fr; background: $background; }"
    ALLOW_SELECT: ClassVar[bool] = False

    class Moved(Message):
        """The pointer is at a pixel of the picture; ``buttons``: 1 left, 2 middle, 4 right."""

        def __init__(self, x: int, y: int, buttons: int, wheel: int = 0) -> None:
            super().__init__()
            self.x, self.y, self.buttons, self.wheel = x, y, buttons, wheel

    def __init__(self, *, id: str | None = None, plain: bool | None = None) -> None:
        super().__init__(id=id)
        self._plain = "NO_COLOR" in environ if plain is None else plain
        self._data = b""
        self._window = Window()
        self._scaler: Scaler | None = None
        self._keys: list[object] = []
        """What each line was painted from: equal means that it looks the same."""
        self._lines: tuple[tuple[Run, ...], ...] | None = None
        self._corner = (0, 0)
        self._cell = (1, 1)
        self._hidden = False

    # -- what is shown ----------------------------------------------------------------------------

    @property
    def window(self) -> Window:
        """What is seen of the picture."""
        return self._window

    @property
    def reads(self) -> bool:
        """Whether text is on show."""
        return self._lines is not None

    def show(self, width: int, height: int, data: bytes, first: int = 0, beyond: int | None = None) -> None:
        """Another picture: three bytes for each pixel. Only rows ``first`` to ``beyond`` differ from the last."""
        window = self._window.on(width, height)
        same = window is self._window and self._lines is None and self._scaler is not None
        self._data, self._lines = data, None
        self._look(window)
        if same and self._scaler is not None:
            top = self._window.margin[1]
            touched = self._window.touched(first, height if beyond is None else beyond)
            if touched:
                self._renew((touched.start + top) // 2, (touched.stop - 1 + top) // 2 + 1)
        else:
            self._renew(0, self.size.height)

    def show_text(
        self, width: int, height: int, lines: Sequence[Sequence[Run]], cell: tuple[int, int], *, follow: int = 0
    ) -> None:
        """The text that was read from a picture of that size, whose characters take ``cell`` pixels.

        ``follow``: the line to be seen where not all can be, unless the view was moved by hand.
        """
        self._look(self._window.on(width, height))
        self._lines, self._cell = tuple(map(tuple, lines)), cell
        if not self._moved:
            most = max(0, len(lines) - self.size.height)
            self._corner = 0, min(most, max(0, follow - self.size.height + 2))
        self._renew(0, self.size.height)

    def _look(self, window: Window) -> None:
        if window is not self._window or self._scaler is None:
            self._window, self._scaler = window, Scaler(window)

    def hide_cells(self, on: bool) -> None:
        """Leave the cells of a picture empty, or not: the terminal itself shows it on top of them."""
        if on != self._hidden:
            self._hidden, self._keys = on, []
            self._renew(0, self.size.height)
            self.refresh()

    @property
    def laying_out(self) -> bool:
        """Whether it has another size than that for which the window was made; that is about to change."""
        return (self._window.wide, self._window.high) != (self.size.width, self.size.height * 2)

    def placed(self) -> Place | None:
        """Where on the terminal the picture is, and which part of it; ``None`` for text, and while not laid out."""
        window, region = self._window, self.content_region
        if self._lines is not None or not self._data or not region or self._scaler is None:
            return None
        (wide, high), (left, top), scale = window.shown, window.margin, window.scale
        x, y = (int(start) for start in window.origin)
        return Place(
            region.x + left, region.y + top // 2, wide, (high + 1) // 2, x, y,
            max(1, min(window.width - x, round(wide * scale))), max(1, min(window.height - y, round(high * scale))),
        )  # fmt: skip

    def _renew(self, first: int, beyond: int) -> None:
        """Paint those of the lines that differ."""
        height = self.size.height
        if len(self._keys) != height:
            self._keys = [None] * height
        for y in range(max(0, first), min(beyond, height)):
            key = self._source(y)
            if key != self._keys[y]:
                self._keys[y] = key
                self.refresh(Region(0, y, self.size.width, 1))

    def _source(self, y: int) -> object:
        if self._lines is not None:
            row = y - self._text_margin[1] + self._corner[1]
            return self._lines[row] if 0 <= row < len(self._lines) and y >= self._text_margin[1] else ()
        if self._scaler is None or not self._data or self._hidden:
            return ()
        top, (_, high) = self._window.margin[1], self._window.shown
        rows = [self._scaler.row(self._data, at) if 0 <= at < high else b"" for at in (y * 2 - top, y * 2 - top + 1)]
        return tuple(rows)

    # -- moving -----------------------------------------------------------------------------------

    def zoom(self, by: int) -> None:
        """Nearer, or farther for a negative number; 0 shows the whole picture."""
        self._go(self._window.nearer(by if by else -99))

    def pan(self, across: int, down: int) -> None:
        """Move the view by a quarter of itself, or text by lines."""
        if self._lines is not None:
            wide = max(map(_width, self._lines), default=0)
            x = max(0, min(self._corner[0] + across * 8, wide - self.size.width))
            y = max(0, min(self._corner[1] + down * 4, len(self._lines) - self.size.height))
            self._corner, self._moved = (x, y), True
            self._keys = []
            self._renew(0, self.size.height)
            self.refresh()
        else:
            self._go(self._window.panned(across / 4, down / 4))

    def _go(self, window: Window) -> None:
        self._look(window)
        self._renew(0, self.size.height)

    @property
    def _text_margin(self) -> tuple[int, int]:
        lines = self._lines or ()
        wide = max(map(_width, lines), default=0)
        return max(0, (self.size.width - wide) // 2), max(0, (self.size.height - len(lines)) // 2)

    def on_resize(self) -> None:
        """Lay out again."""
        self._keys, self._corner, self._moved = [], (0, 0), False
        self._look(self._window.resized(self.size.width, self.size.height * 2))
        self._renew(0, self.size.height)
        self.refresh()

    # -- painting ---------------------------------------------------------------------------------

    def render_line(self, y: int) -> Strip:
        """One line, from what :meth:`_source` gave."""
        blank = Style(bgcolor=self.rich_style.bgcolor)
        width = self.size.width
        key = self._keys[y] if y < len(self._keys) else None
        if not isinstance(key, tuple) or not key:
            return Strip.blank(width, blank)
        if self._lines is not None:
            left, corner = self._text_margin[0], self._corner[0]
            segments = text_segments(key, plain=self._plain)
            return placed(segments, left, left + 4096, blank).crop(corner, corner + width)
        upper, lower = key
        left = self._window.margin[0]
        if not upper:
            return Strip.blank(width, blank)
        if self._plain:
            return placed([Segment(in_glyphs(upper, lower), blank)], left, width, blank)
        return placed(in_colour(upper, lower, blank), left, width, blank)

    # -- the pointer ------------------------------------------------------------------------------

    def at(self, x: int, y: int) -> tuple[int, int] | None:
        """The picture's pixel in the middle of a cell; ``None`` beside it."""
        if self._lines is None:
            return self._on_picture(x + 0.5, y + 0.5) if self._hidden else self._window.at(x, y * 2 + 0.5)
        left, top = self._text_margin
        column, row = x - left + self._corner[0], y - top + self._corner[1]
        px, py = column * self._cell[0] + self._cell[0] // 2, row * self._cell[1] + self._cell[1] // 2
        inside = x >= left and y >= top and px < self._window.width and py < self._window.height
        return (px, py) if inside else None

    def _on_picture(self, x: float, y: float) -> tuple[int, int] | None:
        """The pixel at a place, in cells, on the picture that the terminal itself shows."""
        place, region = self.placed(), self.content_region
        if place is None:
            return None
        across = (x + region.x - place.column) / place.columns
        down = (y + region.y - place.row) / place.rows
        if not (0 <= across < 1 and 0 <= down < 1):
            return None
        return (min(self._window.width - 1, place.x + int(across * place.width)),
                min(self._window.height - 1, place.y + int(down * place.height)))  # fmt: skip

    def _tell(self, event: events.MouseEvent, buttons: int, wheel: int = 0) -> None:
        place = self.at(event.x, event.y)
        if place is not None:
            if self._hidden and getattr(self.app._driver, "_mouse_pixels", False):  # it tells more than the cell
                place = self._on_picture(event.pointer_x, event.pointer_y) or place
            event.stop()
            self.post_message(self.Moved(*place, buttons, wheel))

    def on_mouse_down(self, event: events.MouseDown) -> None:
        """A button went down."""
        self._held = {1: 1, 2: 2, 3: 4}.get(event.button, 0)
        self._tell(event, self._held)

    def on_mouse_up(self, event: events.MouseUp) -> None:
        """And up."""
        self._held = 0
        self._tell(event, 0)

    def on_mouse_move(self, event: events.MouseMove) -> None:
        """It moves."""
        self._tell(event, self._held)

    def on_mouse_scroll_up(self, event: events.MouseScrollUp) -> None:
        """The wheel."""
        self._tell(event, self._held, 8)

    def on_mouse_scroll_down(self, event: events.MouseScrollDown) -> None:
        """The wheel."""
        self._tell(event, self._held, 16)

    _held = 0
    _moved = False


def _width(runs: Sequence[Run]) -> int:
    return sum(len(run[0]) for run in runs)
