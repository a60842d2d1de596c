"""What config.toml can say, with the defaults. Pure values.

Ranges and choices are in each field's metadata, where :mod:`limen_tui.settings.load` finds them.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from types import MappingProxyType
from typing import TYPE_CHECKING, Any, Final

if TYPE_CHECKING:
    from limen_tui.model.spec.presets import Preset

THEMES: Final = ("dark", "light", "high-contrast", "ansi")
GRAPHICS: Final = ("auto", "blocks", "kitty")


def _number(default: Any, low: float, high: float) -> Any:
    return field(default=default, metadata={"low": low, "high": high})


@dataclass(frozen=True, slots=True)
class Refresh:
    """How often hosts are sampled, in seconds."""

    on_screen: float = _number(2.0, 1, 60)
    background: float = _number(15.0, 1, 3600)


@dataclass(frozen=True, slots=True)
class Confirm:
    """What is asked before acting."""

    destructive: bool = True
    """Ask before what loses unsaved work."""
    count_typed_above: int = _number(5, 1, 10_000)
    """With more VMs than this their number must be typed."""
    shutdown_timeout: int = _number(60, 5, 3600)
    """Seconds after which a shutdown that is not obeyed offers to force off."""


@dataclass(frozen=True, slots=True)
class Warnings:
    """What a VM's overview warns of."""

    snapshot_days: int = _number(30, 1, 10_000)
    """Days after which a snapshot is called old."""


@dataclass(frozen=True, slots=True)
class Connections:
    """Limits on what runs at once."""

    parallel: int = _number(16, 1, 256)
    """Hosts that are being connected to at once."""
    lifecycle_per_host: int = _number(4, 1, 64)
    """Starts, shutdowns ... at once on one host."""


@dataclass(frozen=True, slots=True)
class Screen:
    """How a guest's screen is shown."""

    graphics: str = field(default="auto", metadata={"choices": GRAPHICS})
    """``auto``: a terminal by the name of kitty, ghostty, WezTerm or Konsole is asked whether it shows pictures, if
    neither tmux nor screen is between; ``kitty``: whatever its name, it is asked; ``blocks``: none is."""


@dataclass(frozen=True, slots=True)
class Paths:
    """Absolute paths, or with ``~``; empty is the XDG default."""

    inventory: str = field(default="", metadata={"path": True})


@dataclass(frozen=True, slots=True)
class Source:
    """The file that settings came from, kept to name lines in later errors."""

    name: str = ""
    text: str = ""


@dataclass(frozen=True, slots=True)
class Settings:
    """All of config.toml."""

    theme: str = field(default="dark", metadata={"choices": THEMES})
    refresh: Refresh = field(default_factory=Refresh)
    confirm: Confirm = field(default_factory=Confirm)
    connections: Connections = field(default_factory=Connections)
    warnings: Warnings = field(default_factory=Warnings)
    screen: Screen = field(default_factory=Screen)
    paths: Paths = field(default_factory=Paths)
    columns: Mapping[str, tuple[str, ...]] = field(default_factory=lambda: MappingProxyType({}))
    """By view (``vms``, ``hosts`` ...): ids of the columns in order. Views not named have their own."""
    keymap: Mapping[str, str] = field(default_factory=lambda: MappingProxyType({}))
    """By action id: its keys, separated by commas; empty takes its keys away."""
    presets: Mapping[str, Preset] = field(default_factory=lambda: MappingProxyType({}))
    """By name: the user's own sizes of new VMs, beside the built-in ones."""
    source: Source = field(default_factory=Source, compare=False, metadata={"internal": True})
