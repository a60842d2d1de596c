"""A VM's description in TOML, for ``limen create --file``. Imports model and settings; any thread.

Keys are those of :class:`VMSpec`, and as people write them: ``host``, ``memory = "4G"``, ``size = "20G"`` of a disk,
``preset = "small"`` for what is not said.
"""

from __future__ import annotations

import re
import tomllib
from collections.abc import Mapping
from typing import Any, Final

from limen_tui.errors import InputError
from limen_tui.model.spec.codec import SpecError, from_plain, said
from limen_tui.model.spec.presets import PRESETS, Preset
from limen_tui.model.spec.vm import VMSpec
from limen_tui.model.units import clean
from limen_tui.settings.lines import line_of

_ALIASES: Final = {"host": "host_id", "memory": "memory_kib", "memory_max": "memory_max_kib"}
_DISK_ALIASES: Final = {"size": "capacity"}
_SIZES: Final = frozenset({"memory", "memory_max", "size"})
_AT: Final = re.compile(r"at line (\d+)")


def spec_from_toml(text: str, name: str = "vm.toml", *, presets: Mapping[str, Preset] = PRESETS) -> VMSpec:
    """The spec that ``text`` describes; ``name`` is the file's, for errors. ``host_id`` holds the host as written.

    Raises ``InputError`` with file, line and key of the first mistake. The name may be a pattern
    (:func:`limen_tui.model.naming.expand`).
    """
    try:
        document = tomllib.loads(text)
    except tomllib.TOMLDecodeError as error:
        found = _AT.search(str(error))
        line = int(found[1]) if found else text.count("\n") + 1
        raise InputError("The VM's description is not valid TOML", f"{name}, line {line}: {clean(str(error))}",
                         "The format is described at https://toml.io") from error  # fmt: skip
    except RecursionError as error:
        raise InputError("The VM's description is nested too deeply", name) from error
    try:
        plain = _renamed(document, _ALIASES, ())
        disks = plain.get("disks")
        if isinstance(disks, list):
            plain["disks"] = [
                _renamed(disk, _DISK_ALIASES, ("disks", str(at))) if isinstance(disk, dict) else disk
                for at, disk in enumerate(disks)
            ]
        return from_plain(VMSpec, _with_preset(plain, presets))
    except SpecError as error:
        path = _as_written(error.path, document)
        key = ".".join(clean(part) for part in path)
        where = f"{name}, line {line_in(text, path)}"
        raise InputError(error.title, f"{where}: {key}: {error.what}", error.hint) from error


def line_in(text: str, path: tuple[str, ...]) -> int:
    """The line of ``path``; numbers in it count tables such as ``[[disks]]``."""
    at = next((at for at, part in enumerate(path) if part.isdigit()), None)
    if at is None:
        return line_of(text, path)
    header = re.compile(r"\s*\[\[\s*" + r"\s*\.\s*".join(map(re.escape, path[:at])) + r"\s*\]\]")
    lines = text.splitlines()
    starts = [number for number, line in enumerate(lines) if header.match(line)]
    number = int(path[at])
    if number >= len(starts):
        return line_of(text, path[:at])
    first = starts[number]
    end = starts[number + 1] if number + 1 < len(starts) else len(lines)
    inner = tuple(part for part in path if not part.isdigit())
    return first + line_of("\n".join(lines[first:end]), inner)


def _renamed(table: dict[str, Any], aliases: Mapping[str, str], path: tuple[str, ...]) -> dict[str, Any]:
    found: dict[str, Any] = {}
    for key, value in table.items():
        name = aliases.get(key, key)
        if name in found:
            raise SpecError((*path, key), f"says the same as {_other(key, aliases)}", "Keep one of them.")
        if key in _SIZES and not isinstance(value, str):
            # 2048 of what?
            raise SpecError((*path, key), f"is {said(value)}", 'It must be text with a unit: "4G".')
        found[name] = value
    return found


def _as_written(path: tuple[str, ...], document: Any) -> tuple[str, ...]:
    """``path`` with the keys that the file itself has."""
    found, here = [], document
    aliases = {name: alias for alias, name in (*_ALIASES.items(), *_DISK_ALIASES.items())}
    for part in path:
        if isinstance(here, dict) and part not in here and aliases.get(part) in here:
            part = aliases[part]  # noqa: PLW2901 - the same key by its other name
        found.append(part)
        if isinstance(here, list):
            here = here[int(part)] if part.isdigit() and int(part) < len(here) else None
        else:
            here = here.get(part) if isinstance(here, dict) else None
    return tuple(found)


def _other(key: str, aliases: Mapping[str, str]) -> str:
    return aliases.get(key) or next(alias for alias, name in aliases.items() if name == key)


def _with_preset(plain: dict[str, Any], presets: Mapping[str, Preset]) -> dict[str, Any]:
    if "preset" not in plain:
        return plain
    said_name = plain.pop("preset")
    preset = presets.get(said_name) if isinstance(said_name, str) else None
    if preset is None:
        raise SpecError(("preset",), f"is {said(said_name)}", f"Known: {', '.join(presets)}.")
    plain.setdefault("vcpus", preset.vcpus)
    plain.setdefault("memory_kib", preset.memory_kib)
    disks = plain.get("disks")
    if isinstance(disks, list) and disks and isinstance(disks[0], dict) and not disks[0].get("existing"):
        disks[0].setdefault("capacity", preset.disk)
    elif disks is None and _wants_disk(plain.get("source")):
        plain["disks"] = [{"capacity": preset.disk}]
    return plain


def _wants_disk(source: Any) -> bool:
    kind = source.get("kind") if isinstance(source, dict) else "blank"
    return kind not in ("import", "copy", "kernel")
