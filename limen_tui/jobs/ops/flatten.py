"""Operations that send an image which lies on top of others, as one: a flat copy is made beside it, sent, removed.

Run on the thread of a job whose host is that which gets the image; the flat copy is made on ``from_host``, in the pool
of the image, under a name that no other job uses. How long it becomes is known only then, so that the steps after it
look at it for their size: after a crash as well.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import replace
from time import monotonic
from typing import Final

from limen_tui.errors import Conflict, InputError, NotFound, StepFailed
from limen_tui.jobs.context import Context
from limen_tui.jobs.ops.registry import Operation, Result, do_again, keep, operation
from limen_tui.jobs.ops.volume import find, refuse_bad
from limen_tui.model.imagehead import refusal
from limen_tui.model.jobs import Args
from limen_tui.model.units import clean, size

PATIENCE: Final = 120.0
"""Seconds for which a flat copy that the host still makes for somebody who is gone is waited for, to remove it."""
LOOK_EVERY: Final = 0.25


def _there(context: Context, args: Args) -> Context:
    """The same job, as it speaks to the host that has the image."""
    return replace(context, host_id=args["from_host"])


def _check_flatten(context: Context, args: Args) -> None:
    there, pool_name, name = _there(context, args), args["from_pool"], args["from_name"]
    pool = next((each for each in there.ask(lambda verbs: verbs.pools()) if each.name == pool_name), None)
    if pool is None or not pool.active:
        raise Conflict(f"The pool {clean(pool_name)} is not active", hint="Start the pool, then try again.")
    if pool.available < args["most"]:
        raise Conflict(f"The pool {clean(pool_name)} has no room for a flat copy of {clean(name)}",
                       f"It may need {size(args['most'])}, {size(pool.available)} are free.",
                       "It is there only while it is sent: free some room for so long.")  # fmt: skip
    _check_chain(there, pool_name, name)


def _check_chain(there: Context, pool: str, name: str) -> None:
    """Each link must be a volume of a pool and say of what format the next is: libvirt would open whatever it names."""
    refuse_bad(there, pool, name, "be copied")
    for volume in there.ask(lambda verbs: verbs.storage.chain(pool, name)):
        if volume.backing_path and not volume.backing_format:
            raise InputError(f"{clean(name)} cannot be copied",
                             f"{clean(volume.name)} does not say of what format is what it lies on top of.",
                             "Write it down: qemu-img rebase -u -F FORMAT -b BACKING IMAGE")  # fmt: skip


def _flatten(context: Context, args: Args) -> Result:
    there, pool, name = _there(context, args), args["from_pool"], args["from_name"]
    _check_chain(there, pool, name)
    made = there.ask(lambda verbs: verbs.storage.flatten(pool, name, args["flat"]), timeout=None)
    why = refusal(there.ask(lambda verbs: verbs.storage.probe(pool, args["flat"])))
    if why is not None:
        raise StepFailed(f"The flat copy of {clean(name)} is not usable", why[0], why[1])
    return {"path": made.path}


def _never_found(context: Context, args: Args) -> Result | None:
    """A flat copy that was begun by somebody who is gone may be half of one: it is made anew."""
    return None


def _undo_flatten(context: Context, args: Args, result: Args, *, certain: bool) -> None:
    _remove(context, args)


def _remove(context: Context, args: Args) -> Result:
    there, until = _there(context, args), monotonic() + PATIENCE
    while True:
        try:
            there.ask(lambda verbs: verbs.storage.delete(args["from_pool"], args["flat"]), timeout=None)
        except NotFound:
            return {}
        except Conflict:
            # libvirt finishes what it began, though nobody waits for it any more, and lets nobody touch it before
            if monotonic() > until:
                raise
            context.stop.wait(LOOK_EVERY)
        else:
            return {}


def _removed(context: Context, args: Args) -> Result | None:
    return {} if find(_there(context, args), args["from_pool"], args["flat"]) is None else None


def _sized(context: Context, args: Args) -> Args:
    """``args`` with the size of the flat copy, as the operations on images of a known size take it."""
    flat = _there(context, args).ask(lambda verbs: verbs.storage.volume(args["from_pool"], args["flat"]))
    return {**args, "size": flat.physical, "capacity": flat.physical, "format": "raw", "from_name": args["flat"]}


def _check_room(context: Context, args: Args) -> None:
    operation("volume.create").check(context, {**args, "allocation": args["most"]})


def _room(context: Context, args: Args) -> Result:
    sized = _sized(context, args)
    return {**operation("volume.create").do(context, sized), "capacity": sized["capacity"]}


def _room_found(context: Context, args: Args) -> Result | None:
    sized = _sized(context, args)
    found = operation("volume.create").found(context, sized)
    return None if found is None else {**found, "capacity": sized["capacity"]}


def _undo_room(context: Context, args: Args, result: Args, *, certain: bool) -> None:
    if result.get("capacity"):
        sized: Args = {**args, "capacity": result["capacity"], "format": "raw"}
    elif find(context, args["pool"], args["name"]) is None:
        return
    else:
        sized = _sized(context, args)
    operation("volume.create").undo(context, sized, result, certain=certain)


def _as(name: str) -> Operation:
    """An operation on images, on one whose size shows only now."""
    return Operation(lambda context, args: operation(name).do(context, _sized(context, args)), do_again, keep)


OPERATIONS: Final[Mapping[str, Operation]] = {
    "image.flatten": Operation(_flatten, _never_found, _undo_flatten, _check_flatten, partial=True),
    "image.flat-room": Operation(_room, _room_found, _undo_room, _check_room),
    "image.flat-copy": _as("image.copy"),
    "image.flat-read-back": _as("image.read-back"),
    "image.flat-settle": _as("image.settle"),
    "image.flat-remove": Operation(_remove, _removed, keep),
}
