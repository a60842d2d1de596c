"""Where files go, by the XDG Base Directory Specification. Pure but for :func:`runtime_dir`; any thread.

Own code and not platformdirs: that costs 11 ms on the way to the first paint, and takes relative paths, which
the specification says to ignore.
"""

from __future__ import annotations

import os
import stat
from pathlib import Path

from limen_tui.errors import InputError


def _base(variable: str, default: str) -> Path:
    value = os.environ.get(variable, "")
    return (Path(value) if value.startswith("/") else Path.home() / default) / "limen"


def config_dir() -> Path:
    """Where config.toml is looked for."""
    return _base("XDG_CONFIG_HOME", ".config")


def data_dir() -> Path:
    """Where the inventory is."""
    return _base("XDG_DATA_HOME", ".local/share")


def state_dir() -> Path:
    """Where logs go."""
    return _base("XDG_STATE_HOME", ".local/state")


def _temporary() -> Path:
    import tempfile  # noqa: PLC0415 - where XDG_RUNTIME_DIR is set it is not needed

    return Path(tempfile.gettempdir())


def runtime_dir() -> Path:
    """A private folder (0700) for sockets, made when missing.

    Without XDG_RUNTIME_DIR it is in the temporary folder. Raises ``InputError`` when it cannot be made or
    belongs to somebody else.
    """
    base = os.environ.get("XDG_RUNTIME_DIR", "")
    path = Path(base) / "limen" if base.startswith("/") else _temporary() / f"limen-{os.geteuid()}"
    try:
        path.mkdir(mode=0o700, exist_ok=True)
        found = path.lstat()
        if not stat.S_ISDIR(found.st_mode) or found.st_uid != os.geteuid():
            raise InputError(f"{path} is not a folder of yours", hint="Remove it, or set XDG_RUNTIME_DIR.")
        path.chmod(0o700)
    except OSError as error:
        raise InputError("The runtime folder cannot be made", str(error), "Check XDG_RUNTIME_DIR.") from error
    return path
