"""Serial consoles of simulated VMs. No libvirt; a stream makes what it says when it is asked, on the asker's thread."""

from __future__ import annotations

import threading
from collections.abc import Callable, Mapping
from typing import Final

from limen_tui.errors import Conflict, NotFound, ReadOnlyError
from limen_tui.hypervisor.simulated.guestshell import GuestShell
from limen_tui.hypervisor.simulated.machine import Machine
from limen_tui.model.verbs.consoles import ConsoleDevice, ConsoleEnd, ConsoleInUse, EndReason

TAKEN_EVERY: Final = 17
"""One VM in so many has its console open elsewhere, so that taking it by force can be seen."""

MORE_EVERY: Final = 3
"""One VM in so many has a second serial line."""


class SimulatedConsoles:
    """Implements :class:`limen_tui.model.verbs.consoles.ConsoleVerbs`."""

    def __init__(self, machines: Mapping[str, Machine], now: Callable[[], float], *, read_only: bool) -> None:
        self._machines = machines
        self._now = now
        self._read_only = read_only
        self._open: dict[tuple[str, str], SimulatedConsole] = {}
        self._freed: set[str] = set()

    def devices(self, uuid: str) -> tuple[ConsoleDevice, ...]:
        """See ConsoleVerbs."""
        more = (ConsoleDevice("serial1", "pty"),) if self._machine(uuid).made.seed % MORE_EVERY == 0 else ()
        return (ConsoleDevice("serial0", "pty"), *more)

    def open(self, uuid: str, *, device: str, force: bool, wake: Callable[[], None]) -> SimulatedConsole:
        """See ConsoleVerbs."""
        if self._read_only:
            raise ReadOnlyError("This host is read-only", "Its console stays closed.", "Start without --read-only.")
        machine = self._machine(uuid)
        if device and device not in {each.alias for each in self.devices(uuid)}:
            raise NotFound("No such serial device", device)
        line = device if device != "serial0" else ""
        if not machine.state.is_active:
            raise Conflict("Its state does not allow this", "domain is not running", "Start it.")
        old = self._open.get((uuid, line))
        elsewhere = not line and machine.made.seed % TAKEN_EVERY == 1 and uuid not in self._freed
        if not force and (elsewhere or (old is not None and old.ended is None)):
            raise ConsoleInUse("The console is in use", "Active console session exists for this domain",
                               "Somebody has it open; it can be taken by force.")  # fmt: skip
        if old is not None:
            old.end(EndReason.GUEST)
        if not line:
            self._freed.add(uuid)
        made = self._open[uuid, line] = SimulatedConsole(machine, self._now, wake)
        wake()
        return made

    def _machine(self, uuid: str) -> Machine:
        machine = self._machines.get(uuid)
        if machine is None:
            raise NotFound("No such VM", f"no VM has the UUID {uuid}", "It may have been removed meanwhile.")
        return machine


class SimulatedConsole:
    """Implements :class:`limen_tui.model.verbs.consoles.ConsoleStream`."""

    def __init__(self, machine: Machine, now: Callable[[], float], wake: Callable[[], None]) -> None:
        self._machine = machine
        self._lock = threading.Lock()
        self._shell = GuestShell(machine, now)
        self._now = now
        self._wake = wake
        self._end: ConsoleEnd | None = None

    @property
    def ended(self) -> ConsoleEnd | None:
        """See ConsoleStream."""
        if self._end is None and not self._machine.state.is_active:
            self._end = ConsoleEnd(EndReason.GUEST)
        return self._end

    def take(self, limit: int = 1 << 16) -> bytes:
        """See ConsoleStream."""
        if self.ended is not None:
            return b""
        with self._lock:
            begun = self._machine.started_at
            if begun is not None and begun != self._shell.booted and begun <= self._now():
                self._shell = GuestShell(self._machine, self._now)  # it was rebooted under us
            return self._shell.said(limit).encode()

    def write(self, data: bytes) -> int:
        """See ConsoleStream."""
        if self.ended is not None:
            return 0
        with self._lock:
            self._shell.typed(data.decode("utf-8", "replace"))
        self._wake()
        return len(data)

    def close(self) -> None:
        """See ConsoleStream."""
        self.end(EndReason.CLOSED)

    def end(self, reason: EndReason) -> None:
        """Over, from either side."""
        if self._end is None:
            self._end = ConsoleEnd(reason)
            self._wake()
