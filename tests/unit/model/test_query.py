"""The filter language: what it finds, what it says of mistakes, and that no text breaks it."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from limen_tui.model.lifecycle import VMState
from limen_tui.model.query import compile_query, suggest
from limen_tui.model.vm import VM, Nic, VMFacts, VMKey, VMLoad

GIB = 1 << 20
NOW = 1_000_000.0
WEB = VM(
    VMKey("h1", "0a1b2c3d-0000"), "web-01", "kvm1", VMState.RUNNING,
    facts=VMFacts(vcpus=4, memory_kib=8 * GIB, os="debian 12", tags=("prod", "eu west"), autostart=True,
                  nics=(Nic("52:54:00:aa:bb:cc", source="prod"),)),
    load=VMLoad(cpu_pct=85.0, mem_assigned_kib=8 * GIB, mem_used_kib=6 * GIB, disk_rd_bps=20e6, disk_wr_bps=0.0),
    ips=("10.0.0.5", "fe80::1"), started_at=NOW - 4 * 86400,
)  # fmt: skip
DB = VM(
    VMKey("h2", "ffff-1111"), "db-01", "kvm2", VMState.STOPPED, facts=VMFacts(vcpus=16, os="rocky 9", tags=("test",))
)


def found(text: str) -> str:
    query = compile_query(text, lambda: NOW)
    return "".join(name for name, vm in (("w", WEB), ("d", DB)) if query.predicate(vm))


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        ("", "wd"), ("   ", "wd"), ("web", "w"), ("WEB", "w"), ("01", "wd"), ("web db", ""), ("web|db", "wd"),
        ("10.0.0.5", "w"), ("fe80::1", "w"), ("52:54:00:aa", "w"), ("aa:bb:cc", "w"), ("0a1b2c", "w"), ("prod", "w"),
        ("debian", "w"), ("kvm2", "d"), ("!web", "d"), ("!kvm", ""), ("!!web", "wd"),
        ("state:running", "w"), ("state:run", "w"), ("state:stopped|running", "wd"),
        ("state:stopped,running", "wd"), ("state:paused,stopped", "d"), ("state:off", "d"),
        ("!state:running", "d"), ("state!=running", "d"), ("host:kvm1", "w"), ("host:kvm", "wd"), ("tag:prod", "w"),
        ('tag:"eu west"', "w"), ("os:rocky", "d"), ("net:prod", "w"), ("autostart:yes", "w"), ("autostart:no", "d"),
        ("cpu>80", "w"), ("cpu>90", ""), ("cpu<90", "w"), ("cpu>=85", "w"), ("cpu>80%", "w"), ("mem>=75", "w"),
        ("vcpu>4", "d"), ("vcpu=4", "w"), ("vcpu!=4", "d"), ("disk>10M", "w"), ("disk>30M", ""), ("disk>10M/s", "w"),
        ("ram>4G", "w"), ("uptime>3d", "w"), ("uptime>5d", ""), ("uptime<2h", ""), ("host:kvm1 cpu>80 web", "w"),
        ('"cpu>80"', ""), ("name:", "wd"), ("cpu>", "wd"), ("active:yes", "w"),
    ],
)  # fmt: skip
def test_what_a_filter_finds(text: str, expected: str) -> None:
    assert found(text) == expected


@pytest.mark.parametrize(
    ("text", "said"),
    [
        ("stat:running", "did you mean state"), ("cpu>many", "not a number"), ("state:flying", "not a state"),
        ("autostart:maybe", "yes or no"), ("uptime>soon", "not a time"), ("host>3", "host:3"), ("cpu:80", "cpu>80"),
        ("disk>10Q", "not a size"), ("cpu>nan", "not a number"),
    ],
)  # fmt: skip
def test_a_mistake_is_named_where_it_stands_and_the_rest_still_filters(text: str, said: str) -> None:
    query = compile_query(f"web {text}", lambda: NOW)
    assert len(query.problems) == 1
    problem = query.problems[0]
    assert (problem.start, problem.end) == (4, 4 + len(text))
    assert said in problem.message
    assert query.predicate(WEB)
    assert not query.predicate(DB)


@given(st.text(max_size=80), st.integers(-5, 90))
def test_no_text_breaks_it(text: str, cursor: int) -> None:
    query = compile_query(text, lambda: NOW)
    assert isinstance(query.predicate(WEB), bool)
    assert isinstance(query.predicate(DB), bool)
    suggest(text, cursor, {"host": ["kvm1"]})


def test_suggestions() -> None:
    known = {"host": ["kvm1", "kvm2"], "tag": ["eu west"]}
    assert [text for _, text in suggest("st", 2)] == ["stale:", "state:", "steal>"]
    assert suggest("web host:k", 10, known) == [(4, "host:kvm1"), (4, "host:kvm2")]
    assert suggest("!state:run", 10, known) == [(0, "!state:running")]
    assert suggest("state:off|st", 12)[0] == (0, "state:off|starting")
    assert suggest("tag:e", 5, known) == [(0, 'tag:"eu west"')]
    assert suggest("", 0) == []
