"""``limen pools`` and ``limen pool``: what is listed, done, refused and written down."""

from __future__ import annotations

from pathlib import Path

import pytest

from limen_tui.errors import StepFailed

FIELDS = {
    "name", "uuid", "host", "active", "autostart", "persistent", "kind", "path", "capacity_bytes", "allocated_bytes",
    "available_bytes", "volumes",
}  # fmt: skip


@pytest.fixture
def a_pool(tmp_path: Path) -> str:
    """A host of the test driver with the active pool ``default-pool``. A file of its own: ``test:///default`` is one
    and the same for all connections of a process, also for one that another test has not quite closed."""
    path = tmp_path / "default"
    path.write_text(
        "<node><pool type='dir'><name>default-pool</name><target><path>/default-pool</path></target></pool></node>"
    )
    return f"test://{path}"


def test_pools_of_all_hosts_are_listed(limen) -> None:
    ran = limen("--demo", "pools", "--json")
    assert ran.code == 0, ran.err
    assert {frozenset(pool) for pool in ran.json} == {frozenset(FIELDS)}
    assert len({pool["host"] for pool in ran.json}) == 6
    alder = limen("--demo", "pools", "--host", "alder").out.splitlines()
    assert [line.split()[:3] for line in alder] == [
        ["default", "alder", "active,"], ["vg0", "alder", "active,"], ["iso", "alder", "stopped,"],
    ]  # fmt: skip


def test_a_pool_is_started_stopped_and_refreshed_and_it_is_written_down(limen, a_pool) -> None:
    # the test driver begins anew with each connection: the pool is active each time
    for words, said in ((("stop", "--yes"), "is stopped"), (("refresh",), "was looked at again")):
        ran = limen("-c", a_pool, "pool", words[0], "default-pool", *words[1:])
        assert (ran.code, ran.out) == (0, f"pool default-pool on local-default: {said}\n"), ran.err
    kept = [(each["action"], each["result"], each["detail"]) for each in limen("audit", "--json").json]
    assert kept == [(f"pool.{what}", "ok", "pool default-pool") for what in ("refresh", "stop")]
    ran = limen("-c", a_pool, "pool", "start", "default-pool")
    assert ran.code == 5 and "active already" in ran.err
    assert limen("audit", "--json").json[0]["result"] == "failed"
    assert limen("--demo", "pool", "start", "iso", "--host", "alder").out == "pool iso on alder: is active\n"
    assert limen("-c", a_pool, "pool", "refresh", "default-pool", "--json").json["active"] is True


def test_nothing_is_stopped_unasked_or_read_only_or_while_it_is_needed(limen, a_pool) -> None:
    for code, said, words in (
        (2, "nobody can be asked", ("-c", a_pool, "pool", "stop", "default-pool")),
        (5, "read-only", ("--read-only", "-c", a_pool, "pool", "stop", "default-pool", "--yes")),
        (5, "is in use", ("--demo", "pool", "stop", "default", "--host", "alder", "--yes")),
        (4, "fits 6 pools", ("--demo", "pool", "start", "iso")),
        (4, "No pool is called", ("--demo", "pool", "start", "isso", "--host", "alder")),
        (4, "No host is called", ("--demo", "pool", "start", "iso", "--host", "nowhere")),
        (2, "start|stop", ("pool",)),
    ):  # fmt: skip
        ran = limen(*words)
        assert (ran.code, ran.out) == (code, ""), (words, ran)
        assert said in ran.err
    assert limen("-c", a_pool, "pools", "--json").json[0]["active"] is True
    assert limen("audit", "--json").json == []


def test_a_host_that_does_not_answer_is_named_and_the_others_are_listed(limen, a_pool, hung) -> None:
    ran = limen("--timeout", "5", "-c", a_pool, "-c", hung, "pools")
    assert ran.code == 3
    assert "127.0.0.1 does not answer" in ran.err and ran.out.startswith("default-pool")


def test_a_pool_is_created_and_deleted_as_a_job(limen, a_pool, tmp_path) -> None:
    ran = limen("-c", a_pool, "pool", "create", "new", "--host", "local-default", "--path", str(tmp_path / "new"))
    assert (ran.code, ran.out) == (0, "Create pool new on local-default: done\n"), ran.err
    ran = limen("-c", a_pool, "pool", "delete", "default-pool", "--yes", "--json")
    assert ran.code == 0, ran.err
    assert [step["label"] for step in ran.json[0]["steps"]] == ["Stop pool default-pool", "Forget pool default-pool"]
    kept = [(each["action"], each["host"], each["result"], each["detail"]) for each in limen("audit", "--json").json]
    assert kept == [
        ("pool.delete", "local-default", "ok", "Delete pool default-pool"),
        ("pool.create", "local-default", "ok", "Create pool new"),
    ]


def test_autostart_is_switched_on_and_off(limen) -> None:
    words = ("pool", "autostart", "iso")
    for on in ("off", "on"):
        ran = limen("--demo", *words, on, "--host", "alder")
        assert (ran.code, ran.out) == (0, f"pool iso on alder: autostart {on}\n"), ran.err
    assert limen("--demo", *words, "off", "--host", "alder", "--json").json["autostart"] is False
    assert "read-only" in limen("--demo", "--read-only", *words, "on", "--host", "alder").err
    assert limen("--demo", *words, "maybe", "--host", "alder").code == 2


def test_what_a_pool_of_a_volume_group_lies_at_is_known(limen, a_pool) -> None:
    ran = limen("-c", a_pool, "pool", "create", "new", "--host", "local-default", "--kind", "logical", "--source",
                "vg7", "--dry-run")  # fmt: skip
    assert ran.code == 0 and "<path>/dev/vg7</path>" in ran.out and "Make " not in ran.out


def test_a_dry_run_only_tells(limen, a_pool) -> None:
    words = ("--host", "local-default", "--dry-run")
    ran = limen("-c", a_pool, "--read-only", "pool", "create", "new", "--path", "/srv/new", *words)
    assert ran.code == 0 and "1. Define pool new at /srv/new" in ran.out and "<name>new</name>" in ran.out
    ran = limen("-c", a_pool, "--read-only", "pool", "delete", "default-pool", *words)
    assert ran.code == 0 and "note: Its data stays where it is: /default-pool" in ran.out
    assert limen("audit", "--json").json == []


def test_what_cannot_be_created_or_deleted_is_refused(limen, a_pool) -> None:
    create = ("pool", "create", "--host", "alder")
    for code, said, words in (
        (1, "A pool default is there already", (*create, "default", "--path", "/srv/x")),
        (1, "The pool iso has that place", (*create, "new", "--path", "/srv/iso")),
        (2, "Where is the pool to be?", (*create, "new")),
        (2, "must be absolute", (*create, "new", "--path", "srv")),
        (2, "needs one", (*create, "new", "--path", "/srv", "--kind", "netfs")),
        (2, "name cannot be used", (*create, "../new", "--path", "/srv/x")),
        (5, "read-only", ("--read-only", *create, "new", "--path", "/srv/x")),
        (5, "is in use", ("pool", "delete", "default", "--host", "alder", "--yes")),
        (2, "nobody can be asked", ("pool", "delete", "iso", "--host", "alder")),
        (5, "read-only", ("--read-only", "pool", "delete", "iso", "--host", "alder", "--yes")),
    ):  # fmt: skip
        ran = limen("--demo", *words)
        assert ran.code == code, (words, ran)
        assert said in ran.err, words
        assert ran.out == ""


def test_a_pool_that_cannot_be_started_is_not_left_behind(limen, host_of, tmp_path, monkeypatch) -> None:
    def refused(*_: object) -> None:
        raise StepFailed("The server does not answer")

    monkeypatch.setattr("limen_tui.hypervisor.storage.LibvirtStorage.start", refused)
    monkeypatch.setattr("limen_tui.hypervisor.pools.LibvirtPools.undefine", undefined := Undefined())
    ran = limen("-c", host_of("a", {}), "pool", "create", "new", "--host", "local-a", "--path", str(tmp_path / "new"))
    assert ran.code == 1 and "The server does not answer; everything was put back" in ran.err
    assert undefined.names == ["new"]


class Undefined:
    """Stands for libvirt's own, and remembers what it was asked."""

    def __init__(self) -> None:
        self.names: list[str] = []

    def __call__(self, name: str) -> None:
        self.names.append(name)
