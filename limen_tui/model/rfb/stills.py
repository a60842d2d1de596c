"""Pictures as files: PPM and PNG in, PNG out. Pure.

A hypervisor gives one or the other; both come from outside, so nothing is made larger than a screen may be.
"""

from __future__ import annotations

import re
import struct
import zlib
from itertools import accumulate
from operator import add
from typing import Final, SupportsIndex

from limen_tui.errors import StepFailed
from limen_tui.model.rfb.frame import MOST_PIXELS, Still

_PPM: Final = re.compile(rb"P6(?:\s+|#[^\n]*\n)+(\d{1,5})(?:\s+|#[^\n]*\n)+(\d{1,5})(?:\s+|#[^\n]*\n)+255\s")
_PNG: Final = b"\x89PNG\r\n\x1a\n"
_LOW: Final = bytes(value & 255 for value in range(511))
_CHANNELS: Final = {0: 1, 2: 3, 4: 2, 6: 4}


def decode(data: bytes) -> Still:
    """A PPM (P6) or PNG (8 bits, not interlaced) by its own first bytes. Raises ``StepFailed``."""
    try:
        if data.startswith(_PNG):
            return _png(data)
        match = _PPM.match(data)
        if match is None:
            raise ValueError("it is neither PPM nor PNG")
        width, height = int(match[1]), int(match[2])
        _check(width, height)
        pixels = data[match.end() : match.end() + width * height * 3]
        if len(pixels) < width * height * 3:
            raise ValueError("it ends early")
        return Still(width, height, pixels)
    except (ValueError, zlib.error, struct.error) as error:
        raise StepFailed("The picture of the screen cannot be read", str(error)) from error


def encode_png(still: Still, level: int = 6) -> bytes:
    """A PNG file of a picture."""
    stride = still.width * 3
    rows = b"".join([b"\0" + still.data[at : at + stride] for at in range(0, stride * still.height, stride)])
    head = struct.pack(">IIBBBBB", still.width, still.height, 8, 2, 0, 0, 0)
    return _PNG + _chunk(b"IHDR", head) + _chunk(b"IDAT", zlib.compress(rows, level)) + _chunk(b"IEND", b"")


def _chunk(kind: bytes, data: bytes) -> bytes:
    return struct.pack(">I", len(data)) + kind + data + struct.pack(">I", zlib.crc32(kind + data))


def _check(width: int, height: int) -> None:
    if not (width > 0 and height > 0 and width * height <= MOST_PIXELS):
        raise ValueError(f"{width}x{height} pixels")


def _png(data: bytes) -> Still:
    at, packed, head = len(_PNG), [], b""
    while at + 8 <= len(data):
        (length,) = struct.unpack_from(">I", data, at)
        kind, body = data[at + 4 : at + 8], data[at + 8 : at + 8 + length]
        at += 12 + length
        if kind == b"IHDR":
            head = body
        elif kind == b"IDAT":
            packed.append(body)
        elif kind == b"IEND":
            break
    width, height, depth, colour, _, _, interlaced = struct.unpack(">IIBBBBB", head)
    _check(width, height)
    channels = _CHANNELS.get(colour, 0)
    if depth != 8 or interlaced or not channels:
        raise ValueError(f"PNG of {depth} bits and kind {colour}")
    stride = width * channels
    raw = zlib.decompressobj().decompress(b"".join(packed), (stride + 1) * height)
    if len(raw) < (stride + 1) * height:
        raise ValueError("it ends early")
    rows, above = [], bytes(stride)
    for start in range(0, (stride + 1) * height, stride + 1):
        above = _unfiltered(raw[start], raw[start + 1 : start + 1 + stride], above, channels)
        rows.append(above)
    return Still(width, height, _rgb(b"".join(rows), channels))


def _unfiltered(kind: int, row: bytes, above: bytes, step: int) -> bytes:
    if kind == 0:
        return row
    if kind == 1:
        out = bytearray(len(row))
        for channel in range(step):
            out[channel::step] = bytes(accumulate(row[channel::step], _sum))
        return bytes(out)
    if kind == 2:
        return above if not any(row) else bytes(map(_LOW.__getitem__, map(add, row, above)))
    if kind == 3:
        out = bytearray(step) + row
        for at in range(step, len(out)):
            out[at] = (out[at] + (out[at - step] + above[at - step]) // 2) & 255
        return bytes(out[step:])
    if kind == 4:
        return _paeth(row, above, step)
    raise ValueError(f"PNG filter {kind}")


def _sum(a: SupportsIndex, b: int) -> int:
    return (int(a) + b) & 255


def _paeth(row: bytes, above: bytes, step: int) -> bytes:
    out, before = bytearray(step) + row, bytes(step) + above
    for at in range(step, len(out)):
        left, up, corner = out[at - step], before[at], before[at - step]
        guess = left + up - corner
        a, b, c = abs(guess - left), abs(guess - up), abs(guess - corner)
        out[at] = (out[at] + (left if a <= b and a <= c else up if b <= c else corner)) & 255
    return bytes(out[step:])


def _rgb(data: bytes, channels: int) -> bytes:
    if channels == 3:
        return data
    out = bytearray(len(data) // channels * 3)
    for channel in range(3):
        out[channel::3] = data[(channel if channels == 4 else 0) :: channels]
    return bytes(out)
