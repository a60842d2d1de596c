"""Devices of a definition: read, built, changed, placed; nothing from outside leaves its place."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from limen_tui.errors import InputError, NotFound
from limen_tui.model.xml import devices, slots
from limen_tui.model.xml.diff import definition_diff
from limen_tui.model.xml.parse import parse

MAC = "52:54:00:00:00:01"
NASTY = """a"b'<c>&amp;]]>${7*7}{{x}}[bold]\N{RIGHT-TO-LEFT OVERRIDE}"""
PORTS = "".join(f"<controller type='pci' index='{i}' model='pcie-root-port'/>" for i in range(1, 5))
Q35 = f"""<domain type='kvm'><name>web</name><os><type machine='pc-q35-7.2'>hvm</type></os><devices>
  <controller type='pci' index='0' model='pcie-root'/>{PORTS}
  <disk type='file' device='disk'><driver name='qemu' type='qcow2' cache='none'/><source file='/p/a.qcow2'/>
    <target dev='vda' bus='virtio'/><boot order='1'/><serial>s1</serial>
    <address type='pci' domain='0x0000' bus='0x02' slot='0x00' function='0x0'/></disk>
  <disk type='file' device='cdrom'><driver name='qemu' type='raw'/><source file='/p/x.iso' index='3'/><backingStore/>
    <target dev='sda' bus='sata'/><readonly/></disk>
  <disk type='volume' device='disk'><source pool='p' volume='v'/><target dev='vdb' bus='virtio'/><shareable/></disk>
  <interface type='network'><mac address='{MAC.upper()}'/><source network='default' bridge='virbr0'/>
    <target dev='vnet0'/><model type='virtio'/><link state='down'/><bandwidth><inbound average='8'/></bandwidth>
    <address type='pci' domain='0x0000' bus='0x01' slot='0x00' function='0x0'/></interface>
  <graphics type='vnc' passwd='secret1'/></devices></domain>"""


def test_disks_and_interfaces_are_read() -> None:
    vda, sda, vdb = devices.read_disks(Q35)
    assert (vda.target, vda.bus, vda.source, vda.format, vda.cache) == ("vda", "virtio", "/p/a.qcow2", "qcow2", "none")
    assert (vda.boot_order, vda.serial, vda.address, vda.removable) == (1, "s1", "PCI 0000:02:00.0", False)
    assert (sda.removable, sda.read_only, sda.shown_source) == (True, True, "/p/x.iso")
    assert (vdb.pool, vdb.volume, vdb.shareable, vdb.shown_source) == ("p", "v", True, "p/v")
    (nic,) = devices.read_nics(Q35)
    assert (nic.mac, nic.source, nic.model, nic.target, nic.link_up) == (MAC, "default", "virtio", "vnet0", False)
    assert nic.limits.inbound_kib == 8
    for odd in ("<domain/>", "<domain><devices><disk/><interface/></devices></domain>"):
        assert all(not disk.target for disk in devices.read_disks(odd))
        assert all(not each.mac for each in devices.read_nics(odd))


@given(st.text(min_size=1).filter(lambda text: text.isprintable()))
def test_what_is_built_holds_any_name_and_nothing_else(name: str) -> None:
    try:
        disk = parse(devices.disk_xml(source=name, target="vda", bus="virtio"), "disk")
        nic = parse(devices.nic_xml(source=name), "interface")
    except InputError:
        return
    assert disk.find("source").get("file") == name
    assert nic.find("source").get("network") == name
    assert [child.tag for child in disk] == ["driver", "source", "target"]
    assert [child.tag for child in nic] == ["source", "model"]


def test_hostile_names_stay_names_and_broken_ones_are_refused() -> None:
    made = devices.with_device(Q35, devices.disk_xml(source=NASTY, target="vdc", bus="virtio"))
    assert devices.read_disks(made)[-1].source == NASTY
    for bad in ("", "a\nb", "a\x00b"):
        with pytest.raises(InputError):
            devices.nic_xml(source=bad)


def test_a_medium_is_changed_and_taken_out() -> None:
    new = parse(devices.with_medium(Q35, "sda", source="/p/y.iso"), "disk")
    assert dict(new.find("source").attrib) == {"file": "/p/y.iso"}
    assert new.find("backingStore") is None
    assert parse(devices.with_medium(Q35, "sda"), "disk").find("source") is None
    volume = parse(devices.with_medium(Q35, "sda", source="v", kind="volume", pool="p"), "disk")
    assert (volume.get("type"), dict(volume.find("source").attrib)) == ("volume", {"pool": "p", "volume": "v"})
    with pytest.raises(InputError):
        devices.with_medium(Q35, "vda", source="/p/y.iso")
    with pytest.raises(NotFound):
        devices.with_medium(Q35, "sdz")


def test_an_interface_moves_and_its_cable_is_pulled() -> None:
    moved = parse(devices.with_network(Q35, MAC, source="br0", kind="bridge"), "interface")
    assert (moved.get("type"), dict(moved.find("source").attrib)) == ("bridge", {"bridge": "br0"})
    assert moved.find("target") is None
    assert moved.find("bandwidth/inbound").get("average") == "8"
    assert parse(devices.with_link(Q35, MAC, up=True)).find("link").get("state") == "up"


def test_a_device_comes_and_goes_and_the_rest_stays() -> None:
    without = devices.without_device(Q35, target="vdb")
    assert [disk.target for disk in devices.read_disks(without)] == ["vda", "sda"]
    assert definition_diff(Q35, devices.with_device(without, devices.device_xml(Q35, target="vdb"))) == ()


def test_places_are_found_where_the_machine_has_them() -> None:
    root = parse(Q35)
    assert [str(slot) for slot in slots.free_slots(root)] == ["PCI 0000:03:00.0", "PCI 0000:04:00.0"]
    later = parse(devices.with_device(Q35, devices.disk_xml(
        source="/x", target="vdc", bus="virtio", slot=slots.PciSlot(3, 0))))  # fmt: skip
    assert str(slots.shared_slot(root, later)) == "PCI 0000:04:00.0"
    old = parse("<domain><os><type machine='pc-i440fx-7.2'/></os><devices><controller type='pci' model='pci-root'/>"
                "<disk><address type='pci' bus='0x00' slot='0x03'/></disk></devices></domain>")  # fmt: skip
    assert slots.free_slots(old)[0] == slots.PciSlot(0, 4)
    assert slots.free_slots(parse("<domain/>")) == ()
    assert slots.shared_slot(None, None) is None


def test_buses_are_those_that_take_a_disk_now() -> None:
    root = parse(Q35)
    assert slots.disk_buses(root, running=True) == ("virtio", "scsi")
    full = parse("<domain><os><type machine='q35'/></os><devices/></domain>")
    assert slots.disk_buses(full, running=True) == ()
    assert slots.disk_buses(full, running=False) == ("virtio", "scsi", "sata")


@given(st.integers(0, 2000), st.sampled_from(sorted(slots.PREFIXES)))
def test_the_next_target_is_free_and_the_first(count: int, bus: str) -> None:
    taken: list[str] = []
    for _ in range(min(count, 60)):
        taken.append(slots.next_target(taken, bus))
    assert len(set(taken)) == len(taken)
    if len(taken) > 27:
        assert taken[26].endswith("aa")
    assert all(name.startswith(slots.PREFIXES[bus]) for name in taken)


def test_a_diff_shows_what_differs_and_no_secret() -> None:
    other = Q35.replace("secret1", "secret2").replace("vnet0", "vnet9")
    lines = definition_diff(Q35, other)
    changed = [line.strip("+- ") for line in lines if line[0] in "+-"]
    assert changed == ['<target dev="vnet0"/>', '<target dev="vnet9"/>']
    assert "secret" not in "".join(definition_diff(Q35, "<domain/>"))
    assert definition_diff(Q35, Q35.replace("><", ">\n   <")) == ()
