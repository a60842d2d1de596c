"""The contract of resizing and hot-plugging: simulated, libvirt's test driver, real QEMU."""

from __future__ import annotations

import os

import pytest

from limen_tui.errors import Conflict, InputError, LimenError, NotFound, ReadOnlyError, StepFailed
from limen_tui.model.lifecycle import Verb
from limen_tui.model.verbs.devices import DiskLimits, NicLimits
from limen_tui.model.xml import slots
from limen_tui.model.xml.devices import (
    device_xml,
    disk_xml,
    nic_xml,
    read_disks,
    read_nics,
    with_link,
    with_medium,
    with_network,
)
from limen_tui.model.xml.edit import edited, set_memory, set_vcpus
from limen_tui.model.xml.parse import parse
from limen_tui.model.xml.read import facts
from limen_tui.model.xml.volume import volume_xml
from tests.contract.test_definitions import small

NOBODY = "00000000-0000-4000-8000-00000000dead"
UUID = "6f3a1f52-58a5-4be0-8b0f-0123456789ab"
ROOM = "".join(f"<controller type='pci' index='{i}' model='pcie-root-port'/>" for i in range(1, 7))


@pytest.fixture
def vm(rig):
    """A stopped VM with room for more of everything; where QEMU is, it has a machine of today."""
    kind = {"TEST": "test"}.get(rig.capabilities.hypervisor, "qemu")
    xml = small(kind, "contract-devices", UUID)
    if kind == "qemu":
        xml = xml.replace("<type arch='x86_64'>", "<type arch='x86_64' machine='q35'>").replace(
            "</domain>", f"<devices><controller type='pci' index='0' model='pcie-root'/>{ROOM}</devices></domain>"
        )
    xml = edited(xml, lambda root: set_vcpus(root, 1, 4), lambda root: set_memory(root, 32768, 65536))
    rig.do(lambda verbs: verbs.definitions.define_new(xml))
    yield UUID
    if rig.do(lambda verbs: verbs.definitions.is_active(UUID)):
        rig.do(lambda verbs: verbs.lifecycle(Verb.FORCE_OFF, UUID))
    rig.do(lambda verbs: verbs.definitions.undefine(UUID))


@pytest.fixture
def running(rig, vm):
    rig.do(lambda verbs: verbs.lifecycle(Verb.START, vm))
    rig.wait_vm(vm, lambda each: each.state == "running")
    return vm


def of(rig, uuid: str, *, inactive: bool = False):
    return facts(rig.do(lambda verbs: verbs.xml(uuid, inactive=inactive)))


def test_vcpus_and_memory_change_at_rest(rig, vm) -> None:
    rig.do(lambda verbs: verbs.devices.set_vcpus(vm, 6, live=False, config=True, maximum=True))
    rig.do(lambda verbs: verbs.devices.set_vcpus(vm, 5, live=False, config=True))
    rig.do(lambda verbs: verbs.devices.set_memory(vm, 131072, live=False, config=True, maximum=True))
    rig.do(lambda verbs: verbs.devices.set_memory(vm, 98304, live=False, config=True))
    now = of(rig, vm, inactive=True)
    assert (now.vcpus, now.vcpus_max, now.memory_kib, now.memory_max_kib) == (5, 6, 98304, 131072)
    with pytest.raises(LimenError):
        rig.do(lambda verbs: verbs.devices.set_vcpus(vm, 7, live=False, config=True))
    with pytest.raises(LimenError):
        rig.do(lambda verbs: verbs.devices.set_memory(vm, 262144, live=False, config=True))
    assert of(rig, vm, inactive=True) == now


def test_vcpus_are_plugged_in_while_it_runs(rig, running) -> None:
    rig.do(lambda verbs: verbs.devices.set_vcpus(running, 3, live=True, config=True))
    rig.wait_vm(running, lambda each: each.facts.vcpus == 3)
    assert of(rig, running, inactive=True).vcpus == 3


def test_what_is_for_the_next_boot_leaves_what_runs_alone(rig, running) -> None:
    rig.do(lambda verbs: verbs.devices.set_vcpus(running, 2, live=False, config=True))
    assert (of(rig, running).vcpus, of(rig, running, inactive=True).vcpus) == (1, 2)
    rig.do(lambda verbs: verbs.lifecycle(Verb.FORCE_OFF, running))
    rig.wait_vm(running, lambda each: each.state == "stopped" and each.facts.vcpus == 2)


def test_the_state_must_fit(rig, vm) -> None:
    with pytest.raises(Conflict):
        rig.do(lambda verbs: verbs.devices.set_vcpus(vm, 2, live=True, config=True))
    with pytest.raises(InputError):
        rig.do(lambda verbs: verbs.devices.set_vcpus(vm, 2, live=False, config=False))
    with pytest.raises(InputError):
        rig.do(lambda verbs: verbs.devices.set_vcpus(vm, 0, live=False, config=True))
    with pytest.raises(NotFound):
        rig.do(lambda verbs: verbs.devices.set_memory(NOBODY, 65536, live=False, config=True))
    with pytest.raises(NotFound):
        rig.do(lambda verbs: verbs.devices.block_info(vm, "vdq"))


def test_nothing_changes_on_a_read_only_host(make) -> None:
    rig = make(read_only=True)
    uuid = rig.a_stopped_vm
    for call in (
        lambda verbs: verbs.devices.set_vcpus(uuid, 1, live=False, config=True),
        lambda verbs: verbs.devices.set_memory(uuid, 65536, live=False, config=True),
        lambda verbs: verbs.devices.attach(uuid, "<disk/>", live=False, config=True),
        lambda verbs: verbs.devices.detach(uuid, "<disk/>", live=False, config=True),
        lambda verbs: verbs.devices.update(uuid, "<disk/>", live=False, config=True),
        lambda verbs: verbs.devices.block_resize(uuid, "vda", 1 << 40),
        lambda verbs: verbs.devices.set_disk_limits(uuid, "vda", DiskLimits(), live=False, config=True),
        lambda verbs: verbs.devices.set_nic_limits(uuid, "52:54:00:00:00:01", NicLimits(), live=False, config=True),
    ):
        with pytest.raises(ReadOnlyError):
            rig.do(call)


# -- devices --------------------------------------------------------------------------------------


@pytest.fixture
def volume(rig):
    """A path in a pool that the VM may use, and what makes it go again."""
    if rig.capabilities.hypervisor == "TEST":
        pytest.fail("the test driver has no files")
    pool = rig.capabilities.pools[0]
    name = "contract-devices.img"
    started = rig.do(lambda verbs: started_pool(verbs, pool))
    made = rig.do(lambda verbs: verbs.storage.create(pool, volume_xml(name, 1 << 20, "raw")))
    yield made.path
    rig.do(lambda verbs: verbs.storage.delete(pool, name))
    if started is not None:
        started.destroy()


@pytest.fixture
def real(request, rig):
    """Where devices can be plugged; of the others it is asserted that they say so."""
    if rig.capabilities.hypervisor == "TEST":
        with pytest.raises(LimenError):
            rig.do(lambda verbs: verbs.devices.attach(rig.a_stopped_vm, "<disk/>", live=False, config=True))
        return None
    return request.getfixturevalue("running")


def test_a_disk_is_plugged_in_grown_limited_and_pulled_out(rig, real, request) -> None:
    if real is None:
        return
    path = request.getfixturevalue("volume")
    live, config = (parse(rig.do(lambda verbs, i=i: verbs.xml(real, inactive=i)), "domain") for i in (False, True))
    slot = slots.shared_slot(live, config)
    assert slot is not None
    xml = disk_xml(source=path, target="vda", bus="virtio", format="raw", slot=slot)
    rig.do(lambda verbs: verbs.devices.attach(real, xml, live=True, config=True))
    for inactive in (False, True):
        (disk,) = read_disks(rig.do(lambda verbs, i=inactive: verbs.xml(real, inactive=i)))
        assert (disk.target, disk.bus, disk.source, disk.address) == ("vda", "virtio", path, str(slot))
    rig.do(lambda verbs: verbs.devices.block_resize(real, "vda", 3 << 20))
    assert rig.do(lambda verbs: verbs.devices.block_info(real, "vda")).capacity == 3 << 20
    with pytest.raises(Conflict, match="shrink"):
        rig.do(lambda verbs: verbs.devices.block_resize(real, "vda", 1 << 20))
    limits = DiskLimits(read_bytes=1 << 20, write_iops=100)
    rig.do(lambda verbs: verbs.devices.set_disk_limits(real, "vda", limits, live=True, config=True))
    assert read_disks(rig.do(lambda verbs: verbs.xml(real)))[0].limits == limits
    rig.do(lambda verbs: verbs.devices.set_disk_limits(real, "vda", DiskLimits(), live=True, config=True))
    assert read_disks(rig.do(lambda verbs: verbs.xml(real)))[0].limits == DiskLimits()
    gone = rig.do(lambda verbs: verbs.devices.detach(real, xml, live=True, config=True))
    assert not read_disks(rig.do(lambda verbs: verbs.xml(real, inactive=True)))
    # its guest has no system in it that could let go of the disk
    assert gone == (not read_disks(rig.do(lambda verbs: verbs.xml(real))))


@pytest.fixture
def network(rig):
    """One that is active; a real one has a bridge of its own and no address, so that runs do not meet."""
    raw = rig.do(lambda verbs: getattr(getattr(verbs, "_gate", None), "raw", None))
    if raw is None:
        yield rig.capabilities.networks[0]
        return
    name = f"ctd{os.getpid()}"
    made = raw.networkCreateXML(f"<network><name>{name}</name><bridge name='{name}'/></network>")
    yield name
    made.destroy()


def test_an_interface_is_plugged_in_limited_and_unplugged(rig, real, request) -> None:
    if real is None:
        return
    network, mac = request.getfixturevalue("network"), "52:54:00:c0:ff:ee"
    xml = nic_xml(source=network, mac=mac)
    rig.do(lambda verbs: verbs.devices.attach(real, xml, live=True, config=True))
    nic = read_nics(rig.do(lambda verbs: verbs.xml(real)))[0]
    assert (nic.mac, nic.source, nic.model, nic.link_up) == (mac, network, "virtio", True)
    rig.do(lambda verbs: verbs.devices.update(real, with_link(verbs.xml(real), mac, up=False), live=True, config=True))
    assert not read_nics(rig.do(lambda verbs: verbs.xml(real)))[0].link_up
    changed = rig.do(lambda verbs: with_network(verbs.xml(real), mac, source=network))
    rig.do(lambda verbs: verbs.devices.update(real, changed, live=True, config=True))
    limits = NicLimits(2048, 1024)
    try:
        rig.do(lambda verbs: verbs.devices.set_nic_limits(real, mac, limits, live=True, config=True))
        assert read_nics(rig.do(lambda verbs: verbs.xml(real)))[0].limits == limits
    except StepFailed as error:  # a kernel without traffic shaping: then nothing has changed
        assert "qdisc" in error.detail
        assert read_nics(rig.do(lambda verbs: verbs.xml(real, inactive=True)))[0].limits == NicLimits()
        rig.do(lambda verbs: verbs.devices.set_nic_limits(real, mac, limits, live=False, config=True))
    assert read_nics(rig.do(lambda verbs: verbs.xml(real, inactive=True)))[0].limits == limits
    rig.do(lambda verbs: verbs.devices.detach(real, device_xml(verbs.xml(real), mac=mac), live=True, config=True))
    assert not read_nics(rig.do(lambda verbs: verbs.xml(real, inactive=True)))


def started_pool(verbs, name: str):
    """Real ones are defined and not started."""
    raw = getattr(getattr(verbs, "_gate", None), "raw", None)
    if raw is None or (pool := raw.storagePoolLookupByName(name)).isActive():
        return None
    pool.create(1)  # and build: its folder may not be there
    return pool


def test_a_drive_changes_its_medium_while_it_runs(rig, request) -> None:
    if rig.capabilities.hypervisor == "TEST":
        return
    uuid, path = request.getfixturevalue("vm"), request.getfixturevalue("volume")
    drive = disk_xml(source="", target="sda", bus="sata", format="raw", device="cdrom")
    rig.do(lambda verbs: verbs.devices.attach(uuid, drive, live=False, config=True))
    with pytest.raises(Conflict):
        rig.do(lambda verbs: verbs.devices.block_info(uuid, "sda"))
    rig.do(lambda verbs: verbs.lifecycle(Verb.START, uuid))
    rig.wait_vm(uuid, lambda each: each.state == "running")
    with pytest.raises(LimenError):  # SATA takes no disk while it runs
        rig.do(lambda verbs: verbs.devices.attach(
            uuid, disk_xml(source=path, target="sdb", bus="sata", format="raw"), live=True, config=False))  # fmt: skip
    for source in (path, ""):
        rig.do(lambda verbs, s=source: verbs.devices.update(
            uuid, with_medium(verbs.xml(uuid), "sda", source=s), live=True, config=True))  # fmt: skip
        for inactive in (False, True):
            (disk,) = read_disks(rig.do(lambda verbs, i=inactive: verbs.xml(uuid, inactive=i)))
            assert disk.source == source
