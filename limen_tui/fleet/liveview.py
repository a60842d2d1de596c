"""One VNC connection of a guest's display: reads, asks, types. Imports model; runs on the display's thread."""

from __future__ import annotations

import selectors
import socket
import time
from collections import deque
from collections.abc import Sequence
from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Final

from limen_tui.errors import ConnectError
from limen_tui.fleet.displaystate import Phase
from limen_tui.model.rfb.client import RfbClient
from limen_tui.model.rfb.keys import SHIFT, Stroke

if TYPE_CHECKING:
    from limen_tui.fleet.display import GuestDisplay

CHUNK: Final = 256 << 10
FASTEST: Final = 0.03
"""Seconds between pictures at most often: what a terminal can show, and what leaves the core to others."""
SHARE: Final = 3.0
"""Times that a picture took to take in, before the next is asked for: at most a third of a core."""
KEY_GAP: Final = 0.012
"""Seconds between typed keys: a guest's keyboard holds sixteen bytes, and loses what comes quicker."""
NUDGES: Final = (0.02, 0.04, 0.06, 0.08)
"""Seconds after a key at which QEMU is reminded that somebody types. It looks for changes 30 ms after a key, and for
want of an echo by then not for another 80 ms; a key that is let go without having been down has it look soon again, and
does not reach the guest."""
PATIENCE: Final = 15.0
"""Seconds for a server to say how large its screen is."""


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
