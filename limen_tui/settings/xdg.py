"""Where files go, by the XDG Base Directory Specification. Pure but for :func:`runtime_dir`; any thread.

Own code and not platformdirs: that costs 11 ms on the way to the first paint, and takes relative paths, which
the specification says to ignore.
"""

from __future__ import annotations

import contextlib
import os
import stat
from pathlib import Path
from typing import Final

from limen_tui.errors import InputError

LONGEST: Final = 70
"""Bytes of a folder's name that leave room for sockets in it: the whole name of one may have 107."""


def _base(variable: str, default: str) -> Path:
    value = os.environ.get(variable, "")
    return (Path(value) if value.startswith("/") else Path.home() / default) / "limen"


def config_dir() -> Path:
    """Where config.toml is looked for."""
    return _base("XDG_CONFIG_HOME", ".config")


def data_dir() -> Path:
    """Where the inventory is."""
    return _base("XDG_DATA_HOME", ".local/share")


def check_home() -> None:
    """Raises ``InputError`` where there is no home folder, as with a user who is in no passwd file and without HOME."""
    try:
        Path.home()
    except RuntimeError as error:
        raise InputError("No home folder is known", f"HOME is not set, and no passwd file knows user {os.geteuid()}",
                         "Set HOME to a folder of yours.") from error  # fmt: skip


def _temporary() -> Path:
    import tempfile  # noqa: PLC0415 - where XDG_RUNTIME_DIR is set it is not needed

    name = f"limen-{os.geteuid()}"
    path = Path(tempfile.gettempdir()) / name
    return path if _is_short(path) else Path("/tmp") / name  # noqa: S108 - made private, and refused if it is not ours


def _is_short(path: Path) -> bool:
    return len(os.fsencode(path)) <= LONGEST


def runtime_dir() -> Path:
    """A private folder (0700) for sockets, made when missing.

    It is in the temporary folder where there is no XDG_RUNTIME_DIR, or one that is gone (that of a login which has
    ended), that is another user's (after ``su``), or whose name is too long for sockets in it. Raises ``InputError``
    when it cannot be made or belongs to somebody else.
    """
    base = os.environ.get("XDG_RUNTIME_DIR", "")
    path = Path(base) / "limen"
    if base.startswith("/") and _is_short(path) and _is_ours(path.parent):
        with contextlib.suppress(OSError):
            return _private(path)
    try:
        return _private(_temporary())
    except OSError as error:
        raise InputError("The runtime folder cannot be made", str(error), "Set XDG_RUNTIME_DIR.") from error


def _private(path: Path) -> Path:
    """``path``, made for its owner alone. Raises ``InputError`` where it is no folder of ours, and OSError."""
    path.mkdir(mode=0o700, exist_ok=True)
    found = path.lstat()
    if not stat.S_ISDIR(found.st_mode) or found.st_uid != os.geteuid():
        raise InputError(f"{path} is not a folder of yours", hint="Remove it, or set XDG_RUNTIME_DIR to another.")
    path.chmod(0o700)
    return path


def _is_ours(folder: Path) -> bool:
    """Whether it is a folder of this user that can be written to."""
    try:
        return folder.stat().st_uid == os.geteuid() and os.access(folder, os.W_OK | os.X_OK)
    except OSError:
        return False
