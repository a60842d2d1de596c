"""``limen images``, ``upload``, ``fetch`` and ``copy-image``. Main thread."""

from __future__ import annotations

import argparse
from collections.abc import Callable, Sequence

from limen_tui.cli import exits, output
from limen_tui.cli.asking import ask, ask_each
from limen_tui.cli.jobrun import refuse_read_only, run_jobs, show_plan
from limen_tui.cli.resolve import require_up, snapshot_named
from limen_tui.cli.waiting import Waiter
from limen_tui.errors import InputError
from limen_tui.fleet import images as stocks
from limen_tui.fleet.fleet import Fleet
from limen_tui.fleet.hostweb import plan_fetch
from limen_tui.jobs.recipes.bring_image import copy_image, upload_image
from limen_tui.model import cloudimages
from limen_tui.model.host import HostSnapshot
from limen_tui.model.images import Image, ImageKind
from limen_tui.model.jobs import JobPlan
from limen_tui.model.ports import HostVerbs
from limen_tui.model.units import UNKNOWN, clean, size


def images(fleet: Fleet, arguments: argparse.Namespace) -> int:
    """List images of hosts, or those known by name. Hosts that cannot say make the exit code 3."""
    if arguments.add or arguments.drop:
        return _paths(fleet, arguments)
    waiter = Waiter(fleet)
    missing = waiter.reach_named(arguments, facts=True, needed=False)
    wanted = [_host(fleet, arguments.host)] if arguments.host else list(fleet.view.hosts)

    def question(host: HostSnapshot) -> Callable[[HostVerbs], stocks.Stock]:
        paths = stocks.added_paths(fleet.inventory, host.host.id)
        return lambda verbs: stocks.look(verbs, paths)

    said, failed = ask_each(fleet, waiter, wanted, missing, question)
    found: list[Image] = []
    for host, stock in said:
        for pool in stock.unread:
            output.say(f"limen: {host.host.name}: pool {pool} cannot be listed now")
        found += stocks.images_of(host, stock)
    if not arguments.all:
        found = [image for image in found if image.kind is not ImageKind.DISK]
    if arguments.json:
        output.as_json([image_json(image) for image in found])
    else:
        _table(found)
    return exits.UNREACHABLE if failed else exits.OK


def _table(found: Sequence[Image]) -> None:
    rows = [
        [image.volume.name, image.host_name, image.volume.pool or UNKNOWN, image.kind.value, image.volume.format,
         size(image.volume.capacity or None), size(image.volume.allocation or None), image.keep_reason]
        for image in found
    ]  # fmt: skip
    head = ["IMAGE", "HOST", "POOL", "KIND", "FORMAT", "SIZE", "ON DISK", "IN USE"]
    output.table(head, rows, right=frozenset({5, 6}))
    if not rows:
        output.say("No images. Bring one: limen fetch debian --host HOST, or limen upload FILE --host HOST.")


def image_json(image: Image) -> dict[str, object]:
    """An image for scripts; sizes in bytes."""
    volume = image.volume
    return {
        "name": volume.name, "host": image.host_name, "pool": volume.pool or None, "path": volume.path,
        "kind": image.kind.value, "format": volume.format or None, "virtual_bytes": volume.capacity,
        "allocated_bytes": volume.allocation, "backing_chain": list(image.chain), "vms": list(image.users),
        "volumes_on_top": list(image.above), "vms_on_top": list(image.through), "in_use": bool(image.keep_reason),
    }  # fmt: skip


def known(arguments: argparse.Namespace) -> int:
    """List what can be fetched by name. Needs no host."""
    if arguments.json:
        output.as_json([
            {"name": each.name, "title": each.title, "arch": each.arch, "url": each.url,
             "checksums": each.checksum_url, "user": each.user} for each in cloudimages.KNOWN
        ])  # fmt: skip
        return exits.OK
    archs: dict[str, list[str]] = {}
    for each in cloudimages.KNOWN:
        archs.setdefault(each.name, []).append(each.arch)
    rows = [[each.name, each.title, " ".join(archs[each.name]), each.user, each.url] for each in cloudimages.known()]
    output.table(["NAME", "IMAGE", "FOR", "USER", "ADDRESS"], rows)
    return exits.OK


def _paths(fleet: Fleet, arguments: argparse.Namespace) -> int:
    if not arguments.host:
        raise InputError("Say with --host on which host the file is")
    host = _host(fleet, arguments.host)
    if arguments.add:
        stocks.add_path(fleet.inventory, host.host.id, arguments.add)
    if arguments.drop:
        stocks.drop_path(fleet.inventory, host.host.id, arguments.drop)
    return exits.OK


def upload(fleet: Fleet, arguments: argparse.Namespace) -> int:
    """Upload a file as a job, and follow it."""
    host = _host(fleet, arguments.host)
    plan = upload_image(
        host.host, arguments.pool, arguments.file, name=arguments.name, checksum=arguments.checksum,
        read_back=arguments.read_back, any_file=arguments.any_file,
    )  # fmt: skip
    return _bring(fleet, host, plan, arguments)


def fetch(fleet: Fleet, arguments: argparse.Namespace) -> int:
    """Fetch an image by name or address as a job, and follow it."""
    host = _host(fleet, arguments.host)
    url, checksums, name = arguments.image, arguments.checksums, arguments.name
    waiter = Waiter(fleet)
    waiter.reach_named(arguments)  # the host may have a way to the web of its own
    if "//" not in url:
        arch = _host(fleet, arguments.host).info.arch or cloudimages.X86
        image = cloudimages.find(url, arch)
        url, checksums, name = image.url, checksums or image.checksum_url, name or image.file
    plan = plan_fetch(
        fleet, host.host, arguments.pool, url, name=name, checksum=arguments.checksum, checksum_url=checksums,
        read_back=arguments.read_back,
    )  # fmt: skip
    return _bring(fleet, host, plan, arguments, waiter)


def copy(fleet: Fleet, arguments: argparse.Namespace) -> int:
    """Copy an image from host to host as a job, and follow it."""
    origin, host = _host(fleet, arguments.origin), _host(fleet, arguments.host)
    pool, _, name = arguments.image.partition("/")
    if not pool or not name:
        raise InputError(f"{clean(arguments.image)!r} names no image", hint="Example: default/debian-12.qcow2")
    waiter = Waiter(fleet)
    waiter.reach(arguments.timeout, only=(origin.host.id, host.host.id))
    chain, head = ask(fleet, waiter, origin.host.id,
                      lambda verbs: (verbs.storage.chain(pool, name), verbs.storage.probe(pool, name)))  # fmt: skip
    if len(chain) > 1 and not arguments.dry_run:
        refuse_read_only(fleet, origin.host.id, "A flat copy on the way")
    plan = copy_image(host.host, arguments.pool, origin.host, chain[0], head, chain=chain, name=arguments.name,
                      checksum=arguments.checksum, read_back=arguments.read_back)  # fmt: skip
    return _bring(fleet, host, plan, arguments, waiter)


def _bring(
    fleet: Fleet, host: HostSnapshot, plan: JobPlan, arguments: argparse.Namespace, waiter: Waiter | None = None
) -> int:
    """``waiter`` is one that has reached the hosts already: they are started once."""
    if arguments.dry_run:
        show_plan(plan)
        return exits.OK
    refuse_read_only(fleet, host.host.id, plan.title)
    if waiter is None:
        waiter = Waiter(fleet)
        waiter.reach_named(arguments)
        refuse_read_only(fleet, host.host.id, plan.title)
    require_up(_host(fleet, host.host.id))
    return run_jobs(fleet, waiter, [plan], as_json=arguments.json)


def _host(fleet: Fleet, name: str) -> HostSnapshot:
    return snapshot_named(name, fleet.view.hosts)
