"""The user's own sizes of new VMs in config.toml. Imports model late; runs once, at start-up."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from types import MappingProxyType
from typing import TYPE_CHECKING, Any

from limen_tui.errors import ConfigError
from limen_tui.settings.shape import Source

if TYPE_CHECKING:
    from limen_tui.model.spec.presets import Preset

Wrong = Callable[[Source, tuple[str, ...], str, str], ConfigError]


def read_presets(source: Source, tables: Mapping[str, Any], wrong: Wrong) -> Mapping[str, Preset]:
    """``[presets.NAME]`` with ``vcpus``, ``memory``, ``disk``. Raises what ``wrong`` makes."""
    # most have none, and `limen --version` is not to read XML for it
    from limen_tui.model.spec.codec import SpecError, from_plain  # noqa: PLC0415
    from limen_tui.model.spec.presets import Preset  # noqa: PLC0415

    made = {}
    for name, table in tables.items():
        path = ("presets", name)
        if not isinstance(table, dict):
            raise wrong(source, path, "is not a section", f"Write [presets.{name}] on its own line.")
        for key in ("memory", "disk"):
            if key in table and not isinstance(table[key], str):
                raise wrong(source, (*path, key), f"is {table[key]!r}", 'It must be text with a unit: "4G".')
        if "memory_kib" in table:
            raise wrong(source, (*path, "memory_kib"), "not a known key", "Did you mean memory?")
        plain = {("memory_kib" if key == "memory" else key): value for key, value in table.items()}
        try:
            made[name] = from_plain(Preset, plain, path)
        except SpecError as error:
            raise wrong(source, tuple("memory" if part == "memory_kib" else part for part in error.path), error.what,
                        error.hint) from error  # fmt: skip
        if made[name].vcpus < 1:
            raise wrong(source, (*path, "vcpus"), "is 0", "A VM needs a vCPU.")
    return MappingProxyType(made)
