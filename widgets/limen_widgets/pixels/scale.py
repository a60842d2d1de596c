"""Rows of a picture made smaller: each shown pixel is the mean of some of those it stands for. Pure.

The work is left to ``itemgetter``, ``map`` and ``bytes``, which go through a row without Python's own loop: that is
what makes a picture of a million pixels quick enough without a library for it.
"""

from __future__ import annotations

from collections.abc import Callable
from operator import add, itemgetter
from typing import Final

from limen_widgets.pixels.window import Window

MOST_SAMPLES: Final = 3
"""In each direction: more than that changes a pixel by little."""
Picker = Callable[[bytes], tuple[int, ...]]


class Scaler:
    """Makes shown rows of pictures that are seen through one window."""

    def __init__(self, window: Window) -> None:
        self.window = window
        scale = window.scale
        self._samples = samples = min(MOST_SAMPLES, max(1, round(scale)))
        wide, _ = window.shown
        left = window.origin[0]
        self._pickers: list[Picker] = []
        for sample in range(samples):
            columns = [min(window.width - 1, int(left + (x + (sample + 0.5) / samples) * scale)) for x in range(wide)]
            self._pickers.append(itemgetter(*(column * 3 + channel for column in columns for channel in range(3))))
        self._mean = bytes(total // (samples * samples) for total in range(256 * samples * samples))

    def row(self, data: bytes, y: int) -> bytes:
        """The shown row ``y`` of a picture: three bytes for each pixel."""
        window, samples = self.window, self._samples
        stride, top = window.width * 3, window.origin[1]
        total: list[int] | tuple[int, ...] | None = None
        for sample in range(samples):
            source = min(window.height - 1, int(top + (y + (sample + 0.5) / samples) * window.scale))
            line = data[source * stride : (source + 1) * stride]
            for pick in self._pickers:
                values = pick(line)
                total = values if total is None else list(map(add, total, values))
        return bytes(total or ()) if samples == 1 else bytes(map(self._mean.__getitem__, total or ()))
