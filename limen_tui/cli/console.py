"""``limen console NAME``: a VM's serial console on the terminal as it is, without the TUI. Main thread.

The terminal is raw while the console is open, and is as it was before after every way out.
"""

from __future__ import annotations

import argparse
import contextlib
import os
import select
import shutil
import signal
import sys
import termios
import time
import tty
from collections.abc import Iterator
from pathlib import Path
from typing import Final

from limen_tui.cli import exits, output
from limen_tui.cli.consolefilter import RESTORE, ConsoleFilter
from limen_tui.cli.resolve import vms_named
from limen_tui.cli.waiting import Waiter
from limen_tui.errors import Conflict, ConnectError, InputError, LimenError, ReadOnlyError
from limen_tui.fleet.consoles import GuestConsole, Phase
from limen_tui.fleet.fleet import Fleet
from limen_tui.model.host import HostState
from limen_tui.model.units import clean
from limen_tui.model.uri import parse_uri
from limen_tui.model.verbs.consoles import ESCAPE_KEY, ConsoleDevice
from limen_tui.model.vm import VM

ESCAPE: Final = b"\x1d"
LOOK: Final = 0.2
CHUNK: Final = 1 << 14


def console(fleet: Fleet, arguments: argparse.Namespace) -> int:
    """Until ctrl+]; with ``--follow`` until ctrl+c. The exit code."""
    if not arguments.follow and not (sys.stdin.isatty() and sys.stdout.isatty()):
        raise InputError("A console needs a terminal", "standard input or output is something else",
                         "Use --follow to only read it.")  # fmt: skip
    waiter = Waiter(fleet)
    waiter.reach_named(arguments)
    [vm] = vms_named([arguments.name], fleet.view.vms, arguments.host)
    _check_host(fleet, vm)
    if arguments.device:
        _check_line(fleet, waiter, vm, arguments)
    if arguments.follow:
        log = _readable_log(fleet, waiter, vm, arguments)
        if log is not None:
            return _follow_file(log)
    if fleet.read_only:
        raise ReadOnlyError("The console was not opened: Limen was started read-only",
                            hint="A VM whose serial line has a log file on this machine can be followed with --follow.")
    return Session(fleet, waiter, vm, arguments).run()


def _check_host(fleet: Fleet, vm: VM) -> None:
    host = fleet.view.host(vm.key.host_id)
    if host is None or host.state is not HostState.UP:
        problem = host.problem if host is not None else None
        raise ConnectError(f"{vm.host_name} is {host.state.value if host else 'not there'}",
                           f"{problem.title} {problem.detail}".strip() if problem else "")  # fmt: skip


def _check_line(fleet: Fleet, waiter: Waiter, vm: VM, arguments: argparse.Namespace) -> None:
    """Raises ``InputError`` for a line that the VM does not have, saying which it has."""
    asked = fleet.call(vm.key.host_id, lambda verbs: verbs.consoles.devices(vm.key.uuid))
    waiter.until(asked.done, arguments.timeout)
    names = [clean(each.alias) for each in asked.result(0)]
    if arguments.device not in names:
        raise InputError(f"{clean(vm.name)} has no line {clean(arguments.device)}",
                         f"It has: {', '.join(names) or 'none'}", "Say one of them after --line.")  # fmt: skip


class Session:
    """One run of the command."""

    def __init__(self, fleet: Fleet, waiter: Waiter, vm: VM, arguments: argparse.Namespace) -> None:
        self._fleet = fleet
        self._waiter = waiter
        self._vm = vm
        self._timeout: float = arguments.timeout
        self._follow: bool = arguments.follow
        self._filter = ConsoleFilter()
        self._ears, self._bell = os.pipe()
        os.set_blocking(self._bell, False)
        os.set_blocking(self._ears, False)
        self._console = GuestConsole(
            fleet, vm.key, wake=self._wake, device=arguments.device, force=arguments.force
        )

    def run(self) -> int:
        """Open it, after a question when somebody else has it, and pass bytes both ways."""
        try:
            self._open()
            output.say(self._greeting())
            with _terminal(raw=not self._follow):
                return self._pass_on()
        finally:
            self._console.close()
            self._waiter.until(lambda: True, 0.1)

    def _wake(self) -> None:
        with contextlib.suppress(OSError):  # full: it will be heard; closed: nobody listens any more
            os.write(self._bell, b"!")

    def _open(self) -> None:
        """Raises what keeps it from being opened."""
        console = self._console

        def settled() -> bool:
            console.tick()
            return console.phase is not Phase.OPENING

        self._waiter.until(settled, self._timeout)
        if console.phase is Phase.IN_USE:
            self._ask_for_force()
            console.open_now(force=True)
            self._waiter.until(settled, self._timeout)
        if console.phase in (Phase.FAILED, Phase.IN_USE) and console.problem is not None:
            raise console.problem

    def _ask_for_force(self) -> None:
        name = clean(self._vm.name)
        if self._follow or not sys.stdin.isatty():
            raise self._console.problem or Conflict("The console is in use")
        sys.stderr.write(f"The console of {name} is in use by somebody else. Take it from them? [y/N] ")
        sys.stderr.flush()
        if sys.stdin.readline().strip().lower() not in ("y", "yes"):
            raise Conflict(f"The console of {name} is in use", "it was left to whoever has it")

    def _greeting(self) -> str:
        columns, lines = shutil.get_terminal_size()
        name = f"{clean(self._vm.name)} on {clean(self._vm.host_name)}"
        if self._follow:
            return f"Following {name}; nothing is sent. Ctrl+c ends."
        return f"Console of {name}. Leave with {ESCAPE_KEY}. Size: stty rows {lines} cols {columns}"

    def _pass_on(self) -> int:
        keys = [] if self._follow else [sys.stdin.fileno()]
        shown = self._console.phase
        if shown is not Phase.OPEN:
            self._tell(shown.value)
        looked = 0.0
        while True:
            ready, _, _ = select.select([*keys, self._ears], [], [], LOOK)
            if self._ears in ready:
                with contextlib.suppress(BlockingIOError):
                    os.read(self._ears, 4096)
            if time.monotonic() - looked >= LOOK:
                looked = time.monotonic()
                self._fleet.poll()
                self._filter.calm()
            if keys and keys[0] in ready and self._typed(os.read(keys[0], 4096)):
                return exits.OK
            self._console.tick()
            data = self._console.take(CHUNK)
            if data:
                _write(self._filter.feed(data))
                self._wake()  # there may be more
            if self._console.phase is not shown:
                shown = self._console.phase
                self._tell(shown.value)
                if shown is Phase.FAILED and self._console.problem is not None:
                    raise self._console.problem

    def _typed(self, data: bytes) -> bool:
        """Send what was typed; whether the escape key was in it, or the terminal is gone."""
        before, escape, _ = data.partition(ESCAPE)
        if before and not self._console.write(before) and self._console.phase is Phase.OPEN:
            _write("\x07")
        return bool(escape) or not data

    def _tell(self, what: str) -> None:
        _write(f"\r\n[limen: {clean(what)}]\r\n")


def _write(text: str) -> None:
    data = text.encode("utf-8", "replace")
    while data:
        data = data[os.write(sys.stdout.fileno(), data) :]


@contextlib.contextmanager
def _terminal(*, raw: bool) -> Iterator[None]:
    """Raw, and as before afterwards, also when a signal ends us."""
    if not sys.stdout.isatty():
        yield
        return
    descriptor = sys.stdin.fileno()
    before = termios.tcgetattr(descriptor) if raw else None
    handlers = {number: signal.signal(number, _end) for number in (signal.SIGTERM, signal.SIGHUP)}
    try:
        if raw:
            tty.setraw(descriptor)
        yield
    finally:
        with contextlib.suppress(OSError):
            _write(RESTORE + "\r\n")
        if before is not None:
            with contextlib.suppress(termios.error):
                termios.tcsetattr(descriptor, termios.TCSADRAIN, before)
        for number, handler in handlers.items():
            signal.signal(number, handler)


def _end(number: int, _frame: object) -> None:
    raise SystemExit(128 + number)


# -- a log file instead ------------------------------------------------------------------------------------------------


def _readable_log(fleet: Fleet, waiter: Waiter, vm: VM, arguments: argparse.Namespace) -> Path | None:
    """The file into which libvirt writes what the guest says, where it is on this machine and may be read."""
    host = fleet.view.host(vm.key.host_id)
    if host is None or not parse_uri(host.host.uri).is_local:
        return None
    asked = fleet.call(vm.key.host_id, lambda verbs: verbs.consoles.devices(vm.key.uuid))
    waiter.until(asked.done, arguments.timeout)
    try:
        devices: tuple[ConsoleDevice, ...] = asked.result(0)
    except (LimenError, TimeoutError):
        return None
    paths = [Path(each.log) for each in devices if each.log and arguments.device in ("", each.alias)]
    return next((path for path in paths if path.is_absolute() and os.access(path, os.R_OK)), None)


def _follow_file(path: Path) -> int:
    output.say(f"Following {clean(str(path))}. Ctrl+c ends.")
    made = ConsoleFilter()
    with _terminal(raw=False), path.open("rb") as file:
        file.seek(max(0, path.stat().st_size - CHUNK))
        while True:
            data = file.read(CHUNK)
            if data:
                _write(made.feed(data))
                continue
            if path.exists() and path.stat().st_size < file.tell():
                file.seek(0)  # it was begun anew
            time.sleep(LOOK)
