"""A disk that was made behind libvirt's back: the look before a delete finds it all the same."""

from __future__ import annotations

import time
from types import SimpleNamespace

import pytest

from limen_tui.errors import ReadOnlyError
from limen_tui.fleet.deleting import plan_delete, survey
from limen_tui.hypervisor.session import session_connector
from limen_tui.model.host import Host, HostState
from limen_tui.model.jobs import JobState
from tests.jobs import images
from tests.jobs.realworld import HOST
from tests.unit.hypervisor.libvirt_daemon import wait_for

pytestmark = pytest.mark.lab
UUID = "7d3c1f0e-3c52-4f43-8f57-0a5f1f6c9a11"


class Counting:
    """The storage of a host, and the pools that were refreshed."""

    def __init__(self, storage) -> None:
        self._storage = storage
        self.refreshed: list[str] = []

    def __getattr__(self, name):
        return getattr(self._storage, name)

    def refresh(self, pool) -> None:
        self.refreshed.append(pool)
        self._storage.refresh(pool)


def defined(world, *sources: str):
    """A VM with these disks, as the session sees it."""
    disks = "".join(
        f"<disk type='file'><driver name='qemu' type='qcow2'/><source file='{source}'/>"
        f"<target dev='vd{letter}' bus='virtio'/></disk>" for letter, source in zip("abc", sources, strict=False)
    )
    path = world.folder.parent / "behind.xml"
    path.write_text(f"<domain type='qemu'><name>{world.pool}-vm</name><uuid>{UUID}</uuid><memory>32768</memory>"
                    f"<os><type>hvm</type></os><devices>{disks}</devices></domain>")  # fmt: skip
    world.daemon.virsh("define", str(path))
    port = world.hosts.port
    wait_for(lambda: UUID in port.snapshot.vms, what="the VM")
    return port.snapshot.vms[UUID]


def looked(world, vm, port):
    """The survey, and the pools that were refreshed for it."""

    def look(verbs):
        storage = Counting(verbs.storage)
        proxy = SimpleNamespace(storage=storage, definitions=verbs.definitions, pools=verbs.pools)
        return survey(proxy, vm, world.inventory.keepsakes), storage.refreshed

    return port.submit(look).result(10)


def test_a_pool_is_looked_at_again_once_and_its_disks_can_go(world) -> None:
    for name in ("one.qcow2", "two.qcow2"):
        (world.folder / name).write_bytes(images.qcow2())
    vm = defined(world, *(str(world.folder / name) for name in ("one.qcow2", "two.qcow2")))
    found, refreshed = looked(world, vm, world.hosts.port)
    assert refreshed == [world.pool]
    assert [(fate.goes, fate.stays) for fate in found.disks] == [(True, ""), (True, "")]
    assert looked(world, vm, world.hosts.port)[1] == []
    job = world.run(plan_delete(found, purge=True, now=time.time(), who="ann"))
    assert (job.state, world.files()) == (JobState.DONE, [])


def test_an_overlay_that_was_made_there_too_keeps_its_base(world) -> None:
    base = world.folder / "base.qcow2"
    base.write_bytes(images.qcow2())
    (world.folder / "top.qcow2").write_bytes(images.qcow2(backing=str(base).encode()))
    found, _ = looked(world, defined(world, str(base)), world.hosts.port)
    assert [fate.stays for fate in found.disks] == ["it is the base of top.qcow2"]


def test_what_lies_in_no_pool_has_none_refreshed(world) -> None:
    outside = world.folder.parent / "outside.qcow2"
    outside.write_bytes(images.qcow2())
    below = world.folder / "sub"
    below.mkdir()
    (below / "deep.qcow2").write_bytes(images.qcow2())
    found, refreshed = looked(world, defined(world, str(outside), str(below / "deep.qcow2")), world.hosts.port)
    assert refreshed == []
    assert ["in no storage pool" in fate.stays for fate in found.disks] == [True, True]
    (below / "deep.qcow2").unlink()
    below.rmdir()


def test_a_host_that_is_read_only_is_looked_at_as_it_is(world) -> None:
    (world.folder / "one.qcow2").write_bytes(images.qcow2())
    vm = defined(world, str(world.folder / "one.qcow2"))
    port = session_connector()(Host(HOST, "real", world.daemon.uri(), read_only=True), lambda event: None)
    port.start()
    try:
        wait_for(lambda: port.snapshot.state is HostState.UP, what="the host")
        with pytest.raises(ReadOnlyError):
            port.submit(lambda verbs: verbs.storage.refresh(world.pool)).result(10)
        found, _ = looked(world, vm, port)
        assert "in no storage pool" in found.disks[0].stays
        assert "one.qcow2" not in world.daemon.virsh("vol-list", world.pool)
    finally:
        port.close()
        assert port.join(10)
