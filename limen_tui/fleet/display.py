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
from typing import Final

from limen_tui.errors import AuthError, Conflict, LimenError, NotSupported, ReadOnlyError, StepFailed
from limen_tui.fleet.displaystate import Phase, Shot, Status, Ways
from limen_tui.fleet.liveview import Live
from limen_tui.model.rfb.frame import Still
from limen_tui.model.rfb.keys import Stroke
from limen_tui.model.rfb.reading import ScreenReader

__all__ = ["GuestDisplay", "Phase", "Shot", "Status", "Ways"]
PICTURE_EVERY: Final = 1.0
"""Seconds between pictures by virDomainScreenshot, on a quick link."""
PRESS_GAP: Final = 0.03
"""Seconds between keys without VNC: the hypervisor holds each for half of that."""
ECHO: Final = 0.15
"""Seconds after the last key until there is something to see of it."""
RETRY: Final = (0.5, 1.0, 2.0, 5.0)


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
        self._keys: deque[Stroke] = deque()
        """What is still to be pressed without VNC. The display's thread alone."""
        self._whole = False
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
        self._keys.clear()
        while not self._closing:
            began, self._whole = time.monotonic(), False
            still = self._ways.picture()
            first, beyond = _difference(last, still)
            self._set(phase=Phase.PICTURES, problem=why)
            if first < beyond:
                self._publish(still, first, beyond)
            last = still
            due = time.monotonic() + max(PICTURE_EVERY, 3 * (time.monotonic() - began))
            while not self._closing and time.monotonic() < due:  # a long text goes on after the next picture
                if self._keys:
                    why = self._press(self._keys.popleft()) or why
                    due = due if self._keys else min(due, time.monotonic() + ECHO)
                if self._sleep(PRESS_GAP if self._keys else due - time.monotonic(), self._keys):
                    return
                if self._whole:
                    break
            self._set(typing=len(self._keys))

    def _press(self, stroke: Stroke) -> LimenError | None:
        """Why it could not be, and then the rest is not tried. Raises ``LimenError`` for a lost host."""
        self._set(typing=len(self._keys))
        try:
            if self._ways.press is not None:
                self._ways.press(stroke)
        except (NotSupported, StepFailed, ReadOnlyError, Conflict) as error:
            self._keys.clear()
            return error
        return None

    def _sleep(self, seconds: float, keys: deque[Stroke] | None = None) -> bool:
        """Wait; whether it was told to begin anew meanwhile. Keys go to ``keys`` and end the wait when there were
        none; without it they are dropped: nobody is there to take them."""
        until = time.monotonic() + seconds
        while not self._closing and (left := until - time.monotonic()) > 0:
            with selectors.DefaultSelector() as selector:
                selector.register(self._far, selectors.EVENT_READ)
                selector.select(left)
            for order in self._take_orders():
                if order[0] == "again":
                    return True
                if order[0] == "whole":
                    until, self._whole = 0.0, True
                if order[0] == "keys" and keys is not None:
                    until = until if keys else 0.0
                    keys.extend(each for each in order[1] if isinstance(each, Stroke))  # type: ignore[attr-defined]
                elif order[0] == "drop" and keys is not None:
                    keys.clear()
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
