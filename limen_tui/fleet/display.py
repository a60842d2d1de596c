"""A guest's screen without a terminal: follows it live by VNC, or by pictures, on a thread of its own.

Imports model only; what opens the way is handed in. Public methods are safe on any thread and return at once.
"""

from __future__ import annotations

import contextlib
import selectors
import socket
import threading
import time
from collections import deque
from collections.abc import Callable, Sequence
from dataclasses import dataclass, field
from enum import StrEnum
from typing import Final

from limen_tui.errors import AuthError, ConnectError, LimenError, NotSupported
from limen_tui.model.rfb.client import RfbClient
from limen_tui.model.rfb.frame import Still
from limen_tui.model.rfb.keys import SHIFT, Stroke
from limen_tui.model.rfb.reading import ScreenReader, TextScreen

CHUNK: Final = 256 << 10
FASTEST: Final = 0.03
"""Seconds between pictures at most often: what a terminal can show, and what leaves the core to others."""
SHARE: Final = 3.0
"""Times that a picture took to take in, before the next is asked for: at most a third of a core."""
PICTURE_EVERY: Final = 1.0
"""Seconds between pictures by virDomainScreenshot, on a quick link."""
KEY_GAP: Final = 0.012
"""Seconds between typed keys: a guest's keyboard holds sixteen bytes, and loses what comes quicker."""
NUDGES: Final = (0.02, 0.04, 0.06, 0.08)
"""Seconds after a key at which QEMU is reminded that somebody types. It looks for changes 30 ms after a key, and for
want of an echo by then not for another 80 ms; a key that is let go without having been down has it look soon again, and
does not reach the guest."""
PATIENCE: Final = 15.0
"""Seconds for a server to say how large its screen is."""
RETRY: Final = (0.5, 1.0, 2.0, 5.0)


class Phase(StrEnum):
    """Where the display is."""

    OPENING = "opening"
    PASSWORD = "password"  # noqa: S105 - the name of a phase
    LIVE = "live"
    PICTURES = "pictures"
    LOST = "lost"
    """It ended; tried again soon."""
    CLOSED = "closed"


@dataclass(frozen=True, slots=True)
class Shot:
    """A picture, and which of its rows differ from the last that was taken."""

    still: Still
    first: int
    beyond: int
    text: TextScreen | None = None
    """What stands on it, where it is a text screen."""


@dataclass(frozen=True, slots=True)
class Ways:
    """How to get at one screen. Each may block and raises ``LimenError``."""

    stream: Callable[[], socket.socket]
    """A stream that speaks RFB. ``NotSupported`` where there is none: pictures are shown then."""
    picture: Callable[[], Still]


@dataclass(slots=True)
class Status:
    """What the display says of itself; a copy."""

    phase: Phase = Phase.OPENING
    problem: LimenError | None = None
    """Why it was lost, or why it is shown by pictures."""
    name: str = ""
    rate: float = 0.0
    """Pictures in the last second or so."""
    bells: int = 0
    typing: int = 0
    """Keys of a text still to be typed."""


class GuestDisplay:
    """``told`` is called from the display's thread when there is something new, at most once until ``take``."""

    def __init__(
        self, ways: Ways, told: Callable[[], object], *, view_only: bool = False, pictures: bool = False
    ) -> None:
        self._ways = ways
        self._told = told
        self.view_only = view_only
        self._pictures = pictures
        self._lock = threading.Lock()
        self._shot: Shot | None = None
        self._reader = ScreenReader()
        self._status = Status()
        self._news = False
        self._orders: deque[tuple[object, ...]] = deque()
        self._near, self._far = socket.socketpair()
        for end in (self._near, self._far):
            end.setblocking(False)
        self._closing = False
        self._times: deque[float] = deque(maxlen=40)
        self._thread = threading.Thread(target=self._serve, name="guest-screen", daemon=True)

    # -- any thread -------------------------------------------------------------------------------

    def start(self) -> None:
        """Begin."""
        self._thread.start()

    def close(self) -> None:
        """End; never waits."""
        self._closing = True
        self._wake()

    def join(self, timeout: float) -> bool:
        """Wait up to ``timeout`` seconds for the end of the thread."""
        self._thread.join(timeout)
        return not self._thread.is_alive()

    def take(self) -> tuple[Shot | None, Status]:
        """The newest picture, if there is one since the last call, and how things are."""
        with self._lock:
            shot, self._shot, self._news = self._shot, None, False
            status = self._status
            return shot, Status(status.phase, status.problem, status.name, self._rate(), status.bells, status.typing)

    def strokes(self, strokes: Sequence[Stroke]) -> None:
        """Press keys, one after the other, in the pace of a quick typist."""
        if not self.view_only:
            self._order("keys", tuple(strokes))

    def pointer(self, x: int, y: int, buttons: int) -> None:
        """Move the pointer."""
        if not self.view_only:
            self._order("pointer", x, y, buttons)

    def answer(self, password: str) -> None:
        """The VNC password; used once and not kept."""
        self._order("answer", password)

    def drop_text(self) -> None:
        """Do not type what of a text is left."""
        self._order("drop")

    def set_pictures(self, on: bool) -> None:
        """Show it by pictures, or live."""
        self._pictures = on
        self._order("again")

    def refresh(self) -> None:
        """Everything anew."""
        self._order("whole")

    def _order(self, *order: object) -> None:
        self._orders.append(order)
        self._wake()

    def _wake(self) -> None:
        with contextlib.suppress(OSError):  # full: it is awake already; closed: it is over
            self._near.send(b"!")

    # -- the display's thread ---------------------------------------------------------------------

    def _serve(self) -> None:
        try:
            self._follow()
        finally:
            self._set(phase=Phase.CLOSED)
            self._near.close()
            self._far.close()

    def _follow(self) -> None:
        tries = 0
        while not self._closing:
            self._set(phase=Phase.OPENING)
            began = time.monotonic()
            try:
                self._once()
                continue
            except LimenError as error:
                self._set(phase=Phase.LOST, problem=error)
            tries = 0 if time.monotonic() - began > 10 else tries + 1
            self._sleep(RETRY[min(tries, len(RETRY) - 1)])

    def _once(self) -> None:
        """Until it is lost (raises), closed, or to be shown in the other way (returns)."""
        why: LimenError | None = None
        if not self._pictures:
            try:
                stream = self._ways.stream()
            except (NotSupported, AuthError) as error:
                why = error
            else:
                try:
                    Live(self, stream).run()
                    return
                except NotSupported as error:
                    why = error
                finally:
                    stream.close()
        self._by_pictures(why)

    def _by_pictures(self, why: LimenError | None) -> None:
        last: Still | None = None
        while not self._closing:
            began = time.monotonic()
            still = self._ways.picture()
            first, beyond = _difference(last, still)
            self._set(phase=Phase.PICTURES, problem=why)
            if first < beyond:
                self._publish(still, first, beyond)
            last = still
            if self._sleep(max(PICTURE_EVERY, 3 * (time.monotonic() - began))):
                return

    def _sleep(self, seconds: float) -> bool:
        """Wait; whether it was told to begin anew meanwhile. Keys are dropped: nobody is there to take them."""
        until = time.monotonic() + seconds
        while not self._closing and (left := until - time.monotonic()) > 0:
            with selectors.DefaultSelector() as selector:
                selector.register(self._far, selectors.EVENT_READ)
                selector.select(left)
            for order in self._take_orders():
                if order[0] == "again":
                    return True
                if order[0] == "whole":
                    until = 0.0
        return False

    def _take_orders(self) -> list[tuple[object, ...]]:
        with contextlib.suppress(BlockingIOError):
            self._far.recv(4096)
        orders = []
        while self._orders:
            orders.append(self._orders.popleft())
        return orders

    def _set(self, **changes: object) -> None:
        with self._lock:
            if all(getattr(self._status, name) == value for name, value in changes.items()):
                return
            for name, value in changes.items():
                setattr(self._status, name, value)
        self._tell()

    def _publish(self, still: Still, first: int, beyond: int) -> None:
        text = self._reader.read(still)
        with self._lock:
            waiting = self._shot
            if waiting is not None and waiting.still.width == still.width and waiting.still.height == still.height:
                first, beyond = min(first, waiting.first), max(beyond, waiting.beyond)
            elif waiting is not None:
                first, beyond = 0, still.height
            self._shot = Shot(still, first, beyond, text)
            self._times.append(time.monotonic())
        self._tell()

    def _tell(self) -> None:
        with self._lock:
            told, self._news = self._news, True
        if not told:
            self._told()

    def _rate(self) -> float:
        now = time.monotonic()
        return sum(now - at < 2.0 for at in self._times) / 2.0


@dataclass
class Live:
    """One VNC connection, on the display's thread."""

    display: GuestDisplay
    stream: socket.socket
    client: RfbClient = field(default_factory=RfbClient)

    def run(self) -> None:
        """Until it ends. Raises ``LimenError``; returns when it is closed or to begin anew."""
        display = self.display
        self.stream.setblocking(False)
        self._out = bytearray()
        self._keys: deque[Stroke] = deque()
        self._next_key = self._ask_at = 0.0
        self._nudges: deque[float] = deque()
        self._asked, self._done, self._again = True, 0, False
        self._patience = time.monotonic() + PATIENCE
        with selectors.DefaultSelector() as selector:
            selector.register(self.stream, selectors.EVENT_READ)
            selector.register(display._far, selectors.EVENT_READ)
            while not (display._closing or self._again):
                wanted = selectors.EVENT_READ | (selectors.EVENT_WRITE if self._out else 0)
                selector.modify(self.stream, wanted)
                for key, _ in selector.select(self._timeout()):
                    if key.fileobj is display._far:
                        self._obey(display._take_orders())
                    else:
                        self._read()
                self._type()
                self._ask()
                self._write()
        display._set(typing=0)

    def _timeout(self) -> float | None:
        now = time.monotonic()
        times = [self._next_key] if self._keys else []
        times += [self._nudges[0]] if self._nudges else []
        if not self._asked:
            times.append(self._ask_at)
        if self.client.frame is None and not self.client.wants_password:
            times.append(self._patience)
            if now > self._patience:
                raise ConnectError("The guest's screen does not answer", f"nothing for {PATIENCE:.0f} s")
        return max(0.0, min(times) - now) if times else None

    def _read(self) -> None:
        began = time.monotonic()
        try:
            data = self.stream.recv(CHUNK)
        except (BlockingIOError, InterruptedError):
            return
        except OSError as error:
            raise ConnectError("The guest's screen was lost", error.strerror or "") from error
        if not data:
            raise ConnectError("The guest's screen was closed", hint="It comes back when the VM runs.")
        client, display = self.client, self.display
        client.feed(data)
        if client.wants_password:
            display._set(phase=Phase.PASSWORD)
        if client.frame is None:
            self._patience = time.monotonic() + PATIENCE
        elif client.updates != self._done:
            self._done, self._asked = client.updates, False
            display._set(phase=Phase.LIVE, problem=None, name=client.name, bells=client.bells)
            first, beyond = client.frame.take_changed()
            if first < beyond:
                display._publish(client.frame.still(), first, beyond)
            now = time.monotonic()
            self._ask_at = now + max(FASTEST, SHARE * (now - began))

    def _ask(self) -> None:
        if not self._asked and time.monotonic() >= self._ask_at:
            self.client.request()
            self._asked = True

    def _obey(self, orders: Sequence[tuple[object, ...]]) -> None:
        for order in orders:
            match order:
                case ("keys", tuple() as strokes):
                    self._keys.extend(strokes)
                case ("pointer", int(x), int(y), int(buttons)):
                    self.client.pointer(x, y, buttons)
                case ("answer", str(password)):
                    self.client.answer(password)
                    self._patience = time.monotonic() + PATIENCE
                    self.display._set(phase=Phase.OPENING)
                case ("drop",):
                    self._keys.clear()
                    self.display._set(typing=0)
                case ("whole",):
                    self.client.request(incremental=False)
                case ("again",):
                    self._again = True

    def _type(self) -> None:
        now = time.monotonic()
        if self._keys and now >= self._next_key:
            for keysym, down in self._keys.popleft().events:
                self.client.key(keysym, down=down)
            self._next_key = now + KEY_GAP
            self._nudges = deque(now + after for after in NUDGES)
            # what is typed is to be seen at once
            self._ask_at = now
            self.display._set(typing=len(self._keys))
        if self._nudges and now >= self._nudges[0]:
            self._nudges.popleft()
            self.client.key(SHIFT, down=False)

    def _write(self) -> None:
        self._out += self.client.take_output()
        if not self._out:
            return
        try:
            sent = self.stream.send(self._out)
        except (BlockingIOError, InterruptedError):
            return
        except OSError as error:
            raise ConnectError("The guest's screen was lost", error.strerror or "") from error
        del self._out[:sent]


def _difference(last: Still | None, still: Still) -> tuple[int, int]:
    """The rows in which two pictures differ."""
    if last is None or (last.width, last.height) != (still.width, still.height):
        return 0, still.height
    if last.data == still.data:
        return 0, 0
    stride = still.width * 3
    differ = [
        y for y in range(still.height)
        if last.data[y * stride : (y + 1) * stride] != still.data[y * stride : (y + 1) * stride]
    ]
    return differ[0], differ[-1] + 1
