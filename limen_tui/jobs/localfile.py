"""A disk image on this machine, looked at and read for an upload. Any thread but the UI's: disks may be slow."""

from __future__ import annotations

import os
import stat
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import Final

from limen_tui.errors import InputError
from limen_tui.model.imagecheck import ends_early
from limen_tui.model.imagehead import HEAD, ImageHead, read_head, refusal
from limen_tui.model.units import clean

READ: Final = 4 << 20


@dataclass(frozen=True, slots=True)
class LocalImage:
    """An image file as it was looked at."""

    path: str
    size: int
    mtime_ns: int
    head: ImageHead


def look_at(path: str, *, any_file: bool = False) -> LocalImage:
    """The file, checked: there, readable, a whole disk image that leaks nothing. Raises ``InputError``.

    With ``any_file`` its content is not judged.
    """
    where = Path(path).expanduser()
    try:
        with where.open("rb", buffering=0) as file:
            info = os.fstat(file.fileno())
            if not stat.S_ISREG(info.st_mode):
                raise InputError(f"{clean(path)} is not a file", hint="Give the path of a disk image.")
            head = read_head(file.read(HEAD), info.st_size)

            def read_at(offset: int, count: int) -> bytes:
                return os.pread(file.fileno(), count, offset)

            early = ends_early(head, info.st_size, read_at)
    except (OSError, ValueError) as error:  # ValueError: a null character in the path
        raise InputError(f"{clean(path)} cannot be read", getattr(error, "strerror", None) or str(error)) from error
    why = refusal(head)
    if early and (why is None or not head.truncated):
        why = "It is truncated: its tables name places beyond its end.", "Copy or download it again."
    if why is not None and not any_file:
        raise InputError(f"{clean(where.name)} is not usable", why[0], why[1])
    if not info.st_size:
        raise InputError(f"{clean(where.name)} is empty", hint="Check the file.")
    return LocalImage(str(where.absolute()), info.st_size, info.st_mtime_ns, head)


def pieces_of(path: str, size: int, mtime_ns: int) -> Iterator[bytes]:
    """Its bytes. Raises ``InputError`` when it is not the file that was looked at, or changes meanwhile."""
    try:
        with Path(path).open("rb", buffering=0) as file:
            _unchanged(file.fileno(), path, size, mtime_ns)
            while data := file.read(READ):
                yield data
            _unchanged(file.fileno(), path, size, mtime_ns)
    except OSError as error:
        raise InputError(f"{clean(path)} cannot be read", error.strerror or str(error)) from error


def _unchanged(number: int, path: str, size: int, mtime_ns: int) -> None:
    info = os.fstat(number)
    if (info.st_size, info.st_mtime_ns) != (size, mtime_ns):
        raise InputError(f"{clean(path)} has changed", "It is not the file any more that this job was made for.",
                         "Start again with the file as it is now.")  # fmt: skip
