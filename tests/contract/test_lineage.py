"""The contract of lineage: simulated, libvirt's test driver, real QEMU with a real chain and a real snapshot."""

from __future__ import annotations

import subprocess
from pathlib import Path
from uuid import uuid4

import pytest

from limen_tui.errors import NotFound
from limen_tui.model.verbs.lineage import DAY, Lineage
from tests.contract.rigs import SimulatedRig


def test_of_every_vm_something_is_known_in_order(rig) -> None:
    for uuid in rig.port.snapshot.vms:
        found: Lineage = rig.do(lambda verbs, uuid=uuid: verbs.lineage.of(uuid))
        assert [fact.made_at for fact in found.snapshots] == sorted(fact.made_at for fact in found.snapshots)
        assert all(disk.members and disk.target for disk in found.disks)
    if isinstance(rig, SimulatedRig):
        all_of_them = [rig.do(lambda verbs, uuid=uuid: verbs.lineage.of(uuid)) for uuid in rig.port.snapshot.vms]
        assert any(len(disk.members) > 1 for each in all_of_them for disk in each.disks)


def test_a_vm_that_is_gone_is_not_found(rig) -> None:
    with pytest.raises(NotFound):
        rig.do(lambda verbs: verbs.lineage.of(str(uuid4())))


def test_read_only_may_look(make) -> None:
    rig = make(read_only=True)
    assert isinstance(rig.do(lambda verbs: verbs.lineage.of(rig.a_running_vm)), Lineage)


def qemu_img(*words: str) -> None:
    subprocess.run(["qemu-img", *words], check=True, capture_output=True)


@pytest.mark.lab
def test_a_real_chain_has_its_real_sizes_running_and_not(qemu_world, contract_daemon, tmp_path: Path) -> None:
    tmp_path.chmod(0o755)
    base, middle, top = (tmp_path / name for name in ("base.img", "middle.qcow2", "top.qcow2"))
    qemu_img("create", "-f", "raw", str(base), "8M")
    with base.open("r+b") as file:
        file.write(b"x" * (1 << 20))
    qemu_img("create", "-f", "qcow2", "-F", "raw", "-b", str(base), str(middle))
    qemu_img("create", "-f", "qcow2", "-F", "qcow2", "-b", str(middle), str(top))
    pool = contract_daemon.storagePoolCreateXML(
        f"<pool type='dir'><name>lineage</name><target><path>{tmp_path}</path></target></pool>", 0
    )
    dom = contract_daemon.defineXML(
        f"<domain type='qemu'><name>lineage</name><memory unit='MiB'>32</memory><os><type arch='x86_64'>hvm</type></os>"
        f"<devices><disk type='file' device='disk'><driver name='qemu' type='qcow2'/><source file='{top}'/>"
        "<target dev='vda' bus='virtio'/></disk></devices></domain>"
    )
    try:
        dom.snapshotCreateXML("<domainsnapshot><name>first</name></domainsnapshot>", 0)
        rig = qemu_world()
        rig.start()

        def look() -> Lineage:
            return rig.do(lambda verbs: verbs.lineage.of(dom.UUIDString()))

        def seen(found: Lineage) -> list[tuple[str, int | None]]:
            assert [disk.target for disk in found.disks] == ["vda"]
            return [(member.source, member.taken) for member in found.disks[0].members]

        real = [(str(path), path.stat().st_blocks * 512) for path in (top, middle, base)]
        off = look()
        assert seen(off) == real
        assert [fact.name for fact in off.snapshots] == ["first"]
        assert abs(off.snapshots[0].made_at - top.stat().st_mtime) < DAY
        dom.create()
        assert seen(look()) == [(str(path), path.stat().st_blocks * 512) for path in (top, middle, base)]
        pool.destroy()
        # without the pool: by what the running VM has open
        assert seen(look()) == [(str(path), path.stat().st_blocks * 512) for path in (top, middle, base)]
        rig.port.close()
        assert rig.join()
    finally:
        if dom.isActive():
            dom.destroy()
        dom.undefineFlags(2)  # VIR_DOMAIN_UNDEFINE_SNAPSHOTS_METADATA
        if "lineage" in contract_daemon.listStoragePools():
            pool.destroy()
