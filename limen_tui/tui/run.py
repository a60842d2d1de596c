"""Runs the application and leaves the terminal as it was, whatever ends it. The main thread."""

from __future__ import annotations

import asyncio
import contextlib
import gc
import os
import signal
import sys
import termios
import threading
import time
from collections.abc import Sequence

from limen_tui.fleet.fleet import Fleet
from limen_tui.model.host import Problem
from limen_tui.settings import Settings
from limen_tui.tui.app import LimenApp
from limen_tui.tui.guestscreen.hints import asked_for
from limen_tui.tui.keysfirst import KeysFirst

PATIENCE = 0.8
"""Seconds that the way out may take before it is cut short."""
SOON = 0.01
"""Seconds between two looks at whether the first screen is up, for one who leaves before it is."""
COMING_BACK = 0.5
"""Seconds after ssh or an editor gave the terminal back in which a Ctrl+C was theirs."""
_MODES = (1049, 1000, 1002, 1003, 1004, 1006, 1015, 2004)
_RESTORE = "".join(f"\x1b[?{mode}l" for mode in _MODES) + "\x1b[?25h\x1b[<u\x1b[0m"


def run(fleet: Fleet, settings: Settings, *, notices: Sequence[Problem | str] = (), demo: bool = False) -> int:
    """Run until the user leaves or a signal ends it; the exit code: 0, 130 (ctrl+c) or 128 + the signal.

    Takes the fleet over and closes it. Raises ``ConfigError`` for a keymap that cannot work.
    """
    gc.disable()  # until the first screen is painted: nearly all that is made on the way stays
    app = LimenApp(fleet, settings, notices=notices, demo=demo)
    if asked_for(settings.screen.graphics, os.environ):
        from limen_tui.tui.guestscreen.graphics import Graphics  # noqa: PLC0415 - few terminals have them

        app.graphics = Graphics(app)
    way_out = WayOut()

    async def main() -> None:
        loop = asyncio.get_running_loop()
        for number in (signal.SIGTERM, signal.SIGHUP, signal.SIGINT):
            loop.add_signal_handler(number, leave, number)
        try:
            await app.run_async()
        finally:
            way_out.begin(app.return_code or 0)

    def leave(number: int) -> None:
        # a Ctrl+C that was meant for the program which had the terminal is heard only now
        if number == signal.SIGINT and time.monotonic() - app.came_back < COMING_BACK:
            return
        way_out.begin(128 + number)
        depart(128 + number)

    def depart(code: int) -> None:
        if app.begun:
            app.action_leave(code)
        else:  # parts of a screen that is taken down while it is being made would miss one another
            asyncio.get_running_loop().call_later(SOON, depart, code)

    try:
        with asyncio.Runner(loop_factory=lambda: asyncio.SelectorEventLoop(KeysFirst())) as runner:
            runner.run(main())
        fleet.close(0.3)
    finally:
        gc.enable()
        way_out.over()
    return app.return_code or 0


class WayOut:
    """Sees to it that leaving ends: restores the terminal and exits when something on the way hangs."""

    def __init__(self) -> None:
        self._over = threading.Event()
        self._begun = False
        self._terminal = None
        with contextlib.suppress(termios.error, ValueError, OSError):
            self._terminal = termios.tcgetattr(sys.__stdin__.fileno()) if sys.__stdin__ else None

    def begin(self, code: int) -> None:
        """From now on there are ``PATIENCE`` seconds. Does nothing the second time."""
        if not self._begun:
            self._begun = True
            threading.Thread(target=self._wait, args=(code,), name="way-out", daemon=True).start()

    def over(self) -> None:
        """All went well."""
        self._over.set()

    def _wait(self, code: int) -> None:
        if self._over.wait(PATIENCE):
            return
        with contextlib.suppress(OSError, termios.error):
            if self._terminal is not None:
                termios.tcsetattr(0, termios.TCSANOW, self._terminal)
            os.write(2, _RESTORE.encode())
        os._exit(code)
