"""Reads and checks config.toml. Imports errors and siblings; runs once, at start-up."""

from __future__ import annotations

import dataclasses
import math
import re
from collections.abc import Iterable, Mapping
from pathlib import Path
from types import MappingProxyType
from typing import Any

from limen_tui.errors import ConfigError
from limen_tui.settings.columns import COLUMNS
from limen_tui.settings.lines import line_of
from limen_tui.settings.presets import read_presets
from limen_tui.settings.shape import Confirm, Connections, Paths, Refresh, Screen, Settings, Source, Warnings
from limen_tui.settings.xdg import config_dir

_TABLES: Mapping[str, type] = {
    "refresh": Refresh, "confirm": Confirm, "connections": Connections, "warnings": Warnings, "screen": Screen,
    "paths": Paths,
}  # fmt: skip
_AT = re.compile(r"at line (\d+)")


def config_path() -> Path:
    """Where config.toml is looked for when no path is given."""
    return config_dir() / "config.toml"


def load_settings(path: Path | None = None) -> Settings:
    """Read the settings at ``path``, or at the usual place where none is fine.

    Raises ``ConfigError`` for a given file that is missing, one that cannot be read, and anything in it that is
    not known or not allowed.
    """
    place = path if path is not None else config_path()
    try:
        text = place.read_text(encoding="utf-8")
    except FileNotFoundError as error:
        if path is None:
            return Settings()
        raise ConfigError("There is no such settings file", str(place), "Check the path after --config.") from error
    except OSError as error:
        raise ConfigError("The settings file cannot be read", f"{place}: {error.strerror or error}",
                          "It must be a file that you may read.") from error  # fmt: skip
    except UnicodeDecodeError as error:
        line = error.object.count(b"\n", 0, error.start) + 1
        raise ConfigError("The settings file cannot be read", f"{place}, line {line}: {error.reason}",
                          "It must be UTF-8 text.") from error  # fmt: skip
    return parse_settings(text, str(place))


def parse_settings(text: str, name: str = "config.toml") -> Settings:
    """Settings from TOML. Raises ``ConfigError`` naming file, line and key, and what is allowed."""
    import tomllib  # noqa: PLC0415 - most have no settings file, and no time on the way to the first paint

    source = Source(name, text)
    try:
        document = tomllib.loads(text)
    except tomllib.TOMLDecodeError as error:
        found = _AT.search(str(error))
        line = int(found.group(1)) if found else text.count("\n") + 1
        raise ConfigError("The settings file is not valid TOML", f"{name}, line {line}: {error}",
                          "The format is described at https://toml.io") from error  # fmt: skip
    except RecursionError as error:
        raise ConfigError("The settings file is nested too deeply", name) from error
    known = [field.name for field in dataclasses.fields(Settings) if "internal" not in field.metadata]
    _refuse_unknown(source, (), document, known)
    values: dict[str, Any] = {"source": source}
    for key, value in document.items():
        if key in _TABLES:
            values[key] = _section(source, key, value)
        elif key == "columns":
            values[key] = _columns(source, value)
        elif key == "keymap":
            values[key] = _keymap(source, value)
        elif key == "presets":
            values[key] = read_presets(source, _table(source, (key,), value), wrong)
        else:
            field = next(field for field in dataclasses.fields(Settings) if field.name == key)
            values[key] = _checked(source, (key,), value, field)
    return Settings(**values)


def wrong(source: Source, path: tuple[str, ...], what: str, allowed: str) -> ConfigError:
    """The error for the value at ``path``."""
    line = line_of(source.text, path)
    return ConfigError("The settings file has a mistake", f"{source.name}, line {line}: {'.'.join(path)}: {what}",
                       allowed)  # fmt: skip


def did_you_mean(word: str, known: Iterable[str]) -> str:
    """A hint: the nearest of ``known``, or all of them."""
    import difflib  # noqa: PLC0415 - only for a mistake

    words = sorted(known)
    near = difflib.get_close_matches(word, words, 1, 0.5)
    if near:
        return f"Did you mean {near[0]}?"
    return f"Known: {', '.join(words[:40])}{' ...' if len(words) > 40 else ''}"


def _refuse_unknown(source: Source, path: tuple[str, ...], table: Mapping[str, Any], known: list[str]) -> None:
    for key in table:
        if key not in known:
            raise wrong(source, (*path, key), "not a known setting", did_you_mean(key, known))


def _table(source: Source, path: tuple[str, ...], value: Any) -> dict[str, Any]:
    if not isinstance(value, dict):
        raise wrong(source, path, f"is {_said(value)}", f"It is a section: write [{'.'.join(path)}] on its own line.")
    return value


def _section(source: Source, name: str, value: Any) -> Any:
    table = _table(source, (name,), value)
    fields = {field.name: field for field in dataclasses.fields(_TABLES[name])}
    _refuse_unknown(source, (name,), table, list(fields))
    return _TABLES[name](**{key: _checked(source, (name, key), item, fields[key]) for key, item in table.items()})


def _checked(source: Source, path: tuple[str, ...], value: Any, field: dataclasses.Field[Any]) -> Any:
    rule = field.metadata
    if "low" in rule:
        return _number(source, path, value, field)
    if isinstance(field.default, bool):
        if not isinstance(value, bool):
            raise wrong(source, path, f"is {_said(value)}", "Allowed: true or false.")
        return value
    if not isinstance(value, str):
        raise wrong(source, path, f"is {_said(value)}", "It must be text in quotes.")
    if "choices" in rule and value not in rule["choices"]:
        raise wrong(source, path, f"is {_said(value)}", f"Allowed: {', '.join(rule['choices'])}. "
                    + did_you_mean(value, rule["choices"]).partition("Known")[0].rstrip())  # fmt: skip
    if "path" in rule and value and not value.startswith(("/", "~/")):
        raise wrong(source, path, f"is {_said(value)}", "It must be an absolute path, or start with ~/ .")
    return value


def _number(source: Source, path: tuple[str, ...], value: Any, field: dataclasses.Field[Any]) -> Any:
    low, high = field.metadata["low"], field.metadata["high"]
    whole = isinstance(field.default, int)
    kind = int if whole else int | float
    if isinstance(value, bool) or not isinstance(value, kind) or not math.isfinite(value) or not low <= value <= high:
        raise wrong(source, path, f"is {_said(value)}",
                    f"Allowed: a {'whole ' if whole else ''}number from {low} to {high}.")  # fmt: skip
    return value if whole else float(value)


def _columns(source: Source, value: Any) -> Mapping[str, tuple[str, ...]]:
    result = {}
    for view, ids in _table(source, ("columns",), value).items():
        path = ("columns", view)
        if view not in COLUMNS:
            raise wrong(source, path, "not a known view", did_you_mean(view, COLUMNS))
        if not isinstance(ids, list) or not ids or not all(isinstance(item, str) for item in ids):
            raise wrong(source, path, f"is {_said(ids)}", 'It must be a list of column ids: ["name", "state"].')
        twice = [item for item in ids if ids.count(item) > 1]
        if twice:
            raise wrong(source, path, f"has {_said(twice[0])} twice", "Name each column once.")
        for item in ids:
            if item not in COLUMNS[view]:
                raise wrong(source, path, f"{_said(item)} is not a known column", did_you_mean(item, COLUMNS[view]))
        result[view] = tuple(ids)
    return MappingProxyType(result)


def _keymap(source: Source, value: Any) -> Mapping[str, str]:
    result: dict[str, str] = {}

    def walk(path: tuple[str, ...], table: Mapping[str, Any]) -> None:
        # vm.start = "s" without quotes around the id is a nested table to TOML; it means the same.
        for key, item in table.items():
            if isinstance(item, dict):
                walk((*path, key), item)
            elif isinstance(item, str):
                result[".".join((*path[1:], key))] = item
            else:
                raise wrong(source, (*path, key), f"is {_said(item)}", 'It must be keys in quotes: "s" or "s,ctrl+s".')

    walk(("keymap",), _table(source, ("keymap",), value))
    return MappingProxyType(result)


def _said(value: Any) -> str:
    if isinstance(value, bool):
        return str(value).lower()
    if isinstance(value, dict):
        return "a section"
    text = repr(value)
    return text if len(text) <= 60 else f"{text[:57]}..."
