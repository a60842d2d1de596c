"""A real Linux guest under real QEMU, through Limen's session, with virsh as the independent witness of each step."""

from __future__ import annotations

import base64
import random
import time
from collections.abc import Callable, Iterator

import pytest

from limen_tui.hypervisor.session import HostSession
from limen_tui.model.events import HostEvent
from limen_tui.model.host import Host, HostSnapshot, HostState
from limen_tui.model.lifecycle import SAVED, Verb, VMState
from limen_tui.model.ports import Watch
from limen_tui.model.vm import VM
from limen_tui.model.xml.read import facts
from tests.lab.fixtures import RealLibvirt
from tests.unit.hypervisor.libvirt_daemon import wait_for

MIB = 1024


class Seen:
    """What Limen shows of one guest."""

    def __init__(self, libvirt: RealLibvirt, name: str) -> None:
        self.libvirt = libvirt
        self.name = name
        self.uuid = libvirt.define_guest(name)
        self.events: list[HostEvent] = []
        self.session = HostSession(Host("real", "real", libvirt.uri), self.events.append, rng=random.Random(1))
        # on screen: figures of each vCPU are made for such rows only
        self.session.watch(Watch(interval=0.25, visible=frozenset({self.uuid})))
        self.session.start()
        self.until_host(lambda snap: snap.state is HostState.UP)

    def until_host(self, condition: Callable[[HostSnapshot], object], seconds: float = 60.0) -> None:
        wait_for(lambda: condition(self.session.snapshot), seconds, f"the host; it is {self.session.snapshot.state}")

    def until(self, condition: Callable[[VM], object], what: str, seconds: float = 60.0) -> VM:
        def holds() -> VM | None:
            vm = self.session.snapshot.vms.get(self.uuid)
            return vm if vm is not None and not vm.stale and condition(vm) else None

        try:
            found = wait_for(holds, seconds, what)
        except AssertionError as error:
            raise AssertionError(f"{error}; {self.evidence()}") from error
        assert isinstance(found, VM)
        return found

    def evidence(self) -> str:
        """What each side says now: Limen, virsh and the guest itself."""
        console = self.libvirt.console(self.name)
        said = console.read_text(errors="replace")[-400:] if console.exists() else "nothing"
        return (
            f"Limen: {self.session.snapshot.state} {self.session.snapshot.vms.get(self.uuid)}; "
            f"virsh: {self.libvirt.state(self.name)}; events: {[e.text for e in self.events]}; console: {said!r}"
        )

    def until_state(self, state: VMState, seconds: float = 60.0) -> VM:
        return self.until(lambda vm: vm.state is state, f"the state {state}", seconds)

    def do(self, verb: Verb) -> None:
        self.session.submit(lambda verbs: verbs.lifecycle(verb, self.uuid)).result(60)

    def boot(self) -> None:
        self.do(Verb.START)
        self.until_state(VMState.RUNNING)
        self.libvirt.wait_booted(self.name)

    def cpu_seconds(self) -> float:
        """CPU time used so far, as virsh has it."""
        words = dict(
            line.strip().split("=", 1)
            for line in self.libvirt.virsh("domstats", "--cpu-total", self.name).splitlines()
            if "=" in line
        )
        return int(words["cpu.time"]) / 1e9

    def told(self, text: str) -> HostEvent:
        found = wait_for(
            lambda: next((e for e in list(self.events) if e.uuid == self.uuid and text in e.text), None), 20.0,
            f"the event {text!r} among {[event.text for event in self.events]}",
        )  # fmt: skip
        assert isinstance(found, HostEvent)
        return found


@pytest.fixture
def guest(real_libvirt: RealLibvirt, request: pytest.FixtureRequest) -> Iterator[Seen]:
    made = Seen(real_libvirt, request.node.name.removeprefix("test_").replace("_", "-")[:40])
    yield made
    made.session.close()
    assert made.session.join(60)
    real_libvirt.remove_guest(made.name)


def test_start_and_shut_down_by_acpi(guest: Seen, real_libvirt: RealLibvirt) -> None:
    assert guest.until_state(VMState.STOPPED)
    assert real_libvirt.virsh("domstate", guest.name) == "shut off"
    guest.boot()
    assert real_libvirt.state(guest.name) == "running (booted)"
    assert guest.until_state(VMState.RUNNING).reason == "booted"
    guest.do(Verb.SHUTDOWN)
    assert guest.until_state(VMState.STOPPED).reason == "shut down"
    assert real_libvirt.state(guest.name) == "shut off (shutdown)", "the guest obeyed; it was not destroyed"


def test_cpu_rises_under_load(guest: Seen, real_libvirt: RealLibvirt) -> None:
    guest.boot()
    # emulation has no cheap idle, but a guest at its prompt leaves most of a core free
    guest.until(lambda vm: vm.load.cpu_pct is not None and vm.load.cpu_pct < 40, "the guest to be idle")
    real_libvirt.burn(guest.name)
    began, before = time.monotonic(), guest.cpu_seconds()

    def loaded(vm: VM) -> bool:
        # a whole core, or what a busy machine leaves it of one
        share = 100 * (guest.cpu_seconds() - before) / (time.monotonic() - began)
        return vm.load.cpu_pct is not None and vm.load.cpu_pct > min(60.0, max(0.8 * share, 10.0))

    wait_for(lambda: guest.cpu_seconds() - before > 0.5, 60.0, "virsh to see the load")
    busy = guest.until(loaded, "the load to be seen")
    assert busy.load.cpu_pct is not None
    assert busy.load.cpu_pct <= 100
    assert busy.load.vcpu_pct
    wait_for(lambda: guest.cpu_seconds() - before > 1.0, 20.0, "virsh to see a second of CPU used")


def test_memory_is_that_of_the_guest(guest: Seen, real_libvirt: RealLibvirt) -> None:
    guest.boot()
    told: dict[str, str] = {}

    def agree(vm: VM) -> bool:
        if vm.load.mem_used_kib is None:
            return False
        told.update(line.split() for line in real_libvirt.virsh("dommemstat", guest.name).splitlines())
        used = int(told["available"]) - int(told["unused"])
        usable = int(told["available"]) - int(told["usable"])
        return min(used, usable) - 8 * MIB <= vm.load.mem_used_kib <= max(used, usable) + 8 * MIB

    # the balloon reports anew every five seconds, to whoever asks first
    vm = guest.until(agree, f"the balloon's report to be that of virsh: {told}")
    assert int(told["actual"]) == vm.load.mem_assigned_kib == 128 * MIB
    assert vm.load.rss_kib


def test_pause_stops_the_guest_and_resume_goes_on(guest: Seen, real_libvirt: RealLibvirt) -> None:
    guest.boot()
    guest.do(Verb.PAUSE)
    paused = guest.until_state(VMState.PAUSED)
    assert paused.reason == "user"
    assert real_libvirt.state(guest.name) == "paused (user)"
    guest.until(lambda vm: vm.load.cpu_pct is not None and vm.load.cpu_pct < 1, "a paused guest to use no CPU")
    guest.do(Verb.RESUME)
    guest.until_state(VMState.RUNNING)
    assert real_libvirt.state(guest.name) == "running (unpaused)"
    assert real_libvirt.agent(guest.name, "guest-get-host-name") == {"host-name": guest.name}


def test_force_off(guest: Seen, real_libvirt: RealLibvirt) -> None:
    guest.boot()
    guest.do(Verb.FORCE_OFF)
    assert guest.until_state(VMState.STOPPED).reason == "forced off"
    assert real_libvirt.state(guest.name) == "shut off (destroyed)"


def boots(guest: Seen) -> int:
    """How often it has come up, by its own word."""
    return guest.libvirt.console(guest.name).read_text(errors="replace").count("lab-ready")


def test_reboot_is_asked_of_the_guest_which_comes_up_anew(guest: Seen, real_libvirt: RealLibvirt) -> None:
    guest.boot()
    pid, since = real_libvirt.qemu_pid(guest.name), guest.until_state(VMState.RUNNING).started_at
    guest.do(Verb.REBOOT)
    wait_for(lambda: boots(guest) == 2, 60.0, "the guest to come up a second time")
    assert guest.until_state(VMState.RUNNING).key.uuid == guest.uuid
    assert real_libvirt.state(guest.name).startswith("running")
    assert real_libvirt.qemu_pid(guest.name) == pid, "the guest went down, not its QEMU"
    assert guest.until_state(VMState.RUNNING).started_at == since
    assert not [event for event in guest.events if "stopped" in event.text and event.uuid == guest.uuid]


def test_managed_save_keeps_the_guest_and_start_goes_on_with_it(guest: Seen, real_libvirt: RealLibvirt) -> None:
    guest.boot()
    written = real_libvirt.agent(guest.name, "guest-file-open", path="/run/memo", mode="w")
    memo = base64.b64encode(b"kept").decode()
    real_libvirt.agent(guest.name, "guest-file-write", handle=written, **{"buf-b64": memo})
    real_libvirt.agent(guest.name, "guest-file-close", handle=written)
    guest.do(Verb.SAVE)
    assert guest.until_state(VMState.SUSPENDED, 60).reason == SAVED
    assert real_libvirt.state(guest.name) == "shut off (saved)"
    assert "yes" in next(line for line in real_libvirt.virsh("dominfo", guest.name).splitlines() if "Managed" in line)
    guest.do(Verb.START)
    guest.until_state(VMState.RUNNING, 60)
    assert real_libvirt.state(guest.name) == "running (restored)"
    handle = real_libvirt.agent(guest.name, "guest-file-open", path="/run/memo", mode="r")
    read = real_libvirt.agent(guest.name, "guest-file-read", handle=handle)
    assert base64.b64decode(read["buf-b64"]) == b"kept", "its memory came back"
    assert "no" in next(line for line in real_libvirt.virsh("dominfo", guest.name).splitlines() if "Managed" in line)


def test_autostart_and_tags_are_libvirts_own(guest: Seen, real_libvirt: RealLibvirt) -> None:
    guest.boot()
    for on, word in ((True, "enable"), (False, "disable")):
        guest.session.submit(lambda verbs, on=on: verbs.set_autostart(guest.uuid, on)).result(20)
        guest.until(lambda vm, on=on: vm.facts.autostart is on, f"autostart to be {on}")
        assert word in next(x for x in real_libvirt.virsh("dominfo", guest.name).splitlines() if "Autostart" in x)
    guest.session.submit(lambda verbs: verbs.set_tags(guest.uuid, ["web", "</tag>&"])).result(20)
    guest.until(lambda vm: vm.facts.tags == ("web", "</tag>&"), "the tags")
    for words in ((), ("--inactive",)):
        xml = real_libvirt.virsh("dumpxml", guest.name, *words)
        assert facts(xml).tags == ("web", "</tag>&"), "in the running and in the stored definition"
    guest.do(Verb.FORCE_OFF)
    assert guest.until_state(VMState.STOPPED).facts.tags == ("web", "</tag>&")


def test_killed_from_outside(guest: Seen, real_libvirt: RealLibvirt) -> None:
    guest.boot()
    real_libvirt.kill_qemu(guest.name)
    assert guest.until_state(VMState.CRASHED).reason == "crashed"
    assert real_libvirt.state(guest.name) == "shut off (crashed)"
    assert guest.told("stopped (failed)").level == "error"
    guest.boot()
    assert real_libvirt.virsh("domstate", guest.name) == "running"


def test_libvirtd_restarts_under_a_running_guest(guest: Seen, real_libvirt: RealLibvirt) -> None:
    guest.boot()
    pid = real_libvirt.qemu_pid(guest.name)
    real_libvirt.stop()
    guest.until_host(lambda snap: snap.state is not HostState.UP)
    real_libvirt.start()
    guest.session.refresh()
    guest.until_host(lambda snap: snap.state is HostState.UP)
    guest.until_state(VMState.RUNNING)
    assert real_libvirt.qemu_pid(guest.name) == pid, "the guest never noticed"
    guest.events.clear()
    real_libvirt.virsh("suspend", guest.name)
    guest.told("paused")
    guest.until_state(VMState.PAUSED)
