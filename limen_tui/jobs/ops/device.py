"""Operations on the disks and interfaces of a VM: plug in, pull out, change. Run on the thread of a job; see
:mod:`.registry`."""

from __future__ import annotations

import time
from collections.abc import Mapping
from typing import Final

from limen_tui.errors import Conflict, NotFound, StepFailed
from limen_tui.jobs.context import Context
from limen_tui.jobs.ops.registry import Operation, Result
from limen_tui.model.jobs import Args
from limen_tui.model.units import clean

PATIENCE: Final = 30.0
"""Seconds for which a guest may hold on to a device that is pulled out."""
LOOK_EVERY: Final = 0.25


def _has(context: Context, args: Args, *, inactive: bool) -> bool:
    """Whether the VM has the device of ``target`` or ``mac``, with the source it is to have."""
    from limen_tui.model.xml.devices import read_disks, read_nics  # noqa: PLC0415 - lxml, late

    xml = context.ask(lambda verbs: verbs.xml(args["uuid"], inactive=inactive))
    if args.get("target"):
        return any(disk.target == args["target"] for disk in read_disks(xml))
    return any(nic.mac == args["mac"] for nic in read_nics(xml))


def _check_state(context: Context, args: Args) -> None:
    if args["live"] != context.ask(lambda verbs: verbs.definitions.is_active(args["uuid"])) and args["live"]:
        raise Conflict("The VM has stopped meanwhile", hint="Look at it again, then repeat it.")


def _check_attach(context: Context, args: Args) -> None:
    _check_state(context, args)
    if any(_has(context, args, inactive=inactive) for inactive in _sides(args)):
        raise Conflict(f"{clean(args.get('target') or args['mac'])} is taken meanwhile",
                       hint="Look at the VM again, then repeat it.")  # fmt: skip


def _sides(args: Args) -> tuple[bool, ...]:
    """Which definitions are meant: ``False`` is what runs, ``True`` is for the next boot."""
    return (*((False,) if args["live"] else ()), *((True,) if args["config"] else ()))


def _attach(context: Context, args: Args) -> Result:
    live, config = args["live"], args["config"]
    context.ask(lambda verbs: verbs.devices.attach(args["uuid"], args["xml"], live=live, config=config))
    return {}


def _attached(context: Context, args: Args) -> Result | None:
    return {} if all(_has(context, args, inactive=inactive) for inactive in _sides(args)) else None


def _undo_attach(context: Context, args: Args, result: Args, *, certain: bool) -> None:
    # its target was free, and its MAC was made for it: what is there now is ours
    for inactive in _sides(args):
        _pull(context, args, inactive=inactive)


def _detach(context: Context, args: Args) -> Result:
    # what runs comes first: when the guest does not let go, the definition stays as well
    for inactive in _sides(args):
        _pull(context, args, inactive=inactive)
    return {}


def _pull(context: Context, args: Args, *, inactive: bool) -> None:
    uuid = args["uuid"]
    if not inactive and not context.ask(lambda verbs: verbs.definitions.is_active(uuid)):
        return
    if not _has(context, args, inactive=inactive):
        return
    try:
        gone = context.ask(lambda verbs: verbs.devices.detach(uuid, args["xml"], live=not inactive, config=inactive))
    except NotFound:
        return
    until = context.clock.mono() + PATIENCE
    while not gone:
        if context.clock.mono() > until:
            raise StepFailed("The guest has not let go of the device", f"It was asked {PATIENCE:.0f} s ago.",
                             "Unmount it in the guest, or remove it while the VM is off.")  # fmt: skip
        context.check()
        time.sleep(LOOK_EVERY)
        gone = not _has(context, args, inactive=inactive)


def _detached(context: Context, args: Args) -> Result | None:
    return None if any(_has(context, args, inactive=inactive) for inactive in _sides(args)) else {}


def _undo_detach(context: Context, args: Args, result: Args, *, certain: bool) -> None:
    active = context.ask(lambda verbs: verbs.definitions.is_active(args["uuid"]))
    for inactive in _sides(args):
        if (inactive or active) and not _has(context, args, inactive=inactive):
            context.ask(lambda verbs, inactive=inactive: verbs.devices.attach(
                args["uuid"], args["xml"], live=not inactive, config=inactive))  # type: ignore[misc]  # fmt: skip


def _update(context: Context, args: Args) -> Result:
    live, config = args["live"], args["config"]
    context.ask(lambda verbs: verbs.devices.update(args["uuid"], args["xml"], live=live, config=config))
    return {}


def _again(context: Context, args: Args) -> Result | None:
    return None


def _undo_update(context: Context, args: Args, result: Args, *, certain: bool) -> None:
    active = context.ask(lambda verbs: verbs.definitions.is_active(args["uuid"]))
    live, config = args["live"] and active, args["config"]
    if live or config:
        context.ask(lambda verbs: verbs.devices.update(args["uuid"], args["old_xml"], live=live, config=config))


OPERATIONS: Final[Mapping[str, Operation]] = {
    "device.attach": Operation(_attach, _attached, _undo_attach, _check_attach, partial=True),
    "device.detach": Operation(_detach, _detached, _undo_detach, _check_state, partial=True),
    "device.update": Operation(_update, _again, _undo_update, _check_state, partial=True),
}
