"""Operations that change the size of a VM: definition, vCPUs, memory, disks, limits. Run on the thread of a job; see
:mod:`.registry`.

Each compares before it changes: what is neither as it was nor as it is to be, somebody else changed meanwhile.
"""

from __future__ import annotations

import time
from collections.abc import Mapping
from dataclasses import asdict
from typing import TYPE_CHECKING, Any, Final

from limen_tui.errors import Conflict, LimenError, NotFound
from limen_tui.jobs.context import Context
from limen_tui.jobs.guestgrow import grow
from limen_tui.jobs.ops.registry import Operation, Result, do_again
from limen_tui.model.jobs import Args
from limen_tui.model.ports import HostVerbs
from limen_tui.model.units import clean, paragraph, size
from limen_tui.model.verbs.devices import DiskLimits, NicLimits

if TYPE_CHECKING:
    from limen_tui.model.resize import Sizes

PATIENCE: Final = 15.0
"""Seconds for which a guest may hold on to a vCPU."""
LOOK_EVERY: Final = 0.5
MEANWHILE: Final = "Nothing was changed here. Look at the VM again, then repeat it."


def sizes_args(sizes: Sizes) -> dict[str, int]:
    """As JSON."""
    return asdict(sizes)


# -- the definition -------------------------------------------------------------------------------


def _sizes(context: Context, uuid: str, *, inactive: bool) -> dict[str, int]:
    from limen_tui.model.resize import sizes_of  # noqa: PLC0415 - lxml, late

    return asdict(sizes_of(context.ask(lambda verbs: verbs.xml(uuid, inactive=inactive))))


def _check_definition(context: Context, args: Args) -> None:
    if _sizes(context, args["uuid"], inactive=True) != args["old"]:
        raise Conflict("Somebody changed the definition meanwhile", hint=MEANWHILE)


def _change_definition(context: Context, args: Args) -> Result:
    _redefine(context, args["uuid"], args["old"], args["new"])
    return {}


def _redefine(context: Context, uuid: str, old: Mapping[str, int], new: Mapping[str, int]) -> None:
    from limen_tui.model.resize import Sizes, sizes_of, with_sizes  # noqa: PLC0415 - lxml, late

    def change(verbs: HostVerbs) -> None:
        seen = verbs.xml(uuid, inactive=True)
        if asdict(sizes_of(seen)) != old:
            raise Conflict("Somebody changed the definition meanwhile", hint=MEANWHILE)
        # with its secrets, or a VNC password would be lost
        verbs.definitions.redefine(uuid, with_sizes(verbs.definitions.xml_for_edit(uuid), Sizes(**new)), expected=seen)

    context.ask(change)


def _definition_changed(context: Context, args: Args) -> Result | None:
    return {} if _sizes(context, args["uuid"], inactive=True) == args["new"] else None


def _undo_definition(context: Context, args: Args, result: Args, *, certain: bool) -> None:
    now = _sizes(context, args["uuid"], inactive=True)
    if now == args["old"]:
        return
    if now != args["new"]:
        raise Conflict("Somebody changed the definition meanwhile", hint="Put its CPUs and memory back by hand.")
    _redefine(context, args["uuid"], args["new"], args["old"])


# -- what runs ------------------------------------------------------------------------------------


def _check_runs(context: Context, args: Args) -> None:
    if not context.ask(lambda verbs: verbs.definitions.is_active(args["uuid"])):
        raise Conflict("The VM has stopped meanwhile", hint=MEANWHILE)


def _set_vcpus(context: Context, args: Args) -> Result:
    _plug(context, args["uuid"], args["new"])
    return {}


def _plug(context: Context, uuid: str, count: int) -> None:
    """As many vCPUs as asked; a guest that lets go of them slowly is waited for."""
    until = context.clock.mono() + PATIENCE
    try:
        context.ask(lambda verbs: verbs.devices.set_vcpus(uuid, count, live=True, config=False))
    except Conflict:
        while _sizes(context, uuid, inactive=False)["vcpus"] != count:
            if context.clock.mono() > until:
                raise
            context.check()
            time.sleep(LOOK_EVERY)


def _vcpus_set(context: Context, args: Args) -> Result | None:
    return {} if _sizes(context, args["uuid"], inactive=False)["vcpus"] == args["new"] else None


def _undo_vcpus(context: Context, args: Args, result: Args, *, certain: bool) -> None:
    if not _runs(context, args) or _sizes(context, args["uuid"], inactive=False)["vcpus"] == args["old"]:
        return
    _plug(context, args["uuid"], args["old"])


def _set_memory(context: Context, args: Args) -> Result:
    context.ask(lambda verbs: verbs.devices.set_memory(args["uuid"], args["new"], live=True, config=False))
    return {}


def _undo_memory(context: Context, args: Args, result: Args, *, certain: bool) -> None:
    if _runs(context, args):
        context.ask(lambda verbs: verbs.devices.set_memory(args["uuid"], args["old"], live=True, config=False))


def _memory_set(context: Context, args: Args) -> Result | None:
    return None  # the balloon moves in its own time: asking again is harmless


def _runs(context: Context, args: Args) -> bool:
    """Whether there is still something to put back: what stopped starts from its definition."""
    try:
        return context.ask(lambda verbs: verbs.definitions.is_active(args["uuid"]))
    except NotFound:
        return False


# -- disks ----------------------------------------------------------------------------------------


def _capacity(context: Context, args: Args) -> int:
    if args["live"]:
        return context.ask(lambda verbs: verbs.devices.block_info(args["uuid"], args["target"]).capacity)
    return context.ask(lambda verbs: verbs.storage.volume(args["pool"], args["volume"]).capacity)


def _check_disk(context: Context, args: Args) -> None:
    if context.ask(lambda verbs: verbs.definitions.is_active(args["uuid"])) != args["live"]:
        raise Conflict("The VM was started or stopped meanwhile", hint=MEANWHILE)
    now = _capacity(context, args)
    if now > args["new"]:
        raise Conflict(f"{clean(args['target'])} has {size(now)} by now", "A disk never shrinks.")


def _grow(context: Context, args: Args) -> Result:
    _check_disk(context, args)
    if _capacity(context, args) == args["new"]:
        return {}
    if args["live"]:
        context.ask(lambda verbs: verbs.devices.block_resize(args["uuid"], args["target"], args["new"]), timeout=None)
    else:
        context.ask(lambda verbs: verbs.storage.resize(args["pool"], args["volume"], args["new"]), timeout=None)
    return {}


def _grown(context: Context, args: Args) -> Result | None:
    return {} if _capacity(context, args) == args["new"] else None


def _grow_inside(context: Context, args: Args) -> Result:
    """The file system inside the guest. The disk has grown whatever comes of it: a failure is told, and is none."""
    try:
        inside = grow(context, args["uuid"], args["target"], args["new"])
    except LimenError as error:
        told = f"{paragraph(f'Not grown in the guest: {error.title}', error.detail)} {error.hint}".rstrip()
        context.log(told)
        return {"told": told}
    context.log(f"Grown in the guest: {inside.what}")
    return {"grown": inside.what}


# -- limits ---------------------------------------------------------------------------------------


def _set_disk_limits(context: Context, args: Args, which: str = "new") -> Result:
    limits = DiskLimits(**args[which])
    live, config = args["live"], args["config"]
    context.ask(lambda verbs: verbs.devices.set_disk_limits(
        args["uuid"], args["target"], limits, live=live, config=config))  # fmt: skip
    return {}


def _set_nic_limits(context: Context, args: Args, which: str = "new") -> Result:
    limits = NicLimits(**args[which])
    live, config = args["live"], args["config"]
    context.ask(lambda verbs: verbs.devices.set_nic_limits(
        args["uuid"], args["target"], limits, live=live, config=config))  # fmt: skip
    return {}


def _again(context: Context, args: Args) -> Result | None:
    return None


def _undo_disk_limits(context: Context, args: Args, result: Args, *, certain: bool) -> None:
    _set_disk_limits(context, _still(context, args), "old")


def _undo_nic_limits(context: Context, args: Args, result: Args, *, certain: bool) -> None:
    _set_nic_limits(context, _still(context, args), "old")


def _still(context: Context, args: Args) -> dict[str, Any]:
    """The arguments, for a VM that may have stopped meanwhile."""
    return {**args, "live": args["live"] and _runs(context, args)}


OPERATIONS: Final[Mapping[str, Operation]] = {
    "resize.definition": Operation(_change_definition, _definition_changed, _undo_definition, _check_definition),
    "resize.vcpus": Operation(_set_vcpus, _vcpus_set, _undo_vcpus, _check_runs),
    "resize.memory": Operation(_set_memory, _memory_set, _undo_memory, _check_runs),
    "resize.disk": Operation(_grow, _grown, check=_check_disk, final=True),
    "resize.inside": Operation(_grow_inside, do_again, final=True),
    # in part: a live change may be made and that of the definition fail
    "resize.disk-limits": Operation(_set_disk_limits, _again, _undo_disk_limits, partial=True),
    "resize.nic-limits": Operation(_set_nic_limits, _again, _undo_nic_limits, partial=True),
}
