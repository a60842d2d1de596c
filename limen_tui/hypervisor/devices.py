"""CPUs, memory and devices of one VM: change them, running or at rest. Imports libvirt.

Stateless but for the connection; runs on a thread that serves the host's acts, and may block on the guest: libvirt
waits some seconds for it to let go of a device.
"""

from __future__ import annotations

from typing import Any, Final

import libvirt

from limen_tui.errors import Conflict, InputError, NotFound
from limen_tui.hypervisor.gate import Gate, mapped
from limen_tui.model.units import clean, size
from limen_tui.model.verbs.devices import BlockInfo, DiskLimits, NicLimits
from limen_tui.model.xml.edit import find_disk, find_nic
from limen_tui.model.xml.parse import attribute, parse

_LIMITS: Final = (
    ("total_bytes_sec", "total_bytes"), ("read_bytes_sec", "read_bytes"), ("write_bytes_sec", "write_bytes"),
    ("total_iops_sec", "total_iops"), ("read_iops_sec", "read_iops"), ("write_iops_sec", "write_iops"),
)  # fmt: skip


class LibvirtDevices:
    """Implements :class:`limen_tui.model.verbs.devices.DeviceVerbs`."""

    def __init__(self, gate: Gate) -> None:
        self._gate = gate

    @mapped
    def set_vcpus(self, uuid: str, count: int, *, live: bool, config: bool, maximum: bool = False) -> None:
        """See DeviceVerbs; virDomainSetVcpusFlags."""
        if count < 1:
            raise InputError("A VM has at least one vCPU")
        extra = libvirt.VIR_DOMAIN_VCPU_MAXIMUM if maximum else 0
        dom, flags = self._begin(uuid, "Its vCPUs stay.", live=live, config=config)
        try:
            dom.setVcpusFlags(count, flags | extra)
        except libvirt.libvirtError as error:
            if error.get_error_code() != libvirt.VIR_ERR_OPERATION_TIMEOUT or "unplug" not in str(error):
                raise
            # no host that does not answer, which would be asked again: a guest that does not obey
            raise Conflict("The guest has not let go of its vCPUs", str(error),
                           "It may yet. Or have it wait for the next boot.") from error  # fmt: skip
        self._gate.changed(uuid)

    @mapped
    def set_memory(self, uuid: str, kib: int, *, live: bool, config: bool, maximum: bool = False) -> None:
        """See DeviceVerbs; virDomainSetMemoryFlags."""
        if kib < 1:
            raise InputError("A VM needs some memory")
        extra = libvirt.VIR_DOMAIN_MEM_MAXIMUM if maximum else 0
        dom, flags = self._begin(uuid, "Its memory stays.", live=live, config=config)
        dom.setMemoryFlags(kib, flags | extra)
        self._gate.changed(uuid)

    @mapped
    def block_info(self, uuid: str, target: str) -> BlockInfo:
        """See DeviceVerbs; virDomainGetBlockInfo."""
        dom = self._gate.dom(uuid)
        disk = find_disk(parse(str(dom.XMLDesc(0)), "domain"), target)
        source = disk.find("source")
        if source is None or not source.attrib:
            raise Conflict(f"The drive {clean(target)} is empty")
        capacity, allocation, physical = dom.blockInfo(target, 0)
        return BlockInfo(capacity, allocation, physical)

    @mapped
    def block_resize(self, uuid: str, target: str, size: int) -> None:
        """See DeviceVerbs; virDomainBlockResize."""
        dom, _ = self._begin(uuid, "The disk stays as it is.", live=True, config=False)
        refuse_to_shrink(target, self.block_info(uuid, target).capacity, size)
        dom.blockResize(target, size, libvirt.VIR_DOMAIN_BLOCK_RESIZE_BYTES)
        self._gate.changed(uuid)

    @mapped
    def attach(self, uuid: str, xml: str, *, live: bool, config: bool) -> None:
        """See DeviceVerbs; virDomainAttachDeviceFlags."""
        dom, flags = self._begin(uuid, "Nothing was attached.", live=live, config=config)
        dom.attachDeviceFlags(xml, flags)
        self._gate.changed(uuid)

    @mapped
    def detach(self, uuid: str, xml: str, *, live: bool, config: bool) -> bool:
        """See DeviceVerbs; virDomainDetachDeviceFlags."""
        dom, flags = self._begin(uuid, "Nothing was detached.", live=live, config=config)
        dom.detachDeviceFlags(xml, flags)
        self._gate.changed(uuid)
        return not (live and has_device(str(dom.XMLDesc(0)), xml))

    @mapped
    def update(self, uuid: str, xml: str, *, live: bool, config: bool) -> None:
        """See DeviceVerbs; virDomainUpdateDeviceFlags."""
        dom, flags = self._begin(uuid, "Nothing was changed.", live=live, config=config)
        dom.updateDeviceFlags(xml, flags)
        self._gate.changed(uuid)

    @mapped
    def set_disk_limits(self, uuid: str, target: str, limits: DiskLimits, *, live: bool, config: bool) -> None:
        """See DeviceVerbs; virDomainSetBlockIoTune."""
        dom, flags = self._begin(uuid, "Its limits stay.", live=live, config=config)
        dom.setBlockIoTune(target, {tag: getattr(limits, name) for tag, name in _LIMITS}, flags)
        self._gate.changed(uuid)

    @mapped
    def set_nic_limits(self, uuid: str, mac: str, limits: NicLimits, *, live: bool, config: bool) -> None:
        """See DeviceVerbs; virDomainSetInterfaceParameters."""
        dom, flags = self._begin(uuid, "Its limits stay.", live=live, config=config)
        rates = {"inbound.average": limits.inbound_kib, "outbound.average": limits.outbound_kib}
        for flag in (libvirt.VIR_DOMAIN_AFFECT_LIVE, libvirt.VIR_DOMAIN_AFFECT_CONFIG):
            # one by one, since libvirt-python first reads the old ones, of one of the two; that which can fail first
            if flags & flag:
                dom.setInterfaceParameters(mac, rates, flag)
        self._gate.changed(uuid)

    def _begin(self, uuid: str, what: str, *, live: bool, config: bool) -> tuple[Any, int]:
        """The VM, and libvirt's flags (the same bits for every kind of call). ``what`` did not happen if refused."""
        self._gate.writable(what)
        dom = self._gate.dom(uuid)
        if not live and not config:
            raise InputError("Neither the running VM nor its definition was to be changed")
        if live and not dom.isActive():
            raise Conflict("The VM is not running", what, "It was to be changed while it runs; look at it again.")
        if config and not dom.isPersistent():
            raise Conflict("The VM has no definition of its own", what, "It is transient: it goes when it stops.")
        both = (libvirt.VIR_DOMAIN_AFFECT_LIVE, live), (libvirt.VIR_DOMAIN_AFFECT_CONFIG, config)
        return dom, sum(flag for flag, wanted in both if wanted)


def refuse_to_shrink(target: str, before: int, after: int) -> None:
    """Raises ``Conflict`` when a disk would become smaller."""
    if after < before:
        raise Conflict(f"{clean(target)} would shrink", f"It has {size(before)} and was to have {size(after)}.",
                       "A disk never shrinks: what lies beyond the end would be lost.")  # fmt: skip


def has_device(domain: str, device: str) -> bool:
    """Whether a definition has the disk (by target) or interface (by MAC) that ``device`` describes."""
    root, element = parse(domain, "domain"), parse(device)
    try:
        if element.tag == "disk":
            find_disk(root, attribute(element, "target", "dev"))
        elif element.tag == "interface":
            find_nic(root, attribute(element, "mac", "address"))
        else:
            return False
    except NotFound:
        return False
    return True
