"""Pours bytes into a volume, a piece at a time and a few at once. Runs on the thread of a job, with one helper.

Each piece is a stream of its own: libvirt says at its end that it was written, so that after a link that broke only
the pieces under way are sent again. Two are under way at once, so that a far host is not waited for at each end.
"""

from __future__ import annotations

import contextlib
import hashlib
import threading
import time
from collections.abc import Callable, Iterator
from concurrent.futures import CancelledError, Future
from concurrent.futures import wait as wait_for
from dataclasses import dataclass
from queue import Empty, Full, Queue
from typing import Final

from limen_tui.errors import ConnectError, InputError, LimenError, StepFailed, Timeout
from limen_tui.jobs.context import Context
from limen_tui.model.imagehead import HEAD, read_head, refusal
from limen_tui.model.ports import HostVerbs
from limen_tui.model.units import clean, size

PIECE: Final = 32 << 20
"""Most bytes of one stream."""
LEAST: Final = 1 << 20
FIRST: Final = 4 << 20
SECONDS: Final = 2.0
"""That one stream is to take: a host works at few things at once, and a person's act must not wait for long."""
READ: Final = 16 << 20
"""Bytes that are read of a volume at once."""
AT_ONCE: Final = 2
PATIENCE: Final = 120.0
"""Seconds for which a host that went away under a piece is waited for, before the job is told."""
_ZEROS: Final = bytes(1 << 20)
_TICK: Final = 0.2
Pieces = Callable[[], Iterator[bytes]]
"""Gives the bytes in order, in pieces of any size. Runs on a thread of its own; raises ``LimenError``."""


@dataclass(frozen=True, slots=True)
class Place:
    """Where bytes go."""

    pool: str
    name: str
    size: int
    """Bytes in all."""
    blank: bool = False
    """It reads as zeros now, so that zeros need not be sent."""


def pour(context: Context, place: Place, pieces: Pieces, *, algorithm: str = "sha256", image: bool = True) -> str:
    """Write all that ``pieces`` gives into the volume; the hexadecimal checksum of it, empty without an algorithm:
    on many a machine the checksum costs more than all the rest.

    With ``image`` it must begin like a disk image that may be used. Raises ``LimenError``; what was written stays.
    """
    digest = hashlib.new(algorithm) if algorithm else None
    flow = _Flow(pieces, place.size, digest.update if digest is not None else len)
    flow.start()
    try:
        _Pouring(context, place, image=image).run(flow)
    finally:
        flow.end()
    return "" if digest is None else digest.hexdigest()


class _Flow:
    """Reads ahead on a thread of its own, and hashes meanwhile."""

    def __init__(self, pieces: Pieces, size: int, hashed: Callable[[bytes], object]) -> None:
        self._pieces = pieces
        self._size = size
        self._hashed = hashed
        self._queue: Queue[bytes | LimenError | None] = Queue(1)
        self._ended = threading.Event()
        self.piece = min(FIRST, PIECE)
        """Bytes of the pieces to come."""

    def start(self) -> None:
        """Begin to read."""
        threading.Thread(target=self._run, name="read-ahead", daemon=True).start()

    def end(self) -> None:
        """Read no more."""
        self._ended.set()

    def next(self, context: Context) -> bytes | None:
        """The next piece; ``None`` at the end. Raises ``LimenError``."""
        while True:
            context.check()
            try:
                got = self._queue.get(timeout=_TICK)
            except Empty:
                continue
            if isinstance(got, LimenError):
                raise got
            return got

    def _run(self) -> None:
        try:
            for piece in _even(self._pieces(), lambda: self.piece):
                self._hashed(piece)
                if not self._put(piece):
                    return
            self._put(None)
        except LimenError as error:
            self._put(error)
        except Exception as error:  # noqa: BLE001 - on a thread of its own it would be lost, and the job would wait
            self._put(StepFailed("Reading failed", f"{type(error).__name__}: {error}"))

    def _put(self, what: bytes | LimenError | None) -> bool:
        while not self._ended.is_set():
            try:
                self._queue.put(what, timeout=_TICK)
                return True
            except Full:
                continue
        return False


def _even(pieces: Iterator[bytes], size: Callable[[], int]) -> Iterator[bytes]:
    """The same bytes in pieces of ``size``, which may change."""
    kept: list[bytes] = []
    held = 0
    for piece in pieces:
        kept.append(piece)
        held += len(piece)
        while held >= (count := size()):
            whole = kept[0] if len(kept) == 1 else b"".join(kept)
            yield whole if count == held else whole[:count]
            kept, held = ([whole[count:]] if held > count else []), held - count
    if held:
        yield b"".join(kept)


def _without_zeros(piece: bytes) -> tuple[int, int]:
    """(start, end) of what is left without whole blocks of zeros at both ends. Copies nothing."""
    block, start, end = len(_ZEROS), 0, len(piece)
    while end - start >= block and piece.startswith(_ZEROS, start):
        start += block
    if (tail := (end - start) % block) and piece.endswith(_ZEROS[:tail]):
        end -= tail
    while end - start >= block and piece.startswith(_ZEROS, end - block):
        end -= block
    return start, end


class _Pouring:
    """The pieces under way."""

    def __init__(self, context: Context, place: Place, *, image: bool) -> None:
        self._context = context
        self._place = place
        self._image = image
        self._sent: dict[int, int] = {}
        """Bytes that went over, by offset of their piece."""
        self._under_way: dict[Future[None], tuple[int, bytes, float]] = {}
        """(offset, bytes, monotonic second of its beginning) by what tells of its end."""
        self._told = 0.0
        self._stopped = False

    def run(self, flow: _Flow) -> None:
        """Until all is written."""
        at = 0
        try:
            while (piece := flow.next(self._context)) is not None:
                if at == 0 and self._image:
                    self._look(piece)
                if at + len(piece) > self._place.size:
                    raise InputError("There is more of it than was said", f"{self._place.size} bytes were expected.",
                                     "It changed meanwhile; start again.")  # fmt: skip
                self._begin(at, piece)
                at += len(piece)
                while len(self._under_way) >= AT_ONCE:
                    flow.piece = self._settle()
            if at != self._place.size:
                raise InputError("The file ended early", f"{at} of {self._place.size} bytes came.",
                                 "It changed while it was read, or the transfer was cut; start again.")  # fmt: skip
            while self._under_way:
                self._settle()
        except BaseException:
            self._abandon()
            raise

    def _look(self, piece: bytes) -> None:
        why = refusal(read_head(piece[:HEAD], self._place.size))
        if why is not None:
            raise InputError(f"{clean(self._place.name)} is not usable", why[0], why[1])

    def _begin(self, at: int, piece: bytes) -> None:
        self._sent[at] = 0
        start, end = _without_zeros(piece) if self._place.blank else (0, len(piece))
        if start >= end:
            self._done(at, len(piece))
            return
        began = threading.Event()
        future = self._context.hosts.call(self._context.host_id, self._upload(at, piece, start, end, began))
        self._under_way[future] = at, piece, time.monotonic()
        # libvirt refuses to open a stream on a volume while it opens another one on it; open ones do no harm
        while not (began.is_set() or future.done()):
            self._context.check()
            began.wait(0.02)

    def _upload(
        self, at: int, piece: bytes, start: int, end: int, began: threading.Event
    ) -> Callable[[HostVerbs], None]:
        place, context, view = self._place, self._context, memoryview(piece)
        read = start

        def source(count: int) -> bytes:
            nonlocal read
            began.set()
            got = bytes(view[read : min(end, read + count)])
            read += len(got)
            return got

        def upload(verbs: HostVerbs) -> None:
            verbs.storage.upload(
                place.pool, place.name, source, end - start, offset=at + start,
                progress=lambda done: self._done(at, start + done),
                cancelled=lambda: self._stopped or context.cancelled(),
            )  # fmt: skip

        return upload

    def _done(self, at: int, count: int) -> None:
        self._sent[at] = count
        now = time.monotonic()
        if now - self._told >= _TICK / 2:
            self._told = now
            self._context.report(sum(tuple(self._sent.values())), self._place.size, "bytes")

    def _settle(self) -> int:
        """Wait for one piece; after a link that broke, wait for the host and send it again. How long the next is to
        be, in bytes."""
        over = wait_for(self._under_way, return_when="FIRST_COMPLETED").done
        broke: ConnectError | None = None
        wanted = PIECE
        for future in over:
            at, piece, began = self._under_way.pop(future)
            try:
                future.result()
                self._done(at, len(piece))
                wanted = int(len(piece) / max(0.001, time.monotonic() - began) * SECONDS)
            except CancelledError:
                broke = ConnectError("The session was closed")
            except ConnectError as error:
                broke = error
            if broke is not None:
                self._context.log(f"{broke}; going on from {at} bytes when the host is back")
                self._wait_for_room(broke)
                self._begin(at, piece)
                broke, wanted = None, LEAST
        return max(min(LEAST, PIECE), min(wanted, PIECE))

    def _wait_for_room(self, error: ConnectError) -> None:
        """Until the host is back, and has room. Raises ``LimenError``."""
        until = time.monotonic() + PATIENCE
        while True:
            _wait_for_host(self._context, self._context.host_id, error)
            try:
                return _check_full(self._context, self._place)
            except Timeout:
                raise
            except ConnectError:  # it broke once more, or the session had not seen yet that it did
                if time.monotonic() > until:
                    raise

    def _abandon(self) -> None:
        """Let no call go on writing into what is to be removed."""
        self._stopped = True
        for future in self._under_way:
            future.cancel()
        left = [future for future in self._under_way if not future.done()]
        if left and wait_for(left, timeout=PATIENCE).not_done:
            self._context.log("The host still writes what it was sent.")


def _wait_for_host(context: Context, host_id: str, error: ConnectError) -> None:
    until = time.monotonic() + PATIENCE
    context.stop.wait(_TICK)  # a session sees a moment later than its calls that the link broke
    context.check()
    while not context.hosts.is_up(host_id):
        context.check()
        if time.monotonic() > until:
            raise error
        context.stop.wait(_TICK)


def _check_full(context: Context, place: Place) -> None:
    """Raises ``StepFailed`` when a host that broke off has no room left: there are libvirtds (11.3 is one) that die of
    a full disk under a stream, and would die of every piece that is sent again."""
    if not place.blank:
        return  # it may have its room already
    with contextlib.suppress(LimenError):  # the figure is of when libvirt last looked; it cannot look while it writes
        context.ask(lambda verbs: verbs.storage.refresh(place.pool))
    pool = next((each for each in context.ask(lambda verbs: verbs.pools()) if each.name == place.pool), None)
    if pool is not None and pool.active and pool.available < LEAST:
        raise StepFailed("The host's disk is full", f"{size(pool.available)} free in the pool {clean(pool.name)}.",
                         "Make room there, or use another pool.")  # fmt: skip


def read_piece(context: Context, host_id: str, pool: str, name: str, at: int, count: int) -> bytes:
    """``count`` bytes of a volume of any host, waiting for the host where the link breaks. Raises ``LimenError``."""
    while True:
        got = bytearray()
        try:
            context.on(
                host_id, lambda verbs, got=got: verbs.storage.download(  # type: ignore[misc]
                    pool, name, got.extend, offset=at, length=count, cancelled=context.cancelled),
                timeout=None,
            )  # fmt: skip
            return bytes(got)
        except Timeout:
            raise
        except ConnectError as error:
            _wait_for_host(context, host_id, error)
