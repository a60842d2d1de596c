"""The real qemu-guest-agent in the tiny guest, also one that is stopped in the middle of an answer."""

from __future__ import annotations

import time
from collections.abc import Iterator
from contextlib import suppress
from typing import Any

import pytest

from limen_tui.errors import LimenError, NotSupported, StepFailed, Timeout
from limen_tui.hypervisor.session import session_connector
from limen_tui.model.host import Host, HostState
from limen_tui.model.verbs.agent import Ran
from tests.contract.rigs import Capabilities, Rig
from tests.lab.fixtures import RealLibvirt
from tests.unit.hypervisor.libvirt_daemon import wait_for

pytestmark = pytest.mark.lab
NAME = "agent-guest"


class Guest:
    """The guest, through a session as Limen has it."""

    def __init__(self, real: RealLibvirt) -> None:
        self.real = real
        self.uuid = real.define_guest(NAME, start=True)
        real.wait_booted(NAME)
        real.agent(NAME, "guest-ping")
        host = Host("agent-host", "real", real.uri)
        self.rig = Rig(session_connector(), host, Capabilities("QEMU"))
        self.rig.port.start()
        self.rig.wait(lambda now: now.state is HostState.UP and self.uuid in now.vms)

    def do(self, call: Any) -> Any:
        """``call(agent, uuid)``."""
        return self.rig.do(lambda verbs: call(verbs.agent, self.uuid))

    def run(self, *words: str) -> Ran:
        """Run to the end."""
        pid = self.do(lambda agent, uuid: agent.start_command(uuid, words))
        return wait_for(lambda: self.do(lambda agent, uuid: agent.command_result(uuid, pid)), 60.0, "the command")


@pytest.fixture(scope="module")
def guest(real_libvirt: RealLibvirt) -> Iterator[Guest]:
    made = Guest(real_libvirt)
    yield made
    made.rig.port.close()
    assert made.rig.join()
    real_libvirt.remove_guest(NAME)


def test_it_tells_of_the_guest(guest: Guest) -> None:
    info = guest.do(lambda agent, uuid: agent.guest(uuid))
    assert info.hostname
    assert info.kernel and info.machine == "x86_64"
    assert info.skew is not None and abs(info.skew) < 3600
    version = guest.do(lambda agent, uuid: agent.version(uuid))
    assert version.version[0].isdigit() and "guest-exec" in version.commands


def test_a_command_says_what_it_wrote_and_how_it_ended(guest: Guest) -> None:
    done = guest.run("/bin/sh", "-c", "echo out; echo err >&2; exit 3")
    assert (done.code, done.out, done.err) == (3, b"out\n", b"err\n")
    words = ("$(reboot)", "; reboot", "a b", "'\"")
    assert guest.run("/bin/echo", *words).out == (" ".join(words) + "\n").encode(), "no shell looks at the words"
    with pytest.raises(StepFailed, match="guest agent"):
        guest.run("/no/such/program")


def test_files_are_read_up_to_the_limit(guest: Guest) -> None:
    guest.run("/bin/sh", "-c", "head -c 100000 /dev/zero > /tmp/zeros; printf 'hi\\377' > /tmp/small")
    assert guest.do(lambda agent, uuid: agent.read_file(uuid, "/tmp/small")) == (b"hi\xff", True)
    data, whole = guest.do(lambda agent, uuid: agent.read_file(uuid, "/tmp/zeros", 70000))
    assert (len(data), whole) == (70000, False)
    data, whole = guest.do(lambda agent, uuid: agent.read_file(uuid, "/tmp/zeros"))
    assert (len(data), whole) == (100000, True)
    with pytest.raises(StepFailed):
        guest.do(lambda agent, uuid: agent.read_file(uuid, "/no/such/file"))


def test_the_clock_and_a_password_are_set_and_the_password_is_nowhere(guest: Guest) -> None:
    secret = "Gr8-secret-words"
    try:
        guest.do(lambda agent, uuid: agent.set_password(uuid, "root", secret))
    except LimenError as error:
        assert secret not in f"{error} {error.hint} {error.__cause__}"
    try:
        guest.do(lambda agent, uuid: agent.sync_time(uuid))
    except (NotSupported, StepFailed, Timeout) as error:
        assert error.hint  # the tiny guest may have no hardware clock to read


def test_frozen_file_systems_are_thawed_again(guest: Guest) -> None:
    try:
        frozen = guest.do(lambda agent, uuid: agent.freeze(uuid))
    finally:
        thawed = guest.do(lambda agent, uuid: agent.thaw(uuid))
    assert frozen == thawed


def test_an_agent_stopped_in_mid_answer_holds_nothing_up(guest: Guest) -> None:
    """SIGSTOP the agent: the question ends all the same, ticks go on, and it answers once it continues."""
    pids = guest.run("/bin/pidof", "qemu-ga").out.split()
    assert pids, "the agent is found inside the guest"
    pid = pids[0].decode()
    stop = f"kill -STOP {pid}; sleep 25; kill -CONT {pid}"
    with suppress(Timeout):  # it may be stopped before it answers that it began
        guest.do(lambda agent, uuid: agent.start_command(uuid, ("/bin/sh", "-c", stop)))
    ticks = guest.rig.port.snapshot.load.ticks
    first = began = time.monotonic()
    with pytest.raises((Timeout, LimenError)) as caught:
        while began < first + 20:  # the first may still be answered
            guest.do(lambda agent, uuid: agent.guest(uuid))
            began = time.monotonic()
    assert "agent" in caught.value.title.lower()
    assert time.monotonic() - began < 20, "the limit of a question holds"
    guest.rig.wait(lambda now: now.load.ticks > ticks)  # ticks went on

    def answers() -> bool:
        try:
            return bool(guest.do(lambda agent, uuid: agent.guest(uuid)).hostname)
        except LimenError:
            return False

    wait_for(answers, 60.0, "the agent to answer again")
