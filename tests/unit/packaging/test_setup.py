"""What `make` and continuous integration rest on: complete, pinned, and the same for everybody."""

from __future__ import annotations

import re
import subprocess
import sys
import tomllib
from pathlib import Path

import pytest

ROOT = Path(__file__).resolve().parents[3]


def test_every_dependency_is_pinned_with_hashes() -> None:
    project = tomllib.loads((ROOT / "pyproject.toml").read_text())["project"]
    specs = project["dependencies"] + project["optional-dependencies"]["dev"]
    wanted = {re.split(r"[\[<>=]", spec)[0].lower() for spec in specs}
    lock = (ROOT / "requirements.lock").read_text()
    pins = {block.split("==")[0] for block in re.split(r"\n(?=\S)", lock) if "--hash=sha256:" in block}
    assert wanted - pins == set()
    assert len(pins) == len(re.findall(r"^[a-z]", lock, re.MULTILINE)), "a pin without a hash"
    assert "://" not in lock


def test_ci_runs_the_two_targets_and_nothing_else() -> None:
    script = ROOT / ".ci/run"
    assert script.stat().st_mode & 0o111
    lines = [line for line in script.read_text().splitlines() if line and not line.startswith("#")]
    assert lines == ["set -euo pipefail", 'cd "$(dirname "$0")/.."', "make check", "make test"]


@pytest.mark.parametrize("script", [".ci/run", ".ci/install"])
def test_shell_scripts_parse(script: str) -> None:
    subprocess.run(["bash", "-n", ROOT / script], check=True)


def test_help_names_every_target() -> None:
    said = subprocess.run(["make", "help"], cwd=ROOT, capture_output=True, text=True, check=True).stdout
    named = {line.split()[0] for line in said.splitlines() if line.strip()}
    assert {"run", "test", "check", "bench", "lab", "screenshots", "lock"} <= named


def told_by_install(tmp_path: Path, version: str, *others: str) -> subprocess.CompletedProcess[str]:
    """``.ci/install`` on a machine whose python3 is of that version and may have others beside it.

    It knows no package, so that nothing can be installed by a test.
    """
    programs = tmp_path / "bin"
    programs.mkdir()
    fakes = {"python3": f'case "$2" in *exit*) exit 1;; *) echo "is {version}";; esac', "apt-cache": "exit 1",
             "dpkg-query": "echo installed", **dict.fromkeys(others, "exit 0")}  # fmt: skip
    for name, does in fakes.items():
        (programs / name).write_text(f"#!/bin/sh\n{does}\n")
        (programs / name).chmod(0o755)
    for real in ("bash", "grep", "id", "readlink"):
        (programs / real).symlink_to(Path("/usr/bin") / real)
    return subprocess.run(["bash", ROOT / ".ci/install", "run"], cwd=tmp_path, capture_output=True, text=True,
                          env={"PATH": str(programs)}, check=False, timeout=30)  # fmt: skip


def test_an_old_python_is_said_in_one_line_with_what_to_do(tmp_path: Path) -> None:
    ran = told_by_install(tmp_path, "3.10.12")
    assert ran.returncode == 1
    assert ran.stderr.count("\n") == 1
    assert "needs Python 3.11 or newer" in ran.stderr
    assert "is 3.10.12" in ran.stderr
    assert "Ubuntu 24.04" in ran.stderr
    assert ran.stdout == "", "nothing is installed first"


def test_a_newer_python_beside_the_old_one_is_named(tmp_path: Path) -> None:
    ran = told_by_install(tmp_path, "3.10.12", "python3.12")
    assert ran.returncode == 1
    assert "python3.12 -m venv --clear .venv" in ran.stderr


def test_a_virtual_environment_with_a_newer_python_will_do(tmp_path: Path) -> None:
    made = tmp_path / ".venv/bin"
    made.mkdir(parents=True)
    (made / "python").symlink_to(sys.executable)
    ran = told_by_install(tmp_path, "3.10.12")
    assert (ran.returncode, ran.stdout, ran.stderr) == (0, "", "")
