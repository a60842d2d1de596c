"""What `make` and continuous integration rest on: complete, pinned, and the same for everybody."""

from __future__ import annotations

import re
import subprocess
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
