"""``limen pools`` and ``limen pool``: what is listed, done, refused and written down."""

from __future__ import annotations

import pytest

FIELDS = {
    "name", "uuid", "host", "active", "autostart", "persistent", "kind", "path", "capacity_bytes", "allocated_bytes",
    "available_bytes", "volumes",
}  # fmt: skip


@pytest.fixture
def a_pool() -> str:
    """A host of the test driver with the active pool ``default-pool``."""
    return "test:///default"


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
    ran = limen("--timeout", "1", "-c", a_pool, "-c", hung, "pools")
    assert ran.code == 3
    assert "127.0.0.1 is connecting" in ran.err and ran.out.startswith("default-pool")
