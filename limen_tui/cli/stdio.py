"""Standard input, output and error, also where the one who started Limen has closed them. Main thread."""

from __future__ import annotations

import os
import sys
from pathlib import Path


def complete() -> None:
    """Put /dev/null where one of the three is closed: else the next file or socket that is opened would be it, and
    get what is printed, or what a C library says on its own."""
    for number in range(3):
        try:
            os.fstat(number)
        except OSError:
            os.open(os.devnull, os.O_RDWR)  # takes the lowest number that is free: this one
    for name, mode in (("stdin", "r"), ("stdout", "w"), ("stderr", "w")):
        if getattr(sys, name) is None:
            setattr(sys, name, Path(os.devnull).open(mode, encoding="utf-8"))  # noqa: SIM115 - while the process lives


def silence() -> None:
    """Send what is still to be printed nowhere, also what Python itself flushes at its end."""
    os.dup2(os.open(os.devnull, os.O_WRONLY), sys.stdout.fileno())
