"""The images of hosts: what lies in their pools, joined with the VMs that use it. Any thread; ``look`` blocks.

Imports the model; what brings images is in ``limen_tui.jobs.recipes.bring_image``.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from typing import Final

from limen_tui.errors import Conflict, InputError, NotFound
from limen_tui.fleet.fleet import Fleet
from limen_tui.model.host import HostSnapshot, HostState
from limen_tui.model.images import Image, catalogue
from limen_tui.model.jobs import JobPlan, StepPlan
from limen_tui.model.ports import HostVerbs, InventoryPort
from limen_tui.model.storage import Pool, Volume
from limen_tui.model.units import clean
from limen_tui.model.vm import VM

_KEPT: Final = "images.paths"
"""The setting with the paths that a person added, by host."""


@dataclass(frozen=True, slots=True)
class Stock:
    """What a host has: pools, and the volumes of the active ones."""

    pools: tuple[Pool, ...]
    volumes: tuple[Volume, ...]
    unread: tuple[str, ...] = ()
    """Pools that are active and could not be listed."""


def look(verbs: HostVerbs, paths: Iterable[str] = ()) -> Stock:
    """All pools and volumes, and what lies at ``paths``. Runs on the host's session. Raises ``LimenError``."""
    pools = verbs.pools()
    volumes: list[Volume] = []
    unread: list[str] = []
    for pool in pools:
        if not pool.active:
            continue
        try:
            volumes += verbs.storage.volumes(pool.name)
        except (NotFound, Conflict):
            unread.append(pool.name)  # stopped or removed since
    known = {volume.path for volume in volumes}
    for path in paths:
        if path not in known:
            found = verbs.storage.by_path(path)
            volumes.append(found or Volume("", path.rpartition("/")[2], path))
    return Stock(pools, tuple(volumes), tuple(unread))


def images_of(host: HostSnapshot, stock: Stock) -> tuple[Image, ...]:
    """The catalogue of a host."""
    return catalogue(host.host.id, host.host.name, stock.volumes, host.vms.values())


def pool_images(host: HostSnapshot, stock: Stock, pool: str) -> tuple[Image, ...]:
    """Those in one pool; who is on top of them is looked for in all."""
    return tuple(image for image in images_of(host, stock) if image.volume.pool == pool)


def added_paths(inventory: InventoryPort, host_id: str) -> tuple[str, ...]:
    """Paths of images outside pools that a person added to a host's catalogue."""
    paths = _kept(inventory).get(host_id, [])
    return tuple(path for path in paths if isinstance(path, str)) if isinstance(paths, list) else ()


def add_path(inventory: InventoryPort, host_id: str, path: str) -> None:
    """Add one. Raises ``InputError`` for what is no absolute path of a file."""
    check_path(path)
    _keep(inventory, host_id, dict.fromkeys((*added_paths(inventory, host_id), path)))


def check_path(path: str) -> None:
    """Raises ``InputError`` for what is no absolute path of a file."""
    if not path.startswith("/") or path.endswith("/") or ".." in path.split("/") or clean(path) != path:
        raise InputError(f"{clean(path)[:200]!r} is not the path of an image", hint="Example: /srv/images/base.qcow2")


def drop_path(inventory: InventoryPort, host_id: str, path: str) -> None:
    """Take one out again; the file stays."""
    _keep(inventory, host_id, dict.fromkeys(each for each in added_paths(inventory, host_id) if each != path))


def _kept(inventory: InventoryPort) -> Mapping[str, object]:
    nothing: object = {}
    kept = inventory.setting(_KEPT, nothing)
    return kept if isinstance(kept, Mapping) else {}


def _keep(inventory: InventoryPort, host_id: str, paths: Iterable[str]) -> None:
    inventory.set_setting(_KEPT, {**_kept(inventory), host_id: list(paths)})


def delete_plan(image: Image) -> JobPlan:
    """The job that removes a volume. Raises ``Conflict`` for one that is in use, or in no pool."""
    volume = image.volume
    if not volume.pool:
        raise Conflict(f"{clean(volume.name)} is in no pool", volume.path, "Limen deletes nothing outside of pools.")
    if why := image.keep_reason:
        raise Conflict(f"{clean(volume.name)} is in use", why, "Delete or detach what uses it first.")
    shown = clean(volume.name)
    args = {"pool": volume.pool, "name": volume.name}
    steps = (
        StepPlan("image.unused", f"Make sure that nobody uses {shown}", {**args, "path": volume.path}),
        StepPlan("volume.delete", f"Delete {shown} from pool {clean(volume.pool)}", args),
    )
    return JobPlan("delete-image", f"Delete {shown}", image.host_id, image.host_name, steps, action="image.delete")


def write_reason(host: HostSnapshot | None, *, read_only: bool) -> str:
    """Why nothing can be changed on a host now, as a clause; empty when it can."""
    if read_only:
        return "Limen was started read-only"
    if host is None:
        return "the host is gone"
    if host.host.read_only or host.info.read_only:
        return f"{host.host.name} is read-only"
    return "" if host.state is HostState.UP else f"{host.host.name} is {host.state.value}"


def vms_of(fleet: Fleet, host_id: str) -> tuple[VM, ...]:
    """The VMs of one host."""
    host = fleet.view.host(host_id)
    return () if host is None else tuple(host.vms.values())


def by_hand(url: str, host: str, pool: str) -> str:
    """How to bring an image where this machine has no way to the internet."""
    name = clean(url.rpartition("/")[2])
    return (
        f"By hand: curl -fLO {clean(url)} on a machine with internet; bring {name} here; then: "
        f"limen upload {name} --host {clean(host)} --pool {clean(pool)}"
    )
