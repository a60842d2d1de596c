"""``limen start|kill|…``: the right VM, the right answer, and a trace of each act."""

from __future__ import annotations

import os
import pty
import subprocess
import sys

import pytest

from limen_tui.cli import acting
from tests.unit.cli.conftest import OFF, RUNNING, identity


def test_start_reports_each_vm_and_is_audited(limen, host_of):
    ran = limen("-c", host_of("a", {"web": OFF, "db": OFF}), "start", "web", "db")
    assert ran.code == 0, ran.err
    assert [line.partition(" on ")[0] for line in ran.out.splitlines()] == ["web", "db"]
    entries = limen("audit", "--json").json
    assert {(e["vm"], e["action"], e["result"]) for e in entries} == {
        ("web", "vm.start", "ok"), ("db", "vm.start", "ok")
    }  # fmt: skip
    assert entries[0]["origin"].startswith("cli")


@pytest.mark.parametrize(
    ("verb", "before"), [("kill", RUNNING), ("shutdown", RUNNING), ("reboot", RUNNING), ("pause", RUNNING),
                         ("save", RUNNING), ("resume", 3)],
)  # fmt: skip
def test_each_verb_does_what_it_says(limen, host_of, verb, before):
    ran = limen("-c", host_of("a", {"web": before}), verb, "web", "--yes", "--json")
    assert (ran.code, [item["result"] for item in ran.json]) == (0, ["done"]), ran.out + ran.err


def test_a_vm_may_be_named_by_its_uuid(limen, host_of):
    ran = limen("-c", host_of("a", {"web": OFF}), "start", identity("web"), "--json")
    assert [item["vm"] for item in ran.json] == ["web"]


def test_what_cannot_be_taken_back_needs_yes_where_nobody_can_be_asked(limen, host_of):
    uri = host_of("a", {"web": RUNNING})
    ran = limen("-c", uri, "kill", "web")
    assert ran.code == 2
    assert "web on" in ran.err and "--yes" in ran.err
    assert limen("audit", "--json").json == []


def test_a_name_on_two_hosts_is_refused_with_the_candidates(limen, host_of):
    both = ("-c", host_of("a", {"web": OFF}), "-c", host_of("b", {"web": OFF, "only": OFF}))
    ran = limen(*both, "start", "only", "web")
    assert ran.code == 4
    assert ran.err.count(identity("web")) == 2
    assert limen("audit", "--json").json == [], "nothing may be done when one of the names is not clear"


def test_host_says_which(limen, host_of):
    both = ("-c", host_of("a", {"web": OFF}), "-c", host_of("b", {"web": OFF}))
    host = limen(*both, "hosts", "--json").json[1]["name"]
    ran = limen(*both, "start", "web", "--host", host, "--json")
    assert (ran.code, [item["host"] for item in ran.json]) == (0, [host])


def test_a_part_of_a_name_is_not_enough(limen, host_of):
    ran = limen("-c", host_of("a", {"web1": OFF}), "start", "web")
    assert ran.code == 4
    assert "close: web1" in ran.err


def test_a_state_that_forbids_it_is_a_refusal(limen, host_of):
    ran = limen("-c", host_of("a", {"web": RUNNING}), "start", "web")
    assert ran.code == 5
    assert "it is running" in ran.err
    assert limen("audit", "--json").json[0]["result"] == "refused"


def test_one_refusal_does_not_hold_back_the_others(limen, host_of):
    ran = limen("-c", host_of("a", {"on": RUNNING, "off": OFF}), "start", "on", "off", "--json")
    assert (ran.code, {i["vm"]: i["result"] for i in ran.json}) == (5, {"on": "refused", "off": "done"})


def test_read_only_changes_nothing(limen, host_of):
    ran = limen("-c", host_of("a", {"web": OFF}), "--read-only", "start", "web")
    assert ran.code == 5
    assert "read-only" in ran.err


def test_a_vm_last_seen_on_a_host_that_is_down_is_not_acted_on(limen, host_of, tmp_path):
    uri = host_of("a", {"web": OFF})
    assert limen("hosts", "add", uri).code == 0
    assert limen("vms").code == 0
    (tmp_path / "a.xml").unlink()
    ran = limen("start", "web")
    assert ran.code == 3, ran.err


def on_a_terminal(answer: bytes, *words: str) -> tuple[int, str]:
    """Run in a process of its own on a terminal, and type ``answer`` when asked."""
    ours, theirs = pty.openpty()
    with subprocess.Popen(
        [sys.executable, "-m", "limen_tui", *words], stdin=theirs, stdout=subprocess.PIPE, stderr=theirs
    ) as process:
        os.close(theirs)
        said = b""
        while b"to go on: " not in said:
            said += os.read(ours, 1024)
        os.write(ours, answer)
        assert process.stdout is not None
        out = process.stdout.read().decode()
        process.wait(30)
    os.close(ours)
    return process.returncode, out


def test_on_a_terminal_it_asks_and_takes_yes_only(home, host_of):
    uri = host_of("a", {"web": RUNNING})
    assert on_a_terminal(b"y\n", "-c", uri, "kill", "web")[0] == 2
    code, out = on_a_terminal(b"yes\n", "-c", uri, "kill", "web")
    assert (code, out.endswith("done\n")) == (0, True)


def test_with_many_vms_the_number_is_typed(home, host_of):
    names = [f"web{n}" for n in range(6)]
    uri = host_of("a", dict.fromkeys(names, RUNNING))
    assert on_a_terminal(b"yes\n", "-c", uri, "kill", *names)[0] == 2
    assert on_a_terminal(b"6\n", "-c", uri, "kill", *names)[0] == 0


def test_who_stops_waiting_is_told_how_far_it_is(limen, host_of, monkeypatch):
    until = acting.Waiter.until

    def interrupted(waiter, condition, seconds):
        if seconds == acting.SHUTDOWN_PATIENCE:  # the wait for the guest
            raise KeyboardInterrupt
        return until(waiter, condition, seconds)

    monkeypatch.setattr(acting.Waiter, "until", interrupted)
    ran = limen("-c", host_of("a", {"web": RUNNING}), "shutdown", "web", "--yes")
    assert ran.code == 130
    assert "no longer waiting" in ran.err and ran.out.startswith("web on ")
    assert [entry["action"] for entry in limen("audit", "--json").json] == ["vm.shutdown"]
