"""A copy of a VM's settings has nothing that is the old one's own."""

from __future__ import annotations

from itertools import count

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from lxml import etree

from limen_tui.errors import InputError
from limen_tui.model.xml.copying import ORIGIN_NS, copy_settings
from limen_tui.model.xml.read import facts

OLD = "6695eb01-f6a4-8304-79aa-97f2502e193f"
NEW = "11111111-2222-4333-8444-555555555555"
LIVE = f"""<domain type='kvm' id='7'>
  <name>web</name><uuid>{OLD}</uuid><genid>b0d1a2c3-0000-4000-8000-000000000001</genid>
  <title>Web</title><description>two
lines</description>
  <metadata><vm xmlns="urn:limen:vm:1"><tag>prod</tag></vm>
    <o:origin xmlns:o="{ORIGIN_NS}" source="cloud-image"/><x:y xmlns:x="urn:other"/></metadata>
  <memory unit='KiB'>4194304</memory><vcpu current='2'>8</vcpu>
  <sysinfo type='smbios'><system><entry name='uuid'>{OLD}</entry><entry name='serial'>S1</entry>
    <entry name='product'>P</entry></system></sysinfo>
  <os><type arch='x86_64' machine='pc-q35-7.2'>hvm</type>
    <loader readonly='yes' type='pflash'>/usr/share/OVMF/OVMF_CODE.fd</loader>
    <nvram template='/usr/share/OVMF/OVMF_VARS.fd'>/var/lib/libvirt/qemu/nvram/web_VARS.fd</nvram></os>
  <devices>
    <disk type='file' device='disk'><driver name='qemu' type='qcow2'/><source file='/p/web.qcow2' index='1'>
      <seclabel model='dac' relabel='no'/></source><backingStore type='file'><source file='/p/base'/></backingStore>
      <target dev='vda' bus='virtio'/><serial>ABC</serial><alias name='virtio-disk0'/>
      <address type='pci' domain='0x0000' bus='0x04' slot='0x00' function='0x0'/></disk>
    <disk type='block' device='disk'><source dev='/dev/vg/data'/><target dev='vdb' bus='virtio'/></disk>
    <disk type='file' device='cdrom'><source file='/iso/x.iso'/><target dev='sda' bus='sata'/><readonly/></disk>
    <interface type='network'><mac address='52:54:00:AB:cd:ef'/><source network='default' portid='p' bridge='virbr0'/>
      <target dev='vnet3'/><model type='virtio'/><alias name='net0'/></interface>
    <interface type='bridge'><mac address='52:54:00:00:00:02'/><source bridge='ovs'/>
      <virtualport type='openvswitch'><parameters interfaceid='09b11c53-8b5c-4eeb-8f00-d84eaa0aaa4f'/></virtualport>
    </interface>
    <serial type='file'><source path='/var/log/web.log'/><log file='/x'/><target port='0'/></serial>
    <console type='pty' tty='/dev/pts/3'><source path='/dev/pts/3'/><target type='serial' port='0'/></console>
    <channel type='unix'><source mode='bind' path='/run/web.agent'/>
      <target type='virtio' name='org.qemu.guest_agent.0' state='connected'/></channel>
    <graphics type='vnc' port='5907' autoport='no' passwd='geheim' listen='127.0.0.1'/>
    <hostdev mode='subsystem' type='pci'><source><address domain='0' bus='3' slot='0' function='0'/></source></hostdev>
    <vsock model='virtio'><cid auto='no' address='42'/></vsock>
    <tpm model='tpm-crb'><backend type='emulator' version='2.0'/></tpm>
  </devices>
  <seclabel type='dynamic' model='dac'><label>+107:+107</label></seclabel>
</domain>"""


def copied(**words) -> etree._Element:
    numbers = count(1)

    def make_mac() -> str:
        return f"52:54:00:ff:00:{next(numbers):02x}"

    return etree.fromstring(copy_settings(LIVE, "new", NEW, make_mac=make_mac, **words))


def test_nothing_of_the_old_one_is_left():
    text = etree.tostring(copied(), encoding="unicode")
    for own in (OLD, "id=\"7\"", "b0d1a2c3", "S1", "web_VARS", "/p/", "/dev/vg", "/iso", "52:54:00:AB", "vnet3",
                "virbr0", "09b11c53", "/var/log", "/dev/pts", "/run/web", "connected", "5907", "geheim", "hostdev",
                "42", "seclabel", "alias", "portid"):  # fmt: skip
        assert own not in text.replace(f'uuid="{OLD}"', ""), own
    assert f'uuid="{OLD}"' in text, "where it came from is kept"


def test_the_settings_are_the_same():
    made, old = facts(etree.tostring(copied(), encoding="unicode")), facts(LIVE)
    for name in ("vcpus", "vcpus_max", "memory_kib", "machine", "firmware", "tags", "description", "graphics"):
        assert getattr(made, name) == getattr(old, name), name
    assert [(nic.kind, nic.source, nic.mac) for nic in made.nics] == [
        ("network", "default", "52:54:00:ff:00:01"), ("bridge", "ovs", "52:54:00:ff:00:02"),
    ]  # fmt: skip
    root = copied()
    assert root.find("os/nvram").attrib == {"template": "/usr/share/OVMF/OVMF_VARS.fd"}
    assert root.findtext("sysinfo/system/entry") == "P"
    assert root.find("metadata/{urn:other}y") is not None
    assert root.find("devices/tpm") is not None


def test_disks_go_unless_they_have_a_new_place():
    assert [disk.target for disk in facts(etree.tostring(copied(), encoding="unicode")).disks] == ["sda"]
    root = copied(disks={"vda": "/p/new.qcow2", "vdb": "/dev/vg/new"})
    disks = root.findall("devices/disk[@device='disk']")
    assert [(disk.get("type"), dict(disk.find("source").attrib)) for disk in disks] == [
        ("file", {"file": "/p/new.qcow2"}), ("block", {"dev": "/dev/vg/new"}),
    ]  # fmt: skip
    assert root.find("devices/disk/serial") is None


@pytest.mark.parametrize("name", ["${7*7}", "]]>", "{{7*7}}", "<x/>", "a&b"])
def test_a_name_stays_text(name):
    assert etree.fromstring(copy_settings(LIVE, name, NEW, make_mac=str)).findtext("name") == name


@pytest.mark.parametrize("xml", ["", "<pool/>", "<domain>", "<domain id='1'/>x"])
def test_what_is_no_domain(xml):
    with pytest.raises(InputError):
        copy_settings(xml, "x", NEW, make_mac=str)


@settings(deadline=None)
@given(st.text(max_size=20))
def test_any_name_is_taken_or_refused(name):
    try:
        made = copy_settings("<domain/>", name, NEW, make_mac=str)
    except InputError:
        return
    assert (etree.fromstring(made).findtext("name") or "") == name
