"""A machine that slept: the process is stopped for longer than any keepalive, and a router forgets its connections."""

from __future__ import annotations

import json
import os
import queue
import signal
import subprocess
import sys
import threading
import time
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import pytest

from tests.lab.conftest import RunningLab
from tests.lab.limen_lab import hosts
from tests.lab.limen_lab.shell import wait_for

NAP = 14.0
"""Seconds: longer than the keepalive of SSH (9) and of libvirt."""
BURST = 60e6
"""Bytes a second that an idle guest certainly does not move."""


class Sleeper:
    """Limen in another process, and what it says."""

    def __init__(self, folder: Path, config: Path, uri: str) -> None:
        self.process = subprocess.Popen(
            [sys.executable, "-m", "tests.lab.sleeper", str(folder), str(config), uri], stdout=subprocess.PIPE,
            text=True, cwd=Path(__file__).parents[2],
        )  # fmt: skip
        self.lines: queue.Queue[dict[str, Any]] = queue.Queue()
        self._reader = threading.Thread(target=self._read)
        self._reader.start()

    def _read(self) -> None:
        assert self.process.stdout is not None
        for text in self.process.stdout:
            self.lines.put(json.loads(text))
        self.lines.put({})

    def until(self, condition: Callable[[dict[str, Any]], object], seconds: float) -> list[dict[str, Any]]:
        """What is said until ``condition`` holds of it, that included."""
        end, said = time.monotonic() + seconds, []
        while True:
            try:
                said.append(self.lines.get(timeout=max(0.01, end - time.monotonic())))
            except queue.Empty:
                raise AssertionError(f"waited {seconds} s in vain; at last: {said[-3:]}") from None
            assert said[-1], f"it ended: {said[-3:]}"
            if condition(said[-1]):
                return said

    def nap(self, meanwhile: Callable[[], object] = lambda: None) -> None:
        """Stop, and go on after ``NAP`` seconds."""
        os.kill(self.process.pid, signal.SIGSTOP)
        wake = time.monotonic() + NAP
        meanwhile()
        wait_for(lambda: time.monotonic() >= wake, NAP + 1, "the end of the nap")
        while not self.lines.empty():
            self.lines.get()
        os.kill(self.process.pid, signal.SIGCONT)

    def end(self) -> None:
        self.process.kill()
        self.process.wait()
        self._reader.join()
        assert self.process.stdout is not None
        self.process.stdout.close()


@pytest.fixture
def sleeper(lab: RunningLab, tmp_path: Path) -> Iterator[Sleeper]:
    lab.vm(1, "dozing", "--disk", "none")
    made = Sleeper(tmp_path, lab.ssh_config, lab.uri(1))
    try:
        # it has booted and idles: two quiet samples on end
        made.until(lambda now: now["cpu"] and max(now["cpu"]) < 60, 60)
        yield made
    finally:
        made.end()
        lab.heal(1)
        lab.virsh(1, "destroy", "dozing", check=False)


def awake(said: dict[str, Any], before: float) -> bool:
    return said["state"] == "up" and said["sampled_at"] is not None and said["sampled_at"] > before


def no_spike(said: list[dict[str, Any]]) -> None:
    for now in said:
        assert all(0 <= figure <= 100 for figure in now["cpu"]), now
        assert now["host_cpu"] is None or 0 <= now["host_cpu"] <= 100
        assert all(0 <= figure < BURST for figure in now["bytes"]), now


def test_after_a_sleep_the_link_that_lives_is_used_on(sleeper: Sleeper, lab: RunningLab) -> None:
    sleeper.nap()
    woke = time.time()
    said = sleeper.until(lambda now: awake(now, woke), 60)
    assert said[-1]["lived"] - said[0]["lived"] <= 5.0
    said += sleeper.until(lambda now: awake(now, said[-1]["sampled_at"]), 60)
    no_spike(said)
    assert max(said[-1]["cpu"], default=0) < 90


def test_after_a_sleep_the_link_that_died_is_made_anew(sleeper: Sleeper, lab: RunningLab) -> None:
    sleeper.nap(lambda: lab.forget(1))
    woke = time.time()
    said = sleeper.until(lambda now: awake(now, woke), 60)
    assert said[-1]["lived"] - said[0]["lived"] <= 5.0
    said += sleeper.until(lambda now: awake(now, said[-1]["sampled_at"]) and now["cpu"], 60)
    no_spike(said)
    assert any(now["state"] != "up" and now["problem"] for now in said), "that it was gone was said"


def test_the_host_slept_and_its_clock_went_on(sleeper: Sleeper, lab: RunningLab) -> None:
    """The other way round: the host's daemon stands still, and so does its guest."""
    hosts.run(lab.lab, 1, "sh", "-c", "kill -STOP $(cat /run/libvirtd.pid)")
    try:
        gone = sleeper.until(lambda now: now["state"] in ("stale", "down"), 60)
        assert gone[-1]["problem"]
    finally:
        hosts.run(lab.lab, 1, "sh", "-c", "kill -CONT $(cat /run/libvirtd.pid)")
    back = time.time()
    said = sleeper.until(lambda now: awake(now, back), 60)
    said += sleeper.until(lambda now: awake(now, said[-1]["sampled_at"]), 60)
    no_spike(said)
