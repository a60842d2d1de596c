"""Operations on what Limen keeps: the trash. Run on the thread of a job; see :mod:`.registry`."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any, Final

from limen_tui.jobs.context import Context
from limen_tui.jobs.ops.registry import Operation, Result, do_again
from limen_tui.model.jobs import Args
from limen_tui.model.keepsakes import Trashed

WRITE_SECONDS = 30.0


def as_args(item: Trashed) -> dict[str, Any]:
    """A deleted VM as the arguments of these operations."""
    return {
        "at": item.at, "until": item.until, "who": item.who, "host_id": item.host_id, "host_name": item.host_name,
        "uuid": item.uuid, "name": item.name, "xml": item.xml, "volumes": [list(each) for each in item.volumes],
    }  # fmt: skip


def _item(args: Args) -> Trashed:
    fields = {name: value for name, value in args.items() if name != "volumes"}
    return Trashed(id=0, volumes=tuple((pool, name) for pool, name in args["volumes"]), **fields)


def _trash(context: Context, args: Args) -> Result:
    context.keepsakes.put_in_trash(_item(args)).result(WRITE_SECONDS)
    return {}


def _take(context: Context, args: Args) -> Result:
    context.keepsakes.take_from_trash(args["host_id"], args["uuid"]).result(WRITE_SECONDS)
    return {}


def _undo_trash(context: Context, args: Args, result: Args, *, certain: bool) -> None:
    _take(context, args)


def _undo_take(context: Context, args: Args, result: Args, *, certain: bool) -> None:
    _trash(context, args)


OPERATIONS: Final[Mapping[str, Operation]] = {
    "keep.trash": Operation(_trash, do_again, _undo_trash),
    "keep.take": Operation(_take, do_again, _undo_take),
}
