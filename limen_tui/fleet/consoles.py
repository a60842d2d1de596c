"""A VM's serial console as its user sees it: opens, waits, reconnects. May import model. One thread: UI or verb.

Nothing here blocks: opening goes to the host's session, and its result is looked at by ``tick``.
"""

from __future__ import annotations

from collections import deque
from collections.abc import Callable
from concurrent.futures import CancelledError, Future
from enum import StrEnum
from typing import Final

from limen_tui.errors import ConnectError, LimenError, ReadOnlyError
from limen_tui.fleet import guestacts
from limen_tui.fleet.fleet import Fleet
from limen_tui.model.host import HostState
from limen_tui.model.verbs.consoles import ConsoleEnd, ConsoleInUse, ConsoleLeaving, ConsoleStream, EndReason
from limen_tui.model.vm import VM, VMKey

RETRY: Final = 1.0
"""Seconds until the next try, after one that failed with the VM running."""
LEAVING: Final = 0.1
"""Seconds until the next try while the host still holds one that we have closed."""
GHOST: Final = 90.0
"""Seconds after a broken link for which a console in use is taken to be our own old one, which the host still holds."""
HELD_KEYS: Final = 1 << 16
"""Bytes typed that a line may owe; more is refused."""


class Phase(StrEnum):
    """Where a console is."""

    OPENING = "connecting"
    OPEN = "connected"
    VM_OFF = "waiting for the VM to run"
    HOST_AWAY = "waiting for the host"
    IN_USE = "in use by somebody else"
    FAILED = "cannot be opened"
    CLOSED = "closed"


class GuestConsole:
    """One console that outlives reboots of the VM and breaks of the link. ``wake`` is called on any thread when there
    is something to take; it must only post a message."""

    def __init__(self, fleet: Fleet, key: VMKey, *, wake: Callable[[], None], device: str = "", force: bool = False):
        self.key = key
        self.device = device
        self.phase = Phase.OPENING
        self.problem: LimenError | None = None
        self.opened = 0
        """How many times the line was opened."""
        self._fleet = fleet
        self._wake = wake
        self._force = force
        self._stream: ConsoleStream | None = None
        self._opening: Future[ConsoleStream] | None = None
        self._retry_at = 0.0
        self._ghost_until = 0.0
        self._owed: deque[bytes] = deque()
        self._started_at: float | None = None
        vm = self.vm
        self.name = vm.name if vm is not None else key.uuid
        self.host_name = vm.host_name if vm is not None else ""
        self.tick()

    @property
    def vm(self) -> VM | None:
        """The VM as the fleet has it now."""
        return self._fleet.view.vm(self.key)

    def tick(self) -> bool:
        """Go on; whether the phase changed. A few times a second, and after each wake."""
        before = self.phase
        vm = self.vm
        if vm is not None:
            self.name, self.host_name = vm.name, vm.host_name
        if self._stream is not None:
            end = self._stream.ended
            if end is not None:
                self._ended(end)
            else:
                self._pay()
        if self._opening is not None and self._opening.done():
            self._take_result(self._opening)
        if self._stream is None and self._opening is None and self.phase not in (Phase.CLOSED, Phase.IN_USE):
            self._try()
        return self.phase is not before

    def _try(self) -> None:
        host, vm = self._fleet.view.host(self.key.host_id), self.vm
        if host is None or host.state is not HostState.UP:
            self.phase = Phase.HOST_AWAY
            self._ghost_until = self._fleet.clock.mono() + GHOST if self.opened else 0.0
        elif vm is None or not vm.state.is_active:
            self.phase = Phase.VM_OFF
        elif self.phase is Phase.FAILED and vm.started_at == self._started_at:
            return  # it would fail again until it is started anew, or asked for
        elif self._fleet.clock.mono() >= self._retry_at:
            self.open_now(force=self._force)

    def open_now(self, *, force: bool = False) -> None:
        """Open it; with ``force`` whoever has it open loses it."""
        if self._stream is not None or self._opening is not None:
            return
        self._force = False  # asked for once: a console lost to somebody else is not taken back without a question
        self.phase = Phase.OPENING
        uuid, device, wake = self.key.uuid, self.device, self._wake
        self._started_at = self.vm.started_at if self.vm is not None else None
        self._opening = self._fleet.call(
            self.key.host_id, lambda verbs: verbs.consoles.open(uuid, device=device, force=force, wake=wake)
        )
        self._opening.add_done_callback(lambda _: wake())

    def _take_result(self, done: Future[ConsoleStream]) -> None:
        self._opening = None
        self._retry_at = self._fleet.clock.mono() + RETRY
        try:
            stream = done.result()
        except CancelledError:
            self._owed.clear()
            return
        except ConnectError as error:
            self.phase, self.problem = Phase.HOST_AWAY, error
        except ConsoleLeaving:
            self._retry_at = self._fleet.clock.mono() + LEAVING
            return
        except ConsoleInUse as error:
            ours = self._fleet.clock.mono() < self._ghost_until
            self.phase, self.problem = Phase.HOST_AWAY if ours else Phase.IN_USE, error
        except LimenError as error:
            vm = self.vm
            off = vm is None or not vm.state.is_active
            self.phase = Phase.VM_OFF if off and not isinstance(error, ReadOnlyError) else Phase.FAILED
            self.problem = error
        else:
            if self.phase is Phase.CLOSED:
                stream.close()
                return
            self._stream, self.phase, self.problem = stream, Phase.OPEN, None
            self.opened += 1
            vm = self.vm
            if self.opened == 1 and vm is not None:
                guestacts.note(self._fleet, vm, "vm.console", self.device)
            self._pay()
            return
        self._owed.clear()

    def _ended(self, end: ConsoleEnd) -> None:
        self._stream = None
        self._owed.clear()
        self.problem = end.problem
        now = self._fleet.clock.mono()
        self._retry_at = now + RETRY
        if self.phase is not Phase.CLOSED:
            lost = end.reason is EndReason.LINK
            self.phase = Phase.HOST_AWAY if lost else Phase.VM_OFF
            self._ghost_until = now + GHOST if lost else 0.0

    def take(self, limit: int = 1 << 16) -> bytes:
        """What the guest sent."""
        return b"" if self._stream is None else self._stream.take(limit)

    def write(self, data: bytes) -> bool:
        """Send to the guest, once the line that is being opened is there; False when there is none, or it owes too much
        already."""
        if self._stream is None and self.phase is not Phase.OPENING:
            return False
        if sum(map(len, self._owed)) + len(data) > HELD_KEYS:
            return False
        self._owed.append(data)
        self._pay()
        return True

    def _pay(self) -> None:
        while self._owed and self._stream is not None:
            data = self._owed.popleft()
            sent = self._stream.write(data)
            if sent < len(data):
                self._owed.appendleft(data[sent:])
                return

    def close(self) -> None:
        """For good. Never waits."""
        self.phase = Phase.CLOSED
        if self._stream is not None:
            self._stream.close()
            self._stream = None
        if self._opening is not None and not self._opening.cancel():
            self._opening.add_done_callback(_close_late)


def _close_late(done: Future[ConsoleStream]) -> None:
    if not done.cancelled() and done.exception() is None:
        done.result().close()
