"""The contract of volumes: simulated, and real libvirt with a pool of files."""

from __future__ import annotations

import hashlib
import random

import pytest

from limen_tui.errors import Cancelled, Conflict, InputError, NotFound, ReadOnlyError
from limen_tui.model.xml.volume import volume_xml

MIB = 1 << 20
NAME, OTHER = "contract-a.qcow2", "contract-b.qcow2"
LONG = "é" * 100 + "$(id) [b]&<'\".raw"


pytestmark = pytest.mark.parametrize("make", ["simulated", pytest.param("qemu", marks=pytest.mark.lab)], indirect=True)


@pytest.fixture
def pool(request, rig):
    """A pool of files that is active; what a test leaves in it is removed."""
    name = rig.capabilities.pools[0]
    if request.node.callspec.params["make"] == "qemu":
        libvirt_pool = request.getfixturevalue("contract_daemon").storagePoolLookupByName(name)
        if not libvirt_pool.isActive():
            libvirt_pool.build(0)
            libvirt_pool.create()
            request.addfinalizer(libvirt_pool.destroy)
    before = {volume.name for volume in rig.do(lambda verbs: verbs.storage.volumes(name))}
    yield name
    for volume in rig.do(lambda verbs: verbs.storage.volumes(name)):
        if volume.name not in before:
            rig.do(lambda verbs, left=volume.name: verbs.storage.delete(name, left))


def create(rig, pool, name=NAME, capacity=64 * MIB, format="qcow2", **more):
    xml = volume_xml(name, capacity, format, **more)
    return rig.do(lambda verbs: verbs.storage.create(pool, xml))


def names(rig, pool):
    return {volume.name for volume in rig.do(lambda verbs: verbs.storage.volumes(pool))}


def test_a_volume_is_made_found_grown_and_removed(rig, pool) -> None:
    made = create(rig, pool)
    assert (made.pool, made.name, made.capacity) == (pool, NAME, 64 * MIB)
    assert made.path.endswith(f"/{NAME}")
    assert rig.do(lambda verbs: verbs.storage.volume(pool, NAME)).path == made.path
    assert rig.do(lambda verbs: verbs.storage.by_path(made.path)).name == NAME
    assert NAME in names(rig, pool)
    rig.do(lambda verbs: verbs.storage.resize(pool, NAME, 128 * MIB))
    assert rig.do(lambda verbs: verbs.storage.volume(pool, NAME)).capacity == 128 * MIB
    rig.do(lambda verbs: verbs.storage.resize(pool, NAME, 128 * MIB))  # as it is already
    with pytest.raises(Conflict, match="shrink"):
        rig.do(lambda verbs: verbs.storage.resize(pool, NAME, 64 * MIB))
    rig.do(lambda verbs: verbs.storage.delete(pool, NAME))
    assert NAME not in names(rig, pool)
    assert rig.do(lambda verbs: verbs.storage.by_path(made.path)) is None


def test_a_taken_name_is_a_conflict_and_leaves_the_first(rig, pool) -> None:
    first = create(rig, pool)
    with pytest.raises(Conflict) as caught:
        create(rig, pool, capacity=MIB)
    assert caught.value.hint
    assert rig.do(lambda verbs: verbs.storage.volume(pool, NAME)).capacity == first.capacity


def test_what_is_not_there_is_not_found(rig, pool) -> None:
    for call in (
        lambda verbs: verbs.storage.volume(pool, "nobody"), lambda verbs: verbs.storage.delete(pool, "nobody"),
        lambda verbs: verbs.storage.resize(pool, "nobody", MIB), lambda verbs: verbs.storage.volumes("no-pool"),
        lambda verbs: verbs.storage.create("no-pool", volume_xml(NAME, MIB, "raw")),
        lambda verbs: verbs.storage.download(pool, "nobody", lambda data: None),
        lambda verbs: verbs.storage.probe(pool, "nobody"), lambda verbs: verbs.storage.refresh("no-pool"),
    ):  # fmt: skip
        with pytest.raises(NotFound):
            rig.do(call)
    assert rig.do(lambda verbs: verbs.storage.by_path("/no/such/thing")) is None
    assert rig.do(lambda verbs: verbs.storage.by_path("")) is None


def test_a_name_that_leads_out_of_the_pool_is_refused(rig, pool) -> None:
    good = volume_xml("good", MIB, "raw")
    for bad in ("../escape", "a/b", "-o", "x\ty"):
        xml = good.replace(">good<", f">{bad}<")
        with pytest.raises(InputError):
            rig.do(lambda verbs, xml=xml: verbs.storage.create(pool, xml))
    assert not {name for name in names(rig, pool) if "escape" in name}


def test_a_hostile_but_possible_name_works(rig, pool) -> None:
    made = create(rig, pool, LONG, MIB, "raw")
    assert made.name == LONG
    assert rig.do(lambda verbs: verbs.storage.by_path(made.path)).name == LONG
    rig.do(lambda verbs: verbs.storage.delete(pool, LONG))


def test_a_clone_knows_what_it_is_backed_by(rig, pool) -> None:
    base = create(rig, pool)
    clone = create(rig, pool, OTHER, 96 * MIB, backing_path=base.path, backing_format="qcow2")
    assert (clone.backing_path, clone.backing_format, clone.capacity) == (base.path, "qcow2", 96 * MIB)
    chain = rig.do(lambda verbs: verbs.storage.chain(pool, OTHER))
    assert [volume.name for volume in chain] == [OTHER, NAME]
    head = rig.do(lambda verbs: verbs.storage.probe(pool, OTHER))
    assert (head.kind, head.backing_file, head.virtual_size) == ("qcow2", base.path, 96 * MIB)
    assert not rig.do(lambda verbs: verbs.storage.probe(pool, NAME)).truncated


def test_a_chain_is_made_flat(rig, pool) -> None:
    base = create(rig, pool)
    create(rig, pool, OTHER, 96 * MIB, backing_path=base.path, backing_format="qcow2")
    flat = rig.do(lambda verbs: verbs.storage.flatten(pool, OTHER, "contract-flat.qcow2"))
    assert (flat.name, flat.format, flat.capacity, flat.backing_path) == ("contract-flat.qcow2", "qcow2", 96 * MIB, "")
    head = rig.do(lambda verbs: verbs.storage.probe(pool, flat.name))
    assert (head.kind, head.backing_file, head.virtual_size, head.truncated) == ("qcow2", "", 96 * MIB, False)
    assert rig.do(lambda verbs: verbs.storage.volume(pool, OTHER)).backing_path == base.path
    with pytest.raises(Conflict):
        rig.do(lambda verbs: verbs.storage.flatten(pool, OTHER, NAME))
    with pytest.raises(NotFound):
        rig.do(lambda verbs: verbs.storage.flatten(pool, "nobody", "x.qcow2"))


def test_what_is_uploaded_comes_back_the_same(rig, pool) -> None:
    data = random.Random(4).randbytes(3 * MIB + 17)
    create(rig, pool, NAME, len(data), "raw")
    at, told = 0, []

    def source(count: int) -> bytes:
        nonlocal at
        piece = data[at : at + min(count, 99_991)]
        at += len(piece)
        return piece

    rig.do(lambda verbs: verbs.storage.upload(pool, NAME, source, len(data), progress=told.append))
    assert told == sorted(told)
    assert told[-1] == len(data)
    got, back = hashlib.sha256(), []
    rig.do(lambda verbs: verbs.storage.download(pool, NAME, got.update, progress=back.append))
    assert got.hexdigest() == hashlib.sha256(data).hexdigest()
    assert back[-1] == len(data)
    part = bytearray()
    rig.do(lambda verbs: verbs.storage.download(pool, NAME, part.extend, offset=MIB, length=1000))
    assert part == data[MIB : MIB + 1000]
    # a second half on top, as after a transfer that broke
    at = 2 * MIB
    rig.do(lambda verbs: verbs.storage.upload(pool, NAME, source, len(data) - 2 * MIB, offset=2 * MIB))
    again = hashlib.sha256()
    rig.do(lambda verbs: verbs.storage.download(pool, NAME, again.update))
    assert again.hexdigest() == got.hexdigest()


def test_a_cancelled_transfer_stops_and_the_volume_can_go(rig, pool) -> None:
    create(rig, pool, NAME, 64 * MIB, "raw")
    told = []
    with pytest.raises(Cancelled):
        rig.do(lambda verbs: verbs.storage.upload(
            pool, NAME, bytes, 64 * MIB, progress=told.append, cancelled=lambda: len(told) >= 3))  # fmt: skip
    assert len(told) == 3
    taken = []
    with pytest.raises(Cancelled):
        rig.do(lambda verbs: verbs.storage.download(pool, NAME, taken.append, cancelled=lambda: len(taken) >= 2))
    rig.do(lambda verbs: verbs.storage.delete(pool, NAME))
    assert NAME not in names(rig, pool)


def test_a_source_that_ends_early_or_breaks_is_told(rig, pool) -> None:
    create(rig, pool, NAME, MIB, "raw")
    with pytest.raises(InputError, match="ended early"):
        rig.do(lambda verbs: verbs.storage.upload(pool, NAME, lambda count: b"", MIB))

    def broken(count: int) -> bytes:
        raise InputError("The file cannot be read")

    with pytest.raises(InputError, match="cannot be read"):
        rig.do(lambda verbs: verbs.storage.upload(pool, NAME, broken, MIB))
    assert rig.do(lambda verbs: verbs.storage.volume(pool, NAME)).name == NAME  # the connection is well


def test_read_only_refuses_every_change(make, pool) -> None:
    rig = make(read_only=True)
    for call in (
        lambda verbs: verbs.storage.create(pool, volume_xml(NAME, MIB, "raw")),
        lambda verbs: verbs.storage.delete(pool, NAME), lambda verbs: verbs.storage.resize(pool, NAME, MIB),
        lambda verbs: verbs.storage.flatten(pool, NAME, OTHER),
        lambda verbs: verbs.storage.refresh(pool), lambda verbs: verbs.storage.upload(pool, NAME, bytes, MIB),
    ):  # fmt: skip
        with pytest.raises(ReadOnlyError):
            rig.do(call)
    assert NAME not in names(rig, pool)


def test_a_pool_that_is_not_active_says_so(make, request) -> None:
    rig = make()
    name = {"simulated": "iso"}.get(request.node.callspec.params["make"], rig.capabilities.pools[0])
    with pytest.raises(Conflict, match="not active") as caught:
        rig.do(lambda verbs: verbs.storage.volumes(name))
    assert "Start" in caught.value.hint
