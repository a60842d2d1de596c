"""``limen hosts add`` several times in one instant, in processes of their own."""

from __future__ import annotations

import json
import subprocess
import sys

COUNT = 4


def at_once(*words: list[str]) -> list[tuple[int, str]]:
    """Exit code and messages of each."""
    runs = [
        subprocess.Popen([sys.executable, "-m", "limen_tui", *each], stdout=subprocess.PIPE, stderr=subprocess.STDOUT,
                         text=True)
        for each in words
    ]  # fmt: skip
    return [(run.wait(), out) for run in runs for out, _ in [run.communicate(timeout=120)]]


def test_a_name_is_taken_once(limen, home):
    ended = at_once(*(["hosts", "add", f"test:///{home}/{n}.xml", "--name", "one"] for n in range(COUNT)))
    assert sorted(code for code, _ in ended) == [0] + [5] * (COUNT - 1)
    assert all("'one' is saved already" in out for code, out in ended if code)
    (saved,) = json.loads(limen("--timeout", "1", "hosts", "--json").out)
    assert saved["name"] == "one"


def test_none_is_lost_where_no_name_was_given(limen, home):
    ended = at_once(*(["hosts", "add", f"qemu+unix:///system?socket={home}/{n}"] for n in range(COUNT)))
    assert [code for code, _ in ended] == [0] * COUNT, ended
    saved = json.loads(limen("--timeout", "1", "hosts", "--json").out)
    assert len({host["name"] for host in saved}) == len(saved) == COUNT


def test_a_uri_is_saved_once_under_the_name_that_was_told(limen, home):
    uri = f"test:///{home}/a.xml"
    ended = at_once(*(["hosts", "add", uri, "--name", f"n{n}"] for n in range(COUNT)))
    (told,) = [out for code, out in ended if not code]
    (saved,) = json.loads(limen("--timeout", "1", "hosts", "--json").out)
    assert told == f"added {saved['name']}: {uri}\n"
