"""CPUs, memory and devices of simulated VMs, as libvirt and QEMU would take such changes.

Imports the model; runs on the simulation's thread.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping
from functools import partial

from lxml import etree

from limen_tui.errors import Conflict, InputError, NotFound, ReadOnlyError
from limen_tui.hypervisor.simulated.machine import Machine
from limen_tui.hypervisor.simulated.storage import SimulatedStorage
from limen_tui.hypervisor.simulated.xml import config_xml, domain_xml
from limen_tui.model.storage import Volume
from limen_tui.model.units import clean, size
from limen_tui.model.verbs.devices import BlockInfo, DiskLimits, NicLimits
from limen_tui.model.xml import edit
from limen_tui.model.xml.devices import read_disks, with_device, with_device_changed, without_device
from limen_tui.model.xml.parse import attribute, parse
from limen_tui.model.xml.read import facts
from limen_tui.model.xml.slots import HOT, PciSlot, free_slots

Change = Callable[[str], str]


class SimulatedDevices:
    """Implements :class:`limen_tui.model.verbs.devices.DeviceVerbs`."""

    def __init__(
        self, machines: Mapping[str, Machine], storage: SimulatedStorage, changed: Callable[[Machine, str], None], *,
        read_only: bool,
    ) -> None:  # fmt: skip
        self._machines = machines
        self._storage = storage
        self._changed = changed
        self._read_only = read_only

    def set_vcpus(self, uuid: str, count: int, *, live: bool, config: bool, maximum: bool = False) -> None:
        """See DeviceVerbs."""
        if count < 1:
            raise InputError("A VM has at least one vCPU")

        def change(xml: str) -> str:
            now = facts(xml)
            if not maximum and count > now.vcpus_max:
                raise InputError("The hypervisor does not accept this", "requested vcpus is greater than max "
                                 f"allowable vcpus for the domain: {count} > {now.vcpus_max}")  # fmt: skip
            both = (min(now.vcpus, count), count) if maximum else (count, now.vcpus_max)
            return edit.edited(xml, partial(_set_vcpus, *both))

        self._apply(uuid, change, f"vCPUs now {count}", live=live and not maximum, config=config)

    def set_memory(self, uuid: str, kib: int, *, live: bool, config: bool, maximum: bool = False) -> None:
        """See DeviceVerbs."""

        def change(xml: str) -> str:
            now = facts(xml)
            if not maximum and kib > now.memory_max_kib:
                raise InputError("The hypervisor does not accept this",
                                 "cannot set memory higher than max memory")  # fmt: skip
            both = (min(now.memory_kib, kib), kib) if maximum else (kib, now.memory_max_kib)
            return edit.edited(xml, partial(_set_memory, *both))

        self._apply(uuid, change, f"memory now {kib} KiB", live=live and not maximum, config=config)

    def block_info(self, uuid: str, target: str) -> BlockInfo:
        """See DeviceVerbs."""
        volume = self._volume(self._machine(uuid), target)
        return BlockInfo(volume.capacity, volume.allocation, volume.physical)

    def block_resize(self, uuid: str, target: str, size: int) -> None:
        """See DeviceVerbs."""
        self._writable()
        machine = self._machine(uuid)
        if not machine.state.is_active:
            raise Conflict("The VM is not running", hint="It was to be changed while it runs; look at it again.")
        volume = self._volume(machine, target)
        _refuse_to_shrink(target, volume.capacity, size)
        self._storage.resize(volume.pool, volume.name, size)
        self._changed(machine, f"{clean(target)} grown")

    def attach(self, uuid: str, xml: str, *, live: bool, config: bool) -> None:
        """See DeviceVerbs."""

        def change(domain: str) -> str:
            return with_device(domain, _placed(domain, xml, running=live))

        self._apply(uuid, change, "device added", live=live, config=config)

    def detach(self, uuid: str, xml: str, *, live: bool, config: bool) -> bool:
        """See DeviceVerbs."""
        named = _named(xml)
        self._apply(uuid, lambda domain: without_device(domain, **named), "device removed", live=live, config=config)
        return True

    def update(self, uuid: str, xml: str, *, live: bool, config: bool) -> None:
        """See DeviceVerbs."""
        self._apply(uuid, lambda domain: with_device_changed(domain, xml), "device changed", live=live, config=config)

    def set_disk_limits(self, uuid: str, target: str, limits: DiskLimits, *, live: bool, config: bool) -> None:
        """See DeviceVerbs."""

        def change(xml: str) -> str:
            return edit.edited(xml, lambda root: edit.set_disk_limits(root, target, limits))

        self._apply(uuid, change, f"limits of {clean(target)} changed", live=live, config=config)

    def set_nic_limits(self, uuid: str, mac: str, limits: NicLimits, *, live: bool, config: bool) -> None:
        """See DeviceVerbs."""

        def change(xml: str) -> str:
            return edit.edited(xml, lambda root: edit.set_nic_limits(root, mac, limits))

        self._apply(uuid, change, f"limits of {clean(mac)} changed", live=live, config=config)

    # -- inside -----------------------------------------------------------------------------------

    def _apply(self, uuid: str, change: Change, told: str, *, live: bool, config: bool) -> None:
        self._writable()
        machine = self._machine(uuid)
        if not live and not config:
            raise InputError("Neither the running VM nor its definition was to be changed")
        active = machine.state.is_active
        if live and not active:
            raise Conflict("The VM is not running", hint="It was to be changed while it runs; look at it again.")
        next_boot = config_xml(machine)
        later = change(next_boot) if config else next_boot
        if live:
            now = change(domain_xml(machine))
            machine.redefine(now, facts(now))
            machine.later = "" if later == now else later
        elif active:
            machine.later = later
        else:
            machine.redefine(later, facts(later))
        self._changed(machine, told)

    def _volume(self, machine: Machine, target: str) -> Volume:
        for disk in read_disks(domain_xml(machine)):
            if disk.target != target:
                continue
            if not (disk.source or disk.volume):
                raise Conflict(f"The drive {clean(target)} is empty")
            if disk.pool:
                return self._storage.volume(disk.pool, disk.volume)
            found = self._storage.by_path(disk.source)
            return found or Volume("", disk.source, disk.source, capacity=20 << 30)
        raise NotFound(f"There is no disk {clean(target)}", hint="It may have been removed meanwhile.")

    def _machine(self, uuid: str) -> Machine:
        if (machine := self._machines.get(uuid)) is None:
            raise NotFound("The VM is gone", f"no VM has the UUID {uuid}", "It may have been removed meanwhile.")
        return machine

    def _writable(self) -> None:
        if self._read_only:
            raise ReadOnlyError("The host is read-only", hint="Start Limen without --read-only, or edit the host.")


def _set_vcpus(current: int, maximum: int, root: etree._Element) -> None:
    edit.set_vcpus(root, current, maximum)


def _set_memory(current: int, maximum: int, root: etree._Element) -> None:
    edit.set_memory(root, current, maximum)


def _refuse_to_shrink(target: str, before: int, after: int) -> None:
    if after < before:
        raise Conflict(f"{clean(target)} would shrink", f"It has {size(before)} and was to have {size(after)}.",
                       "A disk never shrinks: what lies beyond the end would be lost.")  # fmt: skip


def _named(xml: str) -> dict[str, str]:
    element = parse(xml)
    if element.tag == "disk":
        return {"target": attribute(element, "target", "dev")}
    return {"mac": attribute(element, "mac", "address")}


def _placed(domain: str, xml: str, *, running: bool) -> str:
    """The new device as libvirt would keep it: with a MAC, a place on the bus, or refused."""
    root, element = parse(domain, "domain"), parse(xml)
    if element.tag == "disk":
        target, bus = attribute(element, "target", "dev"), attribute(element, "target", "bus")
        if any(disk.target == target for disk in read_disks(domain)):
            raise Conflict("Not possible now", f"target {clean(target)} already exists", "Choose another target.")
        if running and bus not in HOT:
            raise Conflict("Not possible now", f"disk bus '{clean(bus)}' cannot be hotplugged.",
                           "Choose virtio or scsi, or attach it for the next boot.")  # fmt: skip
        needs = bus == "virtio"
    else:
        if not attribute(element, "mac", "address"):
            made = sum(ord(char) for char in domain) & 0xFFFFFF
            mac = f"52:54:00:{made >> 16:02x}:{made >> 8 & 255:02x}:{made & 255:02x}"
            element.insert(0, etree.Element("mac", address=mac))
        needs = True
    if needs and element.find("address") is None:
        free: tuple[PciSlot, ...] = free_slots(root)
        if not free:
            raise Conflict("Not possible now", "No more available PCI slots",
                           "Add root ports to the definition; they are there after the next boot.")  # fmt: skip
        element.append(free[0].element())
    return edit.dump(element)
