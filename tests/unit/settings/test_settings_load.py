"""config.toml: defaults, every kind of mistake with its line, and the sample."""

from __future__ import annotations

import os
import re
import shutil
import stat
import subprocess
import sys
import tempfile
from collections.abc import Iterator
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

from limen_tui.errors import ConfigError, InputError
from limen_tui.model.actions import ACTIONS, BY_ID
from limen_tui.settings import (
    SAMPLE,
    Settings,
    check_home,
    config_dir,
    data_dir,
    keys_of,
    load_settings,
    parse_settings,
    runtime_dir,
    validate_keymap,
)


def test_no_file_is_fine_and_a_named_one_must_be_there(tmp_path, monkeypatch):
    monkeypatch.setenv("XDG_CONFIG_HOME", str(tmp_path))
    assert load_settings() == Settings()
    with pytest.raises(ConfigError, match="no such"):
        load_settings(tmp_path / "mine.toml")
    (tmp_path / "limen").mkdir()
    (tmp_path / "limen" / "config.toml").write_text('theme = "light"')
    assert load_settings().theme == "light"


def test_the_sample_loads_and_says_the_defaults():
    assert parse_settings(SAMPLE) == Settings()
    bare = re.sub(r"^# (?=vms|\")", "", SAMPLE, flags=re.MULTILINE)
    settings = parse_settings(bare)
    assert settings.columns["vms"][0] == "name"
    assert validate_keymap(settings.keymap, ACTIONS, settings.source)["vm.start"] == BY_ID["vm.start"].keys
    for section in ("refresh", "confirm", "connections", "paths"):
        for name in getattr(Settings(), section).__slots__:
            assert f"\n{name} = " in SAMPLE


def test_values_are_taken_over():
    text = 'theme="ansi"\n[refresh]\non_screen=1\n[confirm]\ndestructive=false\n[columns]\nvms=["cpu"]'
    settings = parse_settings(text)
    assert (settings.theme, settings.refresh.on_screen, settings.refresh.background) == ("ansi", 1.0, 15.0)
    assert settings.confirm.destructive is False
    assert settings.columns == {"vms": ("cpu",)}


@pytest.mark.parametrize(
    ("text", "line", "key", "hint"),
    [
        ('\ntheme = "drak"', 2, "theme", "Did you mean dark"),
        ("\n\ntheme = 5", 3, "theme", "quotes"),
        ('themes = "dark"', 1, "themes", "Did you mean theme?"),
        ("[refresh]\nbackground = 5\non_screen = 0", 3, "refresh.on_screen", "1 to 60"),
        ("[refresh]\non_screen = true", 2, "refresh.on_screen", "1 to 60"),
        ("[refresh]\non_screen = nan", 2, "refresh.on_screen", "1 to 60"),
        ("[refresh]\nonscreen = 2", 2, "refresh.onscreen", "Did you mean on_screen?"),
        ("# x\nrefresh.on_screen = 99", 2, "refresh.on_screen", "1 to 60"),
        ("refresh = { background = 2, on_screen = 99 }", 1, "refresh.on_screen", "1 to 60"),
        ("refresh = 5", 1, "refresh", "[refresh]"),
        ("[confirm]\ncount_typed_above = 2.5", 2, "confirm.count_typed_above", "whole number"),
        ('[confirm]\n# no\ndestructive = "no"', 3, "confirm.destructive", "true or false"),
        ("[connections]\nlifecycle_per_host = 0", 2, "connections.lifecycle_per_host", "1 to 64"),
        ('[paths]\ninventory = "relative"', 2, "paths.inventory", "absolute"),
        ("[columns]\nvms = 5", 2, "columns.vms", "list of column ids"),
        ('[columns]\nvms = ["a", "a"]', 2, "columns.vms", "once"),
        ('[columns]\nvmms = ["name"]', 2, "columns.vmms", "Did you mean vms?"),
        ('theme = "dark"\n[columns]\n\nvms = ["name", "mem"]', 4, "columns.vms", "Did you mean memory?"),
        ('[keymap]\n"vm.start" = 5', 2, "keymap.vm.start", "quotes"),
        ("[refrehs]\non_screen = 2", 1, "refrehs", "Did you mean refresh?"),
    ],
)  # fmt: skip
def test_a_mistake_is_named_with_its_line(text, line, key, hint):
    with pytest.raises(ConfigError) as caught:
        parse_settings(text, "my.toml")
    assert caught.value.detail.startswith(f"my.toml, line {line}: {key}")
    assert hint in caught.value.hint


@pytest.mark.parametrize(("text", "line"), [("a = 1\nb = = 2", 2), ("[x\n", 1), ('theme = "dark', 1), ("a=1\na=2", 2)])
def test_bad_toml_is_named_with_its_line(text, line):
    with pytest.raises(ConfigError) as caught:
        parse_settings(text, "my.toml")
    assert f"my.toml, line {line}:" in caught.value.detail


def test_what_cannot_be_read(tmp_path):
    (tmp_path / "binary").write_bytes(b"\xff\xfe\x00")
    for place in (tmp_path / "binary", tmp_path):
        with pytest.raises(ConfigError, match="cannot be read"):
            load_settings(place)


@given(st.text(max_size=200))
def test_any_text_loads_or_is_a_config_error(text):
    try:
        parse_settings(text)
    except ConfigError as error:
        assert error.detail


def test_the_registry_s_own_keys_do_not_clash():
    assert validate_keymap({}, ACTIONS) == {action.id: action.keys for action in ACTIONS}


def test_keys_move_and_go_away():
    keys = validate_keymap({"vm.start": "f5, ctrl+s", "vm.reset": ""}, ACTIONS)
    assert keys["vm.start"] == ("f5", "ctrl+s")
    assert keys["vm.reset"] == ()
    assert keys_of(" a ,,b") == ("a", "b")


@pytest.mark.parametrize(
    ("text", "line", "words"),
    [
        ('[keymap]\n"vm.strat" = "s"', 2, "not a known action"),
        ('[keymap]\nvm.strat = "s"', 2, "not a known action"),
        ('[keymap]\n"app.help" = "f2"\n"vm.start" = "q"', 3, "the key q is also that of app.quit, by default"),
        ('[keymap]\n"vm.start" = "f9"\n"vm.reboot" = "f9"', 3, "the key f9 is also that of vm.start"),
        ('[keymap]\n"app.quit" = "Q,s"', 2, "the key s is also that of vm.start, by default"),
        ('[keymap]\n"app.quit" = "ctrl q"', 2, "not the name of a key"),
    ],
)
def test_keymap_mistakes_are_named_with_their_line(text, line, words):
    settings = parse_settings(text, "my.toml")
    with pytest.raises(ConfigError) as caught:
        validate_keymap(settings.keymap, ACTIONS, settings.source)
    assert f"my.toml, line {line}: " in caught.value.detail
    assert words in caught.value.detail


def test_xdg_folders(monkeypatch, tmp_path):
    for variable, function in (
        ("XDG_CONFIG_HOME", config_dir), ("XDG_DATA_HOME", data_dir),
    ):  # fmt: skip
        monkeypatch.setenv(variable, str(tmp_path))
        assert function() == tmp_path / "limen"
        monkeypatch.setenv(variable, "relative")
        assert function().is_relative_to(Path.home())


@pytest.fixture
def short() -> Iterator[Path]:
    """A folder with a path short enough for sockets: pytest's own may not be."""
    folder = Path(tempfile.mkdtemp(dir="/tmp"))
    yield folder
    shutil.rmtree(folder)


def test_the_runtime_folder_is_private_and_ours(monkeypatch, short):
    monkeypatch.setenv("XDG_RUNTIME_DIR", str(short))
    (short / "limen").mkdir(0o755)
    assert runtime_dir() == short / "limen"
    assert stat.S_IMODE((short / "limen").stat().st_mode) == 0o700
    (short / "limen").rmdir()
    (short / "limen").symlink_to(short)
    with pytest.raises(InputError):
        runtime_dir()


@pytest.mark.parametrize("base", ["/nonexistent", "/etc/passwd", "{tmp}/" + "long/" * 12 + "er", "/proc", "relative"])
def test_the_runtime_folder_is_elsewhere_where_xdg_names_none_of_use(monkeypatch, tmp_path, short, base):
    base = base.format(tmp=tmp_path)
    if base.startswith(str(tmp_path)):
        Path(base).mkdir(parents=True)
    monkeypatch.setenv("XDG_RUNTIME_DIR", base)
    monkeypatch.setattr(tempfile, "tempdir", str(short))
    assert runtime_dir() == short / f"limen-{os.geteuid()}"
    assert stat.S_IMODE(runtime_dir().stat().st_mode) == 0o700


def test_the_runtime_folder_leaves_room_for_sockets_also_where_the_temporary_folder_does_not(monkeypatch, tmp_path):
    monkeypatch.delenv("XDG_RUNTIME_DIR", raising=False)
    monkeypatch.setattr(tempfile, "tempdir", f"{tmp_path}/" + "l" * 80)
    assert len(str(runtime_dir())) <= 70


def test_without_a_home_it_is_said(monkeypatch):
    monkeypatch.delenv("HOME")
    monkeypatch.setattr(os, "getuid", lambda: 54321)
    with pytest.raises(InputError, match="No home folder"):
        check_home()


def test_settings_load_nothing_heavy():
    heavy = ("pydantic", "peewee", "textual", "libvirt", "asyncssh")
    code = f"import sys, limen_tui.settings; print([name for name in {heavy} if name in sys.modules])"
    done = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=True)
    assert done.stdout.strip() == "[]"
