"""Definitions from real life, and from people who mean no good."""

from __future__ import annotations

import libvirt
import pytest
from hypothesis import given
from hypothesis import strategies as st

from limen_tui.errors import InputError
from limen_tui.model.vm import Disk, Nic, VMFacts
from limen_tui.model.xml.capabilities import Capabilities, read_capabilities
from limen_tui.model.xml.parse import LIMEN_KEY, LIMEN_NS
from limen_tui.model.xml.read import facts
from limen_tui.model.xml.tags import tags_element

LIVE = """<domain type='kvm' id='7'>
  <name>web</name><uuid>6695eb01-f6a4-8304-79aa-97f2502e193f</uuid>
  <title>Front &lt;b&gt;</title><description>two
lines</description>
  <metadata>
    <libosinfo:libosinfo xmlns:libosinfo="http://libosinfo.org/xmlns/libvirt/domain/1.0">
      <libosinfo:os id="http://debian.org/debian/12"/>
    </libosinfo:libosinfo>
    <vm xmlns="urn:limen:vm:1"><tag>web</tag><tag> prod </tag><tag>web</tag><tag/></vm>
    <other xmlns="urn:other"><tag>not ours</tag></other>
  </metadata>
  <memory unit='KiB'>4194304</memory><currentMemory unit='MiB'>2048</currentMemory>
  <vcpu placement='static' current='2'>8</vcpu>
  <os firmware='efi'><type arch='x86_64' machine='pc-q35-7.2'>hvm</type>
    <loader readonly='yes' secure='yes' type='pflash'>/usr/share/OVMF/OVMF_CODE_4M.ms.fd</loader></os>
  <devices>
    <disk type='file' device='disk'><driver name='qemu' type='qcow2'/><source file='/var/lib/libvirt/images/web.qcow2'/>
      <target dev='vda' bus='virtio'/></disk>
    <disk type='file' device='cdrom'><driver name='qemu' type='raw'/><target dev='sda' bus='sata'/></disk>
    <disk type='volume' device='disk'><driver type='raw'/><source pool='fast' volume='data'/>
      <target dev='vdb' bus='virtio'/></disk>
    <disk type='network' device='disk'><source protocol='rbd' name='rbd/img'><host name='ceph1'/></source>
      <target dev='vdc'/></disk>
    <disk type='block' device='lun'><source dev='/dev/sdx'/><target dev='sdb' bus='scsi'/></disk>
    <interface type='network'><mac address='52:54:00:AB:cd:ef'/><source network='default' bridge='virbr0'/>
      <target dev='vnet3'/><model type='virtio'/></interface>
    <interface type='bridge'><mac address='52:54:00:00:00:01'/><source bridge='br0'/></interface>
    <interface type='direct'><mac address='52:54:00:00:00:02'/><source dev='eth0' mode='bridge'/></interface>
    <interface type='user'/>
    <channel type='unix'><target type='virtio' name='org.qemu.guest_agent.0' state='connected'/></channel>
    <graphics type='vnc' port='5900'/><graphics type='spice'/>
    <memballoon model='virtio'><stats period='10'/></memballoon>
  </devices>
</domain>"""


def test_a_live_definition():
    assert facts(LIVE) == VMFacts(
        vcpus=2,
        vcpus_max=8,
        memory_kib=2 * 1024**2,
        memory_max_kib=4 * 1024**2,
        arch="x86_64",
        machine="pc-q35-7.2",
        kind="kvm",
        firmware="uefi-secure",
        os="debian 12",
        title="Front <b>",
        description="two\nlines",
        tags=("web", "prod"),
        nics=(
            Nic("52:54:00:ab:cd:ef", "network", "default", "virtio", "vnet3"),
            Nic("52:54:00:00:00:01", "bridge", "br0"),
            Nic("52:54:00:00:00:02", "direct", "eth0"),
            Nic("", "user"),
        ),
        disks=(
            Disk("vda", "/var/lib/libvirt/images/web.qcow2", "virtio", "disk", "qcow2"),
            Disk("sda", "", "sata", "cdrom", "raw"),
            Disk("vdb", "fast/data", "virtio", "disk", "raw"),
            Disk("vdc", "rbd://ceph1/rbd/img"),
            Disk("sdb", "/dev/sdx", "scsi", "lun"),
        ),
        graphics="vnc",
        has_agent=True,
        has_balloon=True,
        balloon_period=10,
    )


def test_a_container():
    found = facts(
        "<domain type='lxc'><name>c</name><memory>1024</memory><os><type>exe</type><init>/bin/sh</init></os>"
        "<devices><filesystem type='mount'><source dir='/'/><target dir='/'/></filesystem></devices></domain>"
    )
    assert (found.kind, found.vcpus, found.memory_kib, found.firmware) == ("lxc", 1, 1024, "bios")
    assert not found.has_balloon


@pytest.mark.parametrize(
    ("unit", "kib"), [("b", 0), ("KB", 0), ("KiB", 1), ("k", 1), ("MB", 976), ("MiB", 1024), ("G", 1 << 20), ("odd", 1)]
)
def test_units_of_memory(unit, kib):
    assert facts(f"<domain><memory unit='{unit}'>1</memory></domain>").memory_kib == kib


@pytest.mark.parametrize(
    ("os", "firmware"),
    [
        ("<os/>", "bios"),
        ("", "bios"),
        ("<os firmware='efi'/>", "uefi"),
        ("<os><loader type='pflash'>/x</loader></os>", "uefi"),
        ("<os><loader type='rom'>/x</loader></os>", "bios"),
    ],
)
def test_firmware(os, firmware):
    assert facts(f"<domain>{os}</domain>").firmware == firmware


@pytest.mark.parametrize(("model", "has"), [("none", False), ("virtio", True), ("xen", True)])
def test_balloon(model, has):
    assert facts(f"<domain><devices><memballoon model='{model}'/></devices></domain>").has_balloon is has


@pytest.mark.parametrize("xml", ["", "no xml", "<domain>", "<network/>", "<domain>&unknown;</domain>", "\x00"])
def test_what_is_no_definition_is_an_input_error(xml):
    with pytest.raises(InputError):
        facts(xml)


def test_entities_are_not_expanded(tmp_path):
    secret = tmp_path / "secret"
    secret.write_text("s3cret")
    xml = f"<!DOCTYPE domain [<!ENTITY x SYSTEM 'file://{secret}'>]><domain><title>&x;</title></domain>"
    try:
        found = facts(xml)
    except InputError:
        return
    assert "s3cret" not in found.title


def test_a_billion_laughs_end_at_once():
    layers = "".join(f"<!ENTITY l{n} '{f'&l{n - 1};' * 10}'>" for n in range(1, 30))
    xml = f"<!DOCTYPE domain [<!ENTITY l0 'ha'>{layers}]><domain><title>&l29;</title></domain>"
    try:
        found = facts(xml)
    except InputError:
        return
    assert len(found.title) < 1000


@pytest.mark.parametrize("odd", ["9" * 5000, "-1", "1.5", "two", "", " 3 ", "٣"])
def test_odd_numbers_do_not_raise(odd):
    found = facts(f"<domain><vcpu current='{odd}'>{odd}</vcpu><memory>{odd}</memory></domain>")
    assert found.vcpus >= 0
    assert found.memory_kib >= 0


@given(st.text(), st.sampled_from(["title", "vcpu", "memory", "os", "metadata", "devices"]))
def test_any_text_anywhere_gives_facts_or_an_input_error(text, where):
    try:
        found = facts(f"<domain><{where}>{text}</{where}></domain>")
    except InputError:
        return
    assert isinstance(found, VMFacts)


@given(st.lists(st.text(st.characters(exclude_categories=("Cs", "Cc", "Cn")), max_size=20), max_size=5))
def test_tags_come_back_as_they_were(tags):
    wanted = tuple(dict.fromkeys(stripped for tag in tags if (stripped := tag.strip())))
    assert facts(f"<domain><metadata>{tags_element(tags)}</metadata></domain>").tags == wanted


def test_tags_survive_libvirt():
    conn = libvirt.open("test:///default")
    dom = conn.lookupByName("test")
    dom.setMetadata(libvirt.VIR_DOMAIN_METADATA_ELEMENT, tags_element(["a", "<&>'\""]), LIMEN_KEY, LIMEN_NS, 0)
    assert facts(dom.XMLDesc()).tags == ("a", "<&>'\"")
    conn.close()


def test_capabilities():
    xml = """<capabilities><host><cpu><arch>x86_64</arch><model>EPYC</model></cpu></host>
      <guest><arch name='x86_64'><domain type='qemu'/><domain type='kvm'/></arch></guest></capabilities>"""
    assert read_capabilities(xml) == Capabilities("x86_64", "EPYC", True)
    assert read_capabilities(xml.replace("<domain type='kvm'/>", "")).kvm is False
    assert read_capabilities("<capabilities/>").kvm is None
    assert read_capabilities("rubbish") == Capabilities()
