"""Makes limen_tui/model/rfb/glyphtable.py from fonts that text screens use: run it by hand with paths of fonts.

    python -m tests.unit.model.rfb.make_glyphtable VGABIOS.bin FONT.psf.gz ... unicode.pf2

Only checksums of glyphs go into the table, no glyph does. Earlier fonts win where two glyphs look the same.
"""

from __future__ import annotations

import base64
import gzip
import struct
import sys
import unicodedata
import zlib
from collections.abc import Iterator
from pathlib import Path

from limen_tui.hypervisor.simulated import font

ROOT = Path(__file__).resolve().parents[4]
CONTROLS = " ☺☻♥♦♣♠•◘○◙♂♀♪♫☼►◄↕‼¶§▬↨↑↓→←∟↔▲▼"
A = bytes.fromhex("000010386cc6c6fec6c6c6c600000000")
Glyphs = Iterator[tuple[str, bytes]]


def from_rom(data: bytes) -> Glyphs:
    """The 8x16 font of a VGA BIOS, found by its letter A."""
    start = data.index(A) - 65 * 16
    for code in range(256):
        char = CONTROLS[code] if code < 32 else "⌂" if code == 127 else bytes((code,)).decode("cp437")
        yield char, data[start + code * 16 : start + code * 16 + 16]


def from_psf(data: bytes) -> Glyphs:
    """A console font of 8x16 with its Unicode table."""
    if data[:2] == b"\x36\x04":
        count, size, at = 512 if data[2] & 1 else 256, data[3], 4
        table = data[at + count * size :]
        entries = [b""]
        for (code,) in struct.iter_unpack("<H", table):
            if code == 0xFFFF:
                entries.append(b"")
            else:
                entries[-1] += struct.pack("<H", code)
        texts = ["".join(chr(code) for (code,) in struct.iter_unpack("<H", entry)) for entry in entries]
        names = [text.partition("\ufffe")[0] for text in texts]
    else:
        _, _, at, _, count, size, _, _ = struct.unpack("<8I", data[:32])
        table = data[at + count * size :].split(b"\xff")
        names = [entry.partition(b"\xfe")[0].decode("utf-8", "replace") for entry in table]
    for number in range(count):
        for char in names[number]:
            yield char, data[at + number * size : at + number * size + size]


def from_pf2(data: bytes) -> Glyphs:
    """GRUB's font, what of it is eight wide."""
    at, ascent, index = 12, 0, b""
    while at + 8 <= len(data):
        name, (length,) = data[at : at + 4], struct.unpack_from(">I", data, at + 4)
        body = data[at + 8 : at + 8 + length]
        if name == b"ASCE":
            ascent = struct.unpack(">H", body)[0]
        if name == b"CHIX":
            index = body
        if name == b"DATA":
            break
        at += 8 + length
    for place in range(0, len(index), 9):
        code, _, offset = struct.unpack_from(">IBI", index, place)
        if not (code < 0x250 or 0x2010 <= code < 0x2030 or 0x2190 <= code < 0x2194 or 0x2500 <= code < 0x25D0):
            continue
        wide, high, left, bottom, _ = struct.unpack_from(">HHhhh", data, offset)
        if left + wide > 8:
            continue
        bits = "".join(f"{byte:08b}" for byte in data[offset + 10 : offset + 10 + (wide * high + 7) // 8])
        rows = [0] * 16
        for row in range(high):
            y = ascent - bottom - high + row
            if 0 <= y < 16:
                rows[y] = int(bits[row * wide : (row + 1) * wide].ljust(8 - left, "0").rjust(8, "0") or "0", 2)
        yield chr(code), bytes(rows)


def from_ours() -> Glyphs:
    """The letters of simulated screens."""
    for code in range(33, 127):
        yield chr(code), bytes(font.rows(chr(code)))


def main(paths: list[str]) -> None:
    table: dict[int, int] = {}
    sources = []
    for name in paths:
        data = Path(name).read_bytes()
        data = gzip.decompress(data) if data[:2] == b"\x1f\x8b" else data
        reader = from_pf2 if name.endswith(".pf2") else from_psf if ".psf" in name else from_rom
        sources.append(reader(data))
    for source in (*sources, from_ours()):
        for char, rows in source:
            good = len(char) == 1 and ord(char) < 0x10000 and char.isprintable()
            if good and unicodedata.east_asian_width(char) not in "WF" and any(rows) and len(rows) == 16:
                table.setdefault(zlib.crc32(rows), ord(char))
    plain = b"".join(struct.pack(">IH", *item) for item in sorted(table.items()))
    packed = base64.b85encode(zlib.compress(plain, 9)).decode()
    lines = [packed[at : at + 110] for at in range(0, len(packed), 110)]
    out = ['"""Checksums of the glyphs of text screens, made by tests/unit/model/rfb/make_glyphtable.py. Pure.', "",
           "For each: the CRC-32 of its sixteen rows of eight dots, and the character.", '"""', "",
           "from __future__ import annotations", "", "from typing import Final", "", "PACKED: Final = ("]
    out += [f'    "{line}"' for line in lines] + [")", f"COUNT: Final = {len(table)}", ""]
    (ROOT / "limen_tui/model/rfb/glyphtable.py").write_text("\n".join(out))
    print(len(table), "glyphs,", len(packed), "characters")


if __name__ == "__main__":
    main(sys.argv[1:])
