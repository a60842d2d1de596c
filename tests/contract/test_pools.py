"""The contract of pools: started, stopped, looked at again; on the simulation, the test driver and real libvirt."""

from __future__ import annotations

from pathlib import Path
from urllib.parse import parse_qs, urlsplit

import libvirt
import pytest

from limen_tui.errors import Conflict, NotFound, ReadOnlyError
from limen_tui.fleet.pooling import stop_unused, use_of
from limen_tui.model.pooluse import PoolUse
from limen_tui.model.xml.volume import volume_xml


@pytest.fixture
def pool(request, rig):
    """A pool that is active; it is as it was afterwards."""
    name = rig.capabilities.pools[0]
    if "qemu" in request.node.callspec.id:
        libvirt_pool = request.getfixturevalue("contract_daemon").storagePoolLookupByName(name)
        if not libvirt_pool.isActive():
            libvirt_pool.build(0)
            libvirt_pool.create()
        request.addfinalizer(lambda: libvirt_pool.isActive() and libvirt_pool.destroy())
    return name


def active(rig, pool) -> bool:
    return next(each.active for each in rig.do(lambda verbs: verbs.pools()) if each.name == pool)


def test_a_pool_is_stopped_and_started(rig, pool) -> None:
    before = {volume.name for volume in rig.do(lambda verbs: verbs.storage.volumes(pool))}
    rig.do(lambda verbs: verbs.storage.stop(pool))
    assert not active(rig, pool)
    with pytest.raises(Conflict, match="not active") as caught:
        rig.do(lambda verbs: verbs.storage.stop(pool))
    assert "Start" in caught.value.hint
    with pytest.raises(Conflict, match="not active"):
        rig.do(lambda verbs: verbs.storage.refresh(pool))
    rig.do(lambda verbs: verbs.storage.start(pool))
    assert active(rig, pool)
    with pytest.raises(Conflict, match="active already"):
        rig.do(lambda verbs: verbs.storage.start(pool))
    rig.do(lambda verbs: verbs.storage.refresh(pool))
    assert {volume.name for volume in rig.do(lambda verbs: verbs.storage.volumes(pool))} == before


def test_a_pool_that_is_not_there_is_not_found(rig) -> None:
    for call in (
        lambda verbs: verbs.storage.start("no-pool"), lambda verbs: verbs.storage.stop("no-pool"),
        lambda verbs: verbs.storage.refresh("no-pool"),
    ):  # fmt: skip
        with pytest.raises(NotFound):
            rig.do(call)


def test_read_only_starts_and_stops_nothing(make, pool) -> None:
    rig = make(read_only=True)
    for call in (
        lambda verbs: verbs.storage.start(pool), lambda verbs: verbs.storage.stop(pool),
        lambda verbs: verbs.storage.refresh(pool),
    ):  # fmt: skip
        with pytest.raises(ReadOnlyError):
            rig.do(call)
    assert active(rig, pool)


@pytest.mark.lab
@pytest.mark.parametrize("make", ["qemu"], indirect=True)
def test_a_refresh_finds_what_was_put_there_by_hand(rig, pool, contract_daemon) -> None:
    folder = Path(parse_qs(urlsplit(contract_daemon.getURI()).query)["socket"][0]).parent.parent / "lib/images"
    by_hand = folder / "by-hand.raw"
    by_hand.write_bytes(b"x" * 4096)
    try:
        assert "by-hand.raw" not in {volume.name for volume in rig.do(lambda verbs: verbs.storage.volumes(pool))}
        rig.do(lambda verbs: verbs.storage.refresh(pool))
        assert "by-hand.raw" in {volume.name for volume in rig.do(lambda verbs: verbs.storage.volumes(pool))}
    finally:
        by_hand.unlink()


@pytest.mark.parametrize("make", ["simulated", pytest.param("qemu", marks=pytest.mark.lab)], indirect=True)
def test_only_a_pool_that_no_running_vm_needs_is_stopped(request, rig, pool) -> None:
    if "qemu" in request.node.callspec.id:
        # the guest gets a disk while it runs: only its living definition tells of it
        dom = request.getfixturevalue("contract_daemon").lookupByUUIDString(rig.a_running_vm)
        made = rig.do(lambda verbs: verbs.storage.create(pool, volume_xml("used.raw", 1 << 20, "raw")))
        disk = f"<disk type='file'><source file='{made.path}'/><target dev='vdz' bus='virtio'/></disk>"
        request.addfinalizer(lambda: rig.do(lambda verbs: verbs.storage.delete(pool, "used.raw")))
        dom.attachDeviceFlags(disk, libvirt.VIR_DOMAIN_AFFECT_LIVE)
        request.addfinalizer(dom.destroy)
        use = rig.do(lambda verbs: use_of(verbs, pool))
        assert use == PoolUse(("on",), ())
    else:
        use = rig.do(lambda verbs: use_of(verbs, pool))
        assert use.running and use.stopped
        assert rig.vm(rig.a_running_vm).name in use.running and rig.vm(rig.a_stopped_vm).name in use.stopped
    with pytest.raises(Conflict, match="is in use") as caught:
        rig.do(lambda verbs: stop_unused(verbs, pool))
    assert "run" in caught.value.detail
    assert active(rig, pool)
    with pytest.raises(NotFound):
        rig.do(lambda verbs: stop_unused(verbs, "no-pool"))
