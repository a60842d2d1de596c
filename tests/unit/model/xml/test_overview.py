"""A definition's overview: every part that there is, nothing where there is none, never an error for odd ones."""

from __future__ import annotations

from dataclasses import replace

import pytest
from hypothesis import given
from hypothesis import strategies as st
from lxml import etree

from limen_tui.errors import InputError
from limen_tui.model.cautions import cautions
from limen_tui.model.lifecycle import VMState
from limen_tui.model.verbs.agent import GuestDisk, GuestInfo
from limen_tui.model.vm import VM, VMFacts, VMKey
from limen_tui.model.xml.overview import Overview, overview

FULL = """<domain type='kvm'><name>x</name>
<vcpu cpuset='0-7' current='2'>4</vcpu><maxMemory slots='16' unit='GiB'>64</maxMemory>
<memoryBacking><hugepages/><source type='memfd'/><access mode='shared'/></memoryBacking>
<cputune><vcpupin vcpu='0' cpuset='2'/><vcpupin vcpu='1' cpuset='3'/><emulatorpin cpuset='0-1'/><shares>2048</shares>
  <quota>50000</quota><period>100000</period></cputune>
<numatune><memory mode='strict' nodeset='0'/></numatune>
<os><type arch='x86_64' machine='q35'>hvm</type><loader readonly='yes' secure='yes' type='pflash'>/code.fd</loader>
  <nvram>/vars.fd</nvram></os>
<features><acpi/><apic/><hyperv/></features>
<cpu mode='host-passthrough'><topology sockets='1' dies='1' cores='2' threads='2'/>
  <numa><cell id='0' cpus='0-3' memory='4' unit='GiB'/></numa></cpu>
<clock offset='utc'/><on_poweroff>destroy</on_poweroff><on_crash>restart</on_crash>
<devices><emulator>/usr/bin/qemu</emulator>
<disk type='file' device='disk'><driver name='qemu' type='qcow2' cache='unsafe' discard='unmap'/>
  <source file='/a.qcow2'/><backingStore type='file'><source file='/b.qcow2'/><backingStore type='file'>
  <source file='/c.qcow2'/><backingStore/></backingStore></backingStore>
  <target dev='vda' bus='virtio'/><boot order='2'/></disk>
<disk type='file' device='cdrom'><source file='/i.iso'/><target dev='sda' bus='sata'/><readonly/>
  <boot order='1'/></disk>
<interface type='network'><mac address='52:54:00:AA:BB:CC'/><source network='n'/><model type='virtio'/>
  <link state='down'/><bandwidth/></interface>
<channel type='unix'><target type='virtio' name='org.qemu.guest_agent.0' state='disconnected'/></channel>
<graphics type='vnc' port='5900' listen='127.0.0.1'/><video><model type='virtio'/></video>
<tpm model='tpm-crb'><backend type='emulator' version='2.0'/></tpm><watchdog model='itco'/>
<hostdev mode='subsystem' type='pci'><source><address domain='0x0000' bus='0x01' slot='0x00' function='0x0'/></source>
</hostdev><hostdev mode='subsystem' type='usb'><source><vendor id='0x1d6b'/><product id='0x0002'/></source></hostdev>
</devices></domain>"""


def vm(**facts: object) -> VM:
    known = replace(VMFacts(kind="kvm", has_balloon=True), **facts)  # type: ignore[arg-type]
    return VM(VMKey("h", "u"), "x", "h", VMState.RUNNING, facts=known)


def test_a_full_definition_is_told_in_full() -> None:
    made = overview(FULL)
    assert made.firmware == "UEFI with Secure Boot" and made.nvram == "/vars.fd"
    assert made.cpu == "host-passthrough" and made.topology == "1 socket, 2 cores, 2 threads"
    assert made.pinning == ("all on 0-7", "vCPU 0 on 2", "vCPU 1 on 3", "emulator on 0-1", "2048 shares",
                            "at most 50 % of a CPU for each vCPU")  # fmt: skip
    assert made.numa == ("strict on node 0", "guest node 0: vCPUs 0-3, 4 GiB")
    assert made.memory_traits == ("huge pages", "memfd", "shared", "16 slots up to 64 GiB")
    assert made.boot == ("sda", "vda")
    disk, drive = made.disks
    assert disk.chain == ("/b.qcow2", "/c.qcow2") and disk.cache == "unsafe" and disk.traits == ("discard unmap",)
    assert drive.traits == ("read-only",) and made.boots_from_cdrom == "/i.iso"
    assert made.nics[0].mac == "52:54:00:aa:bb:cc" and made.nics[0].down and made.nics[0].limited
    assert made.graphics == ("vnc on 127.0.0.1:5900",)
    assert made.devices == ("video virtio", "TPM 2.0 tpm-crb", "watchdog itco", "PCI 0000:01:00.0 of the host",
                            "USB 1d6b:0002 of the host")  # fmt: skip
    assert made.agent_channel == "disconnected"
    assert made.on_events == ("poweroff: destroy", "crash: restart")


def test_an_empty_definition_is_empty() -> None:
    assert overview("<domain/>") == Overview(firmware="BIOS")
    with pytest.raises(InputError):
        overview("<network/>")
    with pytest.raises(InputError):
        overview("no xml")


def test_boot_order_of_old_definitions() -> None:
    made = overview("<domain><os><boot dev='cdrom'/><boot dev='hd'/></os><devices><disk device='cdrom'>"
                    "<source file='/x.iso'/><target dev='hda'/></disk></devices></domain>")  # fmt: skip
    assert made.boot == ("cdrom", "hd") and made.boots_from_cdrom == "/x.iso"
    assert overview("<domain><os><boot dev='hd'/></os></domain>").boots_from_cdrom == ""


def test_what_is_not_well_is_said() -> None:
    info = GuestInfo(disks=(GuestDisk("/", total=100, used=95), GuestDisk("/ok", total=100, used=5)))
    said = " | ".join(cautions(vm(), overview(FULL), info))
    assert "/ inside the guest is 95 % full" in said and "/ok" not in said
    for words in ("vda has cache=unsafe", "/i.iso", "not running inside", "link of 52:54:00:aa:bb:cc is down"):
        assert words in said
    assert "sda has cache" not in said


def test_a_plain_vm_has_nothing_to_say() -> None:
    fine = overview("<domain><devices><channel><target name='org.qemu.guest_agent.0' state='connected'/></channel>"
                    "</devices></domain>")  # fmt: skip
    assert list(cautions(vm(), fine, None)) == []
    assert list(cautions(vm(), None, None)) == [], "what is not known yet is left out"
    said = " ".join(cautions(vm(has_balloon=False, persistent=False, kind="qemu"), None, None))
    assert "balloon" in said and "transient" in said and "emulated" in said


def _trees() -> st.SearchStrategy[etree._Element]:
    root = etree.fromstring(FULL)
    tags = sorted({str(each.tag) for each in root.iter()})
    names = sorted({str(name) for each in root.iter() for name in each.attrib})
    words = st.sampled_from(["", "0", "-1", "9" * 5000, "x", "yes", "cdrom", "pci", "custom"]) | st.text(
        st.characters(blacklist_categories=("Cs", "Cc")), max_size=8
    )

    def build(tag: str, attributes: dict[str, str], text: str, children: list[etree._Element]) -> etree._Element:
        made = etree.Element(tag, attributes)
        made.text = text
        made.extend(children)
        return made

    leaf = st.builds(build, st.sampled_from(tags), st.dictionaries(st.sampled_from(names), words, max_size=3), words,
                     st.just([]))  # fmt: skip
    return st.recursive(leaf, lambda each: st.builds(build, st.sampled_from(tags),
                        st.dictionaries(st.sampled_from(names), words, max_size=3), words,
                        st.lists(each, max_size=4)), max_leaves=20)  # fmt: skip


@given(_trees(), st.lists(st.integers(0, 60), max_size=6))
def test_odd_definitions_make_an_overview_all_the_same(tree: etree._Element, drop: list[int]) -> None:
    root = etree.fromstring(FULL)
    every = [each for each in root.iter() if each is not root]
    for place in drop:
        each = every[place % len(every)]
        parent = each.getparent()
        if parent is not None:
            parent.replace(each, etree.fromstring(etree.tostring(tree)))
    made = overview(etree.tostring(root, encoding="unicode"))
    list(cautions(vm(), made, None))
    assert isinstance(made.boots_from_cdrom, str)
