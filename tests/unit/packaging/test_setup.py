"""What `make` and continuous integration rest on: complete, pinned, and the same for everybody."""

from __future__ import annotations

import os
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


@pytest.mark.parametrize("script", [".ci/run", ".ci/install", ".ci/as-root"])
def test_shell_scripts_parse(script: str) -> None:
    subprocess.run(["bash", "-n", ROOT / script], check=True)


def test_help_names_every_target() -> None:
    said = subprocess.run(["make", "help"], cwd=ROOT, capture_output=True, text=True, check=True).stdout
    named = {line.split()[0] for line in said.splitlines() if line.strip()}
    assert {"run", "test", "check", "bench", "lab", "screenshots", "lock"} <= named


def told_by_install(
    tmp_path: Path, version: str, *others: str, knows: str = "installed"
) -> subprocess.CompletedProcess[str]:
    """``.ci/install`` for a user on a machine whose python3 is of that version (empty: new enough).

    It has no sudo, so that nothing can be installed by a test; ``knows`` is what it says of each package.
    """
    programs = tmp_path / "bin"
    programs.mkdir()
    python = f'case "$2" in *exit*) exit 1;; *) echo "is {version}";; esac' if version else "echo /usr"
    fakes = {"python3": python, "apt-cache": "exit 1", "id": "echo 1000", "dpkg-query": f"echo {knows}",
             **dict.fromkeys(others, "exit 0")}  # fmt: skip
    for name, does in fakes.items():
        (programs / name).write_text(f"#!/bin/sh\n{does}\n")
        (programs / name).chmod(0o755)
    for real in ("bash", "grep", "readlink"):
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


def as_root(tmp_path: Path, uid: int, *command: str, **environment: str) -> subprocess.CompletedProcess[str]:
    """``.ci/as-root`` for a user of that number, with a sudo that forgets the environment and asks for nothing."""
    programs = tmp_path / "bin"
    programs.mkdir()
    fakes = {"id": f"echo {uid}", "sudo": f'exec env -i SUDO_UID={uid} SUDO_GID={uid} "$@"'}
    for name, does in fakes.items():
        (programs / name).write_text(f"#!/bin/sh\n{does}\n")
        (programs / name).chmod(0o755)
    place = tmp_path / "tree"
    place.mkdir()
    return subprocess.run(["bash", ROOT / ".ci/as-root", "It makes mounts", *command], cwd=place, text=True,
                          env={"PATH": f"{programs}:{os.environ['PATH']}", **environment}, capture_output=True,
                          check=False, timeout=30)  # fmt: skip


def test_what_needs_root_runs_by_sudo_and_leaves_nothing_of_roots(tmp_path: Path) -> None:
    command = 'mkdir made; touch made/file; echo "$LIMEN_LAB_NAME ${OTHER-none} $1 ${PATH##*:}"; exit 3'
    ran = as_root(tmp_path, 4321, "sh", "-c", command, "-", "a b", LIMEN_LAB_NAME="mine", OTHER="x")
    assert ran.returncode == 3, ran.stderr
    assert ran.stdout.splitlines() == [
        "It makes mounts, which only root may: sudo may ask for your password.", "mine none a b /sbin",
    ]  # fmt: skip
    owner = os.geteuid() or 4321  # only root can give files away
    assert {(tmp_path / "tree" / path).stat().st_uid for path in ("made", "made/file")} == {owner}


def test_packages_that_only_root_can_install_are_named_where_there_is_no_sudo(tmp_path: Path) -> None:
    ran = told_by_install(tmp_path, "", knows="nothing")
    assert ran.returncode == 1
    assert "As root: apt-get install" in ran.stderr
    assert "libvirt-daemon-system" in ran.stderr


def test_root_needs_no_sudo(tmp_path: Path) -> None:
    ran = as_root(tmp_path, 0, "sh", "-c", 'touch file; echo "$OTHER"; exit 3', OTHER="x")
    assert (ran.returncode, ran.stdout) == (3, "x\n")
    assert (tmp_path / "tree/file").stat().st_uid == os.geteuid()
