"""What a guest says may be anything: it is taken in as far as it makes sense."""

from __future__ import annotations

import json

import pytest
from hypothesis import given
from hypothesis import strategies as st

from limen_tui.errors import LimenError, NotSupported, StepFailed
from limen_tui.hypervisor import agentwords
from limen_tui.model.verbs.agent import AddressSource

PARAMS = {
    "hostname": "web1", "os.pretty-name": "Debian 12", "os.kernel-release": "6.1", "os.machine": "x86_64",
    "timezone.name": "CET", "user.count": 1, "user.0.name": "ann", "user.0.login-time": 1_700_000_000_000,
    "fs.count": 2, "fs.0.mountpoint": "/", "fs.0.name": "vda1", "fs.0.fstype": "ext4", "fs.0.total-bytes": 100,
    "fs.0.used-bytes": 25, "fs.1.mountpoint": "/mnt",
}  # fmt: skip


def test_guest_info_is_read() -> None:
    info = agentwords.guest_info(PARAMS, 0.5)
    assert (info.hostname, info.os, info.kernel, info.timezone, info.skew) == ("web1", "Debian 12", "6.1", "CET", 0.5)
    assert [(user.name, user.since) for user in info.users] == [("ann", 1.7e9)]
    assert [(disk.mount, disk.used_pct) for disk in info.disks] == [("/", 25.0), ("/mnt", None)]


def test_loopback_and_empty_interfaces_are_left_out() -> None:
    found = {
        "lo": {"hwaddr": "00:00:00:00:00:00", "addrs": [{"addr": "127.0.0.1", "prefix": 8}]},
        "eth0": {"hwaddr": "52:54:00:AA:00:01", "addrs": [{"addr": "10.0.0.5", "prefix": 24}, {"addr": "fe80::1"}]},
        "eth1": {"hwaddr": None, "addrs": None},
    }
    (nic,) = agentwords.nics(found, AddressSource.AGENT)
    assert (nic.name, nic.mac, nic.addresses) == ("eth0", "52:54:00:aa:00:01", ("10.0.0.5/24", "fe80::1"))


def test_a_reply_is_its_return_or_an_error_in_words() -> None:
    assert agentwords.reply('{"return": {"pid": 5}}') == {"pid": 5}
    with pytest.raises(NotSupported, match="cannot do this"):
        agentwords.reply('{"error": {"class": "CommandNotFound", "desc": "no guest-x"}}')
    with pytest.raises(StepFailed, match="no such file"):
        agentwords.reply('{"error": {"class": "GenericError", "desc": "no such file"}}')


def test_a_command_that_ended() -> None:
    assert agentwords.ran({"exited": False}) is None
    done = agentwords.ran({"exited": True, "exitcode": 3, "out-data": "aGk=", "err-truncated": True})
    assert done is not None and (done.code, done.out, done.err, done.cut) == (3, b"hi", b"", True)
    killed = agentwords.ran({"exited": True, "signal": 9})
    assert killed is not None and killed.code == -9


json_values = st.recursive(
    st.none() | st.booleans() | st.integers() | st.floats() | st.text(), lambda each: st.lists(each)
    | st.dictionaries(st.sampled_from(["return", "error", "desc", "pid", "exited", "exitcode", "out-data", "version",
                                       "supported_commands", "name", "enabled", "signal"]), each), max_leaves=12,
)  # fmt: skip


@given(json_values | st.text())
def test_whatever_it_says_there_is_a_value_or_a_limen_error(value: object) -> None:
    for read in (agentwords.ran, agentwords.version, lambda v: agentwords.reply(json.dumps(v)), agentwords.reply):
        try:
            read(value)
        except LimenError:
            continue


@given(st.dictionaries(st.sampled_from([*PARAMS, "fs.0.", "user.1.name", "fs.900.name"]), st.integers() | st.text()
                       | st.none() | st.floats()))  # fmt: skip
def test_odd_parameters_make_no_error(params: dict[str, object]) -> None:
    info = agentwords.guest_info(params, None)
    assert len(info.disks) <= agentwords.MOST and len(info.users) <= agentwords.MOST
