"""Guest agents, as every host offers them: one that answers, one that sleeps, none at all."""

from __future__ import annotations

import contextlib
from dataclasses import replace

import pytest

from limen_tui.errors import Conflict, InputError, LimenError, NotFound, NotSupported, ReadOnlyError
from limen_tui.hypervisor.simulated.catalogue import STUBBORN
from limen_tui.jobs.guestgrow import look_inside
from tests.contract.rigs import SimulatedRig

NOBODY = "00000000-0000-4000-8000-00000000dead"
CALLS = {
    "guest": lambda agent, uuid: agent.guest(uuid),
    "version": lambda agent, uuid: agent.version(uuid),
    "run": lambda agent, uuid: agent.start_command(uuid, ("hostname",)),
    "result": lambda agent, uuid: agent.command_result(uuid, 1),
    "read": lambda agent, uuid: agent.read_file(uuid, "/etc/hostname"),
    "freeze": lambda agent, uuid: agent.freeze(uuid),
    "thaw": lambda agent, uuid: agent.thaw(uuid),
    "trim": lambda agent, uuid: agent.trim(uuid),
    "password": lambda agent, uuid: agent.set_password(uuid, "root", "secret words"),
    "time": lambda agent, uuid: agent.sync_time(uuid),
}


def agentless(rig) -> str:
    """A running VM without one; in the simulation one is taken away."""
    if isinstance(rig, SimulatedRig):
        machine = rig.port._machines[rig.a_running_vm]
        machine.facts = replace(machine.facts, has_agent=False)
    return rig.a_running_vm


@pytest.mark.parametrize("name", CALLS)
def test_without_an_agent_it_says_so_at_once(rig, name: str) -> None:
    if rig.capabilities.hypervisor != "QEMU":  # libvirt's test driver plays some of it, and refuses the rest
        with contextlib.suppress(LimenError):
            rig.do(lambda verbs: CALLS[name](verbs.agent, rig.a_running_vm))
        return
    uuid = agentless(rig)
    with pytest.raises((NotSupported, Conflict)) as caught:
        rig.do(lambda verbs: CALLS[name](verbs.agent, uuid))
    assert caught.value.title and caught.value.hint
    assert "secret" not in f"{caught.value} {caught.value.hint}"


@pytest.mark.parametrize("name", CALLS)
def test_a_stopped_vm_has_nobody_to_ask(rig, name: str) -> None:
    with pytest.raises((Conflict, NotSupported)):
        rig.do(lambda verbs: CALLS[name](verbs.agent, rig.a_stopped_vm))


@pytest.mark.parametrize("name", CALLS)
def test_a_vm_that_is_gone_is_not_found(rig, name: str) -> None:
    with pytest.raises(NotFound):
        rig.do(lambda verbs: CALLS[name](verbs.agent, NOBODY))


@pytest.mark.parametrize("name", CALLS)
def test_read_only_asks_nothing(make, name: str) -> None:
    rig = make(read_only=True)
    with pytest.raises(ReadOnlyError):
        rig.do(lambda verbs: CALLS[name](verbs.agent, rig.a_running_vm))


@pytest.mark.parametrize("read_only", [False, True])
def test_addresses_are_there_without_an_agent_too(make, read_only: bool) -> None:
    rig = make(read_only=read_only)
    assert isinstance(rig.do(lambda verbs: verbs.agent.addresses(rig.a_running_vm)), tuple)
    assert rig.do(lambda verbs: verbs.agent.addresses(rig.a_stopped_vm)) == ()
    with pytest.raises(NotFound):
        rig.do(lambda verbs: verbs.agent.addresses(NOBODY))


def test_what_cannot_be_asked_is_refused_before_it_is(rig) -> None:
    uuid = rig.a_running_vm
    for call in (
        lambda verbs: verbs.agent.start_command(uuid, ()),
        lambda verbs: verbs.agent.read_file(uuid, " "),
        lambda verbs: verbs.agent.set_password(uuid, "a:b", "x"),
    ):
        with pytest.raises((InputError, NotSupported)):
            rig.do(call)


def test_title_and_description_are_kept_in_the_definition(rig) -> None:
    wanted = ("A <title> & more", "one\ntwo ünï")
    for uuid in (rig.a_running_vm, rig.a_stopped_vm):
        rig.do(lambda verbs, uuid=uuid: verbs.describe(uuid, "A <title> & more", "one\ntwo ünï"))
        # one after the other: the host may be looked at in between
        rig.wait_vm(uuid, lambda vm: (vm.facts.title, vm.facts.description) == wanted)
        xml = rig.do(lambda verbs, uuid=uuid: verbs.xml(uuid, inactive=True))
        assert "A &lt;title&gt; &amp; more" in xml
        rig.do(lambda verbs, uuid=uuid: verbs.describe(uuid, "", ""))
        rig.wait_vm(uuid, lambda vm: vm.facts.title == vm.facts.description == "")


def test_a_note_that_xml_cannot_hold_is_refused(rig, make) -> None:
    for title, text in (("two\nlines", ""), ("\x00", ""), ("", "\x1b[31m")):
        with pytest.raises(InputError):
            rig.do(lambda verbs, title=title, text=text: verbs.describe(rig.a_stopped_vm, title, text))


def test_read_only_keeps_its_notes(make) -> None:
    rig = make(read_only=True)
    with pytest.raises((ReadOnlyError, LimenError)):
        rig.do(lambda verbs: verbs.describe(rig.a_stopped_vm, "x", "y"))


def test_a_simulated_guest_grows_like_a_real_one(simulated_world) -> None:
    """The commands that Limen would run are those that grow it."""
    rig = simulated_world()
    rig.port.start()
    rig.wait(lambda now: bool(now.vms))
    uuid, machine = next(
        (uuid, machine) for uuid, machine in rig.port._machines.items()
        if machine.facts.has_agent and machine.state.is_active and machine.facts.disks and machine.name != STUBBORN
    )  # fmt: skip
    target = next(disk.target for disk in machine.facts.disks if disk.device == "disk")
    rig.do(lambda verbs: verbs.devices.block_resize(uuid, target, 900 << 30))
    inside = rig.do(lambda verbs: look_inside(verbs, uuid, (target,)))[target]
    assert inside.commands[0][0] == "growpart"
    assert "/boot" not in inside.what
    before = sum(disk.total for disk in rig.do(lambda verbs: verbs.agent.guest(uuid)).disks)
    for words in inside.commands:
        assert rig.do(lambda verbs, words=words: verbs.agent.start_command(uuid, words))
    assert sum(disk.total for disk in rig.do(lambda verbs: verbs.agent.guest(uuid)).disks) > before
    rig.port.close()
    assert rig.join()
