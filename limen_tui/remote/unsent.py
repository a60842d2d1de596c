"""Drops what a connection that ends has not passed on. SSH loop thread.

The system goes on sending what a closed connection still held, for minutes if need be. A link that was cut would then
deliver an act long after a person was told that it did not happen.
"""

from __future__ import annotations

import contextlib
import fcntl
import socket
import struct
import sys
import termios
from asyncio.trsock import TransportSocket

_AT_ONCE = struct.pack("ii", 1, 0)
"""SO_LINGER with no time: the end is a reset, and what is unsent is dropped."""


def unsent(line: TransportSocket) -> int:
    """Bytes that the other side has not confirmed (SIOCOUTQ). Raises OSError for a socket that is closed."""
    return int.from_bytes(fcntl.ioctl(line.fileno(), termios.TIOCOUTQ, bytes(4)), sys.byteorder)


def drop_unsent(line: TransportSocket | None) -> None:
    """Have ``line`` forget, when it is closed, what it has not passed on; one that has passed on all ends as usual."""
    with contextlib.suppress(OSError, ValueError):
        if line is not None and unsent(line):
            line.setsockopt(socket.SOL_SOCKET, socket.SO_LINGER, _AT_ONCE)
