"""Disks and interfaces of a VM plugged in, pulled out and changed: the jobs that do it, and what they change.

Pure but for chance in a new MAC address; imports jobs and model. Bus, target and PCI place are chosen by what the
machine offers.
"""

from __future__ import annotations

import secrets
from dataclasses import dataclass

from limen_tui.errors import Conflict, NotFound, NotSupported
from limen_tui.jobs.recipes.create import NewVolume
from limen_tui.jobs.recipes.devices import attach_plan, detach_plan, update_plan
from limen_tui.model.jobs import JobPlan
from limen_tui.model.ports import HostVerbs
from limen_tui.model.resize import Situation
from limen_tui.model.storage import Volume
from limen_tui.model.units import clean
from limen_tui.model.vm import VM
from limen_tui.model.xml import devices
from limen_tui.model.xml.parse import parse
from limen_tui.model.xml.slots import HOT, PciSlot, disk_buses, next_target, shared_slot


@dataclass(frozen=True, slots=True)
class Spot:
    """Where a new device goes."""

    bus: str
    target: str
    slot: PciSlot | None
    live: bool
    config: bool
    why_later: str = ""
    """Why it comes with the next boot only; empty when it comes now."""


def buses(situation: Situation) -> tuple[str, ...]:
    """Buses that a disk can be added on, best first: those that take it now, then those for the next boot."""
    now = disk_buses(parse(_runs_or_will(situation), "domain"), running=situation.running)
    if not situation.config_xml:
        return now
    later = disk_buses(parse(situation.config_xml, "domain"), running=False)
    return tuple(dict.fromkeys([*now, *later]))


def spot(situation: Situation, bus: str = "") -> Spot:
    """Where a new disk goes, on ``bus`` or the best one. Raises ``NotSupported`` when nothing has room."""
    offered = buses(situation)
    if not offered:
        raise NotSupported("The VM has no room for another disk", "Every PCI place is taken.",
                           "Add root ports to its definition, or shut it down first.")  # fmt: skip
    bus = bus or offered[0]
    taken = [
        disk.target for xml in (situation.live_xml, situation.config_xml) if xml for disk in devices.read_disks(xml)
    ]
    now = disk_buses(parse(_runs_or_will(situation), "domain"), running=situation.running)
    live = situation.running and bus in now
    why = ""
    if situation.running and not live:
        why = "no PCI place is free" if bus in HOT else f"{bus} takes no disk while it runs"
    if not live and not situation.config_xml:
        raise NotSupported("The VM takes no disk now", why, "It is transient: it has no next boot.")
    return Spot(bus, next_target(taken, bus), _slot(situation) if bus == "virtio" else None, live,
                bool(situation.config_xml), why)  # fmt: skip


def _runs_or_will(situation: Situation) -> str:
    return situation.live_xml if situation.running else situation.config_xml


def _slot(situation: Situation) -> PciSlot | None:
    """A place that is free in what runs and in the definition; at rest libvirt chooses, and may add ports."""
    if not situation.running:
        return None
    return shared_slot(
        parse(situation.live_xml, "domain"),
        parse(situation.config_xml, "domain") if situation.config_xml else None,
    )


def new_mac() -> str:
    """A MAC address of QEMU's own range, by chance."""
    return "52:54:00:" + ":".join(f"{byte:02x}" for byte in secrets.token_bytes(3))


# -- jobs -----------------------------------------------------------------------------------------


def attach_disk(
    vm: VM, situation: Situation, *, pool: str, volume: str, path: str, capacity: int = 0, format: str = "qcow2",
    kind: str = "file", bus: str = "", cache: str = "",
) -> JobPlan:  # fmt: skip
    """Add a disk: a new volume of ``capacity`` bytes, or with 0 one that is there already, at ``path``."""
    where = spot(situation, bus)
    xml = devices.disk_xml(source=path, target=where.target, bus=where.bus, format=format, kind=kind, cache=cache,
                           slot=where.slot)  # fmt: skip
    new = NewVolume(pool, volume, capacity, format) if capacity else None
    label = f"Attach {volume} as {where.target} ({where.bus})" + (f" for the next boot: {where.why_later}"
                                                                  if where.why_later else "")  # fmt: skip
    return attach_plan(vm, f"Add disk {where.target} to {vm.name}", label, xml, target=where.target, live=where.live,
                       config=where.config, new=new)  # fmt: skip


def attach_drive(vm: VM, situation: Situation) -> JobPlan:
    """Add an empty CD-ROM drive; a running VM gets it at its next boot."""
    if not situation.config_xml:
        raise NotSupported("A drive cannot be added while it runs", hint="It is transient: it has no next boot.")
    root = parse(situation.config_xml, "domain")
    bus = next((each for each in disk_buses(root, running=False) if each in ("sata", "ide")), "scsi")
    taken = [disk.target for disk in devices.read_disks(situation.config_xml)]
    target = next_target(taken, bus)
    xml = devices.disk_xml(source="", target=target, bus=bus, format="raw", device="cdrom")
    later = ", from its next boot on" if situation.running else ""
    return attach_plan(vm, f"Add drive {target} to {vm.name}", f"Attach an empty drive as {target} ({bus}){later}", xml,
                       target=target, live=False, config=True)  # fmt: skip


def attach_nic(
    vm: VM, situation: Situation, *, network: str, kind: str = "network", model: str = "virtio", mac: str = ""
) -> JobPlan:
    """Add an interface on a network, a bridge or (``direct``) a device of the host."""
    mac = mac or new_mac()
    slot = _slot(situation)
    live = situation.running and slot is not None
    if not live and not situation.config_xml:
        raise NotSupported("The VM has no room for another interface", "Every PCI place is taken.")
    xml = devices.nic_xml(source=network, kind=kind, model=model, mac=mac, slot=slot)
    later = " for the next boot: no PCI place is free" if situation.running and not live else ""
    return attach_plan(vm, f"Add an interface to {vm.name}", f"Attach {mac} on {kind} {network}{later}", xml, mac=mac,
                       live=live, config=bool(situation.config_xml))  # fmt: skip


def detach_disk(vm: VM, situation: Situation, target: str) -> JobPlan:
    """Remove a disk; its volume stays. Raises ``NotFound``."""
    live, config = _sides(situation, target=target)
    xml = devices.device_xml(situation.live_xml if live else situation.config_xml, target=target)
    return detach_plan(vm, f"Remove disk {target} from {vm.name}", f"Detach {target}; its data stays where it is", xml,
                       target=target, live=live, config=config)  # fmt: skip


def detach_nic(vm: VM, situation: Situation, mac: str) -> JobPlan:
    """Remove an interface. Raises ``NotFound``."""
    live, config = _sides(situation, mac=mac)
    xml = devices.device_xml(situation.live_xml if live else situation.config_xml, mac=mac)
    return detach_plan(vm, f"Remove interface {mac} from {vm.name}", f"Detach {mac}", xml, mac=mac, live=live,
                       config=config)  # fmt: skip


def change_medium(
    vm: VM, situation: Situation, target: str, *, source: str = "", format: str = "raw", kind: str = "file"
) -> JobPlan:
    """Put another medium into a drive, or with no ``source`` take it out. Raises ``NotFound``, ``InputError``."""
    live, config = _sides(situation, target=target)
    base = situation.live_xml if live else situation.config_xml
    xml = devices.with_medium(base, target, source=source, format=format, kind=kind)
    what = f"Put {source} into {target}" if source else f"Eject {target}"
    return update_plan(vm, f"{what} of {vm.name}", what, xml, devices.device_xml(base, target=target), live=live,
                       config=config)  # fmt: skip


def change_network(vm: VM, situation: Situation, mac: str, *, source: str, kind: str = "network") -> JobPlan:
    """Move an interface to another network, bridge or device. Raises ``NotFound``."""
    live, config = _sides(situation, mac=mac)
    base = situation.live_xml if live else situation.config_xml
    xml = devices.with_network(base, mac, source=source, kind=kind)
    what = f"Connect {mac} to {kind} {source}"
    return update_plan(vm, f"{what} ({vm.name})", what, xml, devices.device_xml(base, mac=mac), live=live,
                       config=config)  # fmt: skip


def change_link(vm: VM, situation: Situation, mac: str, *, up: bool) -> JobPlan:
    """Plug the cable of an interface in or out. Raises ``NotFound``."""
    live, config = _sides(situation, mac=mac)
    base = situation.live_xml if live else situation.config_xml
    what = f"Link of {mac} {'up' if up else 'down'}"
    return update_plan(vm, f"{what} ({vm.name})", what, devices.with_link(base, mac, up=up),
                       devices.device_xml(base, mac=mac), live=live, config=config)  # fmt: skip


def _sides(situation: Situation, *, target: str = "", mac: str = "") -> tuple[bool, bool]:
    """Whether what runs and the definition have the device. Raises ``Conflict`` when neither has."""

    def has(xml: str) -> bool:
        if not xml:
            return False
        if target:
            return any(disk.target == target for disk in devices.read_disks(xml))
        return any(nic.mac == mac for nic in devices.read_nics(xml))

    live, config = situation.running and has(situation.live_xml), has(situation.config_xml)
    if not live and not config:
        raise Conflict(f"{clean(target or mac)} is gone", hint="It was removed meanwhile.")
    return live, config


def preview(situation: Situation, plan: JobPlan) -> tuple[str, str]:
    """The definition before and after the job, without secrets; that of what runs for a transient VM, or where only
    that changes. Raises ``LimenError``."""
    args = next((step.args for step in plan.steps if step.op.startswith("device.")), None)
    op = next((step.op for step in plan.steps if step.op.startswith("device.")), "")
    if args is None:
        return "<domain/>", "<domain/>"
    before = situation.config_xml if args["config"] else situation.live_xml
    if op == "device.attach":
        return before, devices.with_device(before, args["xml"])
    if op == "device.detach":
        return before, devices.without_device(before, target=args["target"], mac=args["mac"])
    return before, devices.with_device_changed(before, args["xml"])


def free_volumes(verbs: HostVerbs, *, isos: bool) -> tuple[Volume, ...]:
    """Volumes that can be attached: CD images (which VMs share), or what no VM has and no other volume is based on.

    Runs on a thread of the host's session. Raises ``LimenError``.
    """
    found: list[Volume] = []
    for pool in verbs.pools():
        if pool.active:
            try:
                found += verbs.storage.volumes(pool.name)
            except (Conflict, NotFound):
                continue  # stopped or removed since
    if isos:
        return tuple(volume for volume in found if volume.is_iso)
    used = {volume.backing_path for volume in found}
    for xml in verbs.definitions.all_xml().values():
        used |= {disk.source for disk in devices.read_disks(xml)}
        used |= {f"{disk.pool}/{disk.volume}" for disk in devices.read_disks(xml) if disk.pool}
    return tuple(
        volume for volume in found
        if not volume.is_iso and volume.kind in ("file", "block")
        and not {volume.path, f"{volume.pool}/{volume.name}"} & used
    )  # fmt: skip
