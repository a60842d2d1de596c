"""Specs in and out of plain values and JSON, strictly: nothing unknown, nothing of the wrong type. Pure."""

from __future__ import annotations

import dataclasses
import difflib
import json
import types
import typing
from collections.abc import Mapping
from functools import cache
from typing import Any, TypeVar

from limen_tui.errors import InputError
from limen_tui.model import sizes, units
from limen_tui.model.spec.kinds import UNIT
from limen_tui.model.spec.source import SOURCES
from limen_tui.model.spec.vm import VMSpec

T = TypeVar("T")
Path = tuple[str, ...]
_SOURCES: Mapping[str, type] = {source.kind: source for source in SOURCES}


class SpecError(InputError):
    """A value that is not usable; ``path`` is its key, for naming the line."""

    def __init__(self, path: Path, detail: str, hint: str = "") -> None:
        where = ".".join(units.clean(part) for part in path)
        super().__init__("The VM's description has a mistake", f"{where}: {detail}" if where else detail, hint)
        self.path = path
        self.what = detail


def to_plain(value: object) -> Any:
    """Dataclasses as dicts, tuples as lists; fields that say the default are left out, a source says its ``kind``."""
    if dataclasses.is_dataclass(value) and not isinstance(value, type):
        found = {"kind": value.kind} if isinstance(value, SOURCES) else {}
        for field in dataclasses.fields(value):
            item = getattr(value, field.name)
            if item != field.default:
                found[field.name] = to_plain(item)
        return found
    return [to_plain(item) for item in value] if isinstance(value, tuple) else value


def to_json(spec: VMSpec) -> str:
    """``spec`` for a job's journal: ASCII, keys sorted."""
    return json.dumps(to_plain(spec), sort_keys=True)


def from_json(text: str) -> VMSpec:
    """What :func:`to_json` wrote. Raises ``InputError``."""
    try:
        found = json.loads(text)
    except (ValueError, RecursionError) as error:
        raise InputError("The VM's description is not JSON", str(error)) from error
    return from_plain(VMSpec, found)


def from_plain(kind: type[T], value: object, path: Path = ()) -> T:
    """A ``kind`` from dicts and lists, as JSON and TOML give them. Raises :class:`SpecError`, which names the key."""
    if not isinstance(value, dict):
        raise SpecError(path, f"is {said(value)}", "It must be a section with keys.")
    fields = {field.name: field for field in dataclasses.fields(kind)}  # type: ignore[arg-type]
    for key in value:
        if key not in fields:
            raise SpecError((*path, str(key)), "not a known key", _near(str(key), fields))
    hints = _hints(kind)  # type: ignore[arg-type]  # a class can be hashed
    made = {}
    for name, field in fields.items():
        if name in value:
            made[name] = _value(hints[name], value[name], (*path, name), field.metadata.get(UNIT, ""))
        elif field.default is dataclasses.MISSING:
            raise SpecError((*path, name), "is missing", f"Add: {name} = ...")
    return kind(**made)


def said(value: object) -> str:
    """A wrong value, short and inert."""
    text = "a section" if isinstance(value, dict) else repr(value)
    return units.clean(text if len(text) <= 60 else f"{text[:57]}...")


@cache
def _hints(kind: type) -> dict[str, Any]:
    return typing.get_type_hints(kind)


def _value(hint: Any, value: object, path: Path, unit: str) -> Any:
    origin, arguments = typing.get_origin(hint), typing.get_args(hint)
    if origin is typing.Literal:
        if not isinstance(value, str) or value not in arguments:
            allowed = ", ".join(item for item in arguments if item)
            raise SpecError(path, f"is {said(value)}", f"Allowed: {allowed}.")
        return value
    if origin is tuple:
        if not isinstance(value, list):
            raise SpecError(path, f"is {said(value)}", "It must be a list: [...].")
        return tuple(_value(arguments[0], item, (*path, str(at)), unit) for at, item in enumerate(value))
    if origin in (types.UnionType, typing.Union):
        if set(arguments) == set(SOURCES):
            return _source(value, path)
        if value is None:
            return None
        return _value(next(each for each in arguments if each is not type(None)), value, path, unit)
    if dataclasses.is_dataclass(hint):
        return from_plain(typing.cast("type[Any]", hint), value, path)
    return _scalar(hint, value, path, unit)


def _scalar(hint: type, value: object, path: Path, unit: str) -> object:
    if hint is int and unit and isinstance(value, str):
        try:
            return sizes.memory_kib(value) if unit == "KiB" else sizes.disk_bytes(value)
        except InputError as error:
            raise SpecError(path, str(error), error.hint) from error
    if not isinstance(value, hint) or (hint is int and isinstance(value, bool)):
        number = 'a size such as "20G"' if unit else "a whole number"
        names = {bool: "true or false", str: "text in quotes", int: number}
        raise SpecError(path, f"is {said(value)}", f"It must be {names[hint]}.")
    if hint is int and not 0 <= typing.cast("int", value) < 1 << 63:
        raise SpecError(path, f"is {said(value)}", "It is out of range.")
    return value


def _source(value: object, path: Path) -> object:
    if not isinstance(value, dict):
        raise SpecError(path, f"is {said(value)}", "It must be a section with a kind.")
    kind = _SOURCES.get(value.get("kind", "")) if isinstance(value.get("kind", ""), str) else None
    if kind is None:
        raise SpecError((*path, "kind"), f"is {said(value.get('kind'))}", f"Allowed: {', '.join(_SOURCES)}.")
    return from_plain(kind, {key: item for key, item in value.items() if key != "kind"}, path)


def _near(word: str, known: Mapping[str, object]) -> str:
    near = difflib.get_close_matches(word, sorted(known), 1, 0.5)
    return f"Did you mean {near[0]}?" if near else f"Known: {', '.join(known)}"
