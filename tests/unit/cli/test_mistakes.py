"""What is typed wrong is answered in one line and a hint; closed and full outputs end no verb with a traceback."""

from __future__ import annotations

import os
import subprocess
import sys
from pathlib import Path

import pytest

from tests.unit.cli.conftest import RUNNING


@pytest.mark.parametrize(
    ("words", "what", "hint"),
    [
        (["strat", "web"], "'strat' is no verb", "Did you mean start?"),
        (["xyz"], "'xyz' is no verb", "There are: vms, "),
        (["vms", "--read-only"], "not understood: --read-only", "--read-only goes before the verb"),
        (["start"], "NAME is missing", "usage: limen start [-h] [--host HOST]"),
        (["hosts", "ad"], "WHAT cannot be 'ad'", "Did you mean add?"),
        (["-c"], "expected one argument", "usage: limen [-h]"),
        (["--timeout", "0", "vms"], "0 is not a number of seconds", "limen --help"),
        (["\x1b[31mx"], "is no verb", "There are"),
    ],
)  # fmt: skip
def test_a_mistake_is_told_in_one_line_and_a_hint(limen, words, what, hint) -> None:
    ran = limen(*words)
    assert (ran.code, ran.out) == (2, "")
    said, advice = ran.err.splitlines()
    assert said.startswith("limen: ") and what in said
    assert advice.startswith("       ") and hint in advice
    assert "\x1b" not in ran.err


def shell(words: str) -> subprocess.CompletedProcess[str]:
    """``$LIMEN`` in the words of a shell command is this Limen."""
    environ = {**os.environ, "LIMEN": f"{sys.executable} -m limen_tui"}
    return subprocess.run(["bash", "-c", words], capture_output=True, text=True, check=False, env=environ)


def test_closed_outputs_do_not_stand_in_the_way(home, host_of) -> None:
    uri = host_of("a", {"web": RUNNING})
    for closed in (">&-", ">&- 2>&-", "<&- >&- 2>&-"):
        done = shell(f"$LIMEN -c '{uri}' vms {closed}")
        assert (done.returncode, done.stdout, done.stderr) == (0, "", ""), closed
    done = shell(f"$LIMEN -c '{uri}' pause web >&- 2>&-")
    assert done.returncode == 0
    assert shell("$LIMEN --version >&-").returncode == 0


def test_a_full_output_is_an_error_of_one_line(home, host_of) -> None:
    if not Path("/dev/full").exists():
        pytest.skip("this system has no /dev/full")
    uri = host_of("a", {"web": RUNNING})
    for words in (f"-c '{uri}' vms", f"-c '{uri}' vms --json", "config", "completion bash", "audit --json"):
        done = shell(f"$LIMEN {words} >/dev/full")
        assert done.returncode == 1, words
        assert done.stderr.startswith("limen: The output cannot be written: No space left"), words
        assert len(done.stderr.splitlines()) == 2


def test_without_a_home_nothing_is_begun(tmp_path) -> None:
    code = "import os, pwd; pwd.getpwuid = lambda _: {}['nobody']; os.environ.pop('HOME')\n"
    code += "from limen_tui.cli.main import run; raise SystemExit(run(['--demo', 'vms']))"
    done = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=False, cwd=tmp_path)
    assert done.returncode == 2
    assert done.stderr.splitlines()[0].startswith("limen: No home folder is known")
    assert list(tmp_path.iterdir()) == []
