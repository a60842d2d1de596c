"""``limen ssh``: which words ssh gets, and that its exit code comes back. A script stands for the program."""

from __future__ import annotations

import os
import signal
import subprocess
import sys

import pytest

from tests.unit.cli.conftest import OFF, RUNNING

SCRIPT = """#!/bin/sh
printf '%s\\n' "$@" > "$HERE/said"
case "$*" in *wait*) echo ready; exec sleep 600 ;; esac
exit 7
"""


@pytest.fixture
def said(tmp_path, monkeypatch):
    """What ssh was given."""
    tool = tmp_path / "bin" / "ssh"
    tool.parent.mkdir()
    tool.write_text(SCRIPT)
    tool.chmod(0o755)
    monkeypatch.setenv("PATH", f"{tool.parent}:{os.environ['PATH']}")
    monkeypatch.setenv("HERE", str(tmp_path))
    return tmp_path / "said"


@pytest.fixture
def uri(host_of) -> str:
    return host_of("a", {"web": RUNNING, "off": OFF, "a@b": RUNNING})


def test_ssh_gets_the_words_and_its_exit_code_comes_back(limen, uri, said) -> None:
    ran = limen("-c", uri, "ssh", "ann@web", "--address", "10.0.0.5", "--", "ls", "-l")
    assert ran.code == 7, ran.err
    assert said.read_text().splitlines() == ["-l", "ann", "--", "10.0.0.5", "ls", "-l"]
    [entry] = limen("audit", "--json").json
    assert (entry["action"], entry["vm"], entry["result"], entry["detail"]) == (
        "vm.ssh", "web", "begun", "ann@10.0.0.5")  # fmt: skip
    # the user is remembered, a name with an @ in it is a name first
    limen("-c", uri, "ssh", "web", "--address", "10.0.0.5")
    assert said.read_text().splitlines()[:2] == ["-l", "ann"]
    limen("-c", uri, "ssh", "a@b", "--address", "10.0.0.6")
    assert said.read_text().splitlines() == ["-l", "root", "--", "10.0.0.6"]


def test_what_cannot_be_is_refused_before_anything_is_run(limen, uri, said) -> None:
    for code, text, words in (
        (5, "off is stopped", ("off",)), (4, "No address of web is known", ("web",)),
        (4, "No VM is called", ("nope",)), (2, "cannot be a user", ("web", "--user=-oProxyCommand=id")),
        (2, "is no address", ("web", "--address", "$(id)")), (2, "usage:", ()),
    ):  # fmt: skip
        ran = limen("-c", uri, "ssh", *words)
        assert ran.code == code, (words, ran)
        assert text in ran.err
    assert limen("--demo", "ssh", "web01").code != 0
    assert not said.exists()


def test_a_remote_host_is_on_the_way_unless_it_is_to_be_left_out(limen) -> None:
    name = limen("--demo", "vms", "--names", "state:running", "host:alder").out.split()[0]
    ran = limen("--demo", "ssh", name, "--print", "--", "uptime", "-p")
    words = ran.out.split()
    assert words[:3] == ["ssh", "-J", "root@alder.example.net"] and words[-2:] == ["uptime", "-p"]
    assert "-J" not in limen("--demo", "ssh", name, "--print", "--direct").out


def test_what_ends_limen_ends_ssh(uri, said, tmp_path) -> None:
    words = [sys.executable, "-m", "limen_tui", "-c", uri, "ssh", "web", "--address", "10.0.0.5", "--", "wait"]
    environ = {**os.environ, **{f"XDG_{name}_HOME": str(tmp_path / name) for name in ("DATA", "CONFIG")}}
    with subprocess.Popen(words, stdout=subprocess.PIPE, stderr=subprocess.PIPE, text=True, env=environ) as limen:
        assert limen.stdout is not None and limen.stdout.readline() == "ready\n"
        limen.send_signal(signal.SIGINT)  # not for Limen: ssh has the terminal
        limen.send_signal(signal.SIGTERM)
        assert limen.wait(20) == 128 + signal.SIGTERM
