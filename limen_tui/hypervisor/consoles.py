"""Serial consoles by virDomainOpenConsole. Imports libvirt.

Received bytes come on libvirt's event thread, which only copies them into a bounded pipe. Everything that may wait for
the host (sending, finishing, aborting) is done by a daemon thread of the console's own, so that neither the session's
tick thread nor its act lane nor the event thread ever waits for a console.
"""

from __future__ import annotations

import re
import threading
from collections import Counter
from collections.abc import Callable
from contextlib import ExitStack, suppress
from typing import Any, Final

import libvirt

from limen_tui.errors import ConnectError, LimenError, NotSupported
from limen_tui.hypervisor.bytepipe import BytePipe
from limen_tui.hypervisor.connection import Connection
from limen_tui.hypervisor.errors import map_error
from limen_tui.hypervisor.gate import Gate, mapped
from limen_tui.model.verbs.consoles import ConsoleDevice, ConsoleEnd, ConsoleInUse, ConsoleLeaving, EndReason
from limen_tui.model.xml.consoles import console_devices

CHUNK: Final = 1 << 16
SEND: Final = 4096
"""Bytes sent at once: a serial line takes a few kB a second, and each packet should be done soon."""
LOOK: Final = 1.0
"""Seconds between looks whether the link still stands: libvirt does not tell a stream that its connection died."""
_READ: Final = libvirt.VIR_STREAM_EVENT_READABLE
_WRITE: Final = libvirt.VIR_STREAM_EVENT_WRITABLE
_ENDS: Final = libvirt.VIR_STREAM_EVENT_ERROR | libvirt.VIR_STREAM_EVENT_HANGUP
_IN_USE: Final = re.compile("active console session exists", re.IGNORECASE)
_NO_DEVICE: Final = re.compile(r"(cannot find|no) .*(character|console|serial) device|not using a PTY", re.IGNORECASE)

_LEAVING: Final[Counter[tuple[str, str]]] = Counter()
"""By URI and UUID, how many consoles have ended that the host has not heard of yet."""
_LEAVING_LOCK: Final = threading.Lock()


class LibvirtConsoles:
    """Implements :class:`limen_tui.model.verbs.consoles.ConsoleVerbs`."""

    def __init__(self, gate: Gate, connection: Connection) -> None:
        self._gate = gate
        self._connection = connection

    @mapped
    def devices(self, uuid: str) -> tuple[ConsoleDevice, ...]:
        """See ConsoleVerbs."""
        return console_devices(str(self._gate.dom(uuid).XMLDesc(0)))

    @mapped
    def open(self, uuid: str, *, device: str, force: bool, wake: Callable[[], None]) -> LibvirtConsole:
        """See ConsoleVerbs."""
        self._gate.writable("Its console stays closed: what is typed there changes the guest.")
        dom = self._gate.dom(uuid)
        stream = dom.connect().newStream(libvirt.VIR_STREAM_NONBLOCK)
        flags = libvirt.VIR_DOMAIN_CONSOLE_FORCE if force else 0
        line = (self._connection.uri, uuid)
        leaving = _LEAVING[line] > 0  # before it is asked for: given back meanwhile, it was still in the way
        try:
            dom.openConsole(device or None, stream, flags)
        except libvirt.libvirtError as error:
            raise _refusal(error, leaving=leaving) from error
        return LibvirtConsole(self._connection, stream, wake, line)


def _refusal(error: libvirt.libvirtError, *, leaving: bool) -> LimenError:
    message = error.get_error_message() or ""
    if _IN_USE.search(message):
        if leaving:
            return ConsoleLeaving("The console is being closed", message, "It is free in a moment.")
        return ConsoleInUse("The console is in use", message, "Somebody has it open; it can be taken by force.")
    if _NO_DEVICE.search(message):
        return NotSupported("It has no serial console", message,
                            "Give the VM a serial device of type pty, and start it anew.")  # fmt: skip
    return map_error(error)


class LibvirtConsole:
    """Implements :class:`limen_tui.model.verbs.consoles.ConsoleStream` over an opened virStream."""

    def __init__(self, connection: Connection, stream: Any, wake: Callable[[], None], line: tuple[str, str]) -> None:
        self._connection = connection
        self._line = line
        self._stream = stream
        self._wake = wake
        self._received = BytePipe()
        self._to_send = BytePipe(1 << 18)
        self._work = threading.Condition()
        self._end: ConsoleEnd | None = None
        self._paused = False
        """The reader does not keep up: nothing is fetched."""
        self._full = False
        """The last send would have blocked; the event thread says when to go on."""
        holds = ExitStack()
        holds.enter_context(connection.using())  # the connection stays open until the stream is given back
        self._thread = threading.Thread(target=self._run, args=(holds,), name="console", daemon=True)
        self._thread.start()

    # -- ConsoleStream: any thread ----------------------------------------------------------------

    @property
    def ended(self) -> ConsoleEnd | None:
        """See ConsoleStream."""
        return self._end if not len(self._received) else None

    def take(self, limit: int = CHUNK) -> bytes:
        """See ConsoleStream."""
        data = self._received.take(limit)
        if self._paused and self._received.low:
            self._nudge()
        return data

    def write(self, data: bytes) -> int:
        """See ConsoleStream."""
        if self._end is not None:
            return 0
        taken = self._to_send.offer(data)
        self._nudge()
        return taken

    def close(self) -> None:
        """See ConsoleStream."""
        self._finish(ConsoleEnd(EndReason.CLOSED))

    def _nudge(self) -> None:
        with self._work:
            self._work.notify()

    def _finish(self, end: ConsoleEnd) -> None:
        with self._work:
            if self._end is None:
                self._end = end
                with _LEAVING_LOCK:
                    _LEAVING[self._line] += 1
            self._work.notify()
        self._wake()

    # -- libvirt's event thread: copy and go ------------------------------------------------------

    def _on_event(self, _stream: Any, events: int, _opaque: object) -> None:
        if events & _READ:
            self._receive()
        if events & _WRITE:
            self._full = False
            self._nudge()
        if events & _ENDS and not events & _READ and self._end is None:
            self._receive()  # the error itself comes with the next receive
            self._finish(ConsoleEnd(EndReason.GUEST))

    def _receive(self) -> None:
        if self._end is not None:
            return
        try:
            data = self._stream.recv(CHUNK)
        except libvirt.libvirtError as error:
            self._finish(self._broken(error))
            return
        if data == -2:  # nothing there after all
            return
        if not data:
            self._finish(ConsoleEnd(EndReason.GUEST))
            return
        if not self._received.put(data):
            self._paused = True
            self._nudge()
        self._wake()

    def _broken(self, error: libvirt.libvirtError) -> ConsoleEnd:
        # a console taken by force ends with the words of a broken link, while the link stands
        lost = self._connection.closing or not self._connection.alive
        return ConsoleEnd(EndReason.LINK if lost else EndReason.ERROR, map_error(error))

    # -- the console's own thread: may wait for the host -------------------------------------------

    def _run(self, holds: ExitStack) -> None:
        with holds:
            try:
                self._serve()
            except libvirt.libvirtError as error:
                self._finish(self._broken(error))
            self._give_back()

    def _serve(self) -> None:
        listening = _READ | _ENDS
        self._stream.eventAddCallback(listening, self._on_event, None)
        while self._end is None:
            wanted = _ENDS | (_WRITE if self._full else 0)
            if not self._paused or self._received.low:
                self._paused = False
                wanted |= _READ
            if wanted != listening:
                listening = wanted
                self._stream.eventUpdateCallback(wanted)
            if self._full or not self._send():
                self._rest(listening)

    def _rest(self, listening: int) -> None:
        with self._work:
            idle = self._full or not len(self._to_send)
            stuck = self._paused and listening & _READ
            resume = not listening & _READ and self._received.low
            if self._end is None and idle and not stuck and not resume:
                self._work.wait(LOOK)
        if self._end is None and (self._connection.closing or not self._connection.alive):
            error = ConnectError("The link to the host broke", hint="Limen connects again by itself.")
            self._finish(ConsoleEnd(EndReason.LINK, error))

    def _send(self) -> bool:
        """Send a piece; whether there may be more."""
        data = self._to_send.take(SEND)
        if not data:
            return False
        sent = self._stream.send(data)
        if sent == -2:
            sent, self._full = 0, True
        self._to_send.give_back(data[sent:])
        return bool(sent)

    def _give_back(self) -> None:
        with suppress(libvirt.libvirtError):
            self._stream.eventRemoveCallback()
        end = self._end
        with suppress(libvirt.libvirtError):
            if end is not None and end.reason is EndReason.GUEST:
                self._stream.finish()
            else:
                self._stream.abort()
        self._stream = None
        with _LEAVING_LOCK:
            _LEAVING[self._line] -= 1
            if not _LEAVING[self._line]:
                del _LEAVING[self._line]
