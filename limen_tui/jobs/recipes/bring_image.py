"""Plans jobs that bring an image to a host: from a file here, from the web, from another host.

Planning looks at the file, the address or the volume, so it may block: not on the UI thread.
"""

from __future__ import annotations

from collections.abc import Sequence
from pathlib import PurePosixPath
from typing import TYPE_CHECKING, Any

from limen_tui.errors import InputError
from limen_tui.jobs import localfile
from limen_tui.jobs.recipes.copy_flat import copy_flat
from limen_tui.model.checksums import parse_checksum
from limen_tui.model.host import Host
from limen_tui.model.imagehead import ImageHead, refusal
from limen_tui.model.jobs import JobPlan, StepPlan
from limen_tui.model.storage import Volume
from limen_tui.model.units import clean, size
from limen_tui.model.xml.volume import check_volume_name

if TYPE_CHECKING:
    from limen_tui.remote.hostweb import HostWeb


def upload_image(
    host: Host, pool: str, path: str, *, name: str = "", checksum: str = "", read_back: bool = False,
    any_file: bool = False,
) -> JobPlan:  # fmt: skip
    """From a file of this machine. Raises ``InputError``; reads the file's head and tables."""
    image = localfile.look_at(path, any_file=any_file)
    args = {"path": image.path, "mtime_ns": image.mtime_ns, "any_file": any_file}
    return _plan(host, pool, name or PurePosixPath(image.path).name, image.size, "image.upload", args,
                 verb="Upload", origin=path, checksum=checksum, read_back=read_back)  # fmt: skip


def fetch_image(
    host: Host, pool: str, url: str, *, name: str = "", checksum: str = "", checksum_url: str = "",
    read_back: bool = False, by_host: HostWeb | None = None,
) -> JobPlan:  # fmt: skip
    """From the web: through this machine, or straight to the host where ``by_host`` is given.

    Raises ``LimenError``; asks the server for size and checksum, the same way as it will fetch.
    """
    from limen_tui.jobs import web  # noqa: PLC0415 - the web's modules are for those who fetch
    from limen_tui.model.checksums import find_checksum  # noqa: PLC0415

    listed = web.check_url(url)
    if checksum_url:
        web.check_url(checksum_url)
    if checksum_url and not checksum:
        text = web.text_of(checksum_url) if by_host is None else by_host.text_of(checksum_url)
        checksum = str(find_checksum(text, listed))
    if by_host is not None:
        return _plan(host, pool, name or listed, by_host.look_up(url), "image.host-fetch", {"url": url}, verb="Fetch",
                     origin=f"{url}, by the host itself", checksum=checksum, read_back=read_back)  # fmt: skip
    file = web.look_up(url)
    return _plan(host, pool, name or listed, file.size, "image.fetch", {"url": url}, verb="Fetch", origin=url,
                 checksum=checksum, read_back=read_back)  # fmt: skip


def copy_image(
    host: Host, pool: str, origin: Host, volume: Volume, head: ImageHead, *, name: str = "",
    checksum: str = "", read_back: bool = False, chain: Sequence[Volume] = (),
) -> JobPlan:  # fmt: skip
    """From another host, through this machine; ``head`` is what ``probe`` gave. Raises ``InputError``.

    An image on top of others goes as one where ``chain``, what it and all below it are, is given.
    """
    if head.backing_file and len(chain) > 1:
        if checksum:
            raise InputError("The checksum of a flat copy is not known before it is made", hint="Use --read-back.")
        return copy_flat(host, pool, origin, chain, head, name=name, read_back=read_back)
    if why := refusal(head):
        raise InputError(f"{clean(volume.name)} cannot be copied", why[0], why[1])
    if not volume.physical:
        raise InputError(f"The host does not say how long {clean(volume.name)} is")
    args = {"from_host": origin.id, "from_pool": volume.pool, "from_name": volume.name}
    said = f"{volume.pool}/{volume.name} on {origin.name}"
    return _plan(host, pool, name or volume.name, volume.physical, "image.copy", args, verb="Copy", origin=said,
                 checksum=checksum, read_back=read_back)  # fmt: skip


def _plan(
    host: Host, pool: str, name: str, length: int, op: str, more: dict[str, Any], *, verb: str, origin: str,
    checksum: str, read_back: bool,
) -> JobPlan:  # fmt: skip
    check_volume_name(name)
    checksum = str(parse_checksum(checksum)) if checksum else ""
    where = {"pool": pool, "name": name}
    args = {**where, "size": length, "checksum": checksum, "read_back": read_back, **more}
    shown, into = clean(name), f"pool {clean(pool)}"
    steps = [
        StepPlan("volume.create", f"Make room for {shown}, {size(length)}, in {into}",
                 {**where, "capacity": length, "format": "raw"}),
        StepPlan(op, f"{verb} {clean(origin)}", args),
    ]  # fmt: skip
    if read_back:
        steps.append(StepPlan("image.read-back", f"Read {shown} back and compare",
                              {**where, "size": length, "checksum": checksum}))  # fmt: skip
    steps.append(StepPlan("image.settle", f"Look at {shown} as libvirt sees it",
                          {**where, "size": length, "any_file": more.get("any_file", False)}))  # fmt: skip
    notes = () if checksum else ("No checksum is known: it is only made sure that all of it arrives.",)
    return JobPlan(
        f"{verb.lower()}-image", f"{verb} {shown}", host.id, host.name, tuple(steps), action=f"image.{verb.lower()}",
        notes=notes,
    )
