"""Parses the command line, composes what the verb needs, and maps every error to one line, a hint and a code."""

from __future__ import annotations

import argparse
import gc
import io
import os
import sys
from collections.abc import Callable
from importlib import import_module
from pathlib import Path
from typing import Final

from limen_tui.cli import exits, output, parser, sshwords, stdio
from limen_tui.errors import InputError, LimenError, ReadOnlyError, StepFailed
from limen_tui.fleet.compose import Composed, Options, open_fleet
from limen_tui.fleet.fleet import Fleet
from limen_tui.settings import SAMPLE, Settings, check_home, load_settings

_VERBS: Final = {
    "vms": ("listing", "vms"), "hosts": ("listing", "hosts"), "jobs": ("jobs", "jobs"),
    "console": ("console", "console"),
    "create": ("creating", "create"), "delete": ("deleting", "delete"),
    "reconcile": ("reconcile", "reconcile"), "trash": ("deleting", "trash"),
    "resize": ("resize", "resize"),
    "images": ("images", "images"), "upload": ("images", "upload"), "fetch": ("images", "fetch"),
    "copy-image": ("images", "copy"),
    "ssh": ("sshverb", "ssh"),
    "pools": ("pools", "pools"), "pool": ("pools", "pool"),
}  # fmt: skip
"""Where verbs that need the fleet are, each imported when it is used; all others are acts on VMs."""


def run(words: list[str]) -> int:
    """Run ``limen`` with ``words``; the exit code. Never raises but for defects."""
    stdio.complete()
    for stream in (sys.stdout, sys.stderr):
        if isinstance(stream, io.TextIOWrapper):
            stream.reconfigure(errors="replace")  # a name that the terminal's encoding lacks must not end a listing
    words, command = sshwords.part(words)
    made = parser.build(verbs=not parser.are_bare(words))
    try:
        arguments = made.parse_args(words)
    except SystemExit as end:  # argparse has said why
        return int(end.code or 0)
    arguments.command = command
    if arguments.verb:
        gc.enable()  # only the way to the first screen goes without
    try:
        code = _dispatch(arguments)
        sys.stdout.flush()
        return code
    except LimenError as error:
        output.complain(error)
        return exits.code_of(error)
    except KeyboardInterrupt:
        return exits.INTERRUPTED
    except BrokenPipeError:
        stdio.silence()  # the reader has gone (`limen vms | head`): say nothing more
        return exits.OK
    except OSError as error:
        if error.filename is not None:
            raise
        stdio.silence()  # what it was to say is lost, and says so
        output.complain(StepFailed("The output cannot be written", error.strerror or str(error),
                                   "Is the disk full? What was to be done may have been done."))  # fmt: skip
        return exits.FAILED


def _dispatch(arguments: argparse.Namespace) -> int:
    if arguments.verb == "completion":
        from limen_tui.cli.completion import script  # noqa: PLC0415 - each verb pays for itself only

        print(script(arguments.shell, parser.build()))
        return exits.OK
    if arguments.verb == "config":
        print(SAMPLE, end="")
        return exits.OK
    if arguments.verb == "images" and arguments.known:
        from limen_tui.cli.images import known  # noqa: PLC0415

        return known(arguments)
    check_home()
    if arguments.verb == "doctor" and arguments.host is None:
        from limen_tui.cli.doctor import examine  # noqa: PLC0415

        return examine(arguments)
    if not arguments.verb:
        _need_terminal()
    settings = load_settings(Path(arguments.config) if arguments.config else None)
    if arguments.verb in ("audit", "events"):
        from limen_tui.cli import listing  # noqa: PLC0415

        return (listing.audit if arguments.verb == "audit" else listing.events)(settings, arguments)
    if arguments.verb == "doctor" or (arguments.verb == "hosts" and arguments.what not in (None, "list")):
        return _host_verb(settings, arguments)
    return _with_fleet(settings, arguments)


def _host_verb(settings: Settings, arguments: argparse.Namespace) -> int:
    if arguments.verb == "doctor" or arguments.what == "test":
        from limen_tui.cli import hosttest  # noqa: PLC0415

        return hosttest.test(settings, arguments, arguments.host if arguments.verb == "doctor" else arguments.uri)
    from limen_tui.cli import hostbook  # noqa: PLC0415

    if arguments.read_only:
        raise ReadOnlyError("The saved hosts were not changed: Limen was started read-only")
    if arguments.demo or arguments.lab or arguments.uris:
        raise InputError("--demo, --lab and -c are for one run: they do not go with changing the saved hosts")
    return hostbook.change(settings, arguments)


def _with_fleet(settings: Settings, arguments: argparse.Namespace) -> int:
    if arguments.demo and (arguments.uris or arguments.lab):
        raise InputError("--demo shows simulated hosts only", "it cannot be joined with -c or --lab", "Leave one out.")
    front = "cli" if arguments.verb else "tui"
    options = Options(tuple(arguments.uris), arguments.demo, arguments.read_only, front)
    if arguments.lab:
        from limen_tui.cli.lab import lab_options  # noqa: PLC0415

        options = lab_options(options)
    composed = open_fleet(options, settings)
    if not arguments.verb:
        from limen_tui.tui.run import run as run_tui  # noqa: PLC0415 - no verb pays for Textual

        return run_tui(composed.fleet, settings, notices=composed.notices, demo=arguments.demo)
    from limen_tui.cli.store import tell_lost  # noqa: PLC0415 - not on the way to the first paint

    arguments.settings = settings
    try:
        for notice in composed.notices:
            output.say(f"limen: {notice.title}: {notice.detail}")
        return _verb(composed, arguments)
    finally:
        composed.fleet.close()
        tell_lost(composed.fleet.inventory)


def _verb(composed: Composed, arguments: argparse.Namespace) -> int:
    module, function = _VERBS.get(arguments.verb, ("acting", "act"))
    do: Callable[[Fleet, argparse.Namespace], int] = getattr(import_module(f"limen_tui.cli.{module}"), function)
    return do(composed.fleet, arguments)


def _need_terminal() -> None:
    if sys.stdin.isatty() and sys.stdout.isatty() and sys.stderr.isatty():
        if (term := os.environ.get("TERM", "")) not in ("", "dumb"):
            return
        raise InputError("This terminal cannot show Limen's screen", f"TERM is {term or 'not set'}",
                         "If it can, say so: export TERM=xterm-256color. Else use a verb: `limen vms` ...")
    raise InputError("Limen's screen needs a terminal", "standard input, output or error is something else",
                     "Use a verb: `limen vms`, `limen hosts` ... (see `limen --help`).")  # fmt: skip
