"""A picture of a guest's screen that changes in place. Pure; belongs to one thread at a time."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Final

MOST_PIXELS: Final = 1 << 24
"""Beyond 4096x4096 no guest's screen goes: what claims to be larger is an attack on our memory."""


@dataclass(frozen=True, slots=True)
class Still:
    """A picture that does not change: ``data`` has three bytes (red, green, blue) for each pixel, row by row."""

    width: int
    height: int
    data: bytes


class Frame:
    """Pixels as in :class:`Still`, and which rows of them changed since they were last taken."""

    __slots__ = ("_high", "_low", "data", "height", "width")

    def __init__(self, width: int, height: int) -> None:
        self.resize(width, height)

    def resize(self, width: int, height: int) -> None:
        """Another size; all is black then. Raises ``ValueError`` for one that cannot be."""
        if not (width > 0 and height > 0 and width * height <= MOST_PIXELS):
            raise ValueError(f"a screen of {width}x{height} pixels")
        self.width, self.height = width, height
        self.data = bytearray(width * height * 3)
        self._low, self._high = 0, height

    def put(self, x: int, y: int, width: int, height: int, pixels: bytes | bytearray) -> None:
        """Put a block of ``pixels`` (three bytes each) in its place; it must lie within."""
        self._touch(y, height)
        row, stride = width * 3, self.width * 3
        at = y * stride + x * 3
        if row == stride:
            self.data[at : at + row * height] = pixels
            return
        data = self.data
        for start in range(0, row * height, row):
            data[at : at + row] = pixels[start : start + row]
            at += stride

    def fill(self, x: int, y: int, width: int, height: int, pixel: bytes) -> None:
        """One colour for a block."""
        self.put(x, y, width, height, pixel * (width * height))

    def copy(self, from_x: int, from_y: int, x: int, y: int, width: int, height: int) -> None:
        """A block from elsewhere in the picture; the two may overlap."""
        self.put(x, y, width, height, self.block(from_x, from_y, width, height))

    def block(self, x: int, y: int, width: int, height: int) -> bytes:
        """The pixels of a block."""
        stride = self.width * 3
        starts = range(y * stride + x * 3, (y + height) * stride, stride)
        return b"".join([self.data[at : at + width * 3] for at in starts][:height])

    def take_changed(self) -> tuple[int, int]:
        """First row that changed since this was last called, and the one after the last; equal for none."""
        changed = self._low, self._high
        self._low, self._high = self.height, 0
        return changed if changed[0] < changed[1] else (0, 0)

    def still(self) -> Still:
        """A copy that stays."""
        return Still(self.width, self.height, bytes(self.data))

    def _touch(self, y: int, height: int) -> None:
        self._low, self._high = min(self._low, y), max(self._high, y + height)
