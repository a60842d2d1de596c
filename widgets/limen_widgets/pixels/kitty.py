"""The kitty graphics protocol: a picture as text for the terminal. Pure; any thread.

Only what kitty, ghostty, WezTerm and Konsole have in common: pixels sent in the stream, one placement, delete. All
commands ask for no answer (q=2) but the query.
"""

from __future__ import annotations

import re
import zlib
from base64 import standard_b64encode
from dataclasses import dataclass
from typing import Final

MOST_CHUNK: Final = 4096
"""Characters of base64 in one escape sequence."""
MOST_SIDE: Final = 10_000
"""Pixels: terminals refuse larger pictures."""
QUERY_ID: Final = 31
IDS: Final = (0x4C494D01, 0x4C494D02)
"""Two pictures in turn: the new one is there before the old one goes."""
QUERY: Final = f"\x1b_Gi={QUERY_ID},s=1,v=1,a=q,t=d,f=24;AAAA\x1b\\\x1b[c"
"""Whether it can, and what every terminal answers: so that none is waited for in vain."""
ANSWER: Final = re.compile(r"\x1b_G(?P<keys>[ -:<-~]{0,256});(?P<said>[ -~]{0,1024})\x1b\\")
"""The terminal's answer to a command."""


@dataclass(frozen=True, slots=True)
class Place:
    """A rectangle of the picture, in pixels, and the cells that it fills; the screen's first cell is 0, 0."""

    column: int
    row: int
    columns: int
    rows: int
    x: int
    y: int
    width: int
    height: int


def is_yes(keys: str, said: str) -> bool:
    """Whether an answer says that pictures can be shown."""
    return f"i={QUERY_ID}" in keys.split(",") and said == "OK"


def transmit(number: int, width: int, height: int, data: bytes) -> str:
    """Hand over a picture of three bytes a pixel; it is not shown yet. Raises ``ValueError`` for one that cannot be."""
    if not (0 < width <= MOST_SIDE and 0 < height <= MOST_SIDE) or len(data) != width * height * 3:
        raise ValueError(f"no picture of {width}x{height} pixels: {len(data)} bytes")
    text = standard_b64encode(zlib.compress(data, 1)).decode("ascii")
    first = f"a=t,t=d,q=2,f=24,o=z,s={width},v={height},i={number},"
    made = []
    for at in range(0, len(text), MOST_CHUNK):
        more = int(at + MOST_CHUNK < len(text))
        made.append(f"\x1b_G{first}m={more};{text[at : at + MOST_CHUNK]}\x1b\\")
        first = "q=2,"
    return "".join(made)


def place(number: int, where: Place) -> str:
    """Show a picture that was handed over, or move it; the cursor stays."""
    return (
        f"\x1b7\x1b[{where.row + 1};{where.column + 1}H"
        f"\x1b_Ga=p,q=2,i={number},p=1,x={where.x},y={where.y},w={where.width},h={where.height},"
        f"c={where.columns},r={where.rows},C=1\x1b\\\x1b8"
    )


def delete(*numbers: int) -> str:
    """Take pictures away, with what the terminal keeps of them."""
    return "".join(f"\x1b_Ga=d,q=2,d=I,i={number}\x1b\\" for number in numbers)
