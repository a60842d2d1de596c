"""A picture in terminal cells: half blocks, zoomed and panned, or the text that was read from it."""

from limen_widgets.pixels.view import PixelView
from limen_widgets.pixels.window import Window

__all__ = ["PixelView", "Window"]
