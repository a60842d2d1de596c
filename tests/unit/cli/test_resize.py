"""``limen resize``: the plan, the question, the answer."""

from __future__ import annotations

import pytest

from tests.unit.cli.conftest import OFF, RUNNING


def test_a_stopped_vm_is_resized_and_it_is_audited(limen, host_of):
    uri = host_of("a", {"web": OFF})
    ran = limen("-c", uri, "resize", "web", "--vcpus", "3", "--memory", "128M", "--raise", "--yes")
    assert ran.code == 0, ran.err
    assert "done" in ran.out
    assert "vCPUs: 2 -> 3" in ran.err
    (entry,) = limen("audit", "--json").json
    assert (entry["vm"], entry["action"], entry["result"]) == ("web", "vm.resize", "ok")


def test_a_plan_is_shown_and_nothing_is_done(limen, host_of):
    uri = host_of("a", {"web": RUNNING})
    ran = limen("-c", uri, "resize", "web", "--vcpus", "1", "--memory", "32M", "--dry-run")
    assert ran.code == 0, ran.err
    assert '+  <vcpu placement="static" current="1">2</vcpu>' in ran.out
    said = limen("-c", uri, "resize", "web", "--max-vcpus", "4", "--dry-run", "--json").json
    assert [(each["what"], each["after"], each["live"]) for each in said["changes"]] == [("vcpus-max", "4", False)]
    assert limen("audit", "--json").json == []


@pytest.mark.parametrize(
    ("words", "code", "why"),
    [((), 2, "Say what"), (("--vcpus", "0"), 5, "at least one"), (("--vcpus", "9"), 5, "--raise"),
     (("--memory", "20"), 2, "20G"), (("--memory", "1e99"), 2, "not a size"), (("--disk", "vda"), 2, "vda=40G"),
     (("--disk", "vdz=1G"), 5, "no disk vdz"), (("--limit-disk", "vda=]]>"), 2, "not a limit"),
     (("--vcpus", "1", "--host", "nowhere"), None, "")],
)  # fmt: skip
def test_what_cannot_be_says_why(limen, host_of, words, code, why):
    ran = limen("-c", host_of("a", {"web": RUNNING}), "resize", "web", *words, "--yes")
    assert ran.code == code if code is not None else ran.code != 0
    assert why in ran.err
    assert limen("audit", "--json").json == []


def test_it_asks_and_read_only_refuses(limen, host_of):
    uri = host_of("a", {"web": RUNNING})
    ran = limen("-c", uri, "resize", "web", "--vcpus", "1")
    assert ran.code == 2
    assert "--yes" in ran.err
    ran = limen("--read-only", "-c", uri, "resize", "web", "--vcpus", "1", "--yes")
    assert "read-only" in ran.err
    assert ran.code != 0
    assert "nothing to do" in limen("-c", uri, "resize", "web", "--vcpus", "2", "--yes").err
    assert limen("audit", "--json").json == []
