"""Resizing VMs: looks first, then makes the plan and the job. Imports jobs and model.

``look`` runs on a thread of the host's session and may block; the rest is pure and fast enough for each key typed.
"""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import replace

from limen_tui.errors import ConnectError, LimenError
from limen_tui.jobs.guestgrow import look_inside
from limen_tui.jobs.recipes.resize import resize_plan
from limen_tui.model.host import HostInfo, HostSnapshot
from limen_tui.model.jobs import JobPlan
from limen_tui.model.lifecycle import VMState
from limen_tui.model.ports import HostVerbs
from limen_tui.model.resize import Place, Plan, Situation, Wish, plan_resize
from limen_tui.model.verbs.devices import BlockInfo
from limen_tui.model.vm import VM
from limen_tui.model.xml.devices import DiskDevice, read_disks


def look(verbs: HostVerbs, vm: VM, info: HostInfo) -> Situation:
    """What is known of a VM and its host. Raises ``LimenError``, ``NotFound`` when it is gone."""
    uuid = vm.key.uuid
    running = verbs.definitions.is_active(uuid)
    persistent = vm.facts.persistent
    live = verbs.xml(uuid) if running else ""
    config = verbs.xml(uuid, inactive=True) if persistent or not running else ""
    free = {pool.name: pool.available for pool in verbs.pools() if pool.active}
    sizes: dict[str, BlockInfo] = {}
    places: dict[str, Place] = {}
    for disk in read_disks(live or config):
        if disk.device != "disk":
            continue
        size, place = _storage(verbs, uuid, disk, free)
        if size is not None:
            sizes[disk.target] = size
        if place is not None:
            places[disk.target] = place
    return Situation(
        uuid, vm.name, running, config, live, info.cpus, info.memory_kib, _most_vcpus(verbs, vm),
        vm.load.mem_used_kib, sizes, places, saved=vm.state is VMState.SUSPENDED and not running,
    )  # fmt: skip


def look_into_guest(verbs: HostVerbs, situation: Situation, targets: Iterable[str] = ()) -> Situation:
    """The same with what can be grown inside the guest: asks its agent, which may take seconds. No ``targets``: all."""
    if not situation.running:
        return situation
    return replace(situation, inside=look_inside(verbs, situation.uuid, tuple(targets) or tuple(situation.disks)))


def _storage(
    verbs: HostVerbs, uuid: str, disk: DiskDevice, free: dict[str, int]
) -> tuple[BlockInfo | None, Place | None]:
    size = volume = None
    try:
        if disk.pool:
            volume = verbs.storage.volume(disk.pool, disk.volume)
        elif disk.source.startswith("/"):
            volume = verbs.storage.by_path(disk.source)
    except ConnectError:
        raise
    except LimenError:
        volume = None  # its pool is not active, or it is gone: then it can grow only while the VM runs
    try:
        size = verbs.devices.block_info(uuid, disk.target)
    except ConnectError:
        raise
    except LimenError:
        size = BlockInfo(volume.capacity, volume.allocation, volume.physical) if volume is not None else None
    if volume is None or not volume.pool:
        return size, None
    return size, Place(volume.pool, volume.name, free.get(volume.pool), volume.format == "qcow2")


def _most_vcpus(verbs: HostVerbs, vm: VM) -> int:
    from limen_tui.model.xml.domcaps import read_domcaps  # noqa: PLC0415 - only here

    facts = vm.facts
    try:
        xml = verbs.definitions.domain_capabilities(arch=facts.arch, machine=facts.machine, kind=facts.kind)
        return read_domcaps(xml).max_vcpus
    except ConnectError:
        raise
    except LimenError:
        return 0  # a driver that does not say


def host_info(snapshot: HostSnapshot | None) -> HostInfo:
    """What is known of the host."""
    return HostInfo() if snapshot is None else snapshot.info


def job_of(vm: VM, situation: Situation, wish: Wish, plan: Plan | None = None) -> JobPlan:
    """The job that does it. Raises ``Conflict`` where the plan was refused or does nothing."""
    return resize_plan(vm.key.host_id, vm.host_name, situation, wish, plan or plan_resize(situation, wish))
