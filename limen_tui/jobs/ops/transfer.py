"""Operations that fill a volume: from a file here, from the web, from another host. Run on the thread of a job.

The volume was made by an earlier step, whose undo removes it with all that was written: nothing is to undo here.
After a crash the whole is sent again.
"""

from __future__ import annotations

import hashlib
from collections.abc import Iterator, Mapping
from typing import Final

from limen_tui.errors import Conflict, InputError, NotFound, StepFailed
from limen_tui.jobs import localfile
from limen_tui.jobs.context import Context
from limen_tui.jobs.ops.hostfetch import host_fetch
from limen_tui.jobs.ops.pour import READ, Place, pour, read_piece
from limen_tui.jobs.ops.registry import Operation, Result, do_again, keep
from limen_tui.model.checksums import parse_checksum
from limen_tui.model.imagehead import refusal
from limen_tui.model.jobs import Args
from limen_tui.model.ports import HostVerbs
from limen_tui.model.units import clean, size


def _check_room(context: Context, args: Args) -> None:
    pool = next((each for each in context.ask(lambda verbs: verbs.pools()) if each.name == args["pool"]), None)
    if pool is None:
        raise NotFound(f"There is no pool {clean(args['pool'])}", hint="It may have been removed; refresh the view.")
    if not pool.active:
        raise Conflict(f"The pool {clean(pool.name)} is not active", hint="Start the pool, then try again.")
    if pool.available < args["size"]:
        raise Conflict(f"The pool {clean(pool.name)} has no room for {clean(args['name'])}",
                       f"{size(args['size'])} needed, {size(pool.available)} free.",
                       "Choose another pool.")  # fmt: skip


def _place(context: Context, args: Args) -> Place:
    volume = context.ask(lambda verbs: verbs.storage.volume(args["pool"], args["name"]))
    # a fresh file reads as zeros; a logical volume holds what was there before
    blank = volume.kind == "file" and not volume.allocation
    return Place(args["pool"], args["name"], args["size"], blank)


def _compare(args: Args, got: str) -> Result:
    wanted = args.get("checksum", "")
    if wanted and parse_checksum(wanted).hex != got:
        raise StepFailed(
            f"The checksum of {clean(args['name'])} is wrong", f"Expected {parse_checksum(wanted).hex}, got {got}.",
            "It was damaged on the way, or is not the file it should be: nothing of it was kept.",
        )
    return {"checksum": f"{_algorithm(args)}:{got}"}


def _poured(context: Context, args: Args, got: str) -> Result:
    if not got:
        return {}
    result = _compare(args, got)
    context.memory[_kept(args)] = result["checksum"]
    return result


def _kept(args: Args) -> str:
    return f"checksum of {args['pool']}/{args['name']}"


def _algorithm(args: Args) -> str:
    wanted = args.get("checksum", "")
    return parse_checksum(wanted).algorithm if wanted else "sha256"


def _needed(args: Args) -> str:
    """The algorithm, or nothing where there is nothing to compare with."""
    return _algorithm(args) if args.get("checksum") or args.get("read_back") else ""


def _check_upload(context: Context, args: Args) -> None:
    seen = localfile.look_at(args["path"], any_file=args.get("any_file", False))
    if (seen.size, seen.mtime_ns) != (args["size"], args["mtime_ns"]):
        raise InputError(f"{clean(args['path'])} has changed", hint="Start again with the file as it is now.")
    _check_room(context, args)


def _upload(context: Context, args: Args) -> Result:
    got = pour(
        context, _place(context, args),
        lambda: localfile.pieces_of(args["path"], args["size"], args["mtime_ns"]),
        algorithm=_needed(args), image=not args.get("any_file", False),
    )  # fmt: skip
    return _poured(context, args, got)


def _fetch(context: Context, args: Args) -> Result:
    from limen_tui.jobs import web  # noqa: PLC0415 - the web's modules are for those who fetch

    file = web.look_up(args["url"])  # where it leads today: a mirror's own address may hold a token, and is not kept
    if file.size != args["size"]:
        raise InputError("The file has changed on the server", clean(args["url"]), "Start again.")
    got = pour(
        context, _place(context, args), lambda: web.pieces_of(file, context.stop, context.log),
        algorithm=_needed(args),
    )  # fmt: skip
    return _poured(context, args, got)


def _check_copy(context: Context, args: Args) -> None:
    from_host, pool, name = args["from_host"], args["from_pool"], args["from_name"]
    volume = context.on(from_host, lambda verbs: verbs.storage.volume(pool, name))
    if volume.physical != args["size"]:
        raise InputError(f"{clean(name)} has changed", hint="Start again with the image as it is now.")
    why = refusal(context.on(from_host, lambda verbs: verbs.storage.probe(pool, name)))
    if why is not None:
        raise InputError(f"{clean(name)} cannot be copied", why[0], why[1])
    _check_room(context, args)


def _copy(context: Context, args: Args) -> Result:
    def pieces() -> Iterator[bytes]:
        for at in range(0, args["size"], READ):
            count = min(READ, args["size"] - at)
            yield read_piece(context, args["from_host"], args["from_pool"], args["from_name"], at, count)

    return _poured(context, args, pour(context, _place(context, args), pieces, algorithm=_needed(args)))


def _read_back(context: Context, args: Args) -> Result:
    """Read what was written, and compare: proof against a disk or a host that lies."""
    args = {**args, "checksum": args.get("checksum") or context.memory.get(_kept(args), "")}
    digest = hashlib.new(_algorithm(args))
    for at in range(0, args["size"], READ):
        context.check()
        count = min(READ, args["size"] - at)
        digest.update(read_piece(context, context.host_id, args["pool"], args["name"], at, count))
        context.report(at + count, args["size"], "bytes")
    return _compare(args, digest.hexdigest())


def _settle(context: Context, args: Args) -> Result:
    """Have libvirt see what the volume is now, and make sure that it is what was sent."""
    pool, name = args["pool"], args["name"]
    try:
        context.ask(lambda verbs: verbs.storage.refresh(pool))
    except (Conflict, StepFailed) as error:
        context.log(f"The pool was not refreshed: {error}")  # other jobs are at work in it
    volume = context.ask(lambda verbs: verbs.storage.volume(pool, name))
    if volume.physical and volume.physical < args["size"]:
        raise StepFailed(f"{clean(name)} is too short", f"{volume.physical} of {args['size']} bytes are there.",
                         "Try again; look at the host's disk.")  # fmt: skip
    if not args.get("any_file", False):
        why = refusal(context.ask(lambda verbs: verbs.storage.probe(pool, name)))
        if why is not None:
            raise StepFailed(f"{clean(name)} did not arrive as a disk image", why[0], why[1])
    return {"path": volume.path, "format": volume.format, "capacity": volume.capacity}


def _check_unused(context: Context, args: Args) -> None:
    """No definition names it, and no volume of any active pool is on top of it. Raises ``Conflict``."""
    _unused(context, args)


def _unused(context: Context, args: Args) -> Result:
    from limen_tui.model.xml.read import facts  # noqa: PLC0415 - lxml, late

    def look(verbs: HostVerbs) -> str:
        names = {args["path"], f"{args['pool']}/{args['name']}"}
        for xml in verbs.definitions.all_xml().values():
            known = facts(xml)
            if any(disk.source in names for disk in known.disks):
                return "A VM names it in its definition."
        for pool in verbs.pools():
            for volume in verbs.storage.volumes(pool.name) if pool.active else ():
                if volume.backing_path == args["path"]:
                    return f"{volume.pool}/{volume.name} is on top of it."
        return ""

    if why := context.ask(look):
        raise Conflict(f"{clean(args['name'])} is in use", why, "Delete or detach what uses it first.")
    return {}


OPERATIONS: Final[Mapping[str, Operation]] = {
    "image.upload": Operation(_upload, do_again, keep, _check_upload),
    "image.fetch": Operation(_fetch, do_again, keep, _check_room),
    "image.host-fetch": Operation(host_fetch, do_again, keep, _check_room),
    "image.copy": Operation(_copy, do_again, keep, _check_copy),
    "image.read-back": Operation(_read_back, do_again, keep),
    "image.unused": Operation(_unused, do_again, keep, _check_unused),
    "image.settle": Operation(_settle, do_again, keep),
}
