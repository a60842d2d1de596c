"""Trying a host once, and choosing the local one."""

from __future__ import annotations

import pytest

from limen_tui.errors import InputError, Timeout
from limen_tui.hypervisor.probe import default_uri, probe
from limen_tui.hypervisor.uri import for_libvirt


def test_a_host_that_answers():
    stages = []
    found = probe("test:///default", on_stage=stages.append)
    assert found.info.hypervisor == "TEST"
    assert found.vms == 1
    assert [name for name, _ in found.stages] == stages == ["transport", "libvirt", "versions", "list"]


def test_a_host_that_hangs_costs_the_timeout(hung_port):
    with pytest.raises(Timeout):
        probe(f"qemu+tcp://127.0.0.1:{hung_port}/system", timeout=0.3)


def test_a_uri_that_is_none():
    with pytest.raises(InputError):
        probe("warp:///system")


def test_ssh_of_libvirt_never_asks_on_our_terminal():
    assert for_libvirt("qemu+ssh://u@h/system?transport=native&no_tty=0") == "qemu+ssh://u@h/system?no_tty=1"
    assert for_libvirt("qemu:///system") == "qemu:///system"


def test_the_first_that_answers_is_taken_and_the_reasons_are_kept(tmp_path):
    broken = f"qemu+unix:///system?socket={tmp_path}/none"
    choice = default_uri((broken, "test:///default", "warp:///never"))
    assert choice.uri == "test:///default"
    (uri, problem), = choice.problems
    assert uri == broken
    assert problem.hint


def test_none_answers(tmp_path):
    choice = default_uri((f"qemu+unix:///system?socket={tmp_path}/none",))
    assert choice.uri is None
    assert len(choice.problems) == 1
