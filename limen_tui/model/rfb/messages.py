"""What a VNC client says, as bytes. Pure."""

from __future__ import annotations

import struct
from typing import Final

RAW: Final = 0
COPY_RECT: Final = 1
HEXTILE: Final = 5
ZRLE: Final = 16
CURSOR: Final = -239
DESKTOP_SIZE: Final = -223
LAST_RECT: Final = -224

PIXEL_FORMAT: Final = struct.pack(">BBBBHHHBBBxxx", 32, 24, 0, 1, 255, 255, 255, 0, 8, 16)
"""32 bits, true colour; red is the first byte, then green, blue, and one that means nothing."""


def set_pixel_format() -> bytes:
    """Have pixels as :data:`PIXEL_FORMAT` says."""
    return b"\0\0\0\0" + PIXEL_FORMAT


def set_encodings(encodings: tuple[int, ...]) -> bytes:
    """What is understood, the best first."""
    return struct.pack(f">BxH{len(encodings)}i", 2, len(encodings), *encodings)


def update_request(width: int, height: int, *, incremental: bool) -> bytes:
    """Ask for the whole screen, or for what has changed of it."""
    return struct.pack(">BBHHHH", 3, incremental, 0, 0, width, height)


def key_event(keysym: int, *, down: bool) -> bytes:
    """A key went down or up."""
    return struct.pack(">BBxxI", 4, down, keysym & 0xFFFFFFFF)


def pointer_event(x: int, y: int, buttons: int) -> bytes:
    """The pointer is at a pixel with these buttons down: 1 left, 2 middle, 4 right, 8 and 16 the wheel."""
    return struct.pack(">BBHH", 5, buttons & 255, max(0, min(x, 65535)), max(0, min(y, 65535)))
