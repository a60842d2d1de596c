"""Real hosts for the lab tests: up once for the session, under a name of their own, down at its end.

Nothing here skips: a machine that cannot run the lab fails these tests and says what is missing.
"""

from __future__ import annotations

import json
import os
from collections.abc import Iterator
from pathlib import Path

import pytest

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


@pytest.fixture(scope="session")
def lab(tmp_path_factory: pytest.TempPathFactory) -> Iterator[RunningLab]:
    """Five hosts: plain, password, behind a jump host, without forwarding, with a host certificate."""
    here = Lab.here()
    made = Lab("lmtest", Path("/run/limen-lab-lmtest"), here.cache, here.accel)
    hosts.down(made)  # what a killed run left behind
    hosts.up(made, 5)
    yield RunningLab(made)
    hosts.down(made)
    left = [name for name in sh("ip", "-br", "link").stdout.splitlines() if made.name in name]
    assert not left, f"the lab left devices behind: {left}"
    assert not made.state.exists()
