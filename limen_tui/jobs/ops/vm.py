"""Operations on definitions and power. Run on the thread of a job; see :mod:`.registry`."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Final

from limen_tui.errors import Conflict, NotFound
from limen_tui.jobs.context import Context
from limen_tui.jobs.ops.registry import Operation, Result, do_again
from limen_tui.model.jobs import Args
from limen_tui.model.lifecycle import Verb


def _check_name(context: Context, args: Args) -> None:
    if context.ask(lambda verbs: verbs.definitions.names()).get(args["name"], args["uuid"]) != args["uuid"]:
        raise Conflict(f"A VM called {args['name']} exists already", hint="Choose another name.")


def _define(context: Context, args: Args) -> Result:
    context.ask(lambda verbs: verbs.definitions.define_new(args["xml"]))
    return {}


def _defined(context: Context, args: Args) -> Result | None:
    return {} if args["uuid"] in context.ask(lambda verbs: verbs.definitions.names()).values() else None


def _undo_define(context: Context, args: Args, result: Args, *, certain: bool) -> None:
    # its UUID was made for it: nobody else's VM has it
    context.ask(lambda verbs: verbs.definitions.undefine(args["uuid"]))


def _start(context: Context, args: Args) -> Result:
    context.ask(lambda verbs: verbs.lifecycle(Verb.START, args["uuid"]))
    return {}


def _started(context: Context, args: Args) -> Result | None:
    return {} if context.ask(lambda verbs: verbs.definitions.is_active(args["uuid"])) else None


def _undo_start(context: Context, args: Args, result: Args, *, certain: bool) -> None:
    try:
        if context.ask(lambda verbs: verbs.definitions.is_active(args["uuid"])):
            context.ask(lambda verbs: verbs.lifecycle(Verb.FORCE_OFF, args["uuid"]))
    except NotFound:
        return


def _autostart(context: Context, args: Args) -> Result:
    context.ask(lambda verbs: verbs.set_autostart(args["uuid"], args["on"]))
    return {}


GONE: Final = {"gone": True}
"""The result of a step that found its VM removed by somebody else: it was to go, and undo brings it not back."""


def _gone_already(context: Context, args: Args) -> Result:
    context.log(f"{args['name']} was gone already.")
    return dict(GONE)


def _undefine(context: Context, args: Args) -> Result:
    uuid, keep = args["uuid"], args.get("keep_nvram", False)
    try:
        if context.ask(lambda verbs: verbs.definitions.is_active(uuid)):
            # somebody started it meanwhile: without its definition it would run on and vanish when it stops
            raise Conflict(f"{args['name']} is running", hint="Shut it down or force it off first.")
        # with its secrets, which the journal's copy lacks: in memory only, for the undo
        context.memory[uuid] = context.ask(lambda verbs: verbs.definitions.xml_for_edit(uuid))
        context.ask(lambda verbs: verbs.definitions.undefine(uuid, keep_nvram=keep))
    except NotFound:
        return _gone_already(context, args)
    return {}


def _undefined(context: Context, args: Args) -> Result | None:
    return None if args["uuid"] in context.ask(lambda verbs: verbs.definitions.names()).values() else {}


def _undo_undefine(context: Context, args: Args, result: Args, *, certain: bool) -> None:
    if result == GONE or _undefined(context, args) is None:
        return
    xml = context.memory.get(args["uuid"])
    if xml is None:
        context.log("The definition comes back without the secrets it may have had, such as a VNC password.")
    context.ask(lambda verbs: verbs.definitions.define_new(xml or args["xml"]))
    if args.get("autostart"):
        context.ask(lambda verbs: verbs.set_autostart(args["uuid"], True))


def _stop(context: Context, args: Args) -> Result:
    try:
        context.ask(lambda verbs: verbs.lifecycle(Verb.FORCE_OFF, args["uuid"]))
    except NotFound:
        return _gone_already(context, args)
    return {}


def _stopped(context: Context, args: Args) -> Result | None:
    try:
        return None if _started(context, args) is not None else {}
    except NotFound:
        return _gone_already(context, args)


def _undo_stop(context: Context, args: Args, result: Args, *, certain: bool) -> None:
    try:
        if result == GONE or _started(context, args) is not None:
            return
    except NotFound:
        # somebody took its definition while it ran: it went when it stopped, as they wanted
        _gone_already(context, args)
        return
    context.log(f"{args['name']} is started again; what was in its memory is lost.")
    _start(context, args)


def _sweep(context: Context, args: Args) -> Result:
    """NVRAM and TPM state, which libvirt removes only with a definition: give them one for a moment."""
    if _defined(context, args) is None:
        context.ask(lambda verbs: verbs.definitions.define_new(args["xml"]))
    context.ask(lambda verbs: verbs.definitions.undefine(args["uuid"]))
    return {}


OPERATIONS: Final[Mapping[str, Operation]] = {
    "vm.define": Operation(_define, _defined, _undo_define, _check_name),
    "vm.start": Operation(_start, _started, _undo_start),
    "vm.autostart": Operation(_autostart, do_again),
    "vm.stop": Operation(_stop, _stopped, _undo_stop),
    "vm.undefine": Operation(_undefine, _undefined, _undo_undefine),
    "vm.sweep": Operation(_sweep, do_again, final=True),
}
