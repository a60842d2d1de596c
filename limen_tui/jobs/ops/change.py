"""Putting one definition in place of another. Runs on the thread of a job; see :mod:`.registry`."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Final

from limen_tui.errors import Conflict
from limen_tui.jobs.context import Context
from limen_tui.jobs.ops.registry import Operation, Result
from limen_tui.model.jobs import Args


def _now(context: Context, args: Args) -> str:
    return context.ask(lambda verbs: verbs.xml(args["uuid"], inactive=True))


def _check(context: Context, args: Args) -> None:
    if _now(context, args) != args["before"]:
        raise Conflict("Somebody changed the definition meanwhile", args["name"],
                       "Nothing was changed. Look at it again, then repeat your change.")  # fmt: skip


def _put(context: Context, args: Args, xml: str, expected: str) -> None:
    from limen_tui.model.xml.secrets import with_secrets  # noqa: PLC0415 - lxml, late

    uuid = args["uuid"]
    secure = context.ask(lambda verbs: verbs.definitions.xml_for_edit(uuid))
    context.memory.setdefault(uuid, secure)
    full = with_secrets(xml, context.memory[uuid])
    context.ask(lambda verbs: verbs.definitions.redefine(uuid, full, expected=expected))


def _redefine(context: Context, args: Args) -> Result:
    _put(context, args, args["after"], args["before"])
    # as libvirt lays it out: what an undo compares with
    return {"now": _now(context, args)}


def _redefined(context: Context, args: Args) -> Result | None:
    now = _now(context, args)
    return None if now == args["before"] else {"now": now}


def _undo(context: Context, args: Args, result: Args, *, certain: bool) -> None:
    now = _now(context, args)
    if now == args["before"]:
        return
    if certain and result.get("now") not in (None, now):
        raise Conflict("Somebody changed the definition after us", args["name"],
                       "It stays as it is; put the one before back from its history.")  # fmt: skip
    _put(context, args, args["before"], now)


OPERATIONS: Final[Mapping[str, Operation]] = {"vm.redefine": Operation(_redefine, _redefined, _undo, _check)}
