"""Images brought to a host: by upload, from the web, from another host; whole and checked, or not at all."""

from __future__ import annotations

import hashlib
import subprocess
import threading
import time
from concurrent.futures import Future
from dataclasses import replace

import pytest

from limen_tui.errors import ConnectError, InputError, LimenError, NotFound, StepFailed
from limen_tui.fleet.images import delete_plan
from limen_tui.hypervisor.simulated import simulated_fleet
from limen_tui.inventory import open_inventory
from limen_tui.jobs.ops import pour, registry, transfer
from limen_tui.jobs.recipes.bring_image import copy_image, fetch_image, upload_image
from limen_tui.jobs.runner import JobRunner
from limen_tui.model.clock import SystemClock
from limen_tui.model.host import Host, HostState
from limen_tui.model.images import Image, ImageKind
from limen_tui.model.jobs import JobState
from limen_tui.model.xml.volume import volume_xml
from tests.jobs import images
from tests.jobs.realworld import HOST, NUMBERS, OneHost, RealWorld
from tests.jobs.webserver import WebServer
from tests.unit.hypervisor.libvirt_daemon import wait_for

NAME = "debian.qcow2"


class SimulatedHosts:
    """Implements ``jobs.context.Hosts`` over two simulated hosts."""

    def __init__(self) -> None:
        self.fleet = simulated_fleet(3, 2, 6, flaky=0)
        self.ports = {host.id: self.fleet.connector(host, lambda event: None) for host in self.fleet.hosts}
        for port in self.ports.values():
            port.start()
        wait_for(lambda: all(self.is_up(id) for id in self.ports), what="the simulation")

    def call(self, host_id, call):
        return self.ports[host_id].submit(call)

    def is_up(self, host_id):
        return self.ports[host_id].snapshot.state is HostState.UP

    def close(self) -> None:
        for port in self.ports.values():
            port.close()
            assert port.join(60)


class SimulatedWorld:
    """The same face as :class:`RealWorld`, as far as it is needed here."""

    pool = "default"

    def __init__(self, folder) -> None:
        self.hosts = SimulatedHosts()
        self.host, self.other = self.hosts.fleet.hosts
        self.inventory = open_inventory(folder / "simulated.db")
        self.runner = JobRunner(self.hosts, self.inventory, SystemClock(), on_over=lambda job: None)
        self._before = self._names()

    def _names(self):
        return {v.name for v in self.hosts.call(self.host.id, lambda v: v.storage.volumes("default")).result(10)}

    def run(self, plan):
        return self.runner.wait(self.runner.start(plan).id, 60)

    def files(self):
        return sorted(self._names() - self._before)

    def content(self, name) -> bytes:
        got = bytearray()
        self.hosts.call(self.host.id, lambda v: v.storage.download("default", name, got.extend)).result(10)
        return bytes(got)

    def close(self) -> None:
        self.hosts.close()
        self.inventory.close()


class RealImages(RealWorld):
    host = Host(HOST, "real", "")

    def content(self, name) -> bytes:
        return (self.folder / name).read_bytes()


@pytest.fixture(params=["simulated", pytest.param("qemu", marks=pytest.mark.lab)])
def world(request, tmp_path):
    if request.param == "simulated":
        made = SimulatedWorld(tmp_path)
    else:
        made = RealImages.on(request.getfixturevalue("daemon"))
    yield made
    made.close()


@pytest.fixture
def web():
    server = WebServer()
    yield server
    server.close()


@pytest.fixture
def small_pieces(monkeypatch):
    """Pieces so small that a small image has many."""
    monkeypatch.setattr(pour, "PIECE", images.CLUSTER)
    monkeypatch.setattr(transfer, "READ", 3 * images.CLUSTER)


def sums(data: bytes) -> str:
    return hashlib.sha256(data).hexdigest()


def write(path, data: bytes):
    path.write_bytes(data)
    return str(path)


# -- upload ---------------------------------------------------------------------------------------


@pytest.mark.parametrize("data", [images.qcow2(), images.raw(3 << 20)], ids=["qcow2", "raw"])
@pytest.mark.usefixtures("small_pieces")
def test_an_upload_arrives_byte_for_byte(world, tmp_path, data) -> None:
    path = write(tmp_path / NAME, data)
    job = world.run(upload_image(world.host, world.pool, path, checksum=sums(data), read_back=True))
    assert (job.state, job.problem) == (JobState.DONE, None), (job.problem, job.log)
    assert world.files() == [NAME]
    assert world.content(NAME) == data
    kind = "qcow2" if data.startswith(b"QFI") else "raw"
    assert job.steps[-1].result["format"] == kind
    assert job.steps[-1].result["capacity"] == (64 << 20 if kind == "qcow2" else len(data))
    assert job.steps[1].result["checksum"] == f"sha256:{sums(data)}"


def test_a_wrong_checksum_leaves_nothing(world, tmp_path) -> None:
    path = write(tmp_path / NAME, images.qcow2())
    job = world.run(upload_image(world.host, world.pool, path, checksum="0" * 64))
    assert job.state is JobState.FAILED
    assert "checksum" in job.problem.title
    assert world.files() == []


@pytest.mark.parametrize("data", [
    b"", b"<!DOCTYPE html><title>404</title>", b"hello\n", b"\x1f\x8b" + bytes(999), bytes(4096),
    images.qcow2(backing=b"/etc/shadow"), images.qcow2(incompatible=4), images.qcow2()[: 5 * images.CLUSTER + 9],
    images.qcow2()[: 3 * images.CLUSTER], b"# Disk DescriptorFile\nRW 1 FLAT \"/etc/shadow\" 0\n",
], ids=["none", "html", "text", "packed", "zeros", "backing", "data file", "cut data", "cut head", "vmdk"])  # fmt: skip
def test_what_is_no_usable_image_is_refused_before_anything_is_made(tmp_path, data) -> None:
    path = write(tmp_path / NAME, data)
    with pytest.raises(InputError) as caught:
        upload_image(Host("h", "h", ""), "p", path)
    assert caught.value.detail or caught.value.hint


def test_paths_that_are_no_files_are_refused(tmp_path) -> None:
    for path in (str(tmp_path), str(tmp_path / "none"), "/dev/zero", "nul\0l", ""):
        with pytest.raises(InputError):
            upload_image(Host("h", "h", ""), "p", path)


@pytest.mark.parametrize("name", ["../x", "a/b", "-rf", "", "x" * 300, "new\nline", "\N{RIGHT-TO-LEFT OVERRIDE}x"])
def test_names_that_lead_elsewhere_are_refused(tmp_path, name) -> None:
    path = write(tmp_path / "ok.qcow2", images.qcow2())
    if not name:
        assert upload_image(Host("h", "h", ""), "p", path).steps[0].args["name"] == "ok.qcow2"
        return
    with pytest.raises(InputError):
        upload_image(Host("h", "h", ""), "p", path, name=name)


def test_a_taken_name_is_refused_and_the_first_stays(world, tmp_path) -> None:
    first, second = images.qcow2(), images.qcow2(4)
    assert world.run(upload_image(world.host, world.pool, write(tmp_path / NAME, first))).state is JobState.DONE
    job = world.run(upload_image(world.host, world.pool, write(tmp_path / NAME, second)))
    assert job.state is JobState.FAILED
    assert world.content(NAME) == first


def test_a_file_that_changes_meanwhile_is_refused(world, tmp_path) -> None:
    plan = upload_image(world.host, world.pool, write(tmp_path / NAME, images.qcow2()))
    write(tmp_path / NAME, images.qcow2(4))
    job = world.run(plan)
    assert (job.state, "changed" in job.problem.title) == (JobState.FAILED, True)
    assert world.files() == []


@pytest.mark.usefixtures("small_pieces")
def test_cancel_leaves_no_partial_volume(world, tmp_path, monkeypatch) -> None:
    data = images.qcow2(40)
    plan = upload_image(world.host, world.pool, write(tmp_path / NAME, data))
    begun, go = threading.Event(), threading.Event()
    pieces = pour._even

    def slow(source, size):
        for number, piece in enumerate(pieces(source, size)):
            if number == 9:
                begun.set()
                assert go.wait(100)
            yield piece

    monkeypatch.setattr(pour, "_even", slow)
    job = world.runner.start(plan)
    assert begun.wait(60)
    wait_for(lambda: world.files() == [NAME], 60.0, what="the volume")
    wait_for(lambda: (p := world.runner.job(job.id).progress) and 0 < p.done < p.total, 60.0, what="progress")
    world.runner.cancel(job.id)
    over = world.runner.wait(job.id, 60)
    go.set()
    assert (over.state, over.problem.title) == (JobState.CANCELLED, "Cancelled")
    assert world.files() == []


@pytest.mark.lab
@pytest.mark.usefixtures("small_pieces")
def test_an_upload_goes_on_where_the_link_broke(daemon, tmp_path, monkeypatch) -> None:
    world = RealImages(daemon, daemon.folder / "broken", "broken")
    data, restarted, sent = images.qcow2(60), threading.Event(), []
    begin = pour._Pouring._begin

    def counted(self, at, piece):
        sent.append(at)
        if len(sent) == 20 and not restarted.is_set():
            restarted.set()
            daemon.stop()
            threading.Thread(target=daemon.start).start()
        begin(self, at, piece)

    monkeypatch.setattr(pour._Pouring, "_begin", counted)
    job = world.run(upload_image(world.host, world.pool, write(tmp_path / NAME, data), checksum=sums(data)))
    assert (job.state, job.problem) == (JobState.DONE, None), (job.problem, job.log)
    assert world.content(NAME) == data
    # only what was under way went twice
    assert len(data) // images.CLUSTER < len(sent) <= len(data) // images.CLUSTER + 3 * pour.AT_ONCE
    world.close()


@pytest.mark.usefixtures("small_pieces")
def test_a_break_that_the_session_sees_late_has_no_more_sent_again(tmp_path, monkeypatch) -> None:
    """The call fails first; for a moment the host still counts as up, and whatever it is asked then fails as well."""
    world = SimulatedWorld(tmp_path)
    data, sent, fail, real = images.qcow2(20), [], [], world.hosts.call
    begin = pour._Pouring._begin

    def counted(self, at, piece):
        sent.append(at)
        if len(sent) == 9:
            fail.extend([ConnectError("The connection broke")] * 6)
        begin(self, at, piece)

    def call(host_id, what):
        if not fail:
            return real(host_id, what)
        future: Future[object] = Future()
        future.set_exception(fail.pop())
        return future

    monkeypatch.setattr(pour._Pouring, "_begin", counted)
    monkeypatch.setattr(world.hosts, "call", call)
    job = world.run(upload_image(world.host, world.pool, write(tmp_path / NAME, data), checksum=sums(data)))
    assert (job.state, job.problem) == (JobState.DONE, None), (job.problem, job.log)
    assert world.content(NAME) == data
    assert len(sent) <= len(data) // images.CLUSTER + pour.AT_ONCE
    world.close()


@pytest.mark.lab
@pytest.mark.parametrize("point", ["before", "in", "done", "written"])
def test_a_killed_upload_is_finished_or_rolled_back(daemon, tmp_path, point) -> None:
    world = RealImages.on(daemon)
    data = images.qcow2(40)
    plan = upload_image(world.host, world.pool, write(tmp_path / NAME, data), checksum=sums(data))
    for choose in (lambda left: world.runner.roll_back(left.id), lambda left: world.runner.resume(left.id)):
        world.killed(plan, 1, point)
        (left,) = world.runner.load()
        over = world.runner.wait(choose(left).id, 60)
        if over.state is JobState.CANCELLED:
            assert world.files() == []
        else:
            assert (over.state, world.files()) == (JobState.DONE, [NAME])
            assert world.content(NAME) == data
    world.close()


@pytest.fixture
def full_world(daemon, tmp_path, monkeypatch):
    """A pool that is nearly full, and nobody who looks before: room that goes while an image is written."""
    number = next(NUMBERS)
    folder = daemon.folder / f"pool{number}"
    folder.mkdir()
    daemon.run("mount", "-t", "tmpfs", "-o", "size=2M", "tmpfs", str(folder))
    daemon.virsh("pool-create-as", f"images{number}", "dir", "--target", str(folder))
    world = RealImages.__new__(RealImages)
    world.daemon, world.folder, world.pool, world.db = daemon, folder, f"images{number}", tmp_path / "full.db"
    world.hosts = OneHost(daemon.uri())
    world.open()
    world.plan = upload_image(world.host, world.pool, write(tmp_path / NAME, images.qcow2(60)))
    job = world.run(world.plan)
    assert (job.state, "no room" in job.problem.title) == (JobState.FAILED, True)
    kept = registry.operation("image.upload")
    assert transfer.OPERATIONS["image.upload"] is kept
    monkeypatch.setitem(registry._registry, "image.upload", replace(kept, check=lambda context, args: None))
    yield world
    world.close()


@pytest.mark.lab
def test_a_full_disk_is_told_and_leaves_nothing(daemon, full_world) -> None:
    job = full_world.run(full_world.plan)
    assert job.state is JobState.FAILED, job.log
    assert "full" in job.problem.title, job.problem
    assert daemon.virsh("vol-list", full_world.pool) == ""


@pytest.mark.lab
def test_a_host_that_breaks_off_over_a_full_disk_is_sent_no_more(daemon, full_world, monkeypatch) -> None:
    """libvirtd 11.3 dies of it, and would die again and again; here the answer is lost instead, as it is then."""
    sent, real = [], full_world.hosts.call

    def call(host_id, what):
        def answered(verbs):
            try:
                return what(verbs)
            except StepFailed as error:
                sent.append(error)
                raise ConnectError("The connection broke") from error

        return real(host_id, answered)

    monkeypatch.setattr(full_world.hosts, "call", call)
    job = full_world.run(full_world.plan)
    assert (job.state, job.problem.title) == (JobState.FAILED, "The host's disk is full")
    assert len(sent) <= pour.AT_ONCE
    assert daemon.virsh("vol-list", full_world.pool) == ""


# -- the web --------------------------------------------------------------------------------------


@pytest.mark.usefixtures("small_pieces")
def test_a_fetch_finds_its_checksum_and_goes_on_where_the_server_broke(world, web) -> None:
    data = images.qcow2(30)
    web.files = {"/i/d.qcow2": data, "/i/SHA256SUMS": f"{'1' * 64}  other.img\n{sums(data)} *d.qcow2\n".encode()}
    web.redirects = {"/latest/d.qcow2": "/i/d.qcow2"}
    plan = fetch_image(
        world.host, world.pool, f"{web.url}/latest/d.qcow2", checksum_url=f"{web.url}/i/SHA256SUMS", name=NAME
    )
    web.cut = len(data) // 3 + 5
    job = world.run(plan)
    assert (job.state, job.problem) == (JobState.DONE, None), (job.problem, job.log)
    assert world.content(NAME) == data
    assert [asked for path, asked in web.seen if asked] == [f"bytes={web.cut}-", f"bytes={2 * web.cut}-"]


@pytest.mark.parametrize("fault", ["changed", "no ranges", "gone", "not an image", "wrong"])
@pytest.mark.usefixtures("small_pieces")
def test_a_fetch_that_goes_wrong_leaves_nothing(world, web, fault) -> None:
    data = images.qcow2(30)
    web.files = {f"/{NAME}": data if fault != "not an image" else b"<html>" + bytes(len(data))}
    plan = fetch_image(world.host, world.pool, f"{web.url}/{NAME}", checksum="1" * 64 if fault == "wrong" else "")
    if fault in ("changed", "no ranges"):
        web.cut = 9 * images.CLUSTER
        web.ranges = fault == "changed"
        web.before_data = lambda: setattr(web, "tag", f"{len(web.seen)}") if fault == "changed" else None
    if fault == "gone":
        web.files = {}
    job = world.run(plan)
    assert job.state is JobState.FAILED
    assert job.problem.hint
    assert world.files() == []


def test_addresses_that_are_not_fetched(web) -> None:
    host = Host("h", "h", "")
    web.redirects = {"/a.img": "file:///etc/shadow", "/b.img": "ftp://x/y"}
    for url in ("file:///etc/shadow", "ftp://x/y", "https://u:secret@x/y.img", "https://", "", "http://x y/z", "nohost",
                "http://[bad/x", f"{web.url}/", f"{web.url}/a.img", f"{web.url}/b.img"):  # fmt: skip
        with pytest.raises(InputError) as caught:
            fetch_image(host, "p", url)
        assert "secret" not in str(caught.value)
    with pytest.raises(NotFound):
        fetch_image(host, "p", f"{web.url}/none.img")
    web.files, web.lengths = {"/c.img": b"x"}, False
    with pytest.raises(InputError, match="how long"):
        fetch_image(host, "p", f"{web.url}/c.img")
    web.close()
    with pytest.raises(LimenError) as told:
        fetch_image(host, "p", f"{web.url}/c.img")
    assert "by hand" in told.value.hint


# -- deleting -------------------------------------------------------------------------------------


@pytest.mark.lab
def test_what_somebody_took_meanwhile_is_not_deleted(daemon, tmp_path) -> None:
    world = RealImages.on(daemon)
    try:
        plan = upload_image(world.host, world.pool, write(tmp_path / NAME, images.qcow2()))
        assert world.run(plan).state is JobState.DONE
        volume = world.hosts.call(HOST, lambda v: v.storage.volume(world.pool, NAME)).result(10)
        delete = delete_plan(Image(HOST, "real", volume, ImageKind.IMAGE))
        xml = volume_xml("over", 64 << 20, "qcow2", backing_path=volume.path, backing_format="qcow2")
        world.hosts.call(HOST, lambda v: v.storage.create(world.pool, xml)).result(10)
        job = world.run(delete)
        assert (job.state, "on top of it" in job.problem.detail) == (JobState.FAILED, True)
        world.hosts.call(HOST, lambda v: v.storage.delete(world.pool, "over")).result(10)
        daemon.define(f"<domain type='qemu'><name>{world.pool}-vm</name><memory>65536</memory><os><type>hvm</type></os>"
                      f"<devices><disk type='volume'><source pool='{world.pool}' volume='{NAME}'/><target dev='vda'/>"
                      "</disk></devices></domain>")  # fmt: skip
        job = world.run(delete)
        assert (job.state, "names it" in job.problem.detail) == (JobState.FAILED, True)
        assert world.files() == [NAME]
        daemon.virsh("undefine", f"{world.pool}-vm")
        assert world.run(delete).state is JobState.DONE
        assert world.files() == []
    finally:
        world.close()


# -- host to host ---------------------------------------------------------------------------------


@pytest.mark.usefixtures("small_pieces")
def test_an_image_is_copied_to_another_host(tmp_path) -> None:
    world = SimulatedWorld(tmp_path)
    data = images.qcow2(12)
    source = SimulatedWorld.__new__(SimulatedWorld)
    source.hosts, source.host, source.runner = world.hosts, world.other, world.runner
    assert world.run(upload_image(world.other, "default", write(tmp_path / NAME, data))).state is JobState.DONE
    volume = world.hosts.call(world.other.id, lambda v: v.storage.volume("default", NAME)).result(10)
    head = world.hosts.call(world.other.id, lambda v: v.storage.probe("default", NAME)).result(10)
    job = world.run(copy_image(world.host, world.pool, world.other, volume, head))
    assert (job.state, job.problem) == (JobState.DONE, None), (job.problem, job.log)
    assert world.content(NAME) == data == source.content(NAME)
    world.close()


@pytest.mark.lab
def test_an_image_is_copied_from_pool_to_pool_and_overlays_are_refused(daemon, tmp_path) -> None:
    world = RealImages.on(daemon)
    try:
        subprocess.run(["qemu-img", "create", "-q", "-f", "qcow2", world.folder / "a.qcow2", "8M"], check=True)
        subprocess.run(["qemu-io", "-c", "write -P 7 1M 2M", world.folder / "a.qcow2"], check=True, capture_output=True)
        daemon.virsh("pool-refresh", world.pool)
        base = world.folder / "a.qcow2"
        xml = volume_xml("over.qcow2", 8 << 20, "qcow2", backing_path=str(base), backing_format="qcow2")
        world.hosts.call(HOST, lambda v: v.storage.create(world.pool, xml)).result(10)
        volume, head, over = (world.hosts.call(HOST, ask).result(10) for ask in (
            lambda v: v.storage.volume(world.pool, "a.qcow2"), lambda v: v.storage.probe(world.pool, "a.qcow2"),
            lambda v: v.storage.probe(world.pool, "over.qcow2")))  # fmt: skip
        job = world.run(copy_image(world.host, world.pool, world.host, volume, head, name="b.qcow2", read_back=True))
        assert (job.state, job.problem) == (JobState.DONE, None)
        assert (world.folder / "b.qcow2").read_bytes() == base.read_bytes()
        with pytest.raises(InputError, match="cannot be copied"):
            copy_image(world.host, world.pool, world.host, volume, over)
    finally:
        world.close()


def test_progress_grows_and_tells_a_speed(tmp_path) -> None:
    world = SimulatedWorld(tmp_path)
    job = world.runner.start(upload_image(world.host, "default", write(tmp_path / NAME, images.raw(64 << 20))))
    seen = []
    until = time.monotonic() + 100
    while not world.runner.job(job.id).state.is_over and time.monotonic() < until:
        if (progress := world.runner.job(job.id).progress) is not None and progress.total:
            seen.append(progress.done)
    assert world.runner.job(job.id).state is JobState.DONE
    assert seen == sorted(seen)
    world.close()
