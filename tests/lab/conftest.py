"""Real hosts for the lab tests: up once for the session, under a name of their own, down at its end.

Nothing here skips: a machine that cannot run the lab fails these tests and says what is missing.
"""

from __future__ import annotations

import fcntl
import json
import os
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

import pytest

from tests.lab.fixtures import real_libvirt, testdriver_uri  # noqa: F401 - fixtures are found by their names here
from tests.lab.limen_lab import client, faults, guests, hosts
from tests.lab.limen_lab.plan import Lab
from tests.lab.limen_lab.shell import sh


def pytest_collection_modifyitems(items: list[pytest.Item]) -> None:
    here = Path(__file__).parent
    for item in items:
        if here in item.path.parents:
            item.add_marker(pytest.mark.lab)


class RunningLab:
    """The lab as tests use it: faults by method, virsh on the host itself as the witness."""

    def __init__(self, lab: Lab) -> None:
        self.lab = lab

    @property
    def ssh_config(self) -> Path:
        return self.lab.state / "client/config"

    def uri(self, number: int, **params: str) -> str:
        query = "&".join(f"{key}={value}" for key, value in params.items())
        return client.uri(self.lab, number) + (f"?{query}" if query else "")

    def virsh(self, number: int, *words: str, check: bool = True) -> str:
        return hosts.run(self.lab, number, "virsh", "-q", *words, check=check)

    def run(self, number: int, *words: str, check: bool = True) -> str:
        return hosts.run(self.lab, number, *words, check=check)

    def vm(self, number: int, name: str, *options: str) -> str:
        return guests.vm(self.lab, [str(number), name, *options])

    def cut(self, number: int, how: str = "drop") -> None:
        faults.cut(self.lab, number, how)

    def heal(self, number: int) -> None:
        faults.heal(self.lab, number)
        faults.slow(self.lab, number, 0)

    def slow(self, number: int, milliseconds: float) -> None:
        faults.slow(self.lab, number, milliseconds)

    def lossy(self, number: int, percent: float, stall_seconds: float = 0.0) -> None:
        faults.lossy(self.lab, number, percent, stall_seconds)

    def forget(self, number: int) -> int:
        return faults.forget(self.lab, number)

    def daemon(self, number: int, verb: str, name: str) -> None:
        faults.daemon(self.lab, number, verb, name)

    def kill_qemu(self, number: int, name: str) -> None:
        faults.qemu(self.lab, number, "kill", name)

    def command(self, *words: str) -> str:
        """The lab's own command, as a person types it."""
        environment = dict(os.environ, LIMEN_LAB_NAME=self.lab.name, LIMEN_LAB_STATE=str(self.lab.state))
        return sh(Path(__file__).with_name("lab"), *words, env=environment).stdout

    def status(self) -> list[dict[str, object]]:
        found = json.loads(self.command("status", "--json"))
        assert isinstance(found, list)
        return found


SLOTS = 4
"""Runs of these tests that one machine holds at a time. The names give each its own addresses and devices."""


@contextmanager
def free_slot() -> Iterator[str]:
    """A lab name that no other run on this machine uses, until the block ends or this process dies."""
    for number in range(SLOTS):
        with Path(f"/run/limen-lab-lmt{number}.lock").open("w") as lock:
            try:
                fcntl.flock(lock, fcntl.LOCK_EX | fcntl.LOCK_NB)
            except BlockingIOError:
                continue
            yield f"lmt{number}"
            return
    pytest.fail(f"{SLOTS} runs of the lab tests are under way on this machine")


@pytest.fixture(scope="session")
def lab() -> Iterator[RunningLab]:
    """Five hosts: plain, password, behind a jump host, without forwarding, with a host certificate."""
    hosts.check_machine()
    here = Lab.here()
    with free_slot() as name:
        made = Lab(name, Path(f"/run/limen-lab-{name}"), here.cache, here.accel)
        hosts.down(made)  # what a killed run left behind: the slot is ours, so nobody uses it
        hosts.up(made, 5)
        yield RunningLab(made)
        hosts.down(made)
        left = [device for device in sh("ip", "-br", "link").stdout.splitlines() if f"{made.name}-" in device]
        assert not left, f"the lab left devices behind: {left}"
        assert not made.state.exists()
