"""The contract of serial consoles: simulated, libvirt's test driver (which has none), real QEMU."""

from __future__ import annotations

import threading

import pytest

from limen_tui.errors import Conflict, LimenError, NotFound, ReadOnlyError
from limen_tui.hypervisor.simulated.consoles import TAKEN_EVERY
from limen_tui.model.lifecycle import Verb
from limen_tui.model.verbs.consoles import ConsoleInUse, ConsoleLeaving, EndReason

NOBODY = "00000000-0000-4000-8000-00000000dead"


def opened(rig, uuid, *, force=False, wake=lambda: None):
    return rig.do(lambda verbs: verbs.consoles.open(uuid, device="", force=force, wake=wake))


@pytest.fixture
def talking(rig, request):
    """UUID of a running VM with a serial line that can be opened; on QEMU one that is there for the test."""
    if rig.capabilities.hypervisor == "TEST":
        return rig.a_running_vm
    if request.node.callspec.params["make"] == "qemu":
        daemon = request.getfixturevalue("contract_daemon")
        dom = daemon.defineXML(
            "<domain type='qemu'><name>talking</name><memory unit='MiB'>32</memory><vcpu>1</vcpu>"
            "<os><type arch='x86_64'>hvm</type></os><devices><serial type='pty'/></devices></domain>"
        )
        request.addfinalizer(dom.undefine)
        request.addfinalizer(lambda: dom.destroy() if dom.isActive() else None)
        dom.create()
        uuid = dom.UUIDString()
        rig.wait(lambda now: uuid in now.vms and now.vms[uuid].state == "running")
        return uuid
    machines = rig.port._machines.values()
    return next(each.uuid for each in machines if each.state == "running" and each.made.seed % TAKEN_EVERY > 1)


def test_what_has_no_console_says_so(rig):
    uuid = rig.a_running_vm if rig.capabilities.hypervisor == "TEST" else rig.a_stopped_vm
    with pytest.raises(LimenError) as caught:
        opened(rig, uuid)
    assert caught.value.title and caught.value.hint
    if rig.capabilities.hypervisor != "TEST":
        assert isinstance(caught.value, Conflict) and not isinstance(caught.value, ConsoleInUse)
    with pytest.raises(NotFound):
        opened(rig, NOBODY)
    with pytest.raises(NotFound):
        rig.do(lambda verbs: verbs.consoles.devices(NOBODY))


def test_a_read_only_host_refuses(make):
    rig = make(read_only=True)
    with pytest.raises(ReadOnlyError):
        opened(rig, rig.a_running_vm)


def test_one_at_a_time_unless_by_force_and_it_ends_with_the_vm(rig, talking):
    if rig.capabilities.hypervisor == "TEST":
        with pytest.raises(LimenError):
            opened(rig, talking)
        return
    assert [device.kind for device in rig.do(lambda verbs: verbs.consoles.devices(talking))][:1] == ["pty"]
    woken = threading.Event()
    first = opened(rig, talking, wake=woken.set)
    with pytest.raises(ConsoleInUse) as caught:
        opened(rig, talking)
    assert caught.value.hint
    second = opened(rig, talking, force=True)
    rig.wait(lambda _: first.take() == b"" and first.ended is not None)
    assert woken.wait(60) and first.ended.reason is not EndReason.CLOSED
    assert first.write(b"x") == 0
    assert second.ended is None and second.write(b"\r") == 1

    # closed by us, it is free for the next
    second.close()
    assert second.ended.reason is EndReason.CLOSED

    def again():
        try:
            return opened(rig, talking)
        except ConsoleLeaving:  # and no other refusal: nobody else has it
            return None

    third = None
    while third is None:
        third = again()
    rig.do(lambda verbs: verbs.lifecycle(Verb.FORCE_OFF, talking))
    rig.wait(lambda _: third.take() == b"" and third.ended is not None)
    assert third.ended.reason is EndReason.GUEST
