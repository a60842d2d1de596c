"""The open consoles of the app: fed in short slices, shown or in the background. May import textual, fleet. UI thread.

Bytes are worked off on the UI thread, a few milliseconds at a time with a pause between: a thread of its own would take
turns with the UI by the interpreter's lock, and a key would wait longer for its turn than for the end of a slice.
"""

from __future__ import annotations

import asyncio
import contextlib
import contextvars
from collections.abc import Callable
from time import perf_counter
from typing import TYPE_CHECKING, Final, TypeAlias

from limen_widgets.terminal import Emulator

from limen_tui.fleet.consoles import GuestConsole, Phase
from limen_tui.model.units import clean
from limen_tui.model.vm import VMKey

if TYPE_CHECKING:
    from limen_tui.tui.app import LimenApp

SLICE: Final = 0.004
"""Seconds of a turn."""
GAP: Final = 0.002
"""Seconds between turns: keys and painting go between."""
CHUNK: Final = 1 << 15
LOOK: Final = 0.25
"""Seconds between looks at consoles that nothing woke."""


Place: TypeAlias = tuple[VMKey, str]
"""A VM and the alias of its line; an empty one for the default."""


class OpenConsole:
    """A console with its screen. ``viewers`` are called after something came, with whether there is more."""

    def __init__(self, console: GuestConsole, size: tuple[int, int]) -> None:
        self.console = console
        self.emulator = Emulator(*size, answer=console.write)
        self.viewers: list[Callable[[bool], None]] = []
        """Whoever shows it: a screen, or the tab of a VM below it."""
        self.unseen = False
        """It printed something since it was last on show."""
        self._phase = console.phase
        self._opened = 0

    @property
    def key(self) -> VMKey:
        """The VM."""
        return self.console.key

    @property
    def place(self) -> Place:
        """What the desk knows it by."""
        return self.console.key, self.console.device

    @property
    def label(self) -> str:
        """The VM's name, and the line where that is not the default one. Comes from outside."""
        return f"{self.console.name} {self.console.device}".rstrip()

    def turn(self, until: float) -> bool:
        """Go on until about ``perf_counter()`` is ``until``; whether there is more to do."""
        console, emulator = self.console, self.emulator
        console.tick()
        came = False
        while perf_counter() < until:
            data = b"" if emulator.backlog else console.take(CHUNK)
            if not data and not emulator.backlog:
                break
            came = True
            emulator.feed(data, until - perf_counter())
        else:
            came = True
        if not came or not emulator.backlog:
            console.tick()
        came |= self._tell()
        more = perf_counter() >= until
        if came:
            self.unseen = not self.viewers
            for viewer in self.viewers:
                viewer(more)
        return more

    def _tell(self) -> bool:
        """Say in the console what became of the line."""
        phase, before = self.console.phase, self._phase
        if self.console.opened != self._opened:
            self._opened = self.console.opened
            if self._opened > 1:
                self.emulator.forget_line()
                self.emulator.say("[connected again]")
        if phase is before:
            return False
        self._phase = phase
        if before is Phase.OPEN and phase is not Phase.CLOSED:
            self.emulator.say("[the line ended]")
        return True


class ConsoleDesk:
    """Every console that is open, in the order of opening."""

    def __init__(self, app: LimenApp) -> None:
        self._app = app
        self._open: dict[Place, OpenConsole] = {}
        self._loop = asyncio.get_running_loop()
        self._context = contextvars.copy_context()
        self._woken = False
        self._next: asyncio.TimerHandle | None = None
        """The turn that is due because there was more to do."""
        app.set_interval(LOOK, self.turn)

    @property
    def consoles(self) -> tuple[OpenConsole, ...]:
        """All of them."""
        return tuple(self._open.values())

    def get(self, key: VMKey, device: str = "") -> OpenConsole | None:
        """That of a VM, if it is open."""
        return self._open.get((key, device))

    def lines_of(self, key: VMKey) -> tuple[OpenConsole, ...]:
        """Those of one VM, which may have several serial lines."""
        return tuple(each for each in self._open.values() if each.key == key)

    def open(self, key: VMKey, device: str = "") -> OpenConsole:
        """That of a VM, opened now if it is not."""
        found = self._open.get((key, device))
        if found is None:
            # about what it will be given: a log printed at once is not broken into short lines
            size = max(20, self._app.size.width), max(5, self._app.size.height - 2)
            console = GuestConsole(self._app.fleet, key, wake=self.wake, device=device)
            found = self._open[key, device] = OpenConsole(console, size)
        return found

    def close(self, key: VMKey, device: str = "") -> None:
        """For good; others can have it then."""
        found = self._open.pop((key, device), None)
        if found is not None:
            found.console.close()

    def wake(self) -> None:
        """Any thread: something came."""
        if not self._woken:
            self._woken = True
            with contextlib.suppress(RuntimeError):  # the app has ended meanwhile
                self._loop.call_soon_threadsafe(self._wake_up, context=self._context)

    def _wake_up(self) -> None:
        self._woken = False
        self.turn()

    def turn(self) -> None:
        """A short turn for each console, unless one is due already; another one soon while there is more."""
        consoles = self.consoles
        if not consoles or self._next is not None:
            return
        share = SLICE / len(consoles)
        more = [each.turn(perf_counter() + (SLICE if each.viewers else share)) for each in consoles]
        if any(more):
            self._next = self._loop.call_later(GAP, self._again, context=self._context)

    def _again(self) -> None:
        self._next = None
        self.turn()

    def text_of(self, key: VMKey, device: str = "") -> str:
        """Everything a console holds, for a file."""
        found = self._open.get((key, device))
        return found.emulator.text() if found is not None else ""

    def others_news(self, key: VMKey | None) -> list[str]:
        """Names of consoles, other than that of ``key``, that printed unseen."""
        return [clean(each.console.name) for each in self.consoles if each.unseen and each.key != key]


def desk_of(app: LimenApp) -> ConsoleDesk:
    """The app's desk, made with the first console."""
    if app.consoles is None:
        app.consoles = ConsoleDesk(app)
    return app.consoles
