"""Creating VMs: looks at the host, checks what was asked for, makes the plan of a job. Imports jobs and model.

``look`` runs on a thread of the host's session; the rest is pure but for templates being read, and is quick: a form
calls ``prepare`` at each key press, off the UI thread where the seed has to be made.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field, replace

from limen_tui.errors import InputError, LimenError, NotFound, NotSupported
from limen_tui.jobs.recipes.create import SEED, NewVolume, create_plan
from limen_tui.model.host import HostSnapshot
from limen_tui.model.jobs import JobPlan
from limen_tui.model.ports import HostVerbs
from limen_tui.model.spec import (
    CopyOf,
    DiskSpec,
    Finding,
    HostLimits,
    ImageRef,
    PoolLimits,
    VMSpec,
    complete,
    errors,
    validate,
)
from limen_tui.model.storage import Pool, Volume
from limen_tui.model.units import clean, size
from limen_tui.model.vm import VMFacts
from limen_tui.model.xml.domcaps import ASSUMED, DomainCaps, read_domcaps_or_assume

FILE_POOLS = frozenset({"dir", "fs", "netfs"})
LOOKED_AT = FILE_POOLS | {"logical", "disk"}
"""Kinds of pools whose volumes can be read through libvirt everywhere."""
SEED_SUFFIX = "-seed.iso"


@dataclass(frozen=True, slots=True)
class Ground:
    """What a host has and offers, as far as new VMs go."""

    limits: HostLimits
    pools: Mapping[str, Pool]
    volumes: Mapping[ImageRef, Volume]
    networks: tuple[str, ...] = ()
    users: Mapping[str, str] = field(default_factory=dict)
    """By path: the VM whose own disk it is."""
    copied: str = ""
    """The definition to copy, where one was asked for."""

    @property
    def caps(self) -> DomainCaps:
        """What VMs can be there."""
        return self.limits.caps

    @property
    def images(self) -> tuple[Volume, ...]:
        """Volumes that can be a base or be imported: disks of no VM, no CD images."""
        return tuple(
            volume for volume in self.volumes.values() if not volume.is_iso and volume.path not in self.users
        )

    @property
    def isos(self) -> tuple[Volume, ...]:
        """CD images, cloud-init seeds left out."""
        return tuple(
            volume for volume in self.volumes.values() if volume.is_iso and not volume.name.endswith(SEED_SUFFIX)
        )


@dataclass(frozen=True, slots=True)
class Prepared:
    """What would be done for a spec, or why it cannot be."""

    spec: VMSpec
    """Completed."""
    findings: tuple[Finding, ...] = ()
    plan: JobPlan | None = None
    """``None`` while there are errors."""
    xml: str = ""
    attachments: Mapping[str, bytes] = field(default_factory=dict, repr=False)


def look(verbs: HostVerbs, snapshot: HostSnapshot, *, copy_of: str = "") -> Ground:
    """Ask a host for what ``prepare`` needs. Raises ``LimenError``."""
    pools = {pool.name: pool for pool in verbs.pools()}
    volumes = {
        ImageRef(pool.name, volume.name): volume
        for pool in pools.values() if pool.active for volume in verbs.storage.volumes(pool.name)
    }  # fmt: skip
    names = verbs.definitions.names()
    networks = verbs.networks()
    info = snapshot.info
    used = snapshot.load.mem_used_kib
    limits = HostLimits(
        name=snapshot.host.name, cpus=info.cpus, memory_kib=info.memory_kib,
        memory_free_kib=None if used is None or not info.memory_kib else max(0, info.memory_kib - used),
        vm_names=frozenset(names), uuids=frozenset(names.values()),
        macs=frozenset(nic.mac for vm in snapshot.vms.values() for nic in vm.facts.nics if nic.mac),
        pools={
            pool.name: PoolLimits(
                pool.available, pool.active, pool.kind,
                frozenset(ref.volume for ref in volumes if ref.pool == pool.name) if pool.active else None,
            )
            for pool in pools.values()
        },
        networks={network.name: network.active for network in networks},
        caps=_caps(verbs), read_only=snapshot.host.read_only or info.read_only,
    )  # fmt: skip
    copied = verbs.xml(copy_of, inactive=True) if copy_of else ""
    users = {
        disk.source: vm.name for vm in snapshot.vms.values() for disk in vm.facts.disks
        if disk.device == "disk" and disk.source
    }  # fmt: skip
    return Ground(limits, pools, volumes, tuple(network.name for network in networks), users, copied)


def _caps(verbs: HostVerbs) -> DomainCaps:
    # asked for no machine type libvirt answers for i440fx, which has no secure boot and fewer vCPUs than the q35 made
    for kind, machine in (("kvm", "q35"), ("kvm", ""), ("qemu", "q35"), ("qemu", "")):
        try:
            return read_domcaps_or_assume(verbs.definitions.domain_capabilities(kind=kind, machine=machine))
        except (InputError, NotFound, NotSupported):
            continue  # no such kind of VM here, or a driver that cannot tell
        except LimenError:
            if not machine and kind == "qemu":
                raise
    return ASSUMED


def prepare(spec: VMSpec, ground: Ground, snapshot: HostSnapshot) -> Prepared:
    """Check ``spec`` against what ``look`` has found, and plan it. Never raises for what a person can mend."""
    left_out: list[Finding] = []
    if isinstance(spec.source, CopyOf):
        left_out = _left_out(spec.source.xml or ground.copied, ground)
        spec = _as_copied(spec, spec.source.xml or ground.copied, ground)
    spec = complete(spec, ground.caps)
    spec = replace(spec, disks=tuple(_sized(disk, ground) for disk in spec.disks))
    findings = [*validate(spec, ground.limits), *_image_findings(spec, ground), *left_out]
    if errors(findings):
        return Prepared(spec, tuple(findings))
    try:
        seed, content = _seed(spec, ground)
        xml = _xml(spec, ground, seed)
    except InputError as error:
        return Prepared(spec, (*findings, Finding("", "error", f"{error.title}: {error.detail}")))
    plan = create_plan(
        host_id=snapshot.host.id, host_name=snapshot.host.name, name=spec.name, uuid=spec.uuid, xml=xml,
        volumes=[_volume(disk, ground) for disk in spec.disks if not disk.existing], seed=seed,
        start=spec.start, autostart=spec.autostart, existing=_existing(spec, ground),
        notes=[finding.text for finding in findings if finding.level == "warning"],
    )  # fmt: skip
    return Prepared(spec, tuple(findings), plan, xml, {SEED: content} if content else {})


def _sized(disk: DiskSpec, ground: Ground) -> DiskSpec:
    """A disk that says no size is as large as its base; one that exists has the format that it has."""
    if disk.existing:
        volume = ground.volumes.get(disk.ref)
        known = volume is not None and volume.format in ("qcow2", "raw")
        return replace(disk, format=volume.format) if known and volume is not None else disk  # type: ignore[arg-type]
    if disk.capacity or disk.backing is None:
        return disk
    base = ground.volumes.get(disk.backing)
    return replace(disk, capacity=base.capacity) if base is not None else disk


def _image_findings(spec: VMSpec, ground: Ground) -> list[Finding]:
    found = []
    for place, disk in enumerate(spec.disks):
        field_name = f"disks.{place}.capacity"
        base = ground.volumes.get(disk.backing) if disk.backing is not None else None
        if disk.backing is not None and base is None:
            found.append(Finding("source", "error", f"There is no image {disk.backing} on {ground.limits.name}."))
        elif base is not None and (user := ground.users.get(base.path)):
            found.append(Finding("source", "error", f"{base.name} is the disk of {user}: it changes under its clones."))
        elif base is not None and disk.capacity < base.capacity:
            least = size(base.capacity)
            found.append(Finding(field_name, "error", f"Smaller than the image, which needs {least}."))
        elif not disk.existing and not disk.capacity:
            found.append(Finding(field_name, "error", "How large? Examples: 20G, 512 MiB"))
        if disk.existing and not disk.path and disk.ref not in ground.volumes:
            found.append(Finding("source", "error", f"There is no volume {disk.ref} on {ground.limits.name}."))
        elif disk.existing and disk.device == "disk" and (user := ground.users.get(_source(disk, ground))):
            found.append(Finding("source", "error", f"{disk.name or disk.path} is the disk of {user} already."))
    return found


def _source(disk: DiskSpec, ground: Ground) -> str:
    volume = ground.volumes.get(disk.ref)
    return disk.path or (volume.path if volume is not None else "")


def _existing(spec: VMSpec, ground: Ground) -> list[tuple[str, str, str]]:
    """(pool, volume, format) of disks in pools that are to be the VM's own. The job looks into them: an image can name
    files of the host, and its guest would see them."""
    by_path = {volume.path: volume for volume in ground.volumes.values() if volume.path}
    found: list[tuple[str, str, str]] = []
    for disk in spec.disks:
        volume = by_path.get(disk.path) if disk.path else ground.volumes.get(disk.ref)
        if volume is None or not disk.existing or disk.device != "disk":
            continue
        if ground.pools[volume.pool].kind in LOOKED_AT:
            found.append((volume.pool, volume.name, disk.format))
    return found


def _volume(disk: DiskSpec, ground: Ground) -> NewVolume:
    base = ground.volumes.get(disk.backing) if disk.backing is not None else None
    made = NewVolume(disk.pool, disk.name, disk.capacity, disk.format)
    if base is None:
        return made
    return replace(
        made, backing_path=base.path, backing_format=base.format or "raw", backing=(base.pool, base.name)
    )


def _path(pool: Pool, name: str) -> str:
    return f"{pool.path.rstrip('/')}/{name}" if pool.kind in FILE_POOLS or pool.kind == "logical" else ""


def _seed(spec: VMSpec, ground: Ground) -> tuple[NewVolume | None, bytes]:
    if spec.cloud_init is None:
        return None, b""
    from limen_tui.fleet.seed import seed_iso  # noqa: PLC0415 - pycdlib, late

    boot = spec.boot_disk
    wished = ground.pools.get(boot.pool) if boot is not None else None
    able = [pool for pool in (wished, *ground.pools.values()) if pool and pool.active and pool.kind in FILE_POOLS]
    if not able:
        raise InputError("There is no place for the cloud-init seed", "It needs an active pool of files (dir).")
    content = seed_iso(spec)
    return NewVolume(able[0].name, f"{spec.name}{SEED_SUFFIX}", len(content), "raw"), content


def _xml(spec: VMSpec, ground: Ground, seed: NewVolume | None) -> str:
    from limen_tui.fleet.render import render_domain  # noqa: PLC0415 - jinja2, late

    paths = {ref: volume.path for ref, volume in ground.volumes.items() if volume.path}
    for disk in spec.disks:
        if not disk.existing and (pool := ground.pools.get(disk.pool)) is not None and _path(pool, disk.name):
            paths[disk.ref] = _path(pool, disk.name)
    seed_path = _path(ground.pools[seed.pool], seed.name) if seed is not None else ""
    if isinstance(spec.source, CopyOf):
        return _copy(spec, ground, paths)
    return render_domain(spec, paths, ground.caps, seed_path=seed_path)


# -- a copy of another VM's settings -----------------------------------------------------------------


def _as_copied(spec: VMSpec, xml: str, ground: Ground) -> VMSpec:
    """The spec with the size of the VM that is copied, and new empty disks as large as its own."""
    if not xml:
        return spec
    from limen_tui.model.xml.read import facts  # noqa: PLC0415 - lxml, late

    known = facts(xml)
    disks = [
        DiskSpec(volume.pool, "", volume.capacity, "raw" if volume.format == "raw" else "qcow2")
        for volume in _own_disks(known, ground).values()
    ]
    kind = "qemu" if known.kind == "qemu" else "kvm" if known.kind == "kvm" else spec.kind
    return replace(
        spec, vcpus=known.vcpus, vcpus_max=known.vcpus_max, memory_kib=known.memory_kib,
        memory_max_kib=known.memory_max_kib, kind=kind, disks=spec.disks or tuple(disks),
        graphics="none", cpu_mode=spec.cpu_mode, firmware="bios", tpm=False,
    )  # fmt: skip


def _own_disks(known: VMFacts, ground: Ground) -> dict[str, Volume]:
    """By target, the disks of a VM that a copy of its settings gets new ones for: not its cloud-init seed, which is of
    that VM alone, and none outside the pools."""
    by_path = {volume.path: volume for volume in ground.volumes.values() if volume.path and not volume.is_iso}
    return {
        disk.target: volume for disk in known.disks
        if disk.device == "disk" and (volume := by_path.get(disk.source)) is not None
    }  # fmt: skip


def _left_out(xml: str, ground: Ground) -> list[Finding]:
    """The disks of a VM that a copy of its settings does not get, and why."""
    if not xml:
        return []
    from limen_tui.model.xml.read import facts  # noqa: PLC0415 - lxml, late

    known = facts(xml)
    own = _own_disks(known, ground)
    seeds = {volume.path for volume in ground.volumes.values() if volume.is_iso}
    return [
        Finding("source", "warning", f"Disk {clean(disk.target)} is left out: {clean(disk.source) or 'its storage'} "
                f"{'is a CD image' if disk.source in seeds else 'lies in no active pool that Limen sees'}.")
        for disk in known.disks if disk.device == "disk" and disk.target not in own
    ]  # fmt: skip


def _copy(spec: VMSpec, ground: Ground, paths: Mapping[ImageRef, str]) -> str:
    from limen_tui.model.spec.completing import new_mac  # noqa: PLC0415
    from limen_tui.model.xml.copying import copy_settings, with_formats  # noqa: PLC0415 - lxml, late
    from limen_tui.model.xml.read import facts  # noqa: PLC0415

    xml = spec.source.xml if isinstance(spec.source, CopyOf) and spec.source.xml else ground.copied
    if not xml:
        raise InputError("There is no VM to copy the settings of")
    targets = _own_disks(facts(xml), ground)  # _as_copied has made new ones, in the same order
    made = dict(zip(targets, (disk for disk in spec.disks if disk.device == "disk"), strict=False))
    disks = {target: paths.get(disk.ref, disk.path) for target, disk in made.items()}
    copied = copy_settings(xml, spec.name, spec.uuid, make_mac=new_mac, disks=disks)
    return with_formats(copied, {target: disk.format for target, disk in made.items()})
