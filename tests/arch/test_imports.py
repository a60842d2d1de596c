"""What is loaded when: seen in sys.modules of a fresh process, not hoped for."""

from __future__ import annotations

import json
import os
import subprocess
import sys
from pathlib import Path

import pytest

PROBE = "import json, sys; {code}; print(json.dumps(sorted(m.partition('.')[0] for m in sys.modules)), file=sys.stderr)"


def loaded(code: str, tmp_path: Path) -> set[str]:
    environment = dict(
        os.environ, XDG_DATA_HOME=str(tmp_path), XDG_CONFIG_HOME=str(tmp_path), XDG_RUNTIME_DIR=str(tmp_path)
    )
    done = subprocess.run(
        [sys.executable, "-c", PROBE.format(code=code)],
        capture_output=True,
        text=True,
        env=environment,
        check=True,
        timeout=60,
    )
    found = json.loads(done.stderr.strip().splitlines()[-1])
    assert isinstance(found, list)
    return set(found)


RUN = "from limen_tui.__main__ import main; sys.argv = ['limen', *{words!r}]; code = main()"


@pytest.mark.parametrize(
    "words", [["-c", "test:///default", "vms"], ["--demo", "vms"], ["--demo", "hosts", "--json"], ["audit"]]
)
def test_a_verb_never_loads_the_screen(words: list[str], tmp_path: Path) -> None:
    assert not loaded(RUN.format(words=words), tmp_path) & {"textual", "rich", "limen_widgets", "asyncssh"}


def test_the_version_costs_nothing(tmp_path: Path) -> None:
    heavy = {"textual", "libvirt", "peewee", "asyncssh", "argparse", "lxml", "sqlite3"}
    assert not loaded(RUN.format(words=["--version"]), tmp_path) & heavy


def test_the_demo_needs_no_libvirt(tmp_path: Path) -> None:
    assert "libvirt" not in loaded(RUN.format(words=["--demo", "vms"]), tmp_path)


FIRST_PAINT = (
    "import sys; from limen_tui.cli.main import run; from limen_tui.fleet.compose import open_fleet; "
    "import limen_tui.tui.run, limen_tui.tui.main.screen"
)
LATE = (
    "libvirt", "asyncssh", "jinja2", "lxml", "limen_tui.tui.commands", "limen_tui.tui.dialogs", "limen_tui.tui.palette",
    "limen_tui.tui.help", "limen_tui.tui.hosts.panel", "limen_tui.tui.storage.panel", "limen_tui.tui.jobs.panel",
    "limen_tui.tui.vm.screen", "limen_tui.jobs.runner", "limen_tui.fleet.stages", "limen_tui.hypervisor.session",
    "limen_tui.hypervisor.simulated", "limen_tui.remote",
)  # fmt: skip
"""Each of these would keep the first paint waiting; they are loaded after it, or when they are needed."""


def test_the_first_paint_loads_only_what_it_shows() -> None:
    code = f"{FIRST_PAINT}; print([m for m in {LATE!r} if m in sys.modules])"
    done = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=True, timeout=60)
    assert done.stdout.strip() == "[]"


def test_the_screen_loads_without_ssh_and_templates(tmp_path: Path) -> None:
    assert not loaded("import limen_tui.tui.run", tmp_path) & {"asyncssh", "jinja2", "libvirt"}
