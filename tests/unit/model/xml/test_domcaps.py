"""Domain capabilities as hosts give them, and as they do not."""

from __future__ import annotations

import pytest

from limen_tui.errors import InputError
from limen_tui.model.xml.domcaps import ASSUMED, read_domcaps, read_domcaps_or_assume

KVM = """<domainCapabilities><path>/usr/bin/qemu-system-x86_64</path><domain>kvm</domain>
<machine>pc-q35-7.2</machine><arch>x86_64</arch><vcpu max='288'/>
<os supported='yes'><enum name='firmware'><value>bios</value><value>efi</value></enum>
 <loader supported='yes'><value>/usr/share/OVMF/OVMF_CODE_4M.ms.fd</value>
  <enum name='type'><value>rom</value><value>pflash</value></enum><enum name='secure'>{secure}</enum></loader></os>
<cpu><mode name='host-passthrough' supported='yes'/><mode name='maximum' supported='yes'/>
 <mode name='host-model' supported='no'/></cpu>
<devices><disk supported='yes'><enum name='bus'><value>virtio</value><value>sata</value></enum></disk>
 <graphics supported='{graphics}'><enum name='type'><value>vnc</value></enum></graphics>
 <video supported='yes'><enum name='modelType'><value>virtio</value></enum></video>
 <tpm supported='{tpm}'><enum name='backendModel'><value>passthrough</value><value>emulator</value></enum></tpm>
</devices></domainCapabilities>"""
FULL = KVM.format(secure="<value>yes</value><value>no</value>", graphics="yes", tpm="yes")


def test_all_of_it():
    caps = read_domcaps(FULL)
    assert (caps.kind, caps.machine, caps.max_vcpus, caps.known) == ("kvm", "pc-q35-7.2", 288, True)
    assert not caps.emulated
    assert (caps.uefi, caps.secure_boot, caps.tpm, caps.rng) == (True, True, True, True)
    assert caps.cpu_modes == ("host-passthrough", "maximum")
    assert (caps.disk_buses, caps.graphics, caps.video) == (("virtio", "sata"), ("vnc",), ("virtio",))
    assert caps.loaders == ("/usr/share/OVMF/OVMF_CODE_4M.ms.fd",)


def test_what_is_not_offered():
    caps = read_domcaps(KVM.format(secure="<value>no</value>", graphics="no", tpm="no"))
    assert (caps.secure_boot, caps.graphics, caps.tpm) == (False, (), False)
    old = FULL.replace("<enum name='firmware'><value>bios</value><value>efi</value></enum>", "")
    assert read_domcaps(old).uefi, "an old libvirt says it by its loaders only"
    assert not read_domcaps(old.replace("<value>pflash</value>", "")).uefi
    assert read_domcaps("<domainCapabilities><domain>qemu</domain></domainCapabilities>").emulated


@pytest.mark.parametrize("xml", ["", "<capabilities/>", "<domainCapabilities>", "\0"])
def test_what_is_none(xml):
    with pytest.raises(InputError):
        read_domcaps(xml)
    assert read_domcaps_or_assume(xml) == ASSUMED
    assert not ASSUMED.known
