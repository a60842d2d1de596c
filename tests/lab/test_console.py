"""The serial console of a real Linux guest: typed into, lost, taken, found again. By libvirt, and by the command."""

from __future__ import annotations

import fcntl
import os
import re
import select
import signal
import sys
import termios
import threading
import time
from collections.abc import Callable, Iterator
from pathlib import Path

import pytest

from limen_tui.fleet.actor import Actor
from limen_tui.fleet.consoles import GuestConsole, Phase
from limen_tui.fleet.fleet import Fleet
from limen_tui.hypervisor import consoles
from limen_tui.hypervisor.session import session_connector
from limen_tui.inventory import open_inventory
from limen_tui.model.clock import SystemClock
from limen_tui.model.host import Host, HostState
from limen_tui.model.ports import Watch
from limen_tui.model.vm import VMKey
from tests.lab.conftest import RunningLab
from tests.lab.fixtures import RealLibvirt
from tests.lab.limen_lab import client
from tests.lab.limen_lab.plan import uuid_of
from tests.lab.remote_world import make_world
from tests.unit.hypervisor.libvirt_daemon import wait_for

NAME = "console-guest"


SECOND = "<serial type='pty'/>"


def define(libvirt: RealLibvirt, name: str = NAME, more: str = "") -> str:
    uuid = uuid_of(name)
    libvirt.daemon.define(f"""<domain type='{libvirt.accel}'><name>{name}</name><uuid>{uuid}</uuid>
      <memory unit='MiB'>128</memory><vcpu>1</vcpu>
      <os><type arch='x86_64' machine='q35'>hvm</type>
        <kernel>{libvirt.images}/vmlinuz</kernel><initrd>{libvirt.images}/initramfs.cpio</initrd>
        <cmdline>console=ttyS0 quiet lab.name={name} lab.noagent=1</cmdline></os>
      <features><acpi/><apic/></features>
      <devices><memballoon model='none'/><serial type='pty'/>{more}</devices></domain>""")
    return uuid


class Line:
    """A console as a front end uses it, with all it ever received."""

    def __init__(self, fleet: Fleet, key: VMKey, device: str = "") -> None:
        self.fleet = fleet
        self.woken = threading.Event()
        self.console = GuestConsole(fleet, key, wake=self.woken.set, device=device)
        self.got = b""

    def pump(self) -> None:
        self.fleet.poll()
        self.console.tick()
        while data := self.console.take():
            self.got += data

    def until(self, condition: Callable[[], object], what: str, seconds: float = 80.0) -> None:
        def holds() -> object:
            self.pump()
            return condition()

        try:
            wait_for(holds, seconds, what)
        except AssertionError as error:
            raise AssertionError(
                f"{error}; {self.console.phase} {self.console.problem} {self.got[-300:]!r}"
            ) from error

    def until_phase(self, phase: Phase) -> None:
        self.until(lambda: self.console.phase is phase, f"the console to be {phase.value}")

    def said(self, text: bytes, *, seconds: float = 80.0) -> None:
        self.until(lambda: text in self.got, repr(text), seconds)

    def ask(self, command: bytes, answer: bytes) -> None:
        self.got = b""
        assert self.console.write(command + b"\r")
        self.said(answer)


@pytest.fixture
def fleet(real_libvirt: RealLibvirt) -> Iterator[Fleet]:
    uuid = define(real_libvirt)
    host = Host("real", "real", real_libvirt.uri)
    made = Fleet([host], session_connector(), open_inventory(None), clock=SystemClock(), actor=Actor("test", "cli"))
    made.start()

    def up() -> bool:
        made.poll()
        return made.view.by_host["real"].state is HostState.UP and made.view.vm(VMKey("real", uuid)) is not None

    wait_for(up, 60, "the host")
    yield made
    made.close(60)
    if real_libvirt.virsh("domstate", NAME) != "shut off":
        real_libvirt.virsh("destroy", NAME)
    real_libvirt.virsh("undefine", NAME)


def test_a_guest_is_logged_into_and_stays_reachable_over_force_and_restart(
    fleet: Fleet, real_libvirt: RealLibvirt
) -> None:
    key = VMKey("real", uuid_of(NAME))
    line = Line(fleet, key)
    line.until_phase(Phase.VM_OFF)

    real_libvirt.virsh("start", NAME)
    line.said(b"login: ")
    assert line.console.phase is Phase.OPEN
    line.ask(b"root", b"Password: ")
    line.ask(b"lab", b"# ")
    line.ask(b"echo $((6 * 7)) $(hostname)", b"42 console-guest")

    # somebody else asks for it: refused, until they take it by force
    other = Line(fleet, key)
    other.until_phase(Phase.IN_USE)
    other.console.open_now(force=True)
    other.until_phase(Phase.OPEN)
    line.until(lambda: line.console.phase in (Phase.VM_OFF, Phase.IN_USE), "the first one to lose it")
    other.ask(b"echo still $((1 + 1))", b"still 2")
    line.until_phase(Phase.IN_USE)  # it asks again by itself, and does not take it back
    other.console.close()
    line.console.open_now()
    line.until_phase(Phase.OPEN)
    line.ask(b"", b"# ")

    # the machine is pulled and started again: found again by itself
    real_libvirt.virsh("destroy", NAME)
    line.until_phase(Phase.VM_OFF)
    line.got = b""
    real_libvirt.virsh("start", NAME)
    line.said(b"login: ")

    # the daemon goes and comes back
    real_libvirt.stop()
    line.until_phase(Phase.HOST_AWAY)
    real_libvirt.start()
    fleet.reconnect("real")
    line.until_phase(Phase.OPEN)
    line.ask(b"root", b"Password: ")
    line.console.close()


def test_a_quarter_of_a_megabyte_comes_through_whole_while_the_host_is_sampled(
    fleet: Fleet, real_libvirt: RealLibvirt
) -> None:
    line = Line(fleet, VMKey("real", uuid_of(NAME)))
    real_libvirt.virsh("start", NAME)
    line.said(b"login: ")
    line.ask(b"root", b"Password: ")
    line.ask(b"lab", b"# ")
    fleet.watch("real", Watch(interval=0.2))
    ticks = fleet.view.by_host["real"].load.ticks
    line.ask(b"stty -onlcr; seq 1 40000 > /tmp/n; cat /tmp/n; echo do''ne", b"done")
    line.until(lambda: fleet.view.by_host["real"].load.ticks > ticks, "a sample")
    numbers = line.got.split(b"do''ne")[-1].split(b"\n")
    assert [int(word) for word in numbers if word.strip().isdigit()] == list(range(1, 40001))
    line.console.close()


def test_each_of_two_serial_ports_is_a_line_of_its_own(fleet: Fleet, real_libvirt: RealLibvirt) -> None:
    define(real_libvirt, more=SECOND)
    key = VMKey("real", uuid_of(NAME))
    off = fleet.call("real", lambda verbs: verbs.consoles.devices(key.uuid)).result(20)
    real_libvirt.virsh("start", NAME)
    on = fleet.call("real", lambda verbs: verbs.consoles.devices(key.uuid)).result(20)
    assert [each.alias for each in off] == [each.alias for each in on] == ["serial0", "serial1"]
    first, second = Line(fleet, key), Line(fleet, key, "serial1")
    first.said(b"login: ")
    second.until_phase(Phase.OPEN)
    first.ask(b"root", b"Password: ")
    first.ask(b"lab", b"# ")
    first.ask(b"echo to the $((1 + 1))nd > /dev/ttyS1; echo do''ne", b"done")
    second.said(b"to the 2nd")
    assert b"2nd" not in first.got.replace(b"))nd", b"")
    first.ask(b"exec 3< /dev/ttyS1; echo op''en; read word <&3; echo got=$word", b"open")
    second.console.write(b"typed\r")
    first.said(b"got=typed")
    second.console.close()
    wait_for(lambda: not consoles._LEAVING, 60.0, "the host to let go of it")  # another process cannot know of that

    command = Pty("-c", real_libvirt.uri, "console", NAME, "--line", "serial1")
    command.until(b"Leave with ctrl+]")
    first.console.write(b"echo again for the $((3 + 1))th > /dev/ttyS1\r")
    command.until(b"4th")
    command.type(b"\x1d")
    assert command.ended() == 0
    refused = Pty("-c", real_libvirt.uri, "console", NAME, "--line", "serial7")
    refused.until(b"serial0, serial1")
    assert refused.ended() == 2
    first.console.close()


class Pty:
    """`limen console` as a person runs it; what it wrote, and what became of their terminal."""

    def __init__(self, *words: str, lab: RunningLab | None = None) -> None:
        """With ``lab`` its hosts are known as ~/.ssh would have them."""
        self.said = b""
        self.master, self.slave = os.openpty()
        termios.tcsetwinsize(self.slave, (30, 100))
        self.before = termios.tcgetattr(self.slave)
        self.pid = os.fork()
        if self.pid == 0:
            _login_tty(self.slave)
            argv = [sys.executable, "-m", "limen_tui", *words]
            if lab is not None:
                client.run(lab.lab, argv)
            os.execv(argv[0], argv)

    def until_after(self, place: int, text: bytes, seconds: float = 60.0) -> None:
        """Wait for ``text`` behind the first ``place`` bytes."""
        said, self.said = self.said[:place], self.said[place:]
        try:
            self.until(text, seconds)
        finally:
            self.said = said + self.said

    def until(self, text: bytes, seconds: float = 60.0) -> None:
        end = time.monotonic() + seconds
        while text not in self.said:
            left = end - time.monotonic()
            assert left > 0, f"{text!r} did not come: {self.said[-500:]!r}"
            if select.select([self.master], [], [], left)[0]:
                self.said += os.read(self.master, 1 << 16)

    def until_typed(self, data: bytes, text: bytes, tries: int = 6) -> None:
        """Type ``data`` until ``text`` comes, as a person does with Enter."""
        for left in reversed(range(tries)):
            self.type(data)
            try:
                self.until(text, 10.0)
            except AssertionError:
                if not left:
                    raise
            else:
                return

    def type(self, data: bytes) -> None:
        os.write(self.master, data)

    def ended(self) -> int:
        """The exit code; the terminal is as it was."""
        status: list[int] = []

        def over() -> bool:
            if select.select([self.master], [], [], 0)[0]:
                self.said += os.read(self.master, 1 << 16)
            found, code = os.waitpid(self.pid, os.WNOHANG)
            if found:
                status.append(os.waitstatus_to_exitcode(code))
            return bool(found)

        wait_for(over, 60, "limen to end")
        assert termios.tcgetattr(self.slave) == self.before
        os.close(self.master)
        os.close(self.slave)
        return status[0]


def _login_tty(slave: int) -> None:
    os.setsid()
    fcntl.ioctl(slave, termios.TIOCSCTTY, 0)
    for number in range(3):
        os.dup2(slave, number)


CUT = 30.0
"""Seconds without a network."""


@pytest.fixture
def remote_guest(lab: RunningLab) -> Iterator[str]:
    """The UUID of a guest on the lab's first host."""
    uuid = lab.vm(1, "con-far", "--disk", "none")
    yield uuid
    lab.heal(1)
    lab.virsh(1, "destroy", "con-far", check=False)
    lab.virsh(1, "undefine", "con-far")


def test_half_a_minute_without_a_network_is_survived_and_then_shows_what_the_guest_prints(
    lab: RunningLab, tmp_path: Path, remote_guest: str
) -> None:
    key = VMKey("h1", remote_guest)
    world = make_world(lab, tmp_path, [1])
    world.wait_state(1, HostState.UP)
    world.wait(lambda: world.fleet.view.vm(key), what="the VM")
    line = Line(world.fleet, key)
    line.until_phase(Phase.OPEN)
    line.console.write(b"\r")
    line.said(b"login: ")
    line.ask(b"root", b"Password: ")
    line.ask(b"lab", b"# ")
    # it goes on printing by itself, with or without somebody who listens
    line.ask(b"n=0; while sleep 1; do n=$((n + 1)); echo line=$n.; done &", b"line=2.")
    printed = line.got.count(b"line=")
    lab.cut(1)
    healed_at = time.monotonic() + CUT
    line.until_phase(Phase.HOST_AWAY)
    line.until(lambda: time.monotonic() >= healed_at, "the half minute to pass")
    assert line.console.phase is Phase.HOST_AWAY
    line.got = b""
    lab.heal(1)
    line.until_phase(Phase.OPEN)
    assert line.console.opened == 2

    def went_on() -> bool:
        numbers = [int(word) for word in re.findall(rb"line=(\d+)\.\r", line.got)]
        return len(numbers) >= 2 and numbers[-1] > printed + CUT / 2

    line.until(went_on, "what the guest prints now")
    line.ask(b"kill %1; echo $((6 * 7))", b"42")
    line.console.close()
    world.fleet.close()


def test_a_console_on_a_remote_host_is_followed_and_nothing_is_sent(lab: RunningLab, remote_guest: str) -> None:
    lab.virsh(1, "destroy", "con-far")
    command = Pty("-c", lab.uri(1), "console", "con-far", "--follow", lab=lab)
    command.until(b"nothing is sent")
    command.until(b"waiting for the VM to run")
    lab.virsh(1, "start", "con-far")
    command.until(b"login: ")
    command.type(b"root\r")
    lab.virsh(1, "reset", "con-far")
    seen = len(command.said)
    command.until_after(seen, b"login: ")
    assert b"Password" not in command.said
    command.type(b"\x03")
    assert command.ended() in (130, -signal.SIGINT)


def test_the_command_gives_the_guest_the_keys_and_the_terminal_back(fleet: Fleet, real_libvirt: RealLibvirt) -> None:
    uri = real_libvirt.uri
    command = Pty("-c", uri, "console", NAME)
    command.until(b"[limen: waiting for the VM to run]")
    real_libvirt.virsh("start", NAME)
    command.until(b"login: ")
    command.type(b"root\r")
    command.until(b"Password: ")
    command.type(b"lab\r")
    command.until(b"# ")
    command.type(b"stty raw; echo be''gun; head -c 1 | od -An -tx1; stty sane\r")
    command.until(b"begun")
    command.type(b"\x03")  # ctrl+c is the guest's
    command.until(b" 03")
    command.type(b"echo $((6 * 7)); printf '\\033]0;title\\007'\r")
    command.until(b"\n42\r\n")

    refused = Pty("-c", uri, "console", NAME)
    refused.until(b"in use by somebody else")
    refused.type(b"n\r")
    assert refused.ended() == 5
    other = Pty("-c", uri, "console", NAME, "--force")
    other.until(b"Leave with ctrl+]")
    other.until_typed(b"\r", b"# ")  # what the guest prints while the console changes hands may reach neither
    command.until(b"[limen: in use by somebody else]")
    command.type(b"\x1d")
    assert command.ended() == 0
    assert b"\x1b]0;" not in command.said
    os.kill(other.pid, signal.SIGTERM)
    assert other.ended() == 128 + signal.SIGTERM
