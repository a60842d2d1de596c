"""Jobs on a real libvirtd: one host, one pool, and virsh as the witness.

Run as a program it does one job and kills itself where it is told: ``python -m tests.jobs.realworld``.
"""

from __future__ import annotations

import itertools
import json
import os
import signal
import subprocess
import sys
import time
from collections.abc import Callable
from concurrent.futures import Future
from dataclasses import replace
from pathlib import Path
from typing import Any, Self
from uuid import uuid4

from limen_tui.hypervisor.session import session_connector
from limen_tui.inventory import open_inventory
from limen_tui.inventory.journal import _plan, _plan_text
from limen_tui.jobs.ops import registry
from limen_tui.jobs.recipes.create import SEED, NewVolume, create_plan
from limen_tui.jobs.runner import JobRunner
from limen_tui.model.clock import SystemClock
from limen_tui.model.host import Host, HostState
from limen_tui.model.jobs import Job, JobPlan

HOST = "real"
SEED_BYTES = bytes(range(256)) * 2048
MIB = 1 << 20
NUMBERS = itertools.count()


class OneHost:
    """Implements ``jobs.context.Hosts`` over one real session."""

    def __init__(self, uri: str) -> None:
        self.port = session_connector()(Host(HOST, "real", uri), lambda event: None)
        self.port.start()
        until = time.monotonic() + 60
        while not self.is_up(HOST):
            if time.monotonic() > until:
                raise AssertionError(f"{uri} is {self.port.snapshot.state}: {self.port.snapshot.problem}")
            time.sleep(0.01)

    def call(self, host_id: str, call: Callable[[Any], Any]) -> Future[Any]:
        return self.port.submit(call)

    def is_up(self, host_id: str) -> bool:
        return self.port.snapshot.state is HostState.UP

    def close(self) -> None:
        self.port.close()
        assert self.port.join(60)


class RealWorld:
    """A pool at ``folder`` on ``daemon``, an inventory, a runner."""

    @classmethod
    def on(cls, daemon) -> Self:
        """One with a pool that no other test has."""
        number = next(NUMBERS)
        return cls(daemon, daemon.folder / f"pool{number}", f"jobs{number}")

    def __init__(self, daemon, folder: Path, pool: str) -> None:
        self.daemon, self.folder, self.pool = daemon, folder, pool
        folder.mkdir()
        daemon.virsh("pool-create-as", pool, "dir", "--target", str(folder))
        self.db = folder.parent / f"{pool}.db"
        self.hosts = OneHost(daemon.uri())
        self.open()

    def open(self, patience: float = 60.0) -> JobRunner:
        self.inventory = open_inventory(self.db)
        self.runner = JobRunner(self.hosts, self.inventory, SystemClock(), on_over=lambda job: None, patience=patience)
        return self.runner

    def close(self) -> None:
        self.hosts.close()
        self.inventory.close()
        for name in self.vms():
            subprocess.run(["virsh", "-c", self.daemon.uri(), "destroy", name], capture_output=True, check=False)
            self.daemon.virsh("undefine", name, "--nvram")
        self.daemon.virsh("pool-destroy", self.pool)

    def run(self, plan: JobPlan) -> Job:
        return self.runner.wait(self.runner.start(plan, {SEED: SEED_BYTES}).id, 60)

    # -- the witnesses --

    def vms(self) -> list[str]:
        """Of this world, as virsh lists them."""
        return self._named(self.daemon.virsh("list", "--all", "--name"))

    def running(self) -> list[str]:
        """Of this world, as virsh lists them."""
        return self._named(self.daemon.virsh("list", "--name"))

    def _named(self, listed: str) -> list[str]:
        return sorted(name for name in listed.split() if name.startswith(self.pool))

    def files(self) -> list[str]:
        """What is in the pool's directory, and libvirt says the same."""
        files = sorted(path.name for path in self.folder.iterdir())
        self.daemon.virsh("pool-refresh", self.pool)
        lines = self.daemon.virsh("vol-list", self.pool).splitlines()
        assert sorted(line.split()[0] for line in lines if line.strip()) == files
        return files

    # -- plans --

    def plan(self, *, start: bool = True, base: str = "") -> JobPlan:
        """A VM with a disk (over ``base``) and a seed."""
        name, uuid = f"{self.pool}-{uuid4().hex[:6]}", str(uuid4())
        disk, seed = f"{name}.qcow2", f"{name}-seed.iso"
        backing = str(self.folder / base) if base else ""
        xml = f"""<domain type='qemu'><name>{name}</name><uuid>{uuid}</uuid><memory unit='KiB'>32768</memory>
            <vcpu>1</vcpu><os><type arch='x86_64'>hvm</type></os><devices>
            <disk type='file' device='disk'><driver name='qemu' type='qcow2'/><source file='{self.folder / disk}'/>
            <target dev='vda' bus='virtio'/></disk>
            <disk type='file' device='cdrom'><driver name='qemu' type='raw'/><source file='{self.folder / seed}'/>
            <target dev='sda' bus='sata'/><readonly/></disk></devices></domain>"""
        return create_plan(
            host_id=HOST, host_name="real", name=name, uuid=uuid, xml=xml, start=start, autostart=True,
            volumes=[NewVolume(self.pool, disk, 64 * MIB, "qcow2", 0, backing, "qcow2" if base else "")],
            seed=NewVolume(self.pool, seed, len(SEED_BYTES), "raw"),
        )  # fmt: skip

    def killed(self, plan: JobPlan, place: int, point: str) -> None:
        """Have another process begin the job and be killed at a step: ``before`` it, ``in`` it, after it was
        ``done`` and before that was written down, or once it was ``written`` down."""
        self.inventory.close()
        script = self.folder.parent / "plan.json"
        script.write_text(_plan_text(plan))
        done = subprocess.run(
            [sys.executable, "-m", "tests.jobs.realworld", self.daemon.uri(), self.db, script, str(place), point],
            check=False, capture_output=True, text=True, timeout=60,
        )
        assert done.returncode == -signal.SIGKILL, done.stderr[-2000:]
        self.open()


def _kill() -> None:
    os.kill(os.getpid(), signal.SIGKILL)


def main(uri: str, db: str, script: str, place: str, point: str) -> None:
    plan = _plan(Path(script).read_text())
    inventory = open_inventory(Path(db))
    victim = plan.steps[int(place)]
    registry.operation(victim.op)
    for name, operation in tuple(registry._registry.items()):

        def do(context, args, operation=operation):
            ours = args == victim.args
            if ours and point == "before":
                _kill()
            if ours and point == "in":
                context.report = lambda done, total, unit: _kill() if done > total / 2 else None
            result = operation.do(context, args)
            if ours and point in ("done", "in"):
                _kill()
            return result

        registry._registry[name] = replace(operation, do=do)
    journal_step = inventory.journal.step

    def step(job_id, number, step):
        future = journal_step(job_id, number, step)
        if number == int(place) and step.state == "done" and point == "written":
            future.result(60)
            _kill()
        return future

    inventory.journal.step = step  # type: ignore[method-assign]
    runner = JobRunner(OneHost(uri), inventory, SystemClock(), on_over=lambda job: None)
    job = runner.wait(runner.start(plan, {SEED: SEED_BYTES}).id, 60)
    print(json.dumps([job.state, str(job.problem)]), file=sys.stderr)


if __name__ == "__main__":
    main(*sys.argv[1:])
