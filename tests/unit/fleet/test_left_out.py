"""A copy of a VM's settings says which of its disks it does not get."""

from __future__ import annotations

from limen_tui.fleet.creating import Ground, _left_out
from limen_tui.model.spec import ImageRef
from limen_tui.model.spec.finding import HostLimits
from limen_tui.model.storage import Volume

XML = """<domain type='qemu'><name>a</name><memory>1024</memory><vcpu>1</vcpu><os><type>hvm</type></os><devices>
<disk type='file' device='disk'><source file='/p/own.qcow2'/><target dev='vda'/></disk>
<disk type='file' device='disk'><source file='/elsewhere/x.raw'/><target dev='vdb'/></disk>
<disk type='file' device='cdrom'><source file='/elsewhere/cd.iso'/><target dev='sda'/></disk></devices></domain>"""


def test_a_disk_outside_the_pools_is_named_with_the_reason() -> None:
    own = Volume(pool="p", name="own.qcow2", path="/p/own.qcow2", format="qcow2")
    (finding,) = _left_out(XML, Ground(HostLimits(), {}, {ImageRef("p", "own.qcow2"): own}))
    assert finding.level == "warning"
    assert "vdb" in finding.text and "/elsewhere/x.raw" in finding.text and "pool" in finding.text
    assert _left_out("", Ground(HostLimits(), {}, {})) == []
