"""Fixtures: private libvirtd, sessions that are always closed, a sink that collects."""

from __future__ import annotations

import os
import random
import socket
import threading

import libvirt
import pytest

from limen_tui.errors import ConnectError
from limen_tui.hypervisor.connection import open_libvirt
from limen_tui.hypervisor.session import HostSession
from limen_tui.model.host import Host, HostState
from limen_tui.model.ports import Watch
from tests.unit.hypervisor.libvirt_daemon import Daemon, wait_for


class Watched:
    """A session with the events it told, and a way to wait for what it shows."""

    def __init__(self, uri: str, *, watch: Watch | None = None, **options) -> None:
        self.events = []
        self.session = HostSession(
            Host("h", "host", uri), self.events.append, rng=random.Random(1), **options
        )
        self.session.watch(watch or Watch(interval=0.2))

    def start(self):
        self.session.start()
        return self

    @property
    def now(self):
        return self.session.snapshot

    def until(self, condition, seconds: float = 60.0):
        """Wait until ``condition(snapshot)`` holds; the snapshot."""
        return wait_for(
            lambda: snap if condition(snap := self.session.snapshot) else None, seconds,
            f"a snapshot; it is {self.session.snapshot.state} {self.session.snapshot.problem}",
        )

    def up(self):
        return self.until(lambda snap: snap.state is HostState.UP)

    def vm(self, name: str):
        return next((vm for vm in self.now.vms.values() if vm.name == name), None)

    def vm_until(self, name: str, condition, seconds: float = 60.0):
        return wait_for(lambda: vm if (vm := self.vm(name)) and condition(vm) else None, seconds, self.vm(name))

    def do(self, call, seconds: float = 60.0):
        return self.session.submit(call).result(seconds)

    def told(self, text: str, times: int = 1):
        """The event with ``text``, once it was told ``times``: unlike a state, it does not pass unseen."""

        def found():
            events = [event for event in list(self.events) if text in event.text]
            return events[-1] if len(events) >= times else None

        return wait_for(found, 60.0, f"{text!r} among {[event.text for event in self.events]}")

    def cut(self):
        """Have the link break, and wait until it did; the session connects again by itself."""
        times = sum("down: cut" in event.text for event in list(self.events)) + 1
        serving = self.session._worker.serving
        self.session._context.mailbox.put(0, lambda: serving.link_broke(ConnectError("cut")))
        self.told("down: cut", times)


@pytest.fixture
def watch_host():
    """Makes sessions; closes them at the end and checks that their threads end."""
    made: list[Watched] = []

    def make(uri: str, *, start: bool = True, **options) -> Watched:
        made.append(Watched(uri, **options))
        return made[-1].start() if start else made[-1]

    yield make
    for watched in made:
        watched.session.close()
    stuck = [watched for watched in made if watched.session._thread.ident and not watched.session.join(
        10 if getattr(watched, "may_hang", False) else 60)]
    assert not stuck or all(getattr(watched, "may_hang", False) for watched in stuck)


class Counting:
    """Stands before a virConnect and counts the calls made through it."""

    def __init__(self, raw) -> None:
        self._raw = raw
        self.calls: list[str] = []

    def __getattr__(self, name: str):
        found = getattr(self._raw, name)

        def call(*args):
            self.calls.append(name)
            return found(*args)

        return call


@pytest.fixture
def counting():
    """An opener whose connections count, and the list of them."""
    made: list[Counting] = []

    def opener(uri: str, read_only: bool) -> Counting:
        made.append(Counting(open_libvirt(uri, read_only)))
        return made[-1]

    return opener, made


@pytest.fixture(scope="session")
def need_root():
    if os.geteuid():
        pytest.fail("a private libvirtd needs root: namespaces and mounts")


@pytest.fixture(scope="module")
def daemon(need_root, tmp_path_factory):
    """A private libvirtd, with QEMU."""
    made = Daemon(tmp_path_factory.mktemp("libvirtd"))
    yield made
    made.close()


@pytest.fixture
def hung_port():
    """A TCP port that accepts and never says a word."""
    listener = socket.create_server(("127.0.0.1", 0))
    accepted: list[socket.socket] = []
    done = threading.Event()

    def serve() -> None:
        listener.settimeout(0.1)
        while not done.is_set():
            try:
                accepted.append(listener.accept()[0])
            except TimeoutError:
                continue

    thread = threading.Thread(target=serve)
    thread.start()
    yield listener.getsockname()[1]
    done.set()
    thread.join()
    for each in (*accepted, listener):
        each.close()


@pytest.fixture
def test_conn():
    """A connection to the in-process test driver, default world."""
    conn = libvirt.open("test:///default")
    yield conn
    conn.close()
