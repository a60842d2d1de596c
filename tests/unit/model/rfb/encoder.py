"""The server's side, for tests: pictures as rectangles in every encoding that the client reads."""

from __future__ import annotations

import random
import struct
import zlib

from limen_tui.model.rfb.messages import PIXEL_FORMAT

Pixels = list[list[bytes]]
"""Rows of pixels of three bytes."""


def some_pixels(width: int, height: int, colours: int, seed: int = 1) -> Pixels:
    dice = random.Random(seed)
    palette = [dice.randbytes(3) for _ in range(colours)]
    rows: Pixels = []
    for _ in range(height):
        row: list[bytes] = []
        while len(row) < width:
            row += [dice.choice(palette)] * dice.choice((1, 1, 2, 7, 40))
        rows.append(row[:width])
    return rows


def flat(pixels: Pixels) -> bytes:
    return b"".join(b"".join(row) for row in pixels)


def four(pixel: bytes) -> bytes:
    return pixel + b"\x7f"


def hello(width: int, height: int, name: bytes = b"guest", *, version: bytes = b"003.008") -> bytes:
    """Everything up to ServerInit, for a server without a password that does not wait."""
    result = b"\0\0\0\0" if version == b"003.008" else b""
    sign_in = b"\0\0\0\1" if version == b"003.003" else b"\1\1"
    init = struct.pack(">HH", width, height) + PIXEL_FORMAT + struct.pack(">I", len(name)) + name
    return b"RFB " + version + b"\n" + sign_in + result + init


def update(*rects: bytes) -> bytes:
    return struct.pack(">BxH", 0, len(rects)) + b"".join(rects)


def rect(x: int, y: int, width: int, height: int, encoding: int, body: bytes = b"") -> bytes:
    return struct.pack(">HHHHi", x, y, width, height, encoding) + body


def raw(x: int, y: int, pixels: Pixels) -> bytes:
    return rect(x, y, len(pixels[0]), len(pixels), 0, b"".join(four(pixel) for row in pixels for pixel in row))


class ZrleEncoder:
    """One zlib stream; ``kind`` chooses how tiles are written where they can be."""

    def __init__(self) -> None:
        self._deflate = zlib.compressobj()

    def rect(self, x: int, y: int, pixels: Pixels, kind: str) -> bytes:
        plain = b""
        for top in range(0, len(pixels), 64):
            for left in range(0, len(pixels[0]), 64):
                plain += tile([row[left : left + 64] for row in pixels[top : top + 64]], kind)
        return rect(x, y, len(pixels[0]), len(pixels), 16, self.body(plain))

    def body(self, plain: bytes) -> bytes:
        data = self._deflate.compress(plain) + self._deflate.flush(zlib.Z_SYNC_FLUSH)
        return struct.pack(">I", len(data)) + data


def length_bytes(length: int) -> bytes:
    full, rest = divmod(length - 1, 255)
    return b"\xff" * full + bytes((rest,))


def runs_of(values: list[bytes]) -> list[tuple[bytes, int]]:
    runs: list[tuple[bytes, int]] = []
    for value in values:
        if runs and runs[-1][0] == value:
            runs[-1] = (value, runs[-1][1] + 1)
        else:
            runs.append((value, 1))
    return runs


def tile(pixels: Pixels, kind: str) -> bytes:
    values = [pixel for row in pixels for pixel in row]
    palette = sorted(set(values))
    if len(palette) == 1 and kind != "raw":
        return b"\1" + palette[0]
    if kind == "packed" and len(palette) <= 16:
        bits = 1 if len(palette) == 2 else 2 if len(palette) <= 4 else 4
        out = bytes((len(palette),)) + b"".join(palette)
        for row in pixels:
            places = "".join(f"{palette.index(pixel):0{bits}b}" for pixel in row)
            places = places.ljust(-(-len(places) // 8) * 8, "0")
            out += int(places, 2).to_bytes(len(places) // 8, "big")
        return out
    if kind == "runs":
        return b"\x80" + b"".join(pixel + length_bytes(count) for pixel, count in runs_of(values))
    if kind == "palette-runs" and len(palette) <= 127:
        out = bytes((128 + len(palette),)) + b"".join(palette)
        for pixel, count in runs_of(values):
            place = palette.index(pixel)
            out += bytes((place,)) if count == 1 else bytes((place | 128,)) + length_bytes(count)
        return out
    return b"\0" + b"".join(values)


def hextile(x: int, y: int, pixels: Pixels) -> bytes:
    """Each tile as the simplest of raw, one colour, and coloured boxes of one row each."""
    body = b""
    for top in range(0, len(pixels), 16):
        for left in range(0, len(pixels[0]), 16):
            block = [row[left : left + 16] for row in pixels[top : top + 16]]
            colours = {pixel for row in block for pixel in row}
            boxes = []
            back = block[0][0]
            for dy, row in enumerate(block):
                at = 0
                for pixel, count in runs_of(row):
                    if pixel != back:
                        boxes.append(four(pixel) + bytes((at << 4 | dy, (count - 1) << 4)))
                    at += count
            if len(colours) == 1:
                body += b"\2" + four(back)
            elif len(boxes) > 255:
                body += b"\1" + b"".join(four(pixel) for row in block for pixel in row)
            elif len(colours) == 2:
                fore = next(pixel for row in block for pixel in row if pixel != back)
                body += b"\x0e" + four(back) + four(fore) + bytes((len(boxes),)) + b"".join(box[4:] for box in boxes)
            else:
                body += b"\x1a" + four(back) + bytes((len(boxes),)) + b"".join(boxes)
    return rect(x, y, len(pixels[0]), len(pixels), 5, body)
