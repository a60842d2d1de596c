"""URIs: what is taken apart, and what is refused before it can reach a shell, a path or a log."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from limen_tui.errors import InputError
from limen_tui.model.uri import host_id, parse_uri


@pytest.mark.parametrize(
    "text",
    [
        "qemu:///system",
        "qemu:///session",
        "test:///default",
        "test:///tmp/node.xml",
        "qemu+unix:///system?socket=/run/libvirt/libvirt-sock",
        "qemu+ssh://root@kvm1/system",
        "qemu+ssh://admin@kvm1.example.org:2222/system?keyfile=/home/a/.ssh/id&proxy=netcat&netcat=/bin/nc.openbsd",
        "qemu+ssh://root@[fe80::1]/system",
        "qemu+tls://kvm1/system?no_verify=1",
        "qemu+tcp://127.0.0.1:16509/system",
        "xen+ssh://kvm1/",
        "lxc:///",
    ],
)
def test_a_good_uri_survives_being_taken_apart(text: str) -> None:
    uri = parse_uri(text)
    assert str(uri) == text
    assert parse_uri(str(uri)) == uri


def test_its_parts_are_named() -> None:
    uri = parse_uri("qemu+ssh://root@kvm1:2222/system?mode=legacy&socket=/run/x-sock")
    assert (uri.driver, uri.transport, uri.user, uri.host, uri.port, uri.path) == (
        "qemu", "ssh", "root", "kvm1", 2222, "/system")  # fmt: skip
    assert uri.param("mode") == "legacy"
    assert uri.is_ssh
    assert not uri.is_local


@pytest.mark.parametrize(
    ("text", "said"),
    [
        ("kvm1", "scheme"),
        ("ftp://kvm1/system", "scheme"),
        ("qemu+carrier-pigeon://kvm1/system", "transport"),
        ("qemu+ssh:///system", "needs a host"),
        ("qemu+ssh://root:secret@kvm1/system", "password"),
        ("qemu+ssh://kvm1;reboot/system", "host"),
        ("qemu+ssh://$(id)@kvm1/system", "user"),
        ("qemu+ssh://-oProxyCommand=x/system", "host"),
        ("qemu+ssh://-l@kvm1/system", "user"),
        ("qemu+ssh://root@kvm1/system?socket=/run/x;reboot", "socket"),
        ("qemu+ssh://root@kvm1/system?socket=/run/../etc/x", "'..'"),
        ("qemu+ssh://root@kvm1/system?netcat=nc%20-e%20sh", "netcat"),
        ("qemu+ssh://root@kvm1/system?netcat=$(id)", "netcat"),
        ("qemu+ssh://root@kvm1/system?proxy=magic", "proxy"),
        ("qemu+ssh://root@kvm1/system?mode=magic", "mode"),
        ("qemu:///sys tem", "control"),
        ("qemu:///system\x1b[31m", "control"),
        ("qemu:///\u202esystem", "control"),
        ("qemu+ssh://kvm1:99999/system", "not a URI"),
        ("", "scheme"),
    ],
)
def test_what_is_not_usable_is_refused_in_words(text: str, said: str) -> None:
    with pytest.raises(InputError) as caught:
        parse_uri(text)
    assert said in str(caught.value)
    assert "secret" not in f"{caught.value.title}{caught.value.detail}{caught.value.hint}"


@given(st.text(max_size=80), st.text(max_size=20), st.text(max_size=20))
def test_any_text_is_either_refused_or_clean(host: str, user: str, socket: str) -> None:
    try:
        uri = parse_uri(f"qemu+ssh://{user}@{host}/system?socket={socket}")
    except InputError:
        return
    for part in (uri.host, uri.user, uri.param("socket")):
        assert not set(part) & set(" ;|&$`'\"<>(){}\n\r\t*?!#")
        assert not part.startswith("-")


def test_the_id_of_a_uri_is_stable_and_its_own() -> None:
    one, other = parse_uri("qemu+ssh://root@kvm1/system"), parse_uri("qemu+ssh://root@kvm2/system")
    assert host_id(one) == host_id(parse_uri(str(one)))
    assert host_id(one) != host_id(other)
