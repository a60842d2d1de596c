"""A terminal in a widget: what a program at the other end of a line prints, and its keys.

Imports pyte: import this package late.
"""

from limen_widgets.terminal.emulator import Emulator
from limen_widgets.terminal.keys import encode_key, encode_paste
from limen_widgets.terminal.view import TerminalView

__all__ = ["Emulator", "TerminalView", "encode_key", "encode_paste"]
