"""Bytes of simulated volumes: sparse, in memory. Pure; used by one thread at a time."""

from __future__ import annotations

from struct import pack
from typing import Final

from limen_tui.model.storage import Volume

BLOCK: Final = 1 << 16
MOST: Final = 512 << 20
"""Bytes that are kept of all that is not zero; beyond, a simulated disk is broken."""


class Blocks:
    """Sparse bytes: what was never written, or was written as zeros, takes no room."""

    def __init__(self) -> None:
        self._blocks: dict[int, bytes] = {}

    @property
    def kept(self) -> int:
        """Bytes in memory."""
        return len(self._blocks) * BLOCK

    def write(self, offset: int, data: bytes) -> None:
        """Put ``data`` at ``offset``."""
        at = 0
        while at < len(data):
            number, start = divmod(offset + at, BLOCK)
            part = data[at : at + BLOCK - start]
            at += len(part)
            if len(part) < BLOCK:
                old = self._blocks.get(number, bytes(BLOCK))
                part = old[:start] + part + old[start + len(part) :]
            if part.count(0) == BLOCK:
                self._blocks.pop(number, None)
            else:
                self._blocks[number] = part

    def read(self, offset: int, length: int) -> bytes:
        """``length`` bytes from ``offset`` on."""
        parts = []
        while length > 0:
            number, start = divmod(offset, BLOCK)
            block = self._blocks.get(number)
            part = min(length, BLOCK - start)
            parts.append(bytes(part) if block is None else block[start : start + part])
            offset, length = offset + part, length - part
        return b"".join(parts)


def head_of(volume: Volume) -> bytes:
    """The first bytes of a volume that nobody wrote: as its format has them."""
    if volume.format == "iso":
        return bytes(32769) + b"CD001"
    if volume.format != "qcow2":
        return bytes(510) + b"\x55\xaa"
    backing = volume.backing_path.encode()[:1023]
    entries = -(-volume.capacity // (512 << 20))
    head = pack(
        ">4sIQIIQIIQQIIQQQQII", b"QFI\xfb", 3, 512 if backing else 0, len(backing), 16, volume.capacity, 0, entries,
        3 * BLOCK, BLOCK, 1, 0, 0, 0, 0, 0, 4, 104,
    )  # fmt: skip
    return head.ljust(512, b"\0") + backing
