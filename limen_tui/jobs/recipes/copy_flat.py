"""Plans the job that copies an image which holds only the changes to others, to another host, as one. Pure."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import replace
from uuid import uuid4

from limen_tui.errors import InputError
from limen_tui.model.host import Host
from limen_tui.model.imagehead import ImageHead, refusal
from limen_tui.model.jobs import JobPlan, StepPlan
from limen_tui.model.storage import Volume
from limen_tui.model.units import clean, size
from limen_tui.model.xml.volume import check_volume_name


def copy_flat(
    host: Host, pool: str, origin: Host, chain: Sequence[Volume], head: ImageHead, *, name: str = "",
    read_back: bool = False,
) -> JobPlan:  # fmt: skip
    """``chain`` is the image and all below it, nearest first; ``head`` what ``probe`` gave of it. Raises
    ``InputError`` where a link lies in no pool: it could be any file of the host."""
    volume, shown = chain[0], clean(chain[0].name)
    why = refusal(replace(head, backing_file=""))
    outside = next((each for each in chain if not each.pool), None)
    if outside is not None:
        why = (f"It lies on top of {clean(outside.path)}, which is in no pool of the host.",
               "Make that directory a pool, if the file may be read.")  # fmt: skip
    elif volume.kind != "file":
        why = "It is no file: beside it there is no place for a flat copy.", "Flatten it on the host: qemu-img convert"
    if why:
        raise InputError(f"{shown} cannot be copied", why[0], why[1])
    name = name or volume.name
    check_volume_name(name)
    room = most(chain)
    flat = {"from_host": origin.id, "from_pool": volume.pool, "flat": f"limen-flat-{uuid4().hex[:12]}.qcow2"}
    both = {**flat, "pool": pool, "name": name}
    new, there = clean(name), f"pool {clean(volume.pool)} on {clean(origin.name)}"
    steps = [
        StepPlan("image.flatten", f"Make a flat copy of {shown} in {there}",
                 {**flat, "from_name": volume.name, "most": room}),
        StepPlan("image.flat-room", f"Make room for {new}, {size(room)} at most, in pool {clean(pool)}",
                 {**both, "most": room}),
        StepPlan("image.flat-copy", f"Copy it from {clean(origin.name)}",
                 {**both, "checksum": "", "read_back": read_back}),
        StepPlan("image.flat-settle", f"Look at {new} as libvirt sees it", both),
        StepPlan("image.flat-remove", f"Remove the flat copy from {there}", flat),
    ]  # fmt: skip
    if read_back:
        steps.insert(3, StepPlan("image.flat-read-back", f"Read {new} back and compare", {**both, "checksum": ""}))
    return JobPlan("copy-image", f"Copy {new} as one image", host.id, host.name, tuple(steps), action="image.copy",
                   notes=(flat_note(chain, origin.name),))  # fmt: skip


def most(chain: Sequence[Volume]) -> int:
    """Bytes that a flat copy takes at most, but for a little: all that is in any link."""
    return min(chain[0].capacity, sum(each.allocation for each in chain)) or chain[0].capacity


def flat_note(chain: Sequence[Volume], host_name: str) -> str:
    """What is done to it, in a few words."""
    below = ", ".join(clean(each.name) for each in chain[1:4]) + (" and more" if len(chain) > 4 else "")
    return (
        f"{clean(chain[0].name)} holds only the changes to {below}. A flat copy of all of it is made beside it on "
        f"{clean(host_name)}, up to {size(most(chain))}, sent, and removed again."
    )
