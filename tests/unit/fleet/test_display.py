"""The display over servers of our own: pace, passwords, pictures, loss and return. The thread is the real one."""

from __future__ import annotations

import contextlib
import itertools
import socket
import struct
import threading
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager

import pytest

from limen_tui.errors import ConnectError, LimenError, NotSupported
from limen_tui.fleet.display import GuestDisplay, Phase, Shot, Status, Ways
from limen_tui.fleet.door import open_door
from limen_tui.model.rfb.frame import Still
from limen_tui.model.rfb.keys import strokes_of_text
from tests.unit.hypervisor.libvirt_daemon import wait_for
from tests.unit.model.rfb.encoder import flat, hello, raw, some_pixels, update


class Server:
    """Speaks RFB to whoever comes; ``pictures`` are shown one per request."""

    def __init__(self, width: int = 32, height: int = 24) -> None:
        self.width, self.height = width, height
        self.pixels = some_pixels(width, height, 5)
        self.requests: list[float] = []
        self.keys: list[tuple[float, int, bool]] = []
        self.visitors = 0
        self.end = threading.Event()
        self.changes = itertools.count(1)

    def connect(self) -> socket.socket:
        ours, theirs = socket.socketpair()
        self.visitors += 1
        threading.Thread(target=self._serve, args=(ours,), daemon=True).start()
        return theirs

    def _serve(self, stream: socket.socket) -> None:
        stream.settimeout(0.02)
        said, greeting = b"", 12 + 1 + 1 + 20 + 4
        with stream, contextlib.suppress(BrokenPipeError, ConnectionResetError):  # the display may go at any moment
            stream.sendall(hello(self.width, self.height))
            skipped = False
            while not self.end.is_set():
                try:
                    if not (data := stream.recv(4096)):
                        return
                except TimeoutError:
                    continue
                except OSError:
                    return
                said += data
                if not skipped and len(said) >= greeting:
                    count = struct.unpack_from(">H", said, 12 + 1 + 1 + 20 + 2)[0]
                    greeting, skipped = 12 + 1 + 1 + 20 + 4 + 4 * count, True
                    said = said[greeting:]
                while skipped and said:
                    size = {3: 10, 4: 8, 5: 6}[said[0]]
                    if len(said) < size:
                        break
                    self._hear(stream, said[:size])
                    said = said[size:]

    def _hear(self, stream: socket.socket, message: bytes) -> None:
        if message[0] == 3:
            self.requests.append(time.monotonic())
            self.pixels = some_pixels(self.width, self.height, 5, next(self.changes))
            stream.sendall(update(raw(0, 0, self.pixels)))
        elif message[0] == 4:
            down, keysym = struct.unpack(">xBxxI", message)
            self.keys.append((time.monotonic(), keysym, bool(down)))


class Eyes:
    """The newest of what a display gave."""

    def __init__(self, display: GuestDisplay) -> None:
        self.display = display
        self.shot: Shot | None = None
        self.status = Status()

    def look(self) -> Status:
        shot, self.status = self.display.take()
        self.shot = shot or self.shot
        return self.status

    def until(self, phase: Phase) -> None:
        wait_for(lambda: self.look().phase is phase, 20, f"{phase}, it is {self.status}")


def no_picture() -> Still:
    raise ConnectError("no picture")


@contextmanager
def watching(
    stream: Callable[[], socket.socket], picture: Callable[[], Still] = no_picture, **options: bool
) -> Iterator[Eyes]:
    told: list[int] = []
    display = GuestDisplay(Ways(stream, picture), lambda: told.append(1), **options)
    display.start()
    try:
        yield Eyes(display)
    finally:
        display.close()
        assert display.join(10)
    assert told


def test_the_picture_is_the_servers_and_is_asked_for_at_a_bounded_pace() -> None:
    server, began = Server(), time.monotonic()
    with watching(server.connect) as eyes:
        eyes.until(Phase.LIVE)
        wait_for(lambda: len(server.requests) > 15, 20, "fifteen pictures")
        # of all together, for each may be heard late and the next in time
        assert server.requests[15] - began > 14 * 0.02, "never quicker than a terminal can show"
        wait_for(lambda: eyes.look() and eyes.shot is not None, 20)
        assert eyes.shot is not None
        assert len(eyes.shot.still.data) == len(flat(server.pixels))


def test_pictures_that_nobody_took_become_one() -> None:
    server = Server()
    with watching(server.connect) as eyes:
        wait_for(lambda: len(server.requests) > 8, 20)
        shot, _ = eyes.display.take()
        assert shot is not None
        assert (shot.first, shot.beyond) == (0, server.height)


def test_a_text_is_typed_in_order_at_a_pace_and_can_be_stopped() -> None:
    server = Server()
    with watching(server.connect) as eyes:
        eyes.until(Phase.LIVE)
        eyes.display.strokes(strokes_of_text("aB")[0])
        wait_for(lambda: (0x42, False) in [key[1:] for key in server.keys], 20, "the B")
        real = [key[1:] for key in server.keys if key[1:] != (0xFFE1, False)]
        assert real == [(0x61, True), (0x61, False), (0xFFE1, True), (0x42, True), (0x42, False)]
        eyes.display.strokes(strokes_of_text("x" * 5000)[0])
        wait_for(lambda: eyes.look().typing > 4000, 20, "the count of what is left")
        eyes.display.drop_text()
        wait_for(lambda: eyes.look().typing == 0, 20, "the end of typing")
        pressed = [at for at, keysym, down in server.keys if keysym == ord("x") and down]
        assert len(pressed) < 2000


def test_view_only_says_nothing_to_the_guest() -> None:
    server = Server()
    with watching(server.connect, view_only=True) as eyes:
        eyes.until(Phase.LIVE)
        eyes.display.strokes(strokes_of_text("secret")[0])
        eyes.display.pointer(1, 1, 1)
        wait_for(lambda: len(server.requests) > 5, 20)
        assert server.keys == []


def test_what_is_lost_is_tried_again_and_comes_back() -> None:
    server = Server()
    with watching(server.connect) as eyes:
        eyes.until(Phase.LIVE)
        server.end.set()
        eyes.until(Phase.LOST)
        assert eyes.status.problem is not None
        server.end.clear()
        eyes.until(Phase.LIVE)
        assert eyes.look().problem is None
        assert server.visitors >= 2


def test_without_a_stream_pictures_are_shown_and_only_what_differs() -> None:
    first, later = Still(8, 4, bytes(96)), Still(8, 4, bytes(48) + b"\1" * 24 + bytes(24))
    seen = threading.Event()

    def none() -> socket.socket:
        raise NotSupported("No VNC")

    def picture() -> Still:
        return later if seen.is_set() else first

    with watching(none, picture) as eyes:
        eyes.until(Phase.PICTURES)
        assert eyes.status.problem is not None
        wait_for(lambda: eyes.look() and eyes.shot is not None, 20, "the first")
        seen.set()
        wait_for(lambda: eyes.look() and eyes.shot is not None and eyes.shot.first == 2, 20, "the row that differs")
        assert (eyes.shot.first, eyes.shot.beyond) == (2, 3)


def test_it_goes_from_pictures_to_live_and_back() -> None:
    server = Server()
    with watching(server.connect, lambda: Still(2, 2, bytes(12))) as eyes:
        eyes.until(Phase.LIVE)
        eyes.display.set_pictures(True)
        eyes.until(Phase.PICTURES)
        eyes.display.set_pictures(False)
        eyes.until(Phase.LIVE)


@pytest.mark.parametrize("error", [ConnectError("gone"), LimenError("whatever")])
def test_an_error_is_told_and_it_goes_on_trying(error: LimenError) -> None:
    tries: list[int] = []

    def fails() -> socket.socket:
        tries.append(1)
        raise error

    with watching(fails) as eyes:
        eyes.until(Phase.LOST)
        assert eyes.status.problem is error
        wait_for(lambda: len(tries) > 1, 20, "another try")


def test_a_door_lets_one_viewer_through_once() -> None:
    ours, theirs = socket.socketpair()
    with ours:
        port = open_door(lambda: theirs)
        with socket.create_connection(("127.0.0.1", port), 10) as viewer:
            ours.sendall(b"RFB 003.008\n")
            assert viewer.recv(12) == b"RFB 003.008\n"
            viewer.sendall(b"hello")
            assert ours.recv(5) == b"hello"
            with pytest.raises(OSError):
                socket.create_connection(("127.0.0.1", port), 1)
        assert ours.recv(1) == b"", "the way ends with the viewer"
