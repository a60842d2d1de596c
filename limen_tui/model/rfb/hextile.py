"""The Hextile encoding: tiles of 16x16 pixels with a background and little boxes on it. Pure."""

from __future__ import annotations

from collections.abc import Callable, Generator
from typing import Final

from limen_tui.model.rfb.frame import Frame

Take = Callable[[int], Generator[int, None, bytes]]
TILE: Final = 16
RAW, BACKGROUND, FOREGROUND, ANY, COLOURED = 1, 2, 4, 8, 16


def hextile(take: Take, frame: Frame, x: int, y: int, width: int, height: int) -> Generator[int, None, None]:
    """Draw a rectangle from bytes that ``take`` gets. Boxes that reach beyond their tile are cut off."""
    back = fore = b"\0\0\0"
    for top in range(y, y + height, TILE):
        high = min(TILE, y + height - top)
        for left in range(x, x + width, TILE):
            wide = min(TILE, x + width - left)
            (flags,) = yield from take(1)
            if flags & RAW:
                raw = yield from take(wide * high * 4)
                for row in range(high):
                    line = raw[row * wide * 4 : (row + 1) * wide * 4]
                    frame.put(left, top + row, wide, 1, b"".join([line[at : at + 3] for at in range(0, wide * 4, 4)]))
                continue
            if flags & BACKGROUND:
                back = (yield from take(4))[:3]
            if flags & FOREGROUND:
                fore = (yield from take(4))[:3]
            frame.fill(left, top, wide, high, back)
            count = (yield from take(1))[0] if flags & ANY else 0
            size = 6 if flags & COLOURED else 2
            boxes = yield from take(count * size)
            for at in range(0, count * size, size):
                pixel = boxes[at : at + 3] if flags & COLOURED else fore
                place, extent = boxes[at + size - 2], boxes[at + size - 1]
                _box(frame, (left, top, wide, high), place, extent, pixel)


def _box(frame: Frame, tile: tuple[int, int, int, int], place: int, extent: int, pixel: bytes) -> None:
    left, top, wide, high = tile
    dx, dy = place >> 4, place & 15
    width, height = min((extent >> 4) + 1, wide - dx), min((extent & 15) + 1, high - dy)
    if width > 0 and height > 0:
        frame.fill(left + dx, top + dy, width, height, pixel)
