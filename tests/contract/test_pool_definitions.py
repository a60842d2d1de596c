"""The contract of the definitions of pools; on the simulation, the test driver and real libvirt."""

from __future__ import annotations

from pathlib import Path
from urllib.parse import parse_qs, urlsplit

import pytest

from limen_tui.errors import Conflict, NotFound, ReadOnlyError
from limen_tui.fleet.renderinfra import render_pool
from limen_tui.model.spec.infra import PoolSpec

NAME = 'new & <old> "pool"'


def named(rig, name):
    return next((pool for pool in rig.do(lambda verbs: verbs.pools()) if pool.name == name), None)


@pytest.fixture
def place(request, rig):
    """Where a new pool is to be; nothing of it is left afterwards."""

    def forget() -> None:
        for name in (NAME, "other"):
            pool = named(rig, name)
            if pool is not None and pool.active:
                rig.do(lambda verbs, name=name: verbs.storage.stop(name))
            if pool is not None:
                rig.do(lambda verbs, name=name: verbs.pool_definitions.undefine(name))

    request.addfinalizer(forget)
    return "/var/lib/libvirt/new-pool"


def test_a_pool_is_defined_built_started_and_forgotten(request, rig, place) -> None:
    xml = render_pool(PoolSpec(NAME, place))
    made = rig.do(lambda verbs: verbs.pool_definitions.define(xml))
    assert (made.name, made.path, made.kind, made.active, made.autostart) == (NAME, place, "dir", False, False)
    rig.do(lambda verbs: verbs.pool_definitions.build(NAME))
    rig.do(lambda verbs: verbs.pool_definitions.build(NAME))  # what is there is no error
    rig.do(lambda verbs: verbs.storage.start(NAME))
    rig.do(lambda verbs: verbs.pool_definitions.set_autostart(NAME, on=True))
    now = named(rig, NAME)
    assert (now.uuid, now.active, now.autostart, now.volumes) == (made.uuid, True, True, 0)
    if "qemu" in request.node.callspec.id:
        lib = Path(parse_qs(urlsplit(request.getfixturevalue("contract_daemon").getURI()).query)["socket"][0])
        assert (lib.parent.parent / "lib/new-pool").is_dir()
    with pytest.raises(Conflict, match="active"):
        rig.do(lambda verbs: verbs.pool_definitions.undefine(NAME))
    kept = rig.do(lambda verbs: verbs.pool_definitions.xml(NAME))
    rig.do(lambda verbs: verbs.storage.stop(NAME))
    rig.do(lambda verbs: verbs.pool_definitions.undefine(NAME))
    assert named(rig, NAME) is None
    # its definition brings it back as it was
    assert rig.do(lambda verbs: verbs.pool_definitions.define(kept)).uuid == made.uuid


def test_names_and_places_of_others_are_refused(request, rig, place) -> None:
    taken = rig.capabilities.pools[0]
    with pytest.raises(Conflict, match="name exists already"):
        rig.do(lambda verbs: verbs.pool_definitions.define(render_pool(PoolSpec(taken, place))))
    path = named(rig, taken).path
    with pytest.raises(Conflict, match="that place"):
        rig.do(lambda verbs: verbs.pool_definitions.define(render_pool(PoolSpec("other", path))))


def test_what_is_not_there_is_not_found(rig) -> None:
    for call in (
        lambda verbs: verbs.pool_definitions.xml("no-pool"), lambda verbs: verbs.pool_definitions.undefine("no-pool"),
        lambda verbs: verbs.pool_definitions.build("no-pool"),
        lambda verbs: verbs.pool_definitions.set_autostart("no-pool", on=True),
    ):  # fmt: skip
        with pytest.raises(NotFound):
            rig.do(call)


def test_read_only_defines_nothing(make) -> None:
    rig = make(read_only=True)
    taken = rig.capabilities.pools[0]
    for call in (
        lambda verbs: verbs.pool_definitions.define(render_pool(PoolSpec("other", "/srv/other"))),
        lambda verbs: verbs.pool_definitions.undefine(taken), lambda verbs: verbs.pool_definitions.build(taken),
        lambda verbs: verbs.pool_definitions.set_autostart(taken, on=True),
    ):  # fmt: skip
        with pytest.raises(ReadOnlyError):
            rig.do(call)
    assert named(rig, taken) is not None and named(rig, "other") is None
    assert taken in rig.do(lambda verbs: verbs.pool_definitions.xml(taken))
