"""What Limen renders, given to real libvirt and QEMU: defined, validated, started, and its seed read by a guest."""

from __future__ import annotations

import base64
import json
import random
import subprocess
from dataclasses import replace
from pathlib import Path

import pytest

from limen_tui.fleet.creating import look
from limen_tui.fleet.render import render_domain
from limen_tui.fleet.renderinfra import render_network, render_pool
from limen_tui.fleet.seed import seed_iso
from limen_tui.hypervisor.session import HostSession
from limen_tui.model.host import Host, HostState
from limen_tui.model.spec import (
    CloudInit,
    DirectKernel,
    DiskSpec,
    HostLimits,
    ImageRef,
    VMSpec,
    complete,
    errors,
    validate,
)
from limen_tui.model.spec.completing import new_mac
from limen_tui.model.spec.infra import NetworkSpec, PoolSpec
from limen_tui.model.xml.copying import copy_settings
from limen_tui.model.xml.domcaps import DomainCaps, read_domcaps
from limen_tui.model.xml.read import facts
from tests.lab.fixtures import RealLibvirt
from tests.unit.hypervisor.libvirt_daemon import wait_for
from tests.unit.model.spec.specs import EVERY, KEY


@pytest.fixture(scope="module")
def caps(real_libvirt: RealLibvirt) -> DomainCaps:
    return read_domcaps(real_libvirt.virsh("domcapabilities", "--machine", "q35", "--virttype", real_libvirt.accel))


def test_the_capabilities_are_read(real_libvirt: RealLibvirt, caps: DomainCaps) -> None:
    assert (caps.known, caps.kind, caps.arch) == (True, real_libvirt.accel, "x86_64")
    assert caps.emulator.endswith("qemu-system-x86_64")
    assert caps.machine.startswith("pc-q35")
    assert caps.max_vcpus > 1
    assert {"virtio", "scsi", "sata"} <= set(caps.disk_buses)
    assert "vnc" in caps.graphics
    assert "maximum" in caps.cpu_modes or "host-passthrough" in caps.cpu_modes
    assert (caps.uefi, caps.secure_boot, caps.tpm) == (True, True, True), "ovmf and swtpm are installed here"
    bare = read_domcaps(real_libvirt.virsh("domcapabilities", "--machine", "pc", "--virttype", "qemu"))
    assert (bare.kind, bare.secure_boot) == ("qemu", False)


@pytest.mark.parametrize("spec", EVERY, ids=lambda spec: spec.name)
def test_libvirt_takes_every_source_and_a_copy_of_it(
    real_libvirt: RealLibvirt, caps: DomainCaps, tmp_path: Path, spec: VMSpec
) -> None:
    graphics = spec.graphics if spec.graphics in (*caps.graphics, "none") else "vnc"
    done = complete(replace(spec, name=f"r-{spec.name}", graphics=graphics), caps)
    assert errors(validate(done, HostLimits(caps=caps))) == ()
    place = tmp_path / "vm.xml"
    paths = {ref: f"/pool/{ref.volume}" for ref in done.volumes}
    place.write_text(render_domain(done, paths, caps, seed_path="/s.iso"))
    real_libvirt.virsh("define", "--validate", str(place))
    copied = "7d1c3f4e-52a5-4e0e-9f0f-4c54b0a3e001"
    try:
        back = real_libvirt.virsh("dumpxml", done.name, "--inactive")
        assert set(facts(back).disks) == set(facts(place.read_text()).disks)
        assert facts(back).firmware == done.firmware
        place.write_text(copy_settings(back, "r-copy", copied, make_mac=new_mac, disks={"vda": "/pool/new.qcow2"}))
        real_libvirt.virsh("define", "--validate", str(place))
        twin = facts(real_libvirt.virsh("dumpxml", copied, "--inactive"))
        assert (twin.firmware, twin.vcpus_max, twin.tags) == (done.firmware, done.vcpus_max, done.tags)
        assert not {nic.mac for nic in twin.nics} & {nic.mac for nic in done.nics}
        real_libvirt.virsh("undefine", copied, "--nvram")
    finally:
        real_libvirt.virsh("undefine", done.name, "--nvram")


def test_libvirt_takes_pools_and_networks(real_libvirt: RealLibvirt, tmp_path: Path) -> None:
    place = tmp_path / "x.xml"
    place.write_text(render_pool(PoolSpec("rendered ${7*7}", str(tmp_path / "a&b"))))
    real_libvirt.virsh("pool-define", "--validate", str(place))
    real_libvirt.virsh("pool-undefine", "rendered ${7*7}")
    network = NetworkSpec("rendered", "nat", "", "10.77.0.1/24", "10.77.0.9", "10.77.0.99", "lab")
    place.write_text(render_network(network))
    real_libvirt.virsh("net-define", "--validate", str(place))
    real_libvirt.virsh("net-undefine", "rendered")


def test_a_guest_starts_and_takes_its_cloud_init(real_libvirt: RealLibvirt, caps: DomainCaps, tmp_path: Path) -> None:
    folder = real_libvirt.daemon.folder
    seed, disk = folder / "seeded-seed.iso", folder / "seeded.qcow2"
    cloud = CloudInit(
        hostname="from-the-seed", ssh_keys=(KEY,), user_data="#cloud-config\nruncmd:\n  - echo it-ran > /tmp/it-ran\n"
    )
    kernel = DirectKernel(
        f"{real_libvirt.images}/vmlinuz", f"{real_libvirt.images}/initramfs.cpio", "console=ttyS0 quiet lab.name=seeded"
    )
    spec = VMSpec(
        "seeded", vcpus=2, memory_kib=192 * 1024, source=kernel, cloud_init=cloud, tags=("real",),
        disks=(DiskSpec("default", "seeded.qcow2", 64 << 20),),
    )  # fmt: skip
    done = complete(spec, caps)
    seed.write_bytes(seed_iso(done))
    subprocess.run(["qemu-img", "create", "-q", "-f", "qcow2", str(disk), "64M"], check=True)
    place = tmp_path / "vm.xml"
    place.write_text(render_domain(done, {ImageRef("default", "seeded.qcow2"): str(disk)}, caps, seed_path=str(seed)))
    real_libvirt.virsh("define", "--validate", str(place))
    try:
        real_libvirt.virsh("start", "seeded")
        assert real_libvirt.agent("seeded", "guest-get-host-name")["host-name"] == "from-the-seed"
        keys = _read(real_libvirt, "/root/.ssh/authorized_keys")
        assert keys.split()[:2] == KEY.split()[:2]
        assert _read(real_libvirt, "/tmp/it-ran") == "it-ran\n"
        live = facts(real_libvirt.virsh("dumpxml", "seeded"))
        assert (live.tags, live.has_agent, live.balloon_period) == (("real",), True, 2)
        # QEMU's own word, not the definition's
        assert "127.0.0.1:" in real_libvirt.virsh("qemu-monitor-command", "seeded", "--hmp", "info vnc")
    finally:
        real_libvirt.virsh("destroy", "seeded")
        real_libvirt.virsh("undefine", "seeded")


def _read(libvirt: RealLibvirt, path: str) -> str:
    """A file of the guest, through its agent."""
    words = {"path": "/bin/busybox", "arg": ["cat", path], "capture-output": True}
    made = libvirt.agent("seeded", "guest-exec", **words)

    def ended() -> dict[str, object] | None:
        said = json.dumps({"execute": "guest-exec-status", "arguments": {"pid": made["pid"]}})
        reply = json.loads(libvirt.virsh("qemu-agent-command", "seeded", said))["return"]
        return reply if reply["exited"] else None

    return base64.b64decode(str(wait_for(ended, 20.0, f"cat {path}").get("out-data", ""))).decode()


@pytest.mark.parametrize("firmware", ["bios", "uefi", "uefi-secure"])
def test_every_firmware_starts(real_libvirt: RealLibvirt, caps: DomainCaps, tmp_path: Path, firmware: str) -> None:
    # no disk: the firmware itself is what must come up
    spec = VMSpec(f"fw-{firmware}", memory_kib=128 * 1024, firmware=firmware, tpm=firmware != "bios")  # type: ignore[arg-type]
    done = complete(spec, caps)
    place = tmp_path / "vm.xml"
    place.write_text(render_domain(done, {}, caps))
    real_libvirt.virsh("define", "--validate", str(place))
    try:
        real_libvirt.virsh("start", done.name)
        assert real_libvirt.state(done.name).startswith("running")
    finally:
        real_libvirt.virsh("destroy", done.name)
        real_libvirt.virsh("undefine", done.name, "--nvram")


def test_the_create_form_is_told_of_the_machine_type_that_is_made(real_libvirt: RealLibvirt) -> None:
    session = HostSession(Host("caps", "caps", real_libvirt.uri), lambda _: None, rng=random.Random(1))
    session.start()
    try:
        wait_for(lambda: session.snapshot.state is HostState.UP, 30.0, "the host")
        snapshot = session.snapshot
        found = session.submit(lambda verbs: look(verbs, snapshot)).result(30)
        assert found.caps.machine.startswith("pc-q35")
        assert found.caps.secure_boot, "as q35 has it; i440fx has not"
    finally:
        session.close()
        session.join(10)
