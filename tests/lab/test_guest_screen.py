"""Real guests' screens under real QEMU: what Limen shows is what virsh's own screenshot has, to the pixel."""

from __future__ import annotations

import threading
import time
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

import pytest

from limen_tui.errors import AuthError, ConnectError
from limen_tui.fleet.actor import Actor
from limen_tui.fleet.display import GuestDisplay, Phase, Shot, Status, Ways
from limen_tui.fleet.fleet import Fleet
from limen_tui.fleet.screens import open_screen, tunnel_command, vnc_of, ways_to, where_vnc_is
from limen_tui.hypervisor.session import session_connector
from limen_tui.inventory import open_inventory
from limen_tui.model.clock import SystemClock
from limen_tui.model.host import Host, HostState
from limen_tui.model.rfb.frame import Still
from limen_tui.model.rfb.keys import strokes_of_text
from limen_tui.model.rfb.stills import decode
from limen_tui.model.vm import VMKey
from tests.lab.conftest import RunningLab
from tests.lab.fixtures import RealLibvirt
from tests.lab.limen_lab.plan import uuid_of
from tests.lab.remote_world import World, make_world
from tests.unit.hypervisor.libvirt_daemon import wait_for


class Watched:
    """A display, and the newest of what it gave."""

    def __init__(self, ways: Ways, **options: bool) -> None:
        self.told = threading.Event()
        self.display = GuestDisplay(ways, self.told.set, **options)
        self.shot: Shot | None = None
        self.status = Status()
        self.display.start()

    def look(self) -> Watched:
        shot, self.status = self.display.take()
        self.shot = shot or self.shot
        return self

    @property
    def still(self) -> Still:
        assert self.look().shot is not None
        return self.shot.still

    @property
    def text(self) -> str:
        shot = self.look().shot
        return "\n".join(shot.text.plain()) if shot is not None and shot.text is not None else ""

    def until(self, phase: Phase, seconds: float = 40.0) -> None:
        try:
            wait_for(lambda: self.look().status.phase is phase, seconds, f"the phase {phase}")
        except AssertionError as error:
            raise AssertionError(f"{error}: {self.status}") from error

    def until_text(self, text: str, seconds: float = 60.0) -> None:
        try:
            wait_for(lambda: text in self.text, seconds, f"{text!r} on the screen")
        except AssertionError as error:
            raise AssertionError(f"{error}: {self.status}\n{self.text}") from error

    def type(self, text: str) -> None:
        self.display.strokes(strokes_of_text(text)[0])


@contextmanager
def watched(ways: Ways, **options: bool) -> Iterator[Watched]:
    made = Watched(ways, **options)
    try:
        yield made
    finally:
        made.display.close()
        assert made.display.join(10)


def guest_xml(libvirt: RealLibvirt, name: str, graphics: str) -> str:
    """The tiny guest with a VGA screen, its login on it."""
    return f"""<domain type='{libvirt.accel}'><name>{name}</name><uuid>{uuid_of(name)}</uuid>
      <memory unit='MiB'>128</memory><vcpu>1</vcpu>
      <os><type arch='x86_64' machine='q35'>hvm</type>
        <kernel>{libvirt.images}/vmlinuz</kernel><initrd>{libvirt.images}/initramfs.cpio</initrd>
        <cmdline>console=ttyS0 console=tty0 quiet lab.name={name} lab.noagent</cmdline></os>
      <features><acpi/><apic/></features>
      <devices><serial type='null'/>{graphics}<video><model type='vga'/></video></devices></domain>"""


CUT = 30.0
"""Seconds that the link is cut for."""
VNC = "<graphics type='vnc' autoport='yes' listen='127.0.0.1'{}/>"


@pytest.fixture
def fleet(real_libvirt: RealLibvirt) -> Iterator[Fleet]:
    with local_fleet(real_libvirt) as made:
        yield made


@contextmanager
def local_fleet(real_libvirt: RealLibvirt, *, read_only: bool = False) -> Iterator[Fleet]:
    host = Host("h1", "here", real_libvirt.uri, read_only=read_only)
    made = Fleet(
        [host], session_connector(), open_inventory(None), clock=SystemClock(), actor=Actor("test", "test"),
        read_only=read_only,
    )  # fmt: skip
    made.start()

    def up() -> bool:
        made.poll()
        return made.view.by_host["h1"].state is HostState.UP

    wait_for(up, 30, "the host")
    yield made
    made.close()


@contextmanager
def guest(libvirt: RealLibvirt, name: str, graphics: str = VNC.format("")) -> Iterator[VMKey]:
    libvirt.daemon.define(guest_xml(libvirt, name, graphics), start=True)
    try:
        yield VMKey("h1", uuid_of(name))
    finally:
        libvirt.remove_guest(name)


def witness(libvirt: RealLibvirt, name: str, folder: Path) -> Still:
    """The screen as virsh has it."""
    file = folder / "witness"
    libvirt.virsh("screenshot", name, str(file))
    return decode(file.read_bytes())


def same(shown: Watched, libvirt: RealLibvirt, name: str, folder: Path) -> bool:
    """Whether the two are the same to the pixel; a blinking cursor may make one older than the other."""
    return witness(libvirt, name, folder) == shown.still


def test_the_live_screen_is_virsh_screenshot_to_the_pixel_and_takes_keys(
    fleet: Fleet, real_libvirt: RealLibvirt, tmp_path: Path
) -> None:
    with guest(real_libvirt, "screen") as key, watched(ways_to(fleet, key)) as shown:
        shown.until_text("screen login:")
        assert shown.look().status.phase is Phase.LIVE
        assert (shown.still.width, shown.still.height) == (720, 400)
        wait_for(lambda: same(shown, real_libvirt, "screen", tmp_path), 20, "the same picture as virsh's")
        shown.type("Some-1 {Text}|~")
        shown.until_text("Some-1 {Text}|~")  # a slow guest's word that it is ready may stand before it
        wait_for(lambda: same(shown, real_libvirt, "screen", tmp_path), 20, "the same picture after typing")
        real_libvirt.virsh("suspend", "screen")
        real_libvirt.virsh("resume", "screen")
        shown.type("\n")
        shown.until_text("Password:")


def test_by_pictures_it_is_the_same_screen(fleet: Fleet, real_libvirt: RealLibvirt, tmp_path: Path) -> None:
    with guest(real_libvirt, "pictures") as key, watched(ways_to(fleet, key), pictures=True) as shown:
        shown.until_text("pictures login:")
        assert shown.look().status.phase is Phase.PICTURES
        wait_for(lambda: same(shown, real_libvirt, "pictures", tmp_path), 20, "the same picture as virsh's")


def test_without_vnc_it_is_shown_by_pictures_and_says_why(fleet: Fleet, real_libvirt: RealLibvirt) -> None:
    with guest(real_libvirt, "no-vnc", "") as key, watched(ways_to(fleet, key)) as shown:
        shown.until(Phase.PICTURES)
        assert shown.status.problem is not None
        assert shown.status.problem.title == "No VNC"
        shown.until_text("no-vnc login:")
        shown.type("Some-1 {Text}|~")
        shown.until_text("Some-1 {Text}|~")  # a slow guest's word that it is ready may stand before it
        shown.type("\n")
        shown.until_text("Password:")


def test_a_password_is_passed_by_here_and_asked_for_elsewhere(fleet: Fleet, real_libvirt: RealLibvirt) -> None:
    with guest(real_libvirt, "locked", VNC.format(" passwd='s3cr3t'")) as key:
        with watched(ways_to(fleet, key)) as shown:
            shown.until(Phase.LIVE)
        _, vnc = where_vnc_is(fleet, key)
        import socket

        ways = Ways(lambda: socket.create_connection(("127.0.0.1", vnc.port)), ways_to(fleet, key).picture)
        with watched(ways) as shown:
            shown.until(Phase.PASSWORD)
            shown.display.answer("wrong")
            wait_for(lambda: isinstance(shown.look().status.problem, AuthError), 20, "the refusal")
            shown.until(Phase.PASSWORD)
            shown.display.answer("s3cr3t")
            shown.until_text("locked login:")


def test_a_read_only_host_is_looked_at_and_not_typed_to(real_libvirt: RealLibvirt) -> None:
    with local_fleet(real_libvirt, read_only=True) as fleet, guest(real_libvirt, "looked-at") as key:
        with watched(ways_to(fleet, key), view_only=True) as shown:
            shown.until_text("looked-at login:")
            shown.type("X9")
            shown.display.refresh()
            before = shown.status.rate
            wait_for(lambda: shown.look().status.rate >= before, 10)
            assert "X9" not in shown.text


def test_a_restart_of_the_vm_brings_the_screen_back(fleet: Fleet, real_libvirt: RealLibvirt) -> None:
    with guest(real_libvirt, "again") as key, watched(ways_to(fleet, key)) as shown:
        shown.until_text("again login:")
        real_libvirt.virsh("destroy", "again")
        shown.until(Phase.LOST)
        real_libvirt.virsh("start", "again")
        shown.until(Phase.LIVE)
        shown.until_text("again login:")


def test_a_vm_that_is_off_or_gone_says_so(fleet: Fleet, real_libvirt: RealLibvirt) -> None:
    with guest(real_libvirt, "off") as key:
        real_libvirt.virsh("destroy", "off")
        with watched(ways_to(fleet, key)) as shown:
            shown.until(Phase.LOST)
            assert shown.status.problem is not None
    with watched(ways_to(fleet, VMKey("h1", uuid_of("nobody")))) as shown:
        shown.until(Phase.LOST)


# -- through SSH ----------------------------------------------------------------------------------


@pytest.fixture
def world(lab: RunningLab, tmp_path: Path) -> Iterator[World]:
    made = make_world(lab, tmp_path, (1, 3, 4))
    made.fleet.links = made.remoting
    for number in (1, 3, 4):
        made.wait_state(number, HostState.UP)
    yield made
    made.fleet.close()


def test_over_ssh_behind_a_jump_host_and_without_forwarding(world: World, lab: RunningLab, tmp_path: Path) -> None:
    uuids = {number: lab.vm(number, "shown", "--disk", "none") for number in (1, 3, 4)}
    for number, uuid in uuids.items():
        key = VMKey(f"h{number}", uuid)
        with watched(ways_to(world.fleet, key)) as shown:
            world.wait(lambda shown=shown: "shown login:" in shown.text, 90, "the login")
            assert shown.look().status.phase is Phase.LIVE
            shown.type("Ab_1")
            world.wait(lambda shown=shown: "Ab_1" in shown.text, 20, "what was typed")
            folder = lab.lab.state / "shared"

            def equal(shown: Watched = shown, number: int = number, folder: Path = folder) -> bool:
                lab.virsh(number, "screenshot", "shown", "/srv/shared/witness")
                return decode((folder / "witness").read_bytes()) == shown.still

            world.wait(equal, 20, "the same picture as virsh's")
        host, vnc = where_vnc_is(world.fleet, key)
        assert vnc_of((vnc,)) is vnc
        assert f"-L 5900:127.0.0.1:{vnc.port}" in tunnel_command(host, vnc)
        lab.virsh(number, "destroy", "shown")
        lab.virsh(number, "undefine", "shown")


def test_a_cut_of_the_link_is_survived(world: World, lab: RunningLab) -> None:
    key = VMKey("h1", lab.vm(1, "cut-off", "--disk", "none"))
    with watched(ways_to(world.fleet, key)) as shown:
        world.wait(lambda: "cut-off login:" in shown.text, 90, "the login")
        lab.cut(1)
        began = time.monotonic()
        world.wait_state(1, HostState.DOWN, 60)
        world.wait(lambda: shown.look().status.phase is Phase.LOST, 60, "the loss to be seen")
        with pytest.raises(ConnectError):
            open_screen(world.fleet, key)
        world.wait(lambda: time.monotonic() - began >= CUT, CUT + 5, "the end of the cut")
        lab.heal(1)
        world.wait_state(1, HostState.UP, 60)
        world.wait(lambda: shown.look().status.phase is Phase.LIVE, 60, "the screen to come back")
        shown.type("b4ck")
        world.wait(lambda: "b4ck" in shown.text, 30, "what was typed after it")
    lab.virsh(1, "destroy", "cut-off")
    lab.virsh(1, "undefine", "cut-off")
