"""The wheel, built from this tree and run from an empty folder with nothing of the tree in reach."""

from __future__ import annotations

import json
import os
import subprocess
import sys
import sysconfig
import venv
import zipfile
from collections.abc import Iterator
from pathlib import Path

import pytest

from limen_tui import __version__

ROOT = Path(__file__).resolve().parents[3]


@pytest.fixture(scope="module")
def wheel(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """Built as ``pip install .`` builds it, with the backend of the lock file: no index is asked."""
    folder = tmp_path_factory.mktemp("wheel")
    subprocess.run(
        [sys.executable, "-m", "pip", "wheel", "--quiet", "--no-deps", "--no-build-isolation", "--no-index",
         "--wheel-dir", folder, ROOT], check=True, capture_output=True,
    )  # fmt: skip
    (built,) = folder.glob("*.whl")
    return built


@pytest.fixture(scope="module")
def installed(wheel: Path, tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A clean environment with the wheel; what it depends on is borrowed from ours, Limen itself is not."""
    place = tmp_path_factory.mktemp("clean")
    venv.create(place, with_pip=False)
    python = place / "bin/python"
    subprocess.run(
        [sys.executable, "-m", "pip", "--python", python, "install", "--quiet", "--no-deps", "--no-index", wheel],
        check=True, capture_output=True,
    )  # fmt: skip
    site = next(place.glob("lib/python3*/site-packages"))
    # a path in a .pth is put on sys.path as it is: the editable install's own .pth in there is not read
    (site / "borrowed.pth").write_text(sysconfig.get_path("purelib") + "\n")
    return place


@pytest.fixture
def empty(tmp_path: Path) -> Iterator[dict[str, str]]:
    """An environment whose home and XDG folders are an empty folder."""
    (tmp_path / "run").mkdir(mode=0o700)
    kept = {name: os.environ[name] for name in ("PATH", "TERM") if name in os.environ}
    yield {**kept, "HOME": str(tmp_path), "XDG_RUNTIME_DIR": str(tmp_path / "run")}


def run(installed: Path, folder: dict[str, str], *words: str) -> str:
    done = subprocess.run(
        [installed / words[0], *words[1:]], cwd=folder["HOME"], env=folder, capture_output=True, text=True,
        timeout=60, check=False,
    )  # fmt: skip
    assert done.returncode == 0, done.stderr
    return done.stdout


def test_the_wheel_holds_the_code_the_widgets_and_every_data_file(wheel: Path) -> None:
    with zipfile.ZipFile(wheel) as archive:
        held = set(archive.namelist())
    tracked = subprocess.run(
        ["git", "-c", f"safe.directory={ROOT}", "ls-files", "limen_tui", "widgets/limen_widgets", "templates"],
        cwd=ROOT, capture_output=True, text=True, check=True,
    ).stdout.split()  # fmt: skip
    wanted = {
        f"limen_tui/{name}" if name.startswith("templates/") else name.removeprefix("widgets/")
        for name in tracked if (ROOT / name).exists()
    }  # fmt: skip
    assert wanted - held == set()
    assert not [name for name in held if name.startswith(("tests/", "screenshots/"))]


def test_the_command_runs_from_an_empty_folder(installed: Path, empty: dict[str, str]) -> None:
    assert run(installed, empty, "bin/limen", "--version") == f"limen {__version__}\n"
    assert len(json.loads(run(installed, empty, "bin/limen", "--demo", "vms", "--json"))) >= 100


def test_the_screen_and_its_widgets_load_from_the_wheel(installed: Path, empty: dict[str, str]) -> None:
    code = "import limen_tui.tui.run, limen_widgets; print(limen_tui.__file__, limen_widgets.__file__)"
    for place in run(installed, empty, "bin/python", "-c", code).split():
        assert Path(place).is_relative_to(installed)


RENDER = """
from limen_tui.fleet.render import render_domain
from limen_tui.fleet.seed import seed_files
from limen_tui.fleet.templates import template_folders
from limen_tui.model.spec import CloudInit, VMSpec, complete
from limen_tui.model.xml.domcaps import DomainCaps
spec = complete(VMSpec("packed", cloud_init=CloudInit()), DomainCaps())
assert "<name>packed</name>" in render_domain(spec, {}, DomainCaps())
assert "hostname: packed" in seed_files(spec)["user-data"]
print(template_folders()[-1])
"""


def test_the_templates_are_found_in_the_wheel_and_in_the_source_tree(installed: Path, empty: dict[str, str]) -> None:
    place = Path(run(installed, empty, "bin/python", "-c", RENDER).strip())
    assert place.is_relative_to(installed)
    # ours is the editable install; PYTHONPATH is the bare source tree
    for more in ({}, {"PYTHONPATH": f"{ROOT}:{ROOT}/widgets"}):
        said = subprocess.run(
            [sys.executable, "-c", RENDER], cwd=empty["HOME"], env={**empty, **more}, capture_output=True, text=True,
            check=True,
        )  # fmt: skip
        assert Path(said.stdout.strip()) == ROOT / "templates"


def test_every_dependency_is_imported_and_every_import_is_a_dependency() -> None:
    import ast
    import tomllib

    project = tomllib.loads((ROOT / "pyproject.toml").read_text())["project"]
    names = {"libvirt-python": "libvirt", "pyyaml": "yaml"}
    declared = {spec.partition("[")[0].partition(">")[0].partition("=")[0] for spec in project["dependencies"]}
    imported = {
        module.partition(".")[0]
        for part in ("limen_tui", "widgets/limen_widgets")
        for path in (ROOT / part).rglob("*.py")
        for node in ast.walk(ast.parse(path.read_text()))
        if isinstance(node, ast.Import | ast.ImportFrom)
        for module in ([alias.name for alias in node.names] if isinstance(node, ast.Import) else [node.module or ""])
    }
    # rich comes with textual, which promises it in its own interface; libvirt_qemu is a part of libvirt-python
    ours = {"limen_tui", "limen_widgets", "rich", "libvirt_qemu", ""}
    foreign = {name for name in imported if name not in sys.stdlib_module_names} - ours
    assert foreign == {names.get(name, name) for name in declared}
