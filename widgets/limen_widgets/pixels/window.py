"""Which part of a picture is seen, how large, and where. Pure."""

from __future__ import annotations

from dataclasses import dataclass, replace
from math import ceil
from typing import Final

STEPS: Final = (8.0, 6.0, 4.0, 3.0, 2.0, 1.5, 1.0, 0.5)
"""Picture pixels for each pixel shown, from far to near."""


@dataclass(frozen=True, slots=True)
class Window:
    """A view of ``wide`` x ``high`` shown pixels on a picture of ``width`` x ``height``."""

    width: int = 1
    height: int = 1
    wide: int = 1
    high: int = 1
    zoom: float | None = None
    """Picture pixels for each shown one; ``None`` fits the whole picture in."""
    centre: tuple[float, float] = (0.5, 0.5)
    """What of the picture is in the middle, as a share of its width and height."""

    @property
    def fitting(self) -> float:
        """The scale at which all of the picture is seen; never larger than life."""
        return max(self.width / self.wide, self.height / self.high, 1.0)

    @property
    def scale(self) -> float:
        """Picture pixels for each shown one."""
        return self.fitting if self.zoom is None else self.zoom

    @property
    def shown(self) -> tuple[int, int]:
        """Shown pixels that the picture fills."""
        return (min(self.wide, max(1, ceil(self.width / self.scale - 1e-9))),
                min(self.high, max(1, ceil(self.height / self.scale - 1e-9))))  # fmt: skip

    @property
    def margin(self) -> tuple[int, int]:
        """Shown pixels left of it and above it; above an even number, as a cell has two."""
        wide, high = self.shown
        return (self.wide - wide) // 2, (self.high - high) // 4 * 2

    @property
    def origin(self) -> tuple[float, float]:
        """Where in the picture the first shown pixel is."""
        wide, high = self.shown
        spare_x, spare_y = self.width - wide * self.scale, self.height - high * self.scale
        return (min(max(0.0, self.centre[0] * self.width - wide * self.scale / 2), max(0.0, spare_x)),
                min(max(0.0, self.centre[1] * self.height - high * self.scale / 2), max(0.0, spare_y)))  # fmt: skip

    def resized(self, wide: int, high: int) -> Window:
        """On another size of the view."""
        return replace(self, wide=max(1, wide), high=max(1, high))

    def on(self, width: int, height: int) -> Window:
        """On a picture of another size."""
        return self if (width, height) == (self.width, self.height) else replace(self, width=width, height=height)

    def nearer(self, by: int = 1) -> Window:
        """Zoomed in by so many steps, or out; out of the farthest is the whole picture."""
        near = [step for step in STEPS if step < self.fitting]
        levels: list[float | None] = [None, *near]
        place = 0 if self.zoom is None else min(range(len(near)), key=lambda at: abs(near[at] - self.scale)) + 1
        return replace(self, zoom=levels[max(0, min(place + by, len(near)))])

    def panned(self, across: float, down: float) -> Window:
        """Moved by a share of what is seen."""
        wide, high = self.shown
        (left, top), scale = self.origin, self.scale
        x = (left + wide * scale * (0.5 + across)) / self.width
        y = (top + high * scale * (0.5 + down)) / self.height
        return replace(self, centre=(min(1.0, max(0.0, x)), min(1.0, max(0.0, y))))

    def at(self, x: float, y: float) -> tuple[int, int] | None:
        """The picture's pixel at a shown one; ``None`` beside it."""
        wide, high = self.shown
        left, top = self.margin
        if not (left <= x < left + wide and top <= y < top + high):
            return None
        origin_x, origin_y = self.origin
        return (min(self.width - 1, int(origin_x + (x - left + 0.5) * self.scale)),
                min(self.height - 1, int(origin_y + (y - top + 0.5) * self.scale)))  # fmt: skip

    def touched(self, first: int, beyond: int) -> range:
        """Shown rows that rows ``first`` to ``beyond`` of the picture have a part in."""
        low = int((first - self.origin[1]) / self.scale) - 1
        high = int((beyond - self.origin[1]) / self.scale) + 2
        return range(max(0, low), min(self.shown[1], high))
