"""Links that are bad rather than broken: frames are lost, nothing passes for seconds, connections are forgotten."""

from __future__ import annotations

import contextlib
import socket
import subprocess
import sys
import time
from collections.abc import Iterator
from pathlib import Path

import pytest

from limen_tui.fleet import operations
from limen_tui.fleet.acts import Outcome
from limen_tui.model.host import HostState
from limen_tui.model.lifecycle import Verb
from limen_tui.model.vm import VMKey
from tests.lab.conftest import RunningLab
from tests.lab.limen_lab.shell import alive
from tests.lab.remote_world import World, make_world

HONEST = frozenset({HostState.UP, HostState.STALE, HostState.DOWN, HostState.CONNECTING})


@pytest.fixture
def healed(lab: RunningLab) -> Iterator[RunningLab]:
    yield lab
    lab.heal(1)


def follow(world: World, samples: int, seconds: float) -> set[HostState]:
    """The states that host 1 was seen in until so many new samples came."""
    seen: set[HostState] = set()
    times: set[float] = set()

    def enough() -> bool:
        now = world.host(1)
        seen.add(now.state)
        if now.state in (HostState.STALE, HostState.DOWN):
            assert now.problem is not None, "a host that is not live says why"
            assert now.problem.title
        if now.sampled_at is not None:
            times.add(now.sampled_at)
        return len(times) > samples

    world.wait(enough, seconds, f"{samples} samples")
    return seen


ECHO = """
import socket
s = socket.socket(type=socket.SOCK_DGRAM)
s.bind(("", 7007))
print("ready", flush=True)
while True:
    s.sendto(*s.recvfrom(99))
"""


def test_the_relay_loses_frames_as_told(healed: RunningLab) -> None:
    pid = alive(healed.lab.folder(1) / "init.pid")  # in its network only: our Python is not among its files
    echo = subprocess.Popen(["nsenter", "-t", str(pid), "-n", sys.executable, "-c", ECHO], stdout=subprocess.PIPE)
    try:
        assert echo.stdout is not None
        assert echo.stdout.readline() == b"ready\n"
        healed.lossy(1, 30)
        came = set()
        with socket.socket(type=socket.SOCK_DGRAM) as asking:
            asking.settimeout(0.05)
            for _ in range(200):  # until the neighbours know each other: their own questions are lost as well
                asking.sendto(b"first", (healed.lab.host(1).address, 7007))
                with contextlib.suppress(TimeoutError):
                    asking.recv(99)
                    break
            for number in range(150):
                asking.sendto(b"%d" % number, (healed.lab.host(1).address, 7007))
                with contextlib.suppress(TimeoutError):
                    came.add(asking.recv(99))
            until = time.monotonic() + 60
            while b"last" not in came and time.monotonic() < until:  # a busy machine's answers come late, but in order
                asking.sendto(b"last", (healed.lab.host(1).address, 7007))
                with contextlib.suppress(TimeoutError):
                    while True:
                        came.add(asking.recv(99))
        assert 48 < len(came - {b"first", b"last"}) < 98, "of 30 % in each direction 49 % come back"
    finally:
        echo.kill()
        echo.communicate()


def test_on_a_lossy_link_a_host_stays_usable_and_says_the_truth(healed: RunningLab, tmp_path: Path) -> None:
    uuid = healed.vm(1, "lossy", "--define", "--disk", "none")
    key = VMKey("h1", uuid)
    world = make_world(healed, tmp_path, [1])
    world.wait(lambda: world.fleet.view.vm(key), what="the VM")
    world.wait_state(1, HostState.UP)
    healed.lossy(1, 12)
    assert follow(world, 5, 60) <= HONEST
    world.wait_state(1, HostState.UP, 40)
    act = world.fleet.perform(operations.lifecycle(Verb.START), [key])
    world.wait(lambda: act.items[key].outcome.is_final, 60, "the act to be settled")
    running = healed.virsh(1, "domstate", "lossy") == "running"
    assert act.items[key].outcome is (Outcome.DONE if running else Outcome.FAILED)
    healed.lossy(1, 0)
    # what was lost before is sent again in its own time, which doubles with each loss
    assert follow(world, 1, 60) <= HONEST
    world.wait_state(1, HostState.UP)
    assert follow(world, 2, 30) == {HostState.UP}
    healed.virsh(1, "destroy", "lossy", check=False)
    world.fleet.close()


def test_silence_of_four_seconds_breaks_nothing(healed: RunningLab, tmp_path: Path) -> None:
    world = make_world(healed, tmp_path, [1])
    world.wait_state(1, HostState.UP)
    link = world.remoting.link("h1")
    healed.lossy(1, 0, 4)
    seen = follow(world, 6, 40)
    assert HostState.NEEDS_AUTH not in seen
    assert HostState.DOWN not in seen, "the link never broke, it was late"
    assert world.remoting.link("h1") is link, "it is the same connection still"
    world.fleet.close()


def test_a_forgotten_connection_is_noticed_and_made_anew(healed: RunningLab, tmp_path: Path) -> None:
    world = make_world(healed, tmp_path, [1])
    world.wait_state(1, HostState.UP)
    link = world.remoting.link("h1")
    with world.losing(1, 12):
        assert healed.forget(1) >= 1
    world.wait_state(1, HostState.UP)
    assert world.remoting.link("h1") is not link
    world.fleet.close()
