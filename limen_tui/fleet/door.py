"""A way for one viewer on this machine to a guest's screen: a loopback port that takes one caller, once.

Imports nothing of Limen but what opens the stream. Each door has a daemon thread that ends with its caller.
"""

from __future__ import annotations

import contextlib
import selectors
import socket
import threading
from collections.abc import Callable
from typing import Final

PATIENCE: Final = 30.0
"""Seconds for the viewer to come."""
CHUNK: Final = 256 << 10


def open_door(stream: Callable[[], socket.socket]) -> int:
    """The port of a new door; ``stream`` is opened before anybody is let in. Raises what ``stream`` raises, and
    ``OSError`` when no port can be had."""
    inside = stream()
    try:
        listener = socket.create_server(("127.0.0.1", 0), backlog=1)
    except OSError:
        inside.close()
        raise
    listener.settimeout(PATIENCE)
    port = int(listener.getsockname()[1])
    threading.Thread(target=_serve, args=(listener, inside), name="screen-door", daemon=True).start()
    return port


def _serve(listener: socket.socket, inside: socket.socket) -> None:
    with inside, contextlib.suppress(OSError):
        with listener:
            caller, _ = listener.accept()
        with caller, selectors.DefaultSelector() as selector:
            for end in (caller, inside):
                end.setblocking(True)
                selector.register(end, selectors.EVENT_READ)
            while True:
                for key, _ in selector.select():
                    data = key.fileobj.recv(CHUNK)  # type: ignore[union-attr]
                    if not data:
                        return
                    (inside if key.fileobj is caller else caller).sendall(data)
