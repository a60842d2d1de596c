"""Deleting, restoring and purging VMs: looks first, then makes the plan of a job. Imports jobs and model.

``survey`` runs on a thread of the host's session; the rest is pure.
"""

from __future__ import annotations

from limen_tui.errors import Conflict, ConnectError, LimenError, NotFound
from limen_tui.jobs.recipes.delete import delete_plan
from limen_tui.model.deletion import DiskFate, Survey, fate_of
from limen_tui.model.jobs import JobPlan
from limen_tui.model.keepsakes import Trashed
from limen_tui.model.ports import HostVerbs, KeepsakesPort
from limen_tui.model.storage import Pool, Volume
from limen_tui.model.verbs.definitions import Leftovers
from limen_tui.model.vm import VM, Disk

DAYS = 7.0
"""For how long the trash asks to keep a VM."""
DAY = 86_400.0


def survey(verbs: HostVerbs, vm: VM, keepsakes: KeepsakesPort) -> Survey:
    """What deleting ``vm`` would take along. What was kept of its definition serves when the hypervisor has lost it.
    A pool that should have one of its disks and does not know it is refreshed, unless the host is read-only.

    Raises ``NotFound`` when it is gone and nothing was kept, ``LimenError`` otherwise.
    """
    from limen_tui.model.xml.read import facts  # noqa: PLC0415 - lxml, late

    uuid = vm.key.uuid
    definitions = verbs.definitions.all_xml()
    gone = uuid not in definitions
    kept = keepsakes.definitions(*vm.key) if gone else ()
    if gone and not kept:
        raise NotFound("The VM is gone", f"{vm.host_name} does not know it, and no definition of it was kept.",
                       "Forget it under Reconcile.")  # fmt: skip
    xml = kept[0].xml if gone else definitions[uuid]
    known = facts(xml)
    others = {facts_name(other): facts(other).disks for other_uuid, other in definitions.items() if other_uuid != uuid}
    return Survey(
        vm.key, vm.name, vm.host_name, xml, gone=gone,
        running=not gone and verbs.definitions.is_active(uuid), autostart=vm.facts.autostart,
        tags=known.tags, leftovers=Leftovers() if gone else verbs.definitions.leftovers(uuid),
        disks=_fates(verbs, known.disks, others),
    )  # fmt: skip


def facts_name(xml: str) -> str:
    """The name in a definition."""
    from limen_tui.model.xml.parse import parse, text  # noqa: PLC0415 - lxml, late

    return text(parse(xml, "domain"), "name")


def _fates(verbs: HostVerbs, disks: tuple[Disk, ...], others: dict[str, tuple[Disk, ...]]) -> tuple[DiskFate, ...]:
    pools = tuple(pool for pool in verbs.pools() if pool.active)
    volumes = _volumes_of(verbs, disks, pools)
    # a clone may lie in another pool than its base; after the look, which may have found one more
    everything = [each for pool in pools for each in verbs.storage.volumes(pool.name)]
    fates = []
    for disk, volume in zip(disks, volumes, strict=True):
        above: tuple[str, ...] = ()
        if volume is not None and volume.pool:
            above = tuple(each.name for each in everything if each.backing_path == volume.path)
        named = {disk.source} | ({volume.path, f"{volume.pool}/{volume.name}"} if volume is not None else set())
        users = tuple(sorted(
            name for name, has in others.items() if any(each.source and each.source in named for each in has)
        ))  # fmt: skip
        fates.append(fate_of(disk, volume, users=users, above=above))
    return tuple(fates)


def _volumes_of(verbs: HostVerbs, disks: tuple[Disk, ...], pools: tuple[Pool, ...]) -> list[Volume | None]:
    """The volume of each disk. A pool in which one should lie and is not known is refreshed, once: a file that was
    made behind libvirt's back is no volume before that."""
    found = [_volume_of(verbs, disk.source) for disk in disks]
    homes = {_home(disk.source, pools) for disk, volume in zip(disks, found, strict=True) if volume is None}
    refreshed = [_refreshed(verbs, pool) for pool in sorted(homes - {""})]
    if not any(refreshed):
        return found
    return [volume or _volume_of(verbs, disk.source) for disk, volume in zip(disks, found, strict=True)]


def _home(source: str, pools: tuple[Pool, ...]) -> str:
    """The name of the pool in whose folder a disk lies, or that it names; empty when there is none."""
    head, slash, _ = source.rpartition("/") if source.startswith("/") else source.partition("/")
    return next((
        pool.name for pool in pools
        if slash and (head == pool.name or (head.startswith("/") and head == pool.path.rstrip("/")))
    ), "")  # fmt: skip


def _refreshed(verbs: HostVerbs, pool: str) -> bool:
    try:
        verbs.storage.refresh(pool)
    except ConnectError:
        raise
    except LimenError:
        return False  # read-only, or busy with a volume: what is known must do
    return True


def _volume_of(verbs: HostVerbs, source: str) -> Volume | None:
    """The volume that a disk names by its path, or by pool and name."""
    if source.startswith("/"):
        return verbs.storage.by_path(source)
    pool, slash, name = source.partition("/")
    if not slash or "://" in source:
        return None
    try:
        return verbs.storage.volume(pool, name)
    except NotFound:
        return None


def sweeps(xml: str) -> bool:
    """Whether a definition has UEFI variables or TPM state of its own."""
    from limen_tui.model.xml.parse import attribute, parse  # noqa: PLC0415 - lxml, late

    root = parse(xml, "domain")
    return root.find("os/nvram") is not None or attribute(root, "devices/tpm/backend", "type") == "emulator"


def plan_delete(found: Survey, *, purge: bool, now: float, who: str, days: float = DAYS) -> JobPlan:
    """The job that deletes what was looked at. ``purge`` deletes the disks that go at once, else they stay in place
    for ``days`` and the VM can be restored. Raises ``Conflict`` for a protected VM."""
    if found.refusal:
        raise Conflict("The VM is protected", found.refusal, "Press T to edit its tags.")
    volumes = tuple((fate.volume.pool, fate.volume.name) for fate in found.disks if fate.goes and fate.volume)
    item = Trashed(
        0, now, now + days * DAY, who, found.key.host_id, found.host_name, found.key.uuid, found.name, found.xml,
        volumes,
    )  # fmt: skip
    return delete_plan(
        item, running=found.running, autostart=found.autostart, sweep=found.sweep, purge=purge, notes=found.notes,
        gone=found.gone,
    )  # fmt: skip


def describe(found: Survey, *, purge: bool) -> list[tuple[str, str]]:
    """(kind, line) of what goes and what stays; kind is ``goes``, ``kept`` or ``stays``."""
    from limen_tui.model.units import size  # noqa: PLC0415

    lines = [("goes", f"the definition of {found.name}" + ("" if purge else ", kept in the trash"))]
    if found.sweep:
        lines.append(("goes" if purge else "kept", "UEFI variables and TPM state"))
    for fate in found.disks:
        what = f"{fate.disk.target}  {fate.disk.source or '(empty)'}"
        if fate.volume is not None:
            what += f"  {size(fate.volume.allocation)} used of {size(fate.volume.capacity)}"
        if fate.goes:
            lines.append(("goes" if purge else "kept", what + ("" if purge else "  (until the trash is emptied)")))
        else:
            lines.append(("stays", f"{what}  {fate.stays or 'not chosen'}"))
    return lines
