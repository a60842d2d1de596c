"""A host fetches an image by itself: its curl, its virsh, its web, seen by its own virsh as the witness."""

from __future__ import annotations

import hashlib
from collections.abc import Iterator
from dataclasses import replace
from pathlib import Path

import pytest

from limen_tui.errors import ConnectError, InputError, NotFound
from limen_tui.fleet.hostweb import plan_fetch, web_of
from limen_tui.model.host import HostState
from limen_tui.model.jobs import Job, JobPlan, JobState
from tests.jobs import images
from tests.lab.conftest import RunningLab
from tests.lab.remote_world import World, make_world

POOL = "limen-fetch"
PORT = "8079"
NAME = "base $(id) [b]'.qcow2"
SERVER = """
import http.server, os, sys, time

class Handler(http.server.SimpleHTTPRequestHandler):
    # what is asked for below /slow/ comes at some 4 MiB a second
    def translate_path(self, path):
        return super().translate_path(path.removeprefix("/slow"))

    def copyfile(self, source, output):
        if not self.path.startswith("/slow"):
            return super().copyfile(source, output)
        # and stops at 4 MiB, until there is a file of the name go
        while data := source.read(1 << 18):
            output.write(data)
            time.sleep(0.0625)
            while source.tell() >= 4 << 20 and not os.path.exists("go"):
                time.sleep(0.05)

http.server.ThreadingHTTPServer(("127.0.0.1", int(sys.argv[1])), Handler).serve_forever()
"""


@pytest.fixture
def world(lab: RunningLab, tmp_path: Path) -> Iterator[World]:
    """One host with a pool and a web server that only it can reach."""
    made = make_world(lab, tmp_path, [1])
    made.wait_state(1, HostState.UP)
    made.fleet.links = made.remoting
    folder = Path(lab.run(1, "mktemp", "-d").strip())
    web, pool = folder / "web", folder / "pool"
    web.mkdir()
    pool.mkdir()
    lab.virsh(1, "pool-create-as", POOL, "dir", "--target", str(pool))
    (folder / "serve.py").write_text(SERVER)
    serve = (f"cd {web} && exec setsid python3 {folder}/serve.py {PORT} >/dev/null 2>&1 & "
             f"echo $! > {folder}/pid")  # fmt: skip
    lab.run(1, "sh", "-c", serve)
    made.web, made.pool = web, pool  # type: ignore[attr-defined]
    made.wait(lambda: lab.run(1, "curl", "-sf", f"http://127.0.0.1:{PORT}/", check=False), what="the web server")
    yield made
    made.fleet.close()
    lab.run(1, "sh", "-c", f"kill $(cat {folder}/pid)", check=False)
    lab.virsh(1, "pool-destroy", POOL)
    lab.run(1, "rm", "-rf", str(folder))


def fetch(world: World, file: str = "d.qcow2", **more: str) -> JobPlan:
    host = world.host(1).host
    return plan_fetch(world.fleet, host, POOL, f"http://127.0.0.1:{PORT}/{file}", **more)  # type: ignore[arg-type]


def run(world: World, plan: JobPlan, seconds: float = 60.0) -> Job:
    job = world.fleet.jobs.start(plan)
    world.wait(lambda: not world.fleet.jobs.job(job.id).state.is_active, seconds, "the job")
    return world.fleet.jobs.job(job.id)


def test_the_host_fetches_by_itself_and_proves_it(world: World, lab: RunningLab) -> None:
    data = images.qcow2(200)
    (world.web / "d.qcow2").write_bytes(data)
    (world.web / "SHA512SUMS").write_text(f"{hashlib.sha512(data).hexdigest()}  d.qcow2\n")
    plan = fetch(world, name=NAME, checksum_url=f"http://127.0.0.1:{PORT}/SHA512SUMS")
    assert [step.op for step in plan.steps][1] == "image.host-fetch"
    job = run(world, plan)
    assert (job.state, job.problem) == (JobState.DONE, None), job.log
    assert (world.pool / NAME).read_bytes() == data
    assert "<format type='qcow2'/>" in lab.virsh(1, "vol-dumpxml", "--pool", POOL, NAME)


def test_a_wrong_checksum_leaves_nothing(world: World) -> None:
    (world.web / "d.qcow2").write_bytes(images.qcow2(3))
    job = run(world, fetch(world, checksum="1" * 64))
    assert job.state is JobState.FAILED
    assert job.problem is not None and "checksum" in job.problem.title
    assert list(world.pool.iterdir()) == []


def test_what_is_no_image_leaves_nothing(world: World) -> None:
    (world.web / "d.qcow2").write_bytes(images.qcow2(3, backing=b"/etc/shadow"))
    job = run(world, fetch(world))
    assert job.state is JobState.FAILED
    assert list(world.pool.iterdir()) == []


def test_cancel_ends_it_on_the_host_and_leaves_nothing(world: World, lab: RunningLab) -> None:
    (world.web / "d.qcow2").write_bytes(images.qcow2(9))
    plan = fetch(world)
    # a server that begins and then says nothing more
    listening = world.pool.parent / "listening"
    slow = (f"import socket,time\ns=socket.create_server(('127.0.0.1',8078))\nopen('{listening}','w')\n"
            "c,_=s.accept()\nc.recv(999)\n"
            f"c.sendall(b'HTTP/1.1 200 OK\\r\\nContent-Length: {len(images.qcow2(9))}\\r\\n\\r\\nQFI')\n"
            "time.sleep(99)")  # fmt: skip
    lab.run(1, "sh", "-c", f"setsid python3 -c \"{slow}\" >/dev/null 2>&1 & echo $! > {world.pool.parent}/slow")
    world.wait(listening.exists, what="the server")
    args = {**plan.steps[1].args, "url": "http://127.0.0.1:8078/d.qcow2"}
    plan = replace(plan, steps=(plan.steps[0], replace(plan.steps[1], args=args), *plan.steps[2:]))
    job = world.fleet.jobs.start(plan)
    curl = ("pgrep", "-f", "curl.*8078/d.qcow2")
    world.wait(lambda: lab.run(1, *curl, check=False).strip(), what="curl on the host")
    world.fleet.jobs.cancel(job.id)
    world.wait(lambda: not world.fleet.jobs.job(job.id).state.is_active, 30, "the job to end")
    assert world.fleet.jobs.job(job.id).state is JobState.CANCELLED
    assert list(world.pool.iterdir()) == []
    world.wait(lambda: not lab.run(1, *curl, check=False).strip(), what="the end of curl on the host")
    lab.run(1, "sh", "-c", f"kill $(cat {world.pool.parent}/slow)", check=False)


def test_what_the_host_cannot_find_is_said(world: World) -> None:
    web = web_of(world.fleet, "h1")
    assert web is not None and web.able()
    with pytest.raises(NotFound):
        web.look_up(f"http://127.0.0.1:{PORT}/none")
    with pytest.raises(ConnectError):
        web.look_up("http://127.0.0.1:1/none")
    with pytest.raises(NotFound):
        fetch(world, "none")
    with pytest.raises(InputError):
        plan_fetch(world.fleet, world.host(1).host, POOL, "file:///etc/shadow")


def test_a_fetch_is_done_again_after_the_link_broke(world: World, lab: RunningLab) -> None:
    data = images.qcow2(200)
    (world.web / "d.qcow2").write_bytes(data)
    job = world.fleet.jobs.start(fetch(world, "slow/d.qcow2", checksum=hashlib.sha256(data).hexdigest()))
    target = world.pool / "d.qcow2"
    world.wait(lambda: target.exists() and target.stat().st_blocks > 100, what="the first bytes")
    lab.forget(1)
    (world.web / "go").touch()
    world.wait(lambda: not world.fleet.jobs.job(job.id).state.is_active, 90, "the job")
    ended = world.fleet.jobs.job(job.id)
    assert (ended.state, ended.problem) == (JobState.DONE, None), ended.log
    assert any("looking again" in text for _, text in ended.log), "the link did not break under it"
    assert target.read_bytes() == data
    lab.heal(1)
