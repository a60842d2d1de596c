"""``limen create``: one VM, or several like it, from flags or a TOML file. Main thread."""

from __future__ import annotations

import argparse
import getpass
import sys
from collections.abc import Mapping
from dataclasses import replace
from pathlib import Path

from limen_tui.cli import exits, output
from limen_tui.cli.asking import ask
from limen_tui.cli.jobrun import refuse_read_only, run_jobs, show_plan
from limen_tui.cli.resolve import require_up, snapshot_named
from limen_tui.cli.waiting import Waiter
from limen_tui.errors import InputError, NotFound, ReadOnlyError
from limen_tui.fleet.creating import Ground, Prepared, look, prepare
from limen_tui.fleet.fleet import Fleet
from limen_tui.fleet.sshkeys import keys_in, own_keys
from limen_tui.model.host import HostSnapshot
from limen_tui.model.jobs import JobPlan
from limen_tui.model.naming import expand
from limen_tui.model.placement import suggest_host
from limen_tui.model.sizes import disk_bytes, memory_kib
from limen_tui.model.spec import (
    PRESETS,
    Blank,
    CloudImage,
    CloudInit,
    CopyOf,
    DirectKernel,
    DiskSpec,
    ImportDisk,
    IsoInstall,
    NicSpec,
    Pxe,
    Source,
    VMSpec,
    errors,
)
from limen_tui.model.spec.finding import field_in_words
from limen_tui.model.units import clean, listed
from limen_tui.model.workspace import in_workspace

HOST_SECONDS = 60.0


def create(fleet: Fleet, arguments: argparse.Namespace) -> int:
    """Plan, show what is doubtful, create."""
    if fleet.read_only and not arguments.dry_run:
        raise ReadOnlyError("Nothing was created: Limen was started read-only")
    spec = _from_file(arguments) if arguments.file else VMSpec(arguments.name or "")
    spec = _with_flags(spec, arguments)
    names = expand(spec.name, arguments.count or 0) if spec.name else ()
    if not names:
        raise InputError("A VM needs a name", hint="limen create NAME ...")
    waiter = Waiter(fleet)
    arguments.host = arguments.host or spec.host_id or None
    waiter.reach_named(arguments, facts=True)
    snapshot = _host(fleet, spec, arguments.host)
    if not arguments.dry_run:
        refuse_read_only(fleet, snapshot.host.id, f"create {spec.name}")
    copied = _copied(fleet, arguments, snapshot)
    if copied:
        spec = replace(spec, source=CopyOf(copied))
    ground = ask(fleet, waiter, snapshot.host.id, lambda verbs: look(verbs, snapshot, copy_of=copied), HOST_SECONDS)
    spec = _with_volumes(spec, ground, arguments)
    plans, attachments = [], list[Mapping[str, bytes]]()
    for name in names:
        made = prepare(replace(spec, name=name, uuid=""), ground, snapshot)
        plans.append(_accepted(made, arguments))
        attachments.append(made.attachments)
        if arguments.dry_run:
            show_plan(plans[-1])
            print(made.xml)
    return exits.OK if arguments.dry_run else run_jobs(fleet, waiter, plans, attachments, as_json=arguments.json)


def _accepted(made: Prepared, arguments: argparse.Namespace) -> JobPlan:
    """The plan. Raises ``InputError`` with all that is wrong."""
    for finding in made.findings:
        if finding.level == "warning" and not arguments.json:
            output.say(f"limen: {made.spec.name}: {finding.text}")
    wrong = errors(made.findings)
    if wrong or made.plan is None:
        named = [(field_in_words(finding.field), finding.text) for finding in wrong]
        told = listed(f"{field}: {text}" if field else text for field, text in named)
        raise InputError(f"{made.spec.name} cannot be created", told, "`limen create --help` tells the flags.")
    return made.plan


def _from_file(arguments: argparse.Namespace) -> VMSpec:
    from limen_tui.fleet.specfile import spec_from_toml  # noqa: PLC0415

    try:
        text = sys.stdin.read() if arguments.file == "-" else Path(arguments.file).read_text("utf-8")
    except (OSError, UnicodeDecodeError) as error:
        raise InputError("The file cannot be read", f"{arguments.file}: {error}") from error
    return spec_from_toml(text, arguments.file, presets={**PRESETS, **arguments.settings.presets})


def _with_flags(spec: VMSpec, arguments: argparse.Namespace) -> VMSpec:
    """The spec with what the flags say on top."""
    presets = {**PRESETS, **arguments.settings.presets}
    preset = presets.get(arguments.preset) if arguments.preset else None
    if arguments.preset and preset is None:
        raise InputError(f"No preset is called {arguments.preset!r}", f"known: {', '.join(presets)}",
                         "Your own stand in config.toml as [presets.NAME].")  # fmt: skip
    if arguments.name:
        spec = replace(spec, name=arguments.name)
    if preset is not None:
        spec = replace(spec, vcpus=preset.vcpus, memory_kib=preset.memory_kib)
    if arguments.vcpus:
        spec = replace(spec, vcpus=arguments.vcpus)
    if arguments.memory:
        spec = replace(spec, memory_kib=memory_kib(arguments.memory))
    source = _source(arguments)
    if source is not None:
        spec = replace(spec, source=source)
    sizes = [disk_bytes(text) for text in arguments.disk]
    if not sizes and preset is not None and not isinstance(spec.source, ImportDisk):
        sizes = [preset.disk]
    if sizes:
        spec = replace(spec, disks=tuple(DiskSpec(arguments.pool or "", capacity=size) for size in sizes))
    if arguments.network:
        spec = replace(spec, nics=tuple(_nic(text) for text in arguments.network))
    for name in ("firmware", "graphics", "kind"):
        if (value := getattr(arguments, name)) is not None:
            spec = replace(spec, **{name: value})
    if arguments.tpm:
        spec = replace(spec, tpm=True)
    if arguments.tag:
        spec = replace(spec, tags=tuple(arguments.tag))
    if arguments.workspace:
        spec = replace(spec, tags=in_workspace(spec.tags, arguments.workspace.strip()))
    spec = replace(spec, start=spec.start and not arguments.no_start, autostart=spec.autostart or arguments.autostart)
    return replace(spec, cloud_init=_cloud(spec, arguments))


def _source(arguments: argparse.Namespace) -> Source | None:
    given = [name for name in ("image", "iso", "use_disk", "pxe", "kernel", "like") if getattr(arguments, name)]
    if len(given) > 1:
        flags = ", ".join("--" + name.replace("_", "-") for name in given)
        raise InputError("A VM is made from one thing", flags, "Leave all but one out.")
    if arguments.image:
        return CloudImage(*_volume(arguments.image))
    if arguments.iso:
        return IsoInstall(*_volume(arguments.iso))
    if arguments.use_disk:
        return ImportDisk(*_volume(arguments.use_disk))
    if arguments.pxe:
        return Pxe()
    if arguments.kernel:
        return DirectKernel(arguments.kernel, arguments.initrd or "", arguments.cmdline or "")
    return None


def _volume(text: str) -> tuple[str, str]:
    """``POOL/VOLUME``, or a volume of whichever pool has it."""
    pool, slash, volume = text.rpartition("/")
    return (pool, volume) if slash else ("", text)


def _nic(text: str) -> NicSpec:
    kind, colon, source = text.partition(":")
    if not colon:
        return NicSpec(source=text)
    if kind not in ("network", "bridge", "macvtap") or not source:
        raise InputError(f"{clean(text)!r} is no network", hint="Examples: default, bridge:br0, macvtap:eth0")
    return NicSpec(kind, source)  # type: ignore[arg-type]


def _cloud(spec: VMSpec, arguments: argparse.Namespace) -> CloudInit | None:
    wanted = arguments.user or arguments.ssh_key or arguments.password or arguments.user_data or arguments.package
    if not wanted and (spec.cloud_init is not None or not isinstance(spec.source, CloudImage)):
        return spec.cloud_init
    cloud = spec.cloud_init or CloudInit()
    keys = [key for name in arguments.ssh_key for key in keys_in(Path(name).expanduser())]
    if not keys and not cloud.ssh_keys and not arguments.password:
        keys = own_keys()
    password = ""
    if arguments.password:
        from limen_tui.fleet.passwords import password_hash  # noqa: PLC0415

        if not sys.stdin.isatty():
            raise InputError("A password can only be asked for on a terminal", hint="Use --ssh-key instead.")
        password = password_hash(getpass.getpass(f"Password of {arguments.user or 'the guest'}: "))
    text = cloud.user_data
    if arguments.user_data:
        try:
            text = Path(arguments.user_data).expanduser().read_text("utf-8")
        except (OSError, UnicodeDecodeError) as error:
            raise InputError("The user-data cannot be read", str(error)) from error
    return replace(
        cloud, user=arguments.user or cloud.user, ssh_keys=tuple(keys) or cloud.ssh_keys,
        password_hash=password or cloud.password_hash, packages=tuple(arguments.package) or cloud.packages,
        user_data=text,
    )  # fmt: skip


def _host(fleet: Fleet, spec: VMSpec, wanted: str | None) -> HostSnapshot:
    """The host that was named, or the best, which is then said."""
    hosts = fleet.view.hosts
    if wanted:
        return require_up(snapshot_named(wanted, hosts))
    ranked = suggest_host(hosts, memory_kib=spec.memory_kib, vcpus=spec.vcpus)
    if not ranked:
        raise NotFound("No host can take a VM now", hint="`limen hosts` says why.")
    if len(ranked) > 1:
        output.say(f"limen: on {ranked[0].name}: {ranked[0].reason}")
    return next(host for host in hosts if host.host.id == ranked[0].host_id)


def _copied(fleet: Fleet, arguments: argparse.Namespace, snapshot: HostSnapshot) -> str:
    if not arguments.like:
        return ""
    from limen_tui.cli.resolve import vms_named  # noqa: PLC0415

    return vms_named([arguments.like], fleet.view.vms, snapshot.host.name)[0].key.uuid


def _with_volumes(spec: VMSpec, ground: Ground, arguments: argparse.Namespace) -> VMSpec:
    """The spec with the pool of each volume that was named without; a disk and a network where nothing was said."""
    source = spec.source
    if isinstance(source, CloudImage | IsoInstall | ImportDisk) and not source.pool:
        pools = [ref.pool for ref in ground.volumes if ref.volume == source.volume]
        if len(pools) > 1:
            raise InputError(f"{source.volume} is in several pools", ", ".join(pools), "Say POOL/VOLUME.")
        if not pools:
            raise NotFound(f"No volume of {ground.limits.name} is called {source.volume!r}",
                           hint="`limen images` lists them; `limen upload` brings one.")  # fmt: skip
        spec = replace(spec, source=replace(source, pool=pools[0]))
    pool = arguments.pool or _default_pool(ground)
    if not spec.disks and isinstance(source, CloudImage | IsoInstall | Pxe | Blank):
        size = 0 if isinstance(source, CloudImage) else PRESETS["small"].disk
        spec = replace(spec, disks=(DiskSpec(pool, capacity=size),))
    spec = replace(spec, disks=tuple(replace(disk, pool=disk.pool or pool) for disk in spec.disks))
    if not spec.nics and not arguments.no_network and ground.networks and not isinstance(source, CopyOf):
        spec = replace(spec, nics=(NicSpec(source="default" if "default" in ground.networks else ground.networks[0]),))
    return spec


def _default_pool(ground: Ground) -> str:
    active = [pool for pool in ground.pools.values() if pool.active]
    if not active:
        raise InputError("The host has no active storage pool", hint="Start one, or name volumes with POOL/VOLUME.")
    return next((pool.name for pool in active if pool.name == "default"),
                max(active, key=lambda pool: pool.available).name)  # fmt: skip
