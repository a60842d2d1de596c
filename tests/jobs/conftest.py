"""A libvirtd for the tests of a file, and a world of its own on it for each of them."""

from __future__ import annotations

from collections.abc import Iterator

import pytest

from tests.jobs.realworld import RealWorld
from tests.unit.hypervisor.libvirt_daemon import Daemon


@pytest.fixture(scope="module")
def daemon(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Daemon]:
    """A private libvirtd; files with worlds of another kind override :func:`world` only."""
    daemon = Daemon(tmp_path_factory.mktemp("jobs"))
    yield daemon
    daemon.close()


@pytest.fixture
def world(daemon: Daemon) -> Iterator[RealWorld]:
    """A pool, an inventory and a runner on it."""
    world = RealWorld.on(daemon)
    yield world
    world.close()
