"""The contract of screens: simulated, libvirt's test driver, real QEMU."""

from __future__ import annotations

import os

import pytest

from limen_tui.errors import Conflict, LimenError, NotFound, NotSupported, ReadOnlyError, StepFailed
from limen_tui.model.rfb.stills import decode

NOBODY = "00000000-0000-4000-8000-00000000dead"


def test_a_picture_of_a_running_vm_can_be_read_where_it_has_a_screen(rig) -> None:
    uuid = rig.a_running_vm
    try:
        picture = rig.do(lambda verbs: verbs.screens.screenshot(uuid))
    except (NotSupported, StepFailed, Conflict):
        # the guests of the QEMU rig have no graphics device at all
        assert not rig.do(lambda verbs: verbs.screens.graphics(uuid))
        return
    still = decode(picture.data)
    assert still.width * still.height * 3 == len(still.data)
    assert picture.mime in ("image/png", "image/x-portable-pixmap")


def test_a_stopped_vm_has_no_screen(rig) -> None:
    if rig.capabilities.hypervisor == "TEST":  # it has one picture for all, whatever they do
        assert decode(rig.do(lambda verbs: verbs.screens.screenshot(rig.a_stopped_vm)).data)
    else:
        with pytest.raises((Conflict, StepFailed)):
            rig.do(lambda verbs: verbs.screens.screenshot(rig.a_stopped_vm))
    graphics = rig.do(lambda verbs: verbs.screens.graphics(rig.a_stopped_vm))
    assert [each.port for each in graphics if each.port] == []


def test_nobody_has_no_screen(rig) -> None:
    for ask in (
        lambda verbs: verbs.screens.screenshot(NOBODY),
        lambda verbs: verbs.screens.graphics(NOBODY),
        lambda verbs: verbs.screens.open_graphics(NOBODY),
    ):
        with pytest.raises(NotFound):
            rig.do(ask)


def test_the_way_past_the_password_is_closed_when_read_only(make) -> None:
    rig = make(read_only=True)
    with pytest.raises(ReadOnlyError):
        rig.do(lambda verbs: verbs.screens.open_graphics(rig.a_running_vm))


def test_what_is_opened_speaks_or_is_refused(rig) -> None:
    uuid = rig.a_running_vm
    if not any(each.kind == "vnc" for each in rig.do(lambda verbs: verbs.screens.graphics(uuid))):
        with pytest.raises(LimenError):
            rig.do(lambda verbs: verbs.screens.open_graphics(uuid))
        return
    number = rig.do(lambda verbs: verbs.screens.open_graphics(uuid))
    try:
        assert os.read(number, 12) == b"RFB 003.008\n"
    finally:
        os.close(number)


def test_keys_are_refused_when_read_only_and_for_nobody(make, rig) -> None:
    with pytest.raises(NotFound):
        rig.do(lambda verbs: verbs.screens.send_keys(NOBODY, (30,)))
    closed = make(read_only=True)
    with pytest.raises(ReadOnlyError):
        closed.do(lambda verbs: verbs.screens.send_keys(closed.a_running_vm, (30,)))


def test_keys_are_pressed_or_said_not_to_be(rig) -> None:
    try:
        rig.do(lambda verbs: verbs.screens.send_keys(rig.a_running_vm, (42, 30), hold=15))
    except NotSupported:
        assert rig.capabilities.hypervisor == "TEST"
