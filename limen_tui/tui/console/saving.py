"""A console's text into a file of the person's own. A thread of its own: a file system may be slow."""

from __future__ import annotations

import os
import threading
from collections.abc import Callable
from pathlib import Path
from time import localtime, strftime

from limen_tui.errors import InputError


def suggested_path(name: str, now: float) -> str:
    """``~/web1-console-20260131-1200.log``; letters that mean something in a path are left out."""
    plain = "".join(char if char.isalnum() or char in "._-" else "_" for char in name).lstrip(".")[:60]
    return f"~/{plain or 'vm'}-console-{strftime('%Y%m%d-%H%M%S', localtime(now))}.log"


def save(path: str, text: str, then: Callable[[Path | InputError], object]) -> None:
    """Write ``text`` to a new file, for its owner only; ``then`` is called on the thread that wrote it."""
    threading.Thread(target=lambda: then(_write(path, text)), name="console-save", daemon=True).start()


def _write(path: str, text: str) -> Path | InputError:
    try:
        target = Path(path).expanduser()
        with os.fdopen(os.open(target, os.O_WRONLY | os.O_CREAT | os.O_EXCL, 0o600), "w", encoding="utf-8") as file:
            file.write(text)
    except (OSError, RuntimeError, ValueError) as error:
        return InputError("The console was not saved", getattr(error, "strerror", None) or str(error), path)
    return target
