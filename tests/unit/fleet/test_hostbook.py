"""Names, URIs from fields, order, and what other programs' lists become: nothing hostile gets through."""

from __future__ import annotations

from dataclasses import replace
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

from limen_tui.errors import Conflict, InputError
from limen_tui.fleet.hostbook import Fields, build_uri, check_name, fields_of, free_id, moved
from limen_tui.fleet.hostimport import (
    Found,
    check,
    from_dconf,
    from_libvirt_conf,
    from_list,
    from_ssh_config,
    hosts_from,
    read_known,
    read_list,
)
from limen_tui.fleet.newhost import new_host
from limen_tui.model.host import Host
from limen_tui.model.units import clean
from limen_tui.model.uri import parse_uri

HOSTS = [Host(f"h{n}", f"kvm{n}", f"qemu+ssh://root@kvm{n}/system", position=n) for n in range(4)]


def test_fields_become_a_uri_and_back() -> None:
    fields = Fields("kvm9", "root", "2222", "ann@gate:22")
    uri = build_uri(fields)
    assert uri == "qemu+ssh://root@kvm9:2222/system?jump=ann@gate:22"
    assert fields_of(parse_uri(uri)) == fields
    assert build_uri(Fields("[fe80::1]")) == "qemu+ssh://[fe80::1]/system"


def test_what_the_fields_do_not_show_is_kept() -> None:
    old = parse_uri("xen+ssh://root@a/session?keyfile=/k&jump=x")
    assert build_uri(Fields("b"), old) == "xen+ssh://b/session?keyfile=/k"


@pytest.mark.parametrize(
    "fields",
    [
        Fields(), Fields("a b"), Fields("kvm/../x"), Fields("-oProxyCommand=x"), Fields("a", "$(id)"),
        Fields("a", port="0"), Fields("a", port="65536"), Fields("a", port="٣"), Fields("a", port="9" * 5000),
        Fields("root@a"), Fields("a?socket=/x"), Fields("a", jump="x;y"), Fields("a", jump="a#b"), Fields("a\u202eb"),
    ],
)  # fmt: skip
def test_fields_that_cannot_be_are_refused(fields: Fields) -> None:
    with pytest.raises(InputError):
        build_uri(fields)


@given(st.builds(Fields, st.text(), st.text(), st.text(), st.text()))
def test_whatever_is_typed_is_a_sound_uri_or_refused(fields: Fields) -> None:
    try:
        uri = parse_uri(build_uri(fields))
    except InputError:
        return
    assert uri.driver == "qemu"
    assert uri.path == "/system"
    assert uri.host == fields.address.strip().removeprefix("[").removesuffix("]").lower()
    assert {name for name, _ in uri.params} <= {"jump"}


def test_names_are_unique_and_clean() -> None:
    assert check_name(" web ", HOSTS) == "web"
    assert check_name("kvm1", HOSTS, "h1") == "kvm1"
    with pytest.raises(Conflict):
        check_name("KVM1", HOSTS)
    for name in ("", " ", "a\x1b[31m", "x" * 65, "a\u202eb"):
        with pytest.raises(InputError):
            check_name(name, HOSTS)
    assert free_id("h1", HOSTS) == "h102"


@given(st.integers(0, 3), st.integers(-3, 3))
def test_moving_keeps_every_host_once(place: int, by: int) -> None:
    changed = {host.id: host for host in moved(HOSTS, f"h{place}", by)}
    after = sorted((changed.get(host.id, host) for host in HOSTS), key=lambda host: host.position)
    assert [host.position for host in after] == [0, 1, 2, 3]
    if 0 <= place + by < 4:
        assert after[place + by].id == f"h{place}"
    else:
        assert not changed


SSH = """Host *
 User x
Host kvm1 "kvm 2" !no
host=kvm3 # c
Match host foo
Host ka?
Host -oEvil
HostName q
Host "x
"""


def test_ssh_config_entries_without_wildcards() -> None:
    assert [each.name for each in from_ssh_config(SSH)] == ["kvm1", "kvm 2", "kvm3", "-oEvil"]
    good = [each.uri for each in check(from_ssh_config(SSH), ()) if not each.problem]
    assert good == ["qemu+ssh://kvm1/system", "qemu+ssh://kvm3/system"]


def test_virsh_and_virt_manager() -> None:
    conf = '#uri_aliases = ["no=x"]\nuri_aliases = [\n "prod=qemu+ssh://root@p/system",\n # "b=c"\n "x=bad uri",\n]\n'
    assert [(e.name, e.text) for e in from_libvirt_conf(conf)] == [
        ("prod", "qemu+ssh://root@p/system"), ("x", "bad uri")]  # fmt: skip
    dump = "[connections]\nautoconnect=['qemu:///system']\nuris=['qemu:///system', 'qemu+ssh://a/system']\n"
    assert [e.text for e in from_dconf(dump)] == ["qemu:///system", "qemu+ssh://a/system"]
    assert from_dconf("uris=__import__('os').system('x')\nuris=@as []\n") == []


def test_a_list_of_anything() -> None:
    found = check(from_list("kvm7, root@kvm8:2222\n# no\nqemu:///system\nkvm7\n[fe80::1]:22 x;y\n"), HOSTS)
    assert [each.uri for each in found if not each.problem] == [
        "qemu+ssh://kvm7/system", "qemu+ssh://root@kvm8:2222/system", "qemu:///system", "qemu+ssh://[fe80::1]:22/system",
        "qemu+ssh://x/system", "qemu+ssh://y/system"]  # fmt: skip


def test_known_hosts_and_switched_off_checks_cannot_be_chosen() -> None:
    found = check(from_list("qemu+ssh://root@kvm1/system qemu+ssh://z/system?no_verify=1"), HOSTS)
    assert [each.problem for each in found] == ["known as kvm1", "no_verify: add it by hand if you must"]
    assert hosts_from(found, HOSTS) == []


def test_new_hosts_have_names_and_ids_of_their_own() -> None:
    chosen = check(from_list("a.example.org a.example.com kvm1"), HOSTS)
    made = hosts_from(chosen, HOSTS)
    assert [host.name for host in made] == ["a", "a-2", "kvm1-2"]
    assert [host.position for host in made] == [4, 5, 6]
    assert len({host.id for host in [*HOSTS, *made]}) == 7


def test_a_host_that_moved_keeps_its_id_from_one_at_its_old_place() -> None:
    uri = parse_uri("qemu+ssh://root@kvm1/system")
    moved_away = replace(new_host(uri, []), uri="qemu+ssh://root@kvm9/system")
    host = new_host(uri, [moved_away])
    assert host.id != moved_away.id and host.name == "kvm1-2"


def test_names_that_differ_in_case_alone_are_one_name() -> None:
    (first, second) = hosts_from(check([Found("KVM0", "kvm7", "x"), Found("New", "kvm8", "x")], HOSTS), HOSTS)
    assert (first.name, second.name) == ("kvm7", "New")
    assert new_host(parse_uri("qemu+ssh://bob@KVM2/system"), HOSTS).name.casefold() == "kvm2-2"


@given(st.text(), st.sampled_from([from_ssh_config, from_libvirt_conf, from_dconf, from_list]))
def test_no_text_breaks_an_import(text: str, parser) -> None:
    for each in check(parser(f"uris={text}\nHost {text}\n{text}"), HOSTS):
        assert clean(each.name) == each.name
        if each.problem:
            assert clean(each.uri) == each.uri
        else:
            assert str(parse_uri(each.uri)) == each.uri


def test_reading_files(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("XDG_CONFIG_HOME", str(tmp_path / "c"))
    monkeypatch.setenv("PATH", str(tmp_path))
    assert read_known(tmp_path) == []
    (tmp_path / ".ssh").mkdir()
    (tmp_path / ".ssh/config").write_bytes(b"Host kvm1 \xff\n")
    assert [each.name for each in read_known(tmp_path)] == ["kvm1", "\ufffd"]
    with pytest.raises(InputError):
        read_list(tmp_path / "none")
