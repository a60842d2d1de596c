"""A verb that names its host needs that host and no other: here the other accepts, and never says a word."""

from __future__ import annotations

import threading
from pathlib import Path

import pytest

from limen_tui.fleet.fleet import Fleet
from tests.patience import rounds
from tests.unit.cli.conftest import OFF, RUNNING, identity

PATIENCE = ("--timeout", "600")
"""Far longer than the test may take: a verb that waits for the hung host does not come back in time."""
POOL = "default-pool"


@pytest.fixture
def hosts(host_of, hung, limen, monkeypatch) -> list[str]:
    """Saved hosts: ``good`` with a VM that runs and one that is off, and ``hung``. The names of those asked."""
    uri = host_of("good", {"web": OFF, "db": RUNNING})
    path = Path(uri.removeprefix("test://"))
    pool = (
        f"<pool type='dir'><name>{POOL}</name><uuid>{identity(POOL)}</uuid><target><path>/tmp</path></target></pool>"
    )
    path.write_text(path.read_text().replace("</node>", f"{pool}</node>"))
    assert limen("hosts", "add", uri, "--name", "good").code == 0
    assert limen("hosts", "add", hung, "--name", "hung").code == 0
    asked: list[str] = []
    opened = Fleet._open_port
    monkeypatch.setattr(Fleet, "_open_port", lambda fleet, host: (asked.append(host.name), opened(fleet, host))[1])
    return asked


VERBS = [
    ("start", "web"), ("kill", "db", "--yes"), ("shutdown", "db", "--yes"), ("pause", "db"), ("reboot", "db", "--yes"),
    ("delete", "web", "--dry-run"), ("resize", "web", "--memory", "32M", "--dry-run"), ("images",), ("reconcile",),
    ("create", "new", "--pxe", "--dry-run", "--pool", POOL, "--no-network"),
    ("fetch", "http://127.0.0.1:1/x.qcow2", "--pool", POOL, "--dry-run"), ("console", "db", "--follow"),
]  # fmt: skip


@pytest.mark.timeout(60)
@pytest.mark.parametrize("words", VERBS, ids=lambda words: words[0])
def test_only_the_named_host_is_asked(limen, hosts, words):
    ran = limen(*PATIENCE, *words, "--host", "good")
    assert hosts == ["good"], ran.err
    assert "hung" not in ran.out + ran.err
    assert ran.code == 0 or words[0] in ("console", "create", "fetch"), ran.err  # no console, no sizes, no web
    assert "does not answer" not in ran.err


@pytest.mark.timeout(60)
def test_an_upload_asks_its_own_host_only(limen, hosts, tmp_path):
    image = tmp_path / "x.img"
    image.write_bytes(b"\0" * 4096)
    ran = limen(*PATIENCE, "upload", str(image), "--host", "good", "--pool", POOL, "--any-file")
    assert hosts == ["good"], ran.err
    assert "hung" not in ran.out + ran.err


@pytest.mark.parametrize(
    "words", [("start", "web"), ("delete", "web", "--yes"), ("resize", "web", "--memory", "32M"),
              ("create", "new", "--pxe", "--dry-run"), ("console", "web", "--follow"),
              ("fetch", "http://127.0.0.1:1/x.qcow2", "--pool", POOL)], ids=lambda words: words[0],
)  # fmt: skip
def test_it_says_so_when_the_named_host_does_not_answer(limen, hosts, words):
    ran = limen("--timeout", "0.3", *words, "--host", "hung")
    assert ran.code == 3, ran.err
    assert "hung does not answer" in ran.err
    assert "limen hosts test hung" in ran.err
    assert hosts == ["hung"]


def test_a_host_that_is_not_there_is_said_before_anything_is_asked(limen, hosts):
    ran = limen(*PATIENCE, "start", "web", "--host", "nowhere")
    assert ran.code == 4
    assert "there are: good, hung" in ran.err
    assert hosts == []


def test_a_host_may_be_named_by_its_uri_too(limen, hosts, host_of):
    uri = next(each["uri"] for each in limen("--timeout", "0.3", "hosts", "--json").json if each["name"] == "good")
    assert limen(*PATIENCE, "start", "web", "--host", uri).code == 0


def test_no_thread_stays_with_a_host_that_was_not_asked(limen, hosts):
    before = threading.active_count()
    assert limen(*PATIENCE, "start", "web", "--host", "good").code == 0
    pause = threading.Event()
    for _ in rounds():
        if threading.active_count() <= before + 1:
            break
        pause.wait(0.02)  # one that ends may still be on its way out
    assert threading.active_count() <= before + 1, "the event loop of libvirt, which stays for good"
