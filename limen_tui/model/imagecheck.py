"""Whether all of a qcow2 image is there: its tables name the last byte that it needs. Pure; any thread.

The head of an image that was cut short is whole; only its tables tell. They are read through a function, so this
works on a file. What it reads is bounded, whatever the image claims.
"""

from __future__ import annotations

import sys
from array import array
from collections.abc import Callable
from typing import Final

from limen_tui.model.imagehead import ImageHead

ReadAt = Callable[[int, int], bytes]
"""(offset, count): up to so many bytes from there."""
MOST_TABLES: Final = 1 << 14
"""Second-level tables that are looked at: 8 TiB of a disk with the usual clusters."""
_OFFSET: Final = 0x00FF_FFFF_FFFF_FE00
_PACKED: Final = 1 << 62


def ends_early(head: ImageHead, size: int, read_at: ReadAt, *, most: int = MOST_TABLES) -> bool:
    """Whether the tables of a qcow2 of ``size`` bytes name a place beyond its end.

    At most ``most`` second-level tables are read, the last of the file first: what is cut off is at its end, and
    those made last name it. The places of all others are looked at too.
    """
    if head.kind != "qcow2" or not head.cluster:
        return False
    if head.truncated:
        return True
    first = _numbers(read_at(head.l1_offset, 8 * min(head.l1_entries, MOST_TABLES)))
    shift = 62 - (head.cluster.bit_length() - 1 - 8)
    packed_mask = (1 << shift) - 1
    tables = sorted({entry & _OFFSET for entry in first} - {0}, reverse=True)
    if tables and tables[0] + head.cluster > size:
        return True
    for table in tables[:most]:
        furthest = 0
        for second in _numbers(read_at(table, head.cluster)):
            furthest = max(furthest, second & (packed_mask if second & _PACKED else _OFFSET))
        # the last cluster of a file need not be whole
        if furthest >= size:
            return True
    return False


def _numbers(data: bytes) -> array[int]:
    numbers = array("Q")
    numbers.frombytes(data[: len(data) // 8 * 8])
    if sys.byteorder == "little":
        numbers.byteswap()
    return numbers
