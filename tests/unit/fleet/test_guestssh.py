"""SSH into a guest: what may become a word of ssh, and what may not."""

from __future__ import annotations

import shlex
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

from limen_tui.errors import InputError
from limen_tui.fleet.guestssh import Way, addresses, check_address, check_user, command, jump_of, remember, remembered
from limen_tui.inventory import open_inventory
from limen_tui.model.host import Host
from limen_tui.model.verbs.agent import AddressSource, GuestNic
from limen_tui.model.vm import VMKey


def nic(*found: str, source: AddressSource = AddressSource.LEASE) -> GuestNic:
    return GuestNic("eth0", "52:54:00:00:00:01", found, source)


def test_leases_come_before_the_agent_and_ipv4_before_ipv6() -> None:
    nics = [nic("fe80::1/64", "2001:db8::5/64", "10.0.0.5/24"), nic("10.0.0.9", "10.0.0.5", source=AddressSource.AGENT)]
    assert addresses(nics, ("192.0.2.1",)) == ("10.0.0.5", "10.0.0.9", "192.0.2.1", "2001:db8::5")


def test_what_is_no_address_is_left_out() -> None:
    bad = nic("-oProxyCommand=id", "127.0.0.1", "::1", "0.0.0.0", "224.0.0.1", "", "10.0.0.256", "$(id)", "fe80::1%e")
    assert addresses([bad], ("; reboot", "10.0.0.5")) == ("10.0.0.5",)


@pytest.mark.parametrize(
    ("uri", "jump"),
    [("qemu:///system", ""), ("qemu+tls://kvm1/system", ""), ("qemu+ssh://kvm1/system", "kvm1"),
     ("qemu+ssh://root@kvm1:2222/system", "root@kvm1:2222"), ("qemu+ssh://a@[2001:db8::1]/system", "a@[2001:db8::1]"),
     ("qemu+ssh://kvm1/system?jump=me@gate:22,inner", "me@gate:22,inner,kvm1")],
)  # fmt: skip
def test_a_remote_host_is_the_jump(uri: str, jump: str) -> None:
    assert jump_of(Host("h", "h", uri)) == jump


def test_the_words_are_a_list_with_the_address_last_behind_two_dashes() -> None:
    assert command(Way("root", "10.0.0.5")) == ["ssh", "-l", "root", "--", "10.0.0.5"]
    assert command(Way("ann", "web1", "kvm1")) == ["ssh", "-J", "kvm1", "-l", "ann", "--", "web1"]


def test_key_and_known_hosts_of_the_uri_hold_on_the_way() -> None:
    uri = "qemu+ssh://root@kvm1:2222/system?keyfile=/k%25%20ey;id&known_hosts=/kh&jump=gate"
    words = command(Way("ann", "10.0.0.5", "gate,root@kvm1:2222"), Host("h", "h", uri))
    assert words[:2] == ["ssh", "-o"] and words[3:] == ["-l", "ann", "--", "10.0.0.5"]
    option, _, proxy = words[2].partition("=")
    assert option == "ProxyCommand"
    # what ssh makes of it, and the shell after it
    asked = shlex.split(proxy.replace("%h", "10.0.0.5").replace("%p", "22").replace("%%", "%"))
    assert asked == [
        "ssh", "-o", 'IdentityFile="/k%% ey;id"', "-o", 'UserKnownHostsFile="/kh"', "-J", "gate", "-l", "root",
        "-p", "2222", "-W", "[10.0.0.5]:22", "--", "kvm1",
    ]  # fmt: skip
    inner = command(Way("ann", "10.0.0.5", "kvm1"), Host("h", "h", uri), config="/a config")
    assert inner[:3] == ["ssh", "-F", "/a config"] and "=ssh -F '/a config' -o " in inner[4]
    # past the host they mean nothing
    assert command(Way("ann", "10.0.0.5"), Host("h", "h", uri)) == ["ssh", "-l", "ann", "--", "10.0.0.5"]
    assert command(Way("ann", "10.0.0.5", "kvm1"), Host("h", "h", "qemu+ssh://kvm1/system"), config="/c")[:5] == [
        "ssh", "-F", "/c", "-J", "kvm1"]  # fmt: skip


HOSTILE = ["", "-v", "--", "-oProxyCommand=id", "a b", "a;b", "$(id)", "`id`", "a\nb", "a\0", "a'b", "ünï", "a" * 300,
           "a@b"]  # fmt: skip


@pytest.mark.parametrize("text", HOSTILE)
def test_hostile_users_and_addresses_are_refused(text: str) -> None:
    with pytest.raises(InputError):
        check_user(text)
    with pytest.raises(InputError):
        check_address(text)
    with pytest.raises(InputError):
        command(Way(text, "10.0.0.1"))
    with pytest.raises(InputError):
        command(Way("root", text))


@given(st.text(max_size=20), st.text(max_size=20))
def test_whatever_is_typed_is_no_option(user: str, address: str) -> None:
    try:
        words = command(Way(user, address))
    except InputError:
        return
    assert words == ["ssh", "-l", user, "--", address]
    assert not user.startswith("-") and not address.startswith("-")


def test_user_and_way_are_remembered_for_each_vm(tmp_path: Path) -> None:
    inventory = open_inventory(tmp_path / "i.db")
    one, two = VMKey("h", "u"), VMKey("g", "u")
    assert remembered(inventory, one) == ("", False)
    remember(inventory, one, "ann", direct=True)
    assert remembered(inventory, one) == ("ann", True)
    assert remembered(inventory, two) == ("", False)
    inventory.set_setting("ssh.g.u", ["-oX", False])
    assert remembered(inventory, two) == ("", False), "edited by hand"
    inventory.close(20)
