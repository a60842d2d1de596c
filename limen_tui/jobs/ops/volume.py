"""Operations on volumes. Run on the thread of a job; see :mod:`.registry`."""

from __future__ import annotations

import hashlib
from collections.abc import Mapping
from dataclasses import replace
from typing import Final

from limen_tui.errors import Conflict, InputError, NotFound
from limen_tui.jobs.context import Context
from limen_tui.jobs.ops.registry import Operation, Result, do_again, keep
from limen_tui.model.imagehead import ImageHead, refusal
from limen_tui.model.jobs import Args
from limen_tui.model.ports import HostVerbs
from limen_tui.model.storage import Volume
from limen_tui.model.units import size
from limen_tui.model.xml.volume import volume_xml


def find(context: Context, pool: str, name: str) -> Volume | None:
    """The volume, or ``None``. Raises ``LimenError`` for a pool that is not there."""
    try:
        return context.ask(lambda verbs: verbs.storage.volume(pool, name))
    except NotFound:
        # which of the two is missing? a pool that is gone is an error of its own
        known = context.ask(lambda verbs: verbs.pools())
        if not any(each.name == pool and each.active for each in known):
            raise
        return None


def _check_create(context: Context, args: Args) -> None:
    pool = next((each for each in context.ask(lambda verbs: verbs.pools()) if each.name == args["pool"]), None)
    if pool is None or not pool.active:
        raise Conflict(f"Storage pool {args['pool']} is not active", hint="Start it, or choose another pool.")
    if find(context, args["pool"], args["name"]) is not None:
        raise Conflict(f"Volume {args['name']} exists already in pool {args['pool']}", hint="Choose another name.")
    if (need := args.get("allocation", 0)) > pool.available:
        raise Conflict(f"Pool {pool.name} has no room for {args['name']}",
                       f"{size(need)} needed, {size(pool.available)} free.", "Choose another pool.")  # fmt: skip

    pool_name, base = args.get("backing") or ("", "")
    if base:
        refuse_bad(context, pool_name, base, "be a base")


MOST_BELOW: Final = 16


def refuse_bad(context: Context, pool: str, name: str, what: str, kind: str = "") -> None:
    """An image that is none, is cut short, or names files outside the pools would show a guest the host's files; so
    would one whose base does. ``kind`` is ``raw`` where the hypervisor is told so, and looks for nothing in it."""
    first = name
    for _ in range(MOST_BELOW):
        head = _head(context, pool, name)
        if kind == "raw" and head.kind == "unknown":
            return  # blank, or of a kind that only its guest knows
        below = None
        if head.backing_file:
            below = _below(context, pool, name)
            if below is not None and below.pool:
                head = replace(head, backing_file="")
        if (why := refusal(head)) is not None:
            raise InputError(f"{first} cannot {what}: {why[0]}", f"That is {name}, below it." if name != first else "",
                             why[1])  # fmt: skip
        if below is None:
            return
        pool, name, kind = below.pool, below.name, below.format
    raise InputError(f"{first} cannot {what}: it is backed by more than {MOST_BELOW} files")


def _head(context: Context, pool: str, name: str) -> ImageHead:
    return context.ask(lambda verbs: verbs.storage.probe(pool, name))


def _below(context: Context, pool: str, name: str) -> Volume | None:
    """The volume that backs one, where it is a volume."""
    path = context.ask(lambda verbs: verbs.storage.volume(pool, name)).backing_path
    return context.ask(lambda verbs: verbs.storage.by_path(path)) if path else None


def _check_inspect(context: Context, args: Args) -> None:
    if find(context, args["pool"], args["name"]) is None:
        raise NotFound(f"There is no volume {args['name']} in pool {args['pool']}", hint="Choose another disk.")
    refuse_bad(context, args["pool"], args["name"], "be the disk of a VM", args.get("format", ""))


def _inspect(context: Context, args: Args) -> Result:
    _check_inspect(context, args)
    return {}


def _create(context: Context, args: Args) -> Result:
    xml = volume_xml(
        args["name"], args["capacity"], args["format"], allocation=args.get("allocation", 0),
        backing_path=args.get("backing_path", ""), backing_format=args.get("backing_format", ""),
    )  # fmt: skip
    made = context.ask(lambda verbs: verbs.storage.create(args["pool"], xml), timeout=None)
    return {"path": made.path}


def _created(context: Context, args: Args) -> Result | None:
    volume = find(context, args["pool"], args["name"])
    return None if volume is None or not _is_ours(volume, args) else {"path": volume.path}


def _is_ours(volume: Volume, args: Args) -> bool:
    asked = args["capacity"], args.get("backing_path", "")
    return (volume.capacity, volume.backing_path) == asked and volume.format in ("", args["format"])


def _undo_create(context: Context, args: Args, result: Args, *, certain: bool) -> None:
    volume = find(context, args["pool"], args["name"])
    if volume is None:
        return
    if not certain and not _is_ours(volume, args):
        context.log(f"{volume.path} is another than this job was to make: it stays.")
        return
    users = _users(context, volume)
    if users:
        raise Conflict(f"{volume.path} is used by {users[0]}", hint="Somebody attached it meanwhile; look at that VM.")
    _delete(context, args)


def _users(context: Context, volume: Volume) -> list[str]:
    """VMs whose definition names the volume, by its path or by pool and name."""
    named = {volume.path, f"{volume.pool}/{volume.name}"}
    every = context.ask(lambda verbs: verbs.definitions.all_xml())
    return [uuid for uuid, xml in every.items() if named & sources(xml)]


def sources(xml: str) -> set[str]:
    """Every path that a definition names: of its disks and what is below them, of kernel, firmware and whatever."""
    from limen_tui.model.xml.paths import paths_in  # noqa: PLC0415 - lxml, late
    from limen_tui.model.xml.read import facts  # noqa: PLC0415

    return {disk.source for disk in facts(xml).disks if disk.source} | paths_in(xml)


def _delete(context: Context, args: Args) -> Result:
    try:
        context.ask(lambda verbs: verbs.storage.delete(args["pool"], args["name"]), timeout=None)
    except NotFound:
        context.log(f"{args['name']} was gone already.")
    return {}


def _delete_unused(context: Context, args: Args) -> Result:
    # once more: between the check and now somebody may have put it to use
    _check_delete(context, args)
    return _delete(context, args)


def _deleted(context: Context, args: Args) -> Result | None:
    return {} if find(context, args["pool"], args["name"]) is None else None


def _everything(verbs: HostVerbs) -> list[Volume]:
    """Volumes of all active pools: a clone may lie in another pool than its base."""
    return [volume for pool in verbs.pools() if pool.active for volume in verbs.storage.volumes(pool.name)]


def _check_delete(context: Context, args: Args) -> None:
    volume = find(context, args["pool"], args["name"])
    if volume is None:
        return
    owner = args.get("owner", "")
    users = [user for user in _users(context, volume) if user != owner]
    if users:
        raise Conflict(f"{volume.path} is used by another VM", users[0], "Detach it there first.")
    above = [
        each.name for each in context.ask(_everything)
        if each.backing_path == volume.path and [each.pool, each.name] not in args.get("with", [])
    ]  # fmt: skip
    if above:
        raise Conflict(f"{volume.path} is the base of {', '.join(above[:3])}", hint="Delete those first.")


def _write(context: Context, args: Args) -> Result:
    data = context.attachments.get(args["attachment"])
    if data is None:
        raise InputError(f"The content of {args['name']} was only in memory",
                         "It may hold the hash of a password, so it was not written down.",
                         "What there was of it is put back: create the VM again.")  # fmt: skip
    place = 0

    def read(count: int) -> bytes:
        nonlocal place
        piece = data[place : place + count]
        place += len(piece)
        return piece

    def told(done: int) -> None:
        context.report(done, len(data), "bytes")

    def upload(verbs: HostVerbs) -> None:
        verbs.storage.upload(
            args["pool"], args["name"], read, len(data), progress=told, cancelled=context.cancelled
        )  # fmt: skip

    context.ask(upload, timeout=None)
    return {"sha256": hashlib.sha256(data).hexdigest()}


OPERATIONS: Final[Mapping[str, Operation]] = {
    "volume.inspect": Operation(_inspect, do_again, check=_check_inspect),
    "volume.create": Operation(_create, _created, _undo_create, _check_create),
    "volume.delete": Operation(_delete_unused, _deleted, check=_check_delete, final=True),
    # what it wrote goes with the volume
    "volume.write": Operation(_write, do_again, keep),
}
