"""``limen hosts add|remove|rename|test``: what is saved, and what is refused."""

from __future__ import annotations

import pytest

from tests.unit.cli.conftest import OFF


def saved(limen) -> list[str]:
    return [host["name"] for host in limen("--timeout", "5", "hosts", "--json").json]


def test_a_saved_host_is_listed_renamed_and_removed(limen, host_of):
    uri = host_of("a", {"web": OFF})
    assert limen("hosts", "add", uri, "--name", "one").code == 0
    assert saved(limen) == ["one"]
    assert limen("vms", "--names").out == "web\n"
    assert limen("hosts", "rename", "one", "two").code == 0
    assert saved(limen) == ["two"]
    assert limen("hosts", "test", "two").code == 0
    assert limen("hosts", "remove", "two").code == 0
    assert limen("hosts", "remove", "two").code == 4


def test_the_same_uri_or_name_twice_is_refused(limen, host_of):
    limen("hosts", "add", host_of("a", {}), "--name", "one")
    assert limen("hosts", "add", host_of("a", {})).code == 5
    assert limen("hosts", "add", host_of("b", {}), "--name", "one").code == 5
    assert limen("hosts", "add", host_of("b", {}), "--name", "ONE").code == 5


@pytest.mark.parametrize(
    ("uri", "said"),
    [
        ("nope:///system", "qemu"),
        ("kvm1", "qemu+ssh://"),
        ("qemu+ssh://root:secret@kvm1/system", "password"),
        ("qemu+ssh://kvm1/system\x1b[2J", "control character"),
        ("qemu+ssh://-oProxyCommand=reboot/system", "not allowed"),
        ("qemu+ssh://$(reboot)/system", "not allowed"),
    ],
)
def test_a_uri_that_cannot_be_is_refused_at_once(limen, uri, said):
    for words in (("hosts", "add", uri), ("-c", uri, "vms"), ("hosts", "test", uri)):
        ran = limen(*words)
        if words[1] == "test" and "://" not in uri:
            continue  # the name of a host, then
        assert ran.code == 2, ran.err
        assert said in ran.err + ran.out
        assert "secret" not in ran.err + ran.out
        assert "\x1b" not in ran.err + ran.out


@pytest.mark.parametrize("name", ["a\x1b[2Jb", " blank", "x" * 65, "\u202eabc"])
def test_a_name_that_would_not_show_is_refused(limen, host_of, name):
    assert limen("hosts", "add", host_of("a", {}), "--name", name).code == 2


def test_nothing_is_saved_in_a_run_that_saves_nothing(limen, host_of):
    uri = host_of("a", {})
    assert limen("--read-only", "hosts", "add", uri).code == 5
    assert limen("--demo", "hosts", "add", uri).code == 2
    limen("-c", uri, "vms")
    assert limen("hosts", "remove", "local").code == 4


def test_hosts_without_a_name_get_one_each(limen, host_of):
    ran = limen("-c", host_of("a", {}), "-c", host_of("b", {}), "hosts", "--json")
    names = [host["name"] for host in ran.json]
    assert len(set(names)) == 2


def test_test_names_the_stage_that_failed(limen):
    ran = limen("hosts", "test", "qemu+unix:///system?socket=/nonexistent/sock", "--json")
    assert ran.code == 3
    *before, last = ran.json["stages"]
    assert all(stage["ok"] for stage in before) and not last["ok"]
    assert ran.json["problem"]["hint"]


def test_test_gives_up_on_a_hung_host(limen, hung):
    assert limen("--timeout", "1", "hosts", "test", hung).code == 3


def test_a_group_is_a_name_too(limen):
    ran = limen("hosts", "add", "test:///x.xml", "--group", "\x1b[31mred")
    assert ran.code == 2 and "not a name for a group" in ran.err
    assert limen("hosts", "add", "test:///x.xml", "--group", "berlin").code == 0
