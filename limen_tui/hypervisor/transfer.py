"""Bytes into and out of volumes, over libvirt's own streams. Imports libvirt; runs on a thread of the session."""

from __future__ import annotations

import contextlib
from collections.abc import Iterator
from dataclasses import replace
from typing import Any, Final

import libvirt

from limen_tui.errors import Cancelled, InputError
from limen_tui.hypervisor.pace import Pace
from limen_tui.hypervisor.volumes import volume_of
from limen_tui.model.imagecheck import ends_early
from limen_tui.model.imagehead import HEAD, ImageHead, read_head
from limen_tui.model.units import clean
from limen_tui.model.verbs.storage import Cancelled as Asked
from limen_tui.model.verbs.storage import Progress, Sink, Source

PIECE: Final = 262120
"""Bytes in one message: the most that libvirt's protocol takes."""


def upload(
    raw: Any, pool: str, name: str, source: Source, size: int, *, offset: int, progress: Progress, cancelled: Asked,
    pace: Pace,
) -> None:
    """virStorageVolUpload, as fast as the line carries it. Raises ``libvirtError``, ``Cancelled``, ``InputError``."""
    vol = volume_of(raw, pool, name)
    if not size:
        return  # to libvirt a length of 0 means as much as comes
    pace.begin(raw)
    stream = raw.newStream(0)
    vol.upload(stream, offset, size, 0)
    done, stop = 0, pace.window
    with _ended(stream):
        while done < size:
            _go_on(cancelled, name)
            if done >= stop:
                pace.catch_up(raw)
                stop = done + pace.window
            data = source(min(PIECE, size - done, stop - done))
            if not data:
                raise InputError("The file ended early", f"{done} of {size} bytes of {clean(name)} came.",
                                 "It changed while it was read; start again.")  # fmt: skip
            _send(stream, data)
            done += len(data)
            progress(done)
        _go_on(cancelled, name)


def _send(stream: Any, data: bytes) -> None:
    view = memoryview(data)
    while view:
        # libvirt-python takes bytes only; nearly always all of them go at once
        sent = stream.send(data if len(view) == len(data) else bytes(view))
        if sent <= 0:
            raise libvirt.libvirtError("virStreamSend() failed")
        view = view[sent:]


def download(
    raw: Any, pool: str, name: str, sink: Sink, *, offset: int, length: int, progress: Progress, cancelled: Asked
) -> None:
    """virStorageVolDownload. Raises ``libvirtError``, ``Cancelled``."""
    vol = volume_of(raw, pool, name)
    stream = raw.newStream(0)
    vol.download(stream, offset, length, 0)
    done = 0
    with _ended(stream):
        while True:
            _go_on(cancelled, name)
            data = stream.recv(PIECE)
            if not data:
                break
            sink(data)
            done += len(data)
            progress(done)


MOST_TABLES = 16
"""Tables of an image that a look reads: each is a stream of its own."""


def probe(raw: Any, pool: str, name: str) -> ImageHead:
    """What the volume says it is, and whether the end that its tables name is there."""
    vol = volume_of(raw, pool, name)
    size = int(vol.infoFlags(libvirt.VIR_STORAGE_VOL_GET_PHYSICAL)[2])

    def read_at(offset: int, count: int) -> bytes:
        got, count = bytearray(), min(count, size - offset)
        if count <= 0:
            return b""
        stream = raw.newStream(0)
        vol.download(stream, offset, count, 0)
        with _ended(stream):
            while data := stream.recv(PIECE):
                got += data
        return bytes(got)

    head = read_head(read_at(0, HEAD), size)
    return replace(head, truncated=ends_early(head, size, read_at, most=MOST_TABLES) or head.truncated)


def _go_on(cancelled: Asked, name: str) -> None:
    if cancelled():
        raise Cancelled("Cancelled", f"The transfer of {clean(name)} was stopped.")


@contextlib.contextmanager
def _ended(stream: Any) -> Iterator[None]:
    """Finish the stream, or end it at once when something goes wrong."""
    try:
        yield
        stream.finish()
    except BaseException:
        with contextlib.suppress(libvirt.libvirtError):
            stream.abort()
        raise
