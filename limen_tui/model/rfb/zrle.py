"""The ZRLE encoding: tiles of 64x64 pixels, packed or run-length coded, in one zlib stream. Pure.

Pixels on the wire have three bytes here (red, green, blue), because that is the format that the client asks for.
"""

from __future__ import annotations

import zlib
from typing import Final

from limen_tui.model.rfb.frame import Frame

TILE: Final = 64


class Broken(ValueError):
    """What came is not what the protocol says; the text says where."""


def _spread(bits: int) -> tuple[bytes, ...]:
    """For each byte, the palette places that it holds at ``bits`` each."""
    mask = (1 << bits) - 1
    return tuple(bytes(byte >> shift & mask for shift in range(8 - bits, -1, -bits)) for byte in range(256))


_PLACES: Final = {bits: _spread(bits) for bits in (1, 2, 4)}


class Zrle:
    """One zlib stream for the life of a connection."""

    def __init__(self) -> None:
        self._inflate = zlib.decompressobj()

    def decode(self, frame: Frame, x: int, y: int, width: int, height: int, data: bytes) -> None:
        """Draw a rectangle. Raises ``Broken``; never makes more than the rectangle can need."""
        tiles = -(-width // TILE) * -(-height // TILE)
        most = width * height * 4 + tiles * (1 + 127 * 3)
        try:
            plain = self._inflate.decompress(data, most)
        except zlib.error as error:
            raise Broken(f"zlib: {error}") from error
        if self._inflate.unconsumed_tail:
            raise Broken("a ZRLE rectangle with more in it than its tiles")
        at = 0
        for top in range(y, y + height, TILE):
            high = min(TILE, y + height - top)
            for left in range(x, x + width, TILE):
                wide = min(TILE, x + width - left)
                pixels, at = _tile(plain, at, wide, high)
                frame.put(left, top, wide, high, pixels)


def _tile(data: bytes, at: int, width: int, height: int) -> tuple[bytes | bytearray, int]:
    count = width * height
    if at >= len(data):
        raise Broken("a ZRLE rectangle ends early")
    kind = data[at]
    at += 1
    if kind == 0:
        return _cut(data, at, count * 3)
    if kind == 1:
        pixel, at = _cut(data, at, 3)
        return pixel * count, at
    if kind <= 16:
        palette, at = _cut(data, at, kind * 3)
        places, at = _packed(data, at, width, height, 1 if kind == 2 else 2 if kind <= 4 else 4)
        return _coloured(palette, places), at
    if kind == 128:
        return _runs(data, at, count)
    if kind >= 130:
        palette, at = _cut(data, at, (kind - 128) * 3)
        places, at = _palette_runs(data, at, count)
        return _coloured(palette, places), at
    raise Broken(f"ZRLE tiles of kind {kind} do not exist")


def _cut(data: bytes, at: int, size: int) -> tuple[bytes, int]:
    if at + size > len(data):
        raise Broken("a ZRLE tile ends early")
    return data[at : at + size], at + size


def _packed(data: bytes, at: int, width: int, height: int, bits: int) -> tuple[bytes, int]:
    row = (width * bits + 7) // 8
    raw, at = _cut(data, at, row * height)
    spread = b"".join([_PLACES[bits][byte] for byte in raw])
    wide = row * 8 // bits
    if wide != width:
        spread = b"".join([spread[start : start + width] for start in range(0, wide * height, wide)])
    return spread, at


def _coloured(palette: bytes, places: bytes) -> bytearray:
    """Pixels of palette places; a place beyond the palette is black."""
    pixels = bytearray(len(places) * 3)
    for channel in range(3):
        pixels[channel::3] = places.translate(palette[channel::3].ljust(256, b"\0"))
    return pixels


def _length(data: bytes, at: int, most: int) -> tuple[int, int]:
    """Of a run: one more than the sum of bytes up to the first that is not 255."""
    length = 1
    while True:
        byte = data[at]
        at += 1
        length += byte
        if length > most:
            raise Broken("a run goes beyond its tile")
        if byte != 255:
            return length, at


def _runs(data: bytes, at: int, count: int) -> tuple[bytes, int]:
    parts: list[bytes] = []
    try:
        while count:
            pixel, at = _cut(data, at, 3)
            length, at = _length(data, at, count)
            parts.append(pixel * length)
            count -= length
    except IndexError as error:
        raise Broken("a ZRLE tile ends early") from error
    return b"".join(parts), at


def _palette_runs(data: bytes, at: int, count: int) -> tuple[bytes, int]:
    parts: list[bytes] = []
    try:
        while count:
            place = data[at]
            at += 1
            length = 1
            if place & 128:
                length, at = _length(data, at, count)
            parts.append(bytes((place & 127,)) * length)
            count -= length
    except IndexError as error:
        raise Broken("a ZRLE tile ends early") from error
    return b"".join(parts), at
