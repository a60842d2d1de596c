"""Operations on storage pools. Run on the thread of a job; see :mod:`.registry`."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Final

from limen_tui.jobs.context import Context
from limen_tui.jobs.ops.registry import Operation, Result, do_again
from limen_tui.jobs.pooluse import refuse_running, refuse_taken, stop_unused, use_of
from limen_tui.model.jobs import Args
from limen_tui.model.storage import Pool


def _find(context: Context, name: str) -> Pool | None:
    return next((pool for pool in context.ask(lambda verbs: verbs.pools()) if pool.name == name), None)


def _check_define(context: Context, args: Args) -> None:
    refuse_taken(args["name"], args["path"], context.ask(lambda verbs: verbs.pools()))


def _define(context: Context, args: Args) -> Result:
    _check_define(context, args)  # libvirt changes one that is there, where the definition names its UUID
    return {"uuid": context.ask(lambda verbs: verbs.pool_definitions.define(args["xml"])).uuid}


def _defined(context: Context, args: Args) -> Result | None:
    pool = _find(context, args["name"])
    return {"uuid": pool.uuid} if pool is not None and pool.path == args["path"] else None


def _undo_define(context: Context, args: Args, result: Args, *, certain: bool) -> None:
    pool = _find(context, args["name"])
    if pool is None:
        return
    if (result.get("uuid") or pool.uuid) != pool.uuid or (not certain and (pool.path != args["path"] or pool.active)):
        context.log(f"{pool.name} is another pool than this job was to make: it stays.")
        return
    context.ask(lambda verbs: verbs.pool_definitions.undefine(pool.name))


def _build(context: Context, args: Args) -> Result:
    context.ask(lambda verbs: verbs.pool_definitions.build(args["name"]), timeout=None)
    return {}


def _kept(context: Context, args: Args, result: Args, *, certain: bool) -> None:
    """A folder may hold what somebody has put there since."""
    context.log("If the folder was made, it stays.")


def _start(context: Context, args: Args) -> Result:
    context.ask(lambda verbs: verbs.storage.start(args["name"]), timeout=None)
    return {}


def _started(context: Context, args: Args) -> Result | None:
    pool = _find(context, args["name"])
    return {} if pool is not None and pool.active else None


def _undo_start(context: Context, args: Args, result: Args, *, certain: bool) -> None:
    if _started(context, args) is not None:
        context.ask(lambda verbs: stop_unused(verbs, args["name"]))


def _autostart(context: Context, args: Args) -> Result:
    context.ask(lambda verbs: verbs.pool_definitions.set_autostart(args["name"], args["on"]))
    return {}


def _undo_autostart(context: Context, args: Args, result: Args, *, certain: bool) -> None:
    """It goes with the definition."""


def _check_stop(context: Context, args: Args) -> None:
    refuse_running(args["name"], context.ask(lambda verbs: use_of(verbs, args["name"])))


def _stop(context: Context, args: Args) -> Result:
    context.ask(lambda verbs: stop_unused(verbs, args["name"]))
    return {}


def _stopped(context: Context, args: Args) -> Result | None:
    pool = _find(context, args["name"])
    return {} if pool is None or not pool.active else None


def _undo_stop(context: Context, args: Args, result: Args, *, certain: bool) -> None:
    if _stopped(context, args) is not None:
        _start(context, args)


def _undefine(context: Context, args: Args) -> Result:
    context.ask(lambda verbs: verbs.pool_definitions.undefine(args["name"]))
    return {}


def _undefined(context: Context, args: Args) -> Result | None:
    return {} if _find(context, args["name"]) is None else None


def _undo_undefine(context: Context, args: Args, result: Args, *, certain: bool) -> None:
    if _find(context, args["name"]) is None:
        context.ask(lambda verbs: verbs.pool_definitions.define(args["xml"]))
        if args["autostart"]:
            context.ask(lambda verbs: verbs.pool_definitions.set_autostart(args["name"], on=True))


OPERATIONS: Final[Mapping[str, Operation]] = {
    "pool.define": Operation(_define, _defined, _undo_define, _check_define),
    "pool.build": Operation(_build, do_again, _kept),
    "pool.start": Operation(_start, _started, _undo_start),
    "pool.autostart": Operation(_autostart, do_again, _undo_autostart),
    "pool.stop": Operation(_stop, _stopped, _undo_stop, _check_stop),
    "pool.undefine": Operation(_undefine, _undefined, _undo_undefine),
}
